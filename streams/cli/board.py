"""What the demo knows of its pipeline, from the topics alone: patients, open alerts, refusals, pace."""

from collections import Counter, deque
from dataclasses import dataclass, field

from aiokafka import ConsumerRecord

from schemas.alert import AlertStep, AlertStepType
from schemas.audit import AuditBody, Outcome
from schemas.overview import Overview
from schemas.topics import ALERTS, AUDIT, OVERVIEW, REJECTED
from streams.adapters.settings import Settings
from streams.cli.follow import audit_body
from streams.cli.overviews import take
from streams.core.intake.route import OUTCOME_HEADER, REASON_HEADER, SOURCE_HEADER
from streams.replay.decisions import is_watch_alive

WINDOW_S = 3.0
"""Throughput is what was told within the last three seconds (our choice: long enough not to flicker)."""

SHOWN_REFUSALS = 5

ENDS = frozenset({AlertStepType.WITHDRAWN, AlertStepType.CLOSED, AlertStepType.EXPIRED})


@dataclass(frozen=True, slots=True)
class Refusal:
    """One refused input: where it lies, what became of it, why."""

    source: str
    outcome: str
    reason: str


@dataclass(slots=True)
class Board:
    """settings: of the demo. began_s: steady clock at the start of the command.

    now_ms: simulated time. story: True while the story is told, False when time goes on at 1x. lag: inputs
    without an outcome yet. open: alert id -> its newest step. first_alert_s: from the start of the command;
    None = no alert yet.
    """

    settings: Settings
    began_s: float
    now_ms: int = 0
    story: bool = True
    speed: float | None = None
    lag: int = 0
    restarts: int = 0
    overviews: dict[str, Overview] = field(default_factory=dict)
    open: dict[str, AlertStep] = field(default_factory=dict)
    refusals: deque[Refusal] = field(default_factory=lambda: deque(maxlen=SHOWN_REFUSALS))
    outcomes: Counter[str] = field(default_factory=Counter)
    raised: set[str] = field(default_factory=set)
    told: int = 0
    first_told_s: float | None = None
    last_told_s: float | None = None
    first_alert_s: float | None = None
    last: AlertStep | None = None
    _lately: deque[tuple[float, int]] = field(default_factory=deque)

    def take(self, record: ConsumerRecord, at_s: float) -> AlertStep | None:
        """One record of a topic that the demo follows. Gives the step, when it is one of an alert's life."""
        topic = self.settings.unprefixed(record.topic)
        if topic == AUDIT:
            self._outcome(audit_body(record.value), at_s)
        elif topic == OVERVIEW:
            take(self.overviews, Overview.model_validate_json(record.value))
        elif topic == REJECTED:
            self.refusals.append(_refusal(record))
        elif topic.startswith(ALERTS) and not is_watch_alive(record.value):
            step = AlertStep.model_validate_json(record.value)
            self._step(step, at_s)
            return step
        return None

    def over_all(self) -> float | None:
        """Inputs per second from the first outcome told to the last; None = there were not two moments yet."""
        if self.first_told_s is None or self.last_told_s is None or self.last_told_s <= self.first_told_s:
            return None
        return self.told / (self.last_told_s - self.first_told_s)

    def per_second(self, at_s: float) -> float:
        """Inputs that got their outcome lately, per second; clock records count, for they go the same way."""
        while self._lately and at_s - self._lately[0][0] > WINDOW_S:
            self._lately.popleft()
        return sum(count for _, count in self._lately) / WINDOW_S

    @property
    def accepted(self) -> int:
        """Inputs that count, without the simulation's clock records."""
        return sum(count for outcome, count in self.outcomes.items() if Outcome(outcome).is_accepted)

    @property
    def refused(self) -> int:
        """Inputs that do not count."""
        return self.outcomes.total() - self.accepted

    def _outcome(self, body: AuditBody, at_s: float) -> None:
        if body.outcome is None:
            return
        self.told += 1
        self.first_told_s, self.last_told_s = self.first_told_s or at_s, at_s
        self._lately.append((at_s, 1))
        if body.outcome is not Outcome.ACCEPTED_RECORDED or body.patient is not None:
            self.outcomes[body.outcome.value] += 1

    def _step(self, step: AlertStep, at_s: float) -> None:
        self.last = step
        if self.first_alert_s is None:
            self.first_alert_s = at_s - self.began_s
        if step.type is AlertStepType.RAISED:
            self.raised.add(step.alert_id)
        if step.type in ENDS:
            self.open.pop(step.alert_id, None)
        else:
            self.open[step.alert_id] = step


def _refusal(record: ConsumerRecord) -> Refusal:
    head = {name: (value or b"").decode(errors="replace") for name, value in record.headers}
    return Refusal(head.get(SOURCE_HEADER, "?"), head.get(OUTCOME_HEADER, "?"), head.get(REASON_HEADER, ""))
