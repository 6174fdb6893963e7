"""The whole pipeline without Kafka: the worker's own intake and fold over a list, for replay, tests and comparison.

Partitions and offsets are those Kafka would give, because ids name them.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TypeVar

from pydantic import ValidationError

from schemas.audit import AuditBody, Outcome
from schemas.catalog import default_bundle
from schemas.codec import loads
from schemas.coverage import TeamCoverage
from schemas.errors import ContractError
from schemas.events import PatientEvent, TimerFired
from schemas.ids import make_id
from schemas.model import MODEL
from schemas.rules import RuleBundle
from schemas.topics import COVERAGE, MODELS, REFERENCE
from streams.adapters.input_records import InputRecord, partition_of
from streams.core.context import Reference
from streams.core.effects import Effect, WriteAudit
from streams.core.fold import PartitionFold, Slice
from streams.core.intake.route import route
from streams.core.record import PartitionRecord, StateRecord
from streams.core.standstill import event_time
from streams.core.step import step
from streams.replay import decisions

T = TypeVar("T")

Coordinates = tuple[str, int, int]
"""(topic without prefix, partition, offset) of an input record."""

DEFAULT_PARTITIONS = 12
"""As patient-keyed topics have them unless set at the first apply (design.md section 2)."""


@dataclass(slots=True)
class _Log:
    """One partition of patient-events: the fold of all its events so far, and the next offset."""

    slice: Slice = field(default_factory=lambda: Slice(PartitionRecord()))
    next_offset: int = 0


class PureRun:
    """Takes input records in order and holds everything they lead to.

    effects: in the order the fold gave them. outcomes: every terminal outcome told of an input; a correct run
    has exactly one per coordinate. sent: input records taken, without reference data.
    """

    def __init__(
        self, partitions: int = DEFAULT_PARTITIONS, *, rules: RuleBundle | None = None, code: str = "nattevagt/replay"
    ) -> None:
        self.partitions = partitions
        self.effects: list[Effect] = []
        self.outcomes: dict[Coordinates, list[AuditBody]] = {}
        self.sent = 0
        self.timers = 0
        self._reference = Reference(rules or default_bundle(), code)
        self._offsets: dict[tuple[str, int], int] = {}
        self._logs = [_Log() for _ in range(partitions)]
        self._fold = PartitionFold(step, self._reference, lambda _: None)

    def feed(self, record: InputRecord) -> Coordinates:
        """One record through intake and fold. Gives the coordinates it would have had in Kafka."""
        partition = record.place(self.partitions)
        offset = self._offsets.get((record.topic, partition), 0)
        self._offsets[record.topic, partition] = offset + 1
        if record.topic in REFERENCE:
            self._refer(record, offset)
            return record.topic, partition, offset
        self.sent += 1
        routed = route(record.received(partition, offset), self._reference, simulation=True)
        if routed.audit is not None:
            self._take(WriteAudit(record.at_ms, routed.audit))
        if routed.event is not None:
            self._append(routed.event)
        return record.topic, partition, offset

    def feed_all(self, records: Iterable[InputRecord]) -> "PureRun":
        """All records in order; gives itself back."""
        for record in records:
            self.feed(record)
        return self

    def advance(self, until_ms: int) -> None:
        """Time has come this far for everybody: what the timekeeper does when all inputs have passed an instant."""
        for patient, record in sorted(self.states.items()):
            if min(record.due_data_ms, record.due_ladder_ms) > until_ms:
                continue
            self.timers += 1
            self._append(
                TimerFired(
                    id=make_id(patient, "timer", until_ms, self.timers),
                    patient=patient,
                    until_ms=until_ms,
                    data_until_ms=until_ms,
                    stamp=self._reference.stamp,
                )
            )

    @property
    def reference(self) -> Reference:
        """Reference data as far as they have been fed."""
        return self._reference

    @property
    def states(self) -> dict[str, StateRecord]:
        """Every known patient's state."""
        return {patient: record for log in self._logs for patient, record in log.slice.states.items()}

    def open_alert(self, patient: str) -> tuple[str, int] | None:
        """(id, newest sequence) of the patient's open alert; None = there is none."""
        record = self._log(patient).slice.states.get(patient)
        alert = None if record is None else record.state.alert
        return None if alert is None else (alert.id, alert.sequence)

    def outcome(self, at: Coordinates) -> Outcome | None:
        """The terminal outcome of one input; None = it has none yet, which after `feed` is a fault."""
        told = self.outcomes.get(at)
        return None if told is None else told[-1].outcome

    def decision_stream(self) -> bytes:
        """See `streams.replay.decisions`."""
        return decisions.decision_stream(decisions.alerts_of(self.effects), decisions.scores_of(self.effects))

    def digest(self) -> str:
        """SHA-256 of the decision stream, in hex."""
        return decisions.digest(self.decision_stream())

    def _log(self, patient: str) -> _Log:
        return self._logs[partition_of(patient.encode(), self.partitions)]

    def _append(self, event: PatientEvent) -> None:
        log = self._log(event.patient)
        offset, log.next_offset = log.next_offset, log.next_offset + 1
        self._fold.apply(log.slice, offset, event, event_time(event))
        for _, effect in log.slice.effects:
            self._take(effect)
        log.slice.effects.clear()

    def _take(self, effect: Effect) -> None:
        self.effects.append(effect)
        if isinstance(effect, WriteAudit) and effect.body.type == "outcome" and effect.body.source is not None:
            source = effect.body.source
            self.outcomes.setdefault((source.topic, source.partition, source.offset), []).append(effect.body)

    def _refer(self, record: InputRecord, offset: int) -> None:
        if record.topic == MODELS:
            self._reference.add_model(offset, _read(MODEL.validate_python, record.value))
            return
        if record.topic == COVERAGE:
            self._reference.add_coverage(offset, _read(TeamCoverage.model_validate, record.value))
        else:
            self._reference.add_rules(offset, _read(RuleBundle.model_validate, record.value))


def _read(validate: Callable[[object], T], value: bytes | None) -> T | None:
    """None = the record cannot be read, and changes nothing."""
    try:
        return validate(loads(value or b""))
    except (ContractError, ValidationError):
        return None
