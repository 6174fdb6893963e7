"""The monitor's pure loop over one partition: who is new here, who is a copy, and what each event changes.

The same function serves the worker, `state rebuild`, replay and the tests, so they cannot differ.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from schemas.events import InputEvent, InputRefused, LogEvent, PartitionAlive, PatientEvent, TimerFired
from streams.core.context import Context, Reference, later
from streams.core.effects import Effect
from streams.core.record import PartitionRecord, StateRecord
from streams.core.state import PatientState
from streams.core.step import AS_BEFORE, Step

Runner = Callable[[PatientState, PatientEvent, Context], Step]
"""`step`, or `step` inside a guard that turns our own bugs into outcomes."""


@dataclass(slots=True)
class Slice:
    """What a run of events has changed so far. Thrown away as a whole if anything goes wrong.

    held: the partition record before. offset, sources, alive_ms: what it becomes. states: touched patients
    only. effects: (patient-events offset, effect) in order.
    """

    held: PartitionRecord
    offset: int = field(init=False)
    alive_ms: int = field(init=False)
    sources: dict[str, int] = field(init=False)
    states: dict[str, StateRecord] = field(default_factory=dict)
    effects: list[tuple[int, Effect]] = field(default_factory=list)
    copies: int = 0
    events: int = 0

    def __post_init__(self) -> None:
        self.offset, self.alive_ms = self.held.offset, self.held.alive_ms
        self.sources = dict(self.held.sources)

    @property
    def partition(self) -> PartitionRecord:
        """The partition record after what has been applied so far."""
        return PartitionRecord(self.offset, self.held.topic_id, self.sources, self.alive_ms)


class PartitionFold:
    """Folds events of one partition on top of the states a lookup gives."""

    def __init__(self, run: Runner, reference: Reference, lookup: Callable[[str], StateRecord | None]) -> None:
        self._run = run
        self._reference = reference
        self._lookup = lookup

    def apply(self, into: Slice, offset: int, event: LogEvent) -> None:
        """One record of patient-events; at or below the watermark it is already done. Raises BehindError."""
        if offset <= into.offset:
            return
        if isinstance(event, PartitionAlive):
            into.alive_ms = max(into.alive_ms, event.at_ms)
        elif isinstance(event, InputEvent | InputRefused):
            source = event.source
            where = f"{source.topic}/{source.partition}"
            if source.offset <= into.sources.get(where, -1):
                into.copies += 1
            else:
                self._step(into, offset, event)
                into.sources[where] = source.offset
        else:
            self._step(into, offset, event)
        into.offset = offset
        into.events += 1

    def _step(self, into: Slice, offset: int, event: PatientEvent) -> None:
        held = into.states.get(event.patient) or self._lookup(event.patient)
        if held is not None and held.offset >= offset:
            # A crash after this state was written and before its partition record: the outputs were
            # delivered first, so there is nothing left to do.
            into.copies += 1
            return
        if held is None and isinstance(event, TimerFired):
            return
        state = PatientState(event.patient) if held is None else held.state
        # What is decided and what it says it was decided with must be the same reference data.
        done = self._run(state, event, self._reference.at(later(state.stamp, event.stamp)))
        into.effects += [(offset, effect) for effect in done.effects]
        if done.state.is_known:
            into.states[event.patient] = _record(offset, done, held)


def _record(offset: int, done: Step, held: StateRecord | None) -> StateRecord:
    data, ladder = done.due_data_ms, done.due_ladder_ms
    if held is not None and AS_BEFORE in (data, ladder):
        data, ladder = held.due_data_ms, held.due_ladder_ms
    return StateRecord(offset, data, ladder, done.state)
