"""The life of an alert as care teams see it on alerts.v1.<team>: reason codes, no values, no names."""

from enum import StrEnum
from typing import Literal

from schemas.base import Open
from schemas.triage import TriageLevel


class AlertStepType(StrEnum):
    """The closed list of steps in an alert's life. Only RAISED opens; WITHDRAWN, CLOSED and EXPIRED end it.

    DELIVERED: the first message of a rung has arrived. JOINED: a milder finding came along; the ladder goes on.
    OFFERED: another team is asked; HANDED_OVER: it is theirs now. CONTACT_FAILED, CONTACTED, NOTED: its owner's work.
    """

    RAISED = "raised"
    DELIVERED = "delivered"
    JOINED = "joined"
    UPGRADED = "upgraded"
    ACKNOWLEDGED = "acknowledged"
    TAKEN_OVER = "taken_over"
    CONTACT_FAILED = "contact_failed"
    CONTACTED = "contacted"
    NOTED = "noted"
    ESCALATED = "escalated"
    SNOOZED = "snoozed"
    OFFERED = "offered"
    HANDED_OVER = "handed_over"
    WITHDRAWN = "withdrawn"
    CLOSED = "closed"
    EXPIRED = "expired"


class AlertStep(Open):
    """One step. A consumer that dedupes by the header `ce_id` sees each once and in order of `sequence`.

    at, raised_at: now of the step / of the first one. measured_at: age of the newest evidence.
    page_from: from when people are to be woken; later than `at` only while the value is unconfirmed.
    next_deadline: when the ladder moves on if nobody acts; None only when the alert has ended.
    team: the one responsible, always exactly one. tier: the clock that runs, which rises when nobody answers.
    rung: 0 = first recipient, rising with each escalation.
    by, verdict: who acted; None when time did. owner: who has it now; None = nobody.
    to_team: the team it is offered to; its topic gets every step as well. None = no offer.
    next_contact: whom to try next after a failed contact, until `next_deadline`; None otherwise.
    unattended_s: seconds so far in which it was red, nobody had it, and no reader was on duty or on call.
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
    owner: str | None = None
    to_team: str | None = None
    next_contact: str | None = None
    unattended_s: int = 0


class WatchAlive(Open):
    """Every minute on each partition: all that had arrived before `assessed_up_to` has been assessed.

    No such record for three minutes = the watch itself is down. A quiet night and a dead pipeline
    must not look alike.
    """

    v: Literal[1] = 1
    type: Literal["watch_alive"] = "watch_alive"
    partition: int
    assessed_up_to: str
