"""Overview: one record per patient on the compacted overview.v1, enough to draw a worklist row from."""

from typing import Literal

from pydantic import Field

from schemas.base import Open
from schemas.triage import TriageLevel


class LastReading(Open):
    """The newest reading of a kind; value in thousandths of `unit` (enum kinds: index of the code)."""

    value_milli: int
    unit: str | None
    measured_at: str
    unconfirmed: bool


class OpenAlert(Open):
    """The patient's open alert. evidence_at: its newest evidence (measured_at); who closes names it as seen."""

    alert_id: str
    sequence: int
    state: str
    level: TriageLevel
    tier: int
    reasons: tuple[str, ...]
    raised_at: str
    next_deadline: str | None
    owner: str | None
    evidence_at: str | None = None
    team: str | None = None
    to_team: str | None = None


class News2View(Open):
    """NEWS2 as joint bounds; complete when nothing is missing. Never one number filled with zeros."""

    lower: int
    upper: int
    missing: tuple[str, ...]


class AnsweredForm(Open):
    """What the newest form of one questionnaire came to.

    reasons: of its decision table, the most urgent first. scores: by score id. until: its colour holds before this.
    next_at: when the next form is due; None = the clinic decides. answered: was it answered green automatically?
    asks: questionnaires that should be answered next.
    """

    version: int
    answered_at: str
    level: TriageLevel
    tier: int
    reasons: tuple[str, ...]
    scores: dict[str, int]
    until: str
    next_at: str | None
    answered: bool
    wants_contact: bool
    asks: tuple[str, ...]


class SilenceView(Open):
    """One overdue kind. stage: late, reminded, silent, investigated. cause: device, patient, unknown.

    heard_at: last sign of life of its device, or when it was bound without any; None = it sends no heartbeats.
    """

    stage: str
    cause: str
    since: str
    heard_at: str | None = None


class DeviceView(Open):
    """A device that sends heartbeats. heard_at: its last sign of life. fault: its own code; None = it told of none."""

    heard_at: str
    fault: str | None = None


class ConsentView(Open):
    """The consent in force now. withheld: scopes withdrawn; blocked_teams: may not get anything about the patient."""

    version: int
    withheld: tuple[str, ...]
    blocked_teams: tuple[str, ...]


class Overview(Open):
    """level: None before anything is known of the patient, or when green has expired (see `silence`).

    silence: kinds whose slot is overdue (blue). as_of, expires_at: every colour has both.
    answers: questionnaire -> its newest form. symptoms: code (schemas.symptoms) -> value, as last told.
    devices: device -> its last sign of life.
    applied_offset: of patient-events.v1; a reader keeps the highest.
    consent: None = nothing is withheld. Where monitoring is, nobody watches, whatever the plan says.
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
    answers: dict[str, AnsweredForm] = Field(default_factory=dict)
    symptoms: dict[str, int] = Field(default_factory=dict)
    silences: dict[str, SilenceView] = Field(default_factory=dict)
    absent_until: str | None = None
    devices: dict[str, DeviceView] = Field(default_factory=dict)
    consent: ConsentView | None = None
