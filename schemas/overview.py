"""Overview: one record per patient on the compacted overview.v1, enough to draw a worklist row from."""

from typing import Literal

from schemas.base import Open
from schemas.triage import TriageLevel


class LastReading(Open):
    """The newest reading of a kind; value in thousandths of `unit` (enum kinds: index of the code)."""

    value_milli: int
    unit: str | None
    measured_at: str
    unconfirmed: bool


class OpenAlert(Open):
    """The patient's open alert."""

    alert_id: str
    sequence: int
    state: str
    level: TriageLevel
    tier: int
    reasons: tuple[str, ...]
    raised_at: str
    next_deadline: str | None
    owner: str | None


class News2View(Open):
    """NEWS2 as joint bounds; complete when nothing is missing. Never one number filled with zeros."""

    lower: int
    upper: int
    missing: tuple[str, ...]


class Overview(Open):
    """level: None before anything is known of the patient, or when green has expired (see `silence`).

    silence: kinds whose slot is overdue (blue). as_of, expires_at: every colour has both.
    applied_offset: of patient-events.v1; a reader keeps the highest.
    """

    v: Literal[1] = 1
    patient: str
    level: TriageLevel | None
    tier: int
    silence: tuple[str, ...]
    reasons: tuple[str, ...]
    as_of: str
    expires_at: str | None
    alert: OpenAlert | None
    last: dict[str, LastReading]
    news2: News2View | None
    team: str | None
    plan_version: int | None
    status: Literal["active", "planned", "ended"]
    applied_offset: int
