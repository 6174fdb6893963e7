"""One partition's round: a red reading goes in, its alert must come back, it is closed. Pure: times are given.

No clock and no Kafka here, so that every way to fail is a test without waiting.
"""

from dataclasses import dataclass, field
from enum import StrEnum

from schemas.alert import AlertStep, AlertStepType
from schemas.audit import AuditBody, Outcome
from schemas.base import rfc3339


class Stage(StrEnum):
    """Where the way from a reading to an alert ended, in the order in which it is gone."""

    BROKER = "broker"
    READING = "reading"
    REFUSED = "refused"
    ALERT = "alert"
    CLOSE = "close"
    TIMEKEEPER = "timekeeper"


SAYINGS = {
    Stage.BROKER: "Kafka does not answer",
    Stage.READING: "Kafka did not take the reading",
    Stage.REFUSED: "the reading was refused",
    Stage.ALERT: "no alert came back: intake or monitor stands still",
    Stage.CLOSE: "the alert came, but the command that closes it was not obeyed",
    Stage.TIMEKEEPER: "no WatchAlive: the timekeeper is silent, so no deadline and no missing reading is noticed",
}

NEWS = frozenset({AlertStepType.RAISED, AlertStepType.UPGRADED})
ENDS = frozenset({AlertStepType.CLOSED, AlertStepType.EXPIRED, AlertStepType.WITHDRAWN})

LOOK_S = 5.0
"""After so long without an alert the audit is asked what became of the reading; alerts take milliseconds."""


PENDING = 60
"""Unanswered readings remembered: an hour of them."""


class Want(StrEnum):
    """What the watch has to do for a probe now."""

    SEND = "send"
    LOOK = "look"
    CLOSE = "close"


@dataclass(slots=True)
class Probe:
    """One partition. Instants in seconds of a steady clock.

    next_s: when the next round is due. sent_s: when this round's reading was sent; None = no round is under way.
    measured_ms, offset: of that reading. pending: measured_at of readings that no alert has answered yet; a worker
    that comes back answers an earlier one, which proves the way as well. alert: (id, sequence) of the open alert, if
    one is known. seen: has this round's alert come back? closing_s: when its end was asked for. heard: have the
    workers named this team, so that its alerts find the way? enrolled: are its plan and device known? fault: why the
    last round failed; None = it did not. trip_s: how long the last alert took to come back.
    """

    partition: int
    patient: str
    next_s: float
    limit_s: float
    every_s: float
    sent_s: float | None = None
    measured_ms: int = 0
    pending: list[str] = field(default_factory=list)
    offset: int = -1
    alert: tuple[str, int] | None = None
    seen: bool = False
    closing_s: float | None = None
    looked: bool = False
    heard: bool = False
    enrolled: bool = False
    fault: Stage | None = None
    rounds: int = 0
    trip_s: float = 0.0

    def wants(self, now_s: float) -> Want | None:
        """What to do next; each answer is given once."""
        if self.alert is not None and self.closing_s is None and (self.seen or self.sent_s is None):
            return Want.CLOSE
        if self.sent_s is None:
            return Want.SEND if self.is_ready(now_s) else None
        if not self.seen and not self.looked and now_s - self.sent_s > min(LOOK_S, self.limit_s / 2):
            return Want.LOOK
        return None

    def is_ready(self, now_s: float) -> bool:
        """May a reading be sent?"""
        return self.heard and self.enrolled and now_s >= self.next_s and self.alert is None

    def sent(self, now_s: float, measured_ms: int, offset: int) -> None:
        """The reading is with Kafka."""
        self.sent_s, self.measured_ms, self.offset = now_s, measured_ms, offset
        self.pending = [*self.pending, rfc3339(measured_ms)][-PENDING:]
        self.seen, self.looked = False, False
        self.next_s = max(self.next_s + self.every_s, now_s)

    def not_sent(self, now_s: float) -> None:
        """Kafka did not take it; the next round is tried when it is due."""
        self.fault, self.next_s = Stage.READING, max(self.next_s + self.every_s, now_s)

    def reopened(self, now_s: float) -> None:
        """Kafka answers again: what it did not take is tried at once."""
        if self.fault is Stage.READING:
            self.fault, self.next_s = None, now_s

    def closing(self, now_s: float) -> None:
        """The command is with Kafka, or could not be: then its deadline tells."""
        self.closing_s = now_s

    def step(self, step: AlertStep, now_s: float) -> None:
        """A step of this patient's alert. What an earlier round left open is closed first."""
        if step.type in ENDS:
            self._ended(step)
            return
        if self.alert is None or step.alert_id != self.alert[0]:
            self.closing_s = None
        self.alert = (step.alert_id, step.sequence)
        if self.sent_s is not None and step.type in NEWS and step.measured_at in self.pending:
            self.seen, self.trip_s, self.pending = True, now_s - self.sent_s, []

    def told(self, body: AuditBody | None) -> None:
        """What the audit says of the reading; None = nothing yet."""
        self.looked = True
        if body is None or body.outcome is None:
            return
        if body.outcome is Outcome.ACCEPTED_SUPPRESSED and body.carried_by is not None:
            sequence = body.decision.alert_sequence if body.decision is not None else None
            self.alert, self.closing_s = (body.carried_by, sequence or 1), None
            self.sent_s = None  # an alert nobody closed hides this one: close it, then send again
            self.next_s = 0.0
        elif not body.outcome.is_accepted:
            self.fault = Stage.REFUSED

    def expire(self, now_s: float) -> None:
        """Has this round taken too long? Then it failed, and the next one begins when it is due."""
        if self.closing_s is not None and now_s - self.closing_s > self.limit_s:
            self._over(Stage.CLOSE)
            self.alert = None  # should it still be open, the next reading's outcome says so
        elif self.sent_s is not None and not self.seen and now_s - self.sent_s > self.limit_s:
            self._over(Stage.REFUSED if self.fault is Stage.REFUSED else Stage.ALERT)

    def _ended(self, step: AlertStep) -> None:
        if self.alert is not None and self.alert[0] != step.alert_id:
            return
        self.alert = None
        if self.seen:
            self.rounds += 1
            self._over(None)
        self.closing_s = None

    def _over(self, fault: Stage | None) -> None:
        self.fault = fault
        self.sent_s, self.closing_s, self.seen = None, None, False
