"""Audit: what became of every input, and why. Field classes: N non-personal, R personal (pseudonym, staff)."""

from enum import StrEnum
from typing import Literal

from schemas.base import Open


class Outcome(StrEnum):
    """The closed list of terminal outcomes: every input offset gets exactly one."""

    ACCEPTED_NO_ALERT = "accepted.no_alert"
    ACCEPTED_ALERT = "accepted.alert"
    ACCEPTED_SUPPRESSED = "accepted.suppressed"
    ACCEPTED_RECORDED = "accepted.recorded"
    REJECTED_MALFORMED = "rejected.malformed"
    REJECTED_SCHEMA = "rejected.schema"
    REJECTED_OVERSIZE = "rejected.oversize"
    REJECTED_UNIT = "rejected.unit"
    REJECTED_IMPLAUSIBLE = "rejected.implausible"
    REJECTED_TIME = "rejected.time"
    REJECTED_AUTH = "rejected.auth"
    REJECTED_UNKNOWN_PATIENT = "rejected.unknown_patient"
    REJECTED_UNBOUND_DEVICE = "rejected.unbound_device"
    REJECTED_CONSENT = "rejected.consent"
    REJECTED_ROLE = "rejected.role"
    REJECTED_STATE = "rejected.state"
    REJECTED_DUPLICATE = "rejected.duplicate"
    QUARANTINED_FLOOD = "quarantined.flood"
    FAILED_INTERNAL = "failed.internal"
    LOST_GAP = "lost.gap"

    @property
    def is_accepted(self) -> bool:
        """Did the input count? (accepted.*)"""
        return self.startswith("accepted")


class SourceRef(Open):
    """N. The input this is about; `until_offset` only for a gap: the last offset it covers."""

    topic: str
    partition: int
    offset: int
    until_offset: int | None = None


class Decision(Open):
    """What was decided, with all that is needed to decide it again. plan_version: None without a plan.

    model_digest: of the snapshot that might have raised the colour; None = no model may.
    held: reasons that colour and raise no alert yet, because a second reading is awaited; None = there are none.
    """

    level: str | None = None
    tier: int
    reasons: tuple[str, ...]
    alert_id: str | None = None
    alert_sequence: int | None = None
    plan_version: int | None = None
    stamp: tuple[int, int, int]
    rules_digest: str
    code: str
    model_digest: str | None = None
    held: tuple[str, ...] | None = None


class AuditBody(Open):
    """One audit record.

    id N; type N: `outcome` for inputs, `decision` for what time alone brought about, `gap`, `operation`.
    source N: None for timers. patient R: None when unknown or not well-formed.
    reason, next_step N: what is wrong and what the sender should do, without any value of the input.
    at N: now of the event, RFC 3339. by R: staff id of a command.
    carried_by, until: for accepted.suppressed, the open alert that carries it and its next deadline. suppressed N:
    then also the reason codes of the findings that it carries; None = none.
    """

    v: Literal[1] = 1
    id: str
    type: Literal["outcome", "decision", "gap", "operation"]
    source: SourceRef | None = None
    patient: str | None = None
    outcome: Outcome | None = None
    reason: str | None = None
    next_step: str | None = None
    at: str
    decision: Decision | None = None
    carried_by: str | None = None
    until: str | None = None
    suppressed: tuple[str, ...] | None = None
    by: str | None = None
