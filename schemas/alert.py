"""The life of an alert as care teams see it on alerts.v1.<team>: reason codes, no values, no names."""

from enum import StrEnum
from typing import Literal

from schemas.base import Open
from schemas.triage import TriageLevel


class AlertStepType(StrEnum):
    """The closed list of steps in an alert's life. Only RAISED opens; the last four end it."""

    RAISED = "raised"
    UPGRADED = "upgraded"
    ACKNOWLEDGED = "acknowledged"
    ESCALATED = "escalated"
    SNOOZED = "snoozed"
    WITHDRAWN = "withdrawn"
    CLOSED = "closed"
    EXPIRED = "expired"


class AlertStep(Open):
    """One step. A consumer that dedupes by the header `ce_id` sees each once and in order of `sequence`.

    at, raised_at: now of the step / of the first one. measured_at: age of the newest evidence.
    page_from: from when people are to be woken; later than `at` only while the value is unconfirmed.
    next_deadline: when the ladder moves on if nobody acts; None only when the alert has ended.
    rung: 0 = first recipient, rising with each escalation.
    by, verdict: who acted; None when time did.
    """

    v: Literal[1] = 1
    type: AlertStepType
    alert_id: str
    sequence: int
    patient: str
    team: str
    level: TriageLevel
    tier: int
    reasons: tuple[str, ...]
    unconfirmed: bool
    at: str
    raised_at: str
    measured_at: str
    page_from: str | None
    next_deadline: str | None
    rung: int
    plan_version: int | None
    reason: str
    by: str | None = None
    verdict: str | None = None


class WatchAlive(Open):
    """Every minute on each partition: all that had arrived before `assessed_up_to` has been assessed.

    No such record for three minutes = the watch itself is down. A quiet night and a dead pipeline
    must not look alike.
    """

    v: Literal[1] = 1
    type: Literal["watch_alive"] = "watch_alive"
    partition: int
    assessed_up_to: str
