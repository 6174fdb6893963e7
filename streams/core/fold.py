"""The monitor's pure loop over one partition: who is new here, who is a copy, and what each event changes.

The same function serves the worker, `state rebuild`, replay and the tests, so they cannot differ.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from schemas.events import InputEvent, InputRefused, LogEvent, PartitionAlive, PatientEvent, TimerFired
from streams.core.context import Context, Reference, later
from streams.core.effects import Effect
from streams.core.record import PartitionRecord, StateRecord
from streams.core.standstill import event_time, is_resting, resumed, with_time
from streams.core.state import PatientState
from streams.core.step import AS_BEFORE, Step

Runner = Callable[[PatientState, PatientEvent, Context], Step]
"""`step`, or `step` inside a guard that turns our own bugs into outcomes."""


@dataclass(slots=True)
class Slice:
    """What a run of events has changed so far. Thrown away as a whole if anything goes wrong.

    held: the partition record before. offset, sources, alive_ms, stops: what it becomes. states: touched patients
    only. effects: (patient-events offset, effect) in order.
    """

    held: PartitionRecord
    offset: int = field(init=False)
    alive_ms: int = field(init=False)
    stops: tuple[tuple[int, int], ...] = field(init=False)
    sources: dict[str, int] = field(init=False)
    states: dict[str, StateRecord] = field(default_factory=dict)
    effects: list[tuple[int, Effect]] = field(default_factory=list)
    copies: int = 0
    events: int = 0

    def __post_init__(self) -> None:
        self.offset, self.alive_ms, self.stops = self.held.offset, self.held.alive_ms, self.held.stops
        self.sources = dict(self.held.sources)

    @property
    def stood_still(self) -> tuple[tuple[int, int], ...]:
        """Standstills of the watch that these events are the first to show."""
        known = {since for since, _ in self.held.stops}
        return tuple(stop for stop in self.stops if stop[0] not in known)

    @property
    def partition(self) -> PartitionRecord:
        """The partition record after what has been applied so far."""
        return PartitionRecord(self.offset, self.held.topic_id, self.sources, self.alive_ms, self.stops)


class PartitionFold:
    """Folds events of one partition on top of the states a lookup gives."""

    def __init__(self, run: Runner, reference: Reference, lookup: Callable[[str], StateRecord | None]) -> None:
        self._run = run
        self._reference = reference
        self._lookup = lookup

    def apply(self, into: Slice, offset: int, event: LogEvent, at_ms: int) -> None:
        """One record of patient-events; at or below the watermark it is already done. Raises BehindError.

        at_ms: when Kafka took the record. It tells a watch that stood still from one that is only behind.
        """
        if offset <= into.offset:
            return
        into.stops = with_time(into.stops, into.alive_ms, at_ms)
        if isinstance(event, PartitionAlive):
            into.alive_ms = max(into.alive_ms, at_ms)
        elif isinstance(event, InputEvent | InputRefused):
            source = event.source
            where = f"{source.topic}/{source.partition}"
            if source.offset <= into.sources.get(where, -1):
                into.copies += 1
            else:
                self._step(into, offset, event, at_ms)
                into.sources[where] = source.offset
        else:
            self._step(into, offset, event, at_ms)
        into.offset = offset
        into.events += 1

    def _step(self, into: Slice, offset: int, event: PatientEvent, at_ms: int) -> None:
        held = into.states.get(event.patient) or self._lookup(event.patient)
        if held is not None and held.offset >= offset:
            # A crash after this state was written and before its partition record: the outputs were
            # delivered first, so there is nothing left to do.
            into.copies += 1
            return
        if held is None and isinstance(event, TimerFired):
            return
        stamp = event.stamp if held is None else later(held.state.stamp, event.stamp)
        # What is decided and what it says it was decided with must be the same reference data.
        context = self._reference.at(stamp)
        if into.stops:
            if is_resting(into.stops, at_ms):
                context = replace(context, resting=True)
            for told in () if held is None else resumed(held.state, into.stops, event_time(event), stamp):
                held = self._apply(into, offset, told, held, context)
        self._apply(into, offset, event, held, context)

    def _apply(
        self, into: Slice, offset: int, event: PatientEvent, held: StateRecord | None, context: Context
    ) -> StateRecord | None:
        state = PatientState(event.patient) if held is None else held.state
        done = self._run(state, event, context)
        into.effects += [(offset, effect) for effect in done.effects]
        if not done.state.is_known:
            return held
        record = into.states[event.patient] = _record(offset, done, held)
        return record


def _record(offset: int, done: Step, held: StateRecord | None) -> StateRecord:
    data, ladder = done.due_data_ms, done.due_ladder_ms
    if held is not None and AS_BEFORE in (data, ladder):
        data, ladder = held.due_data_ms, held.due_ladder_ms
    return StateRecord(offset, data, ladder, done.state)
