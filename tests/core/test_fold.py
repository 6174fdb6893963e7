"""The loop over one partition: copies are dropped, each key knows what it has applied, nobody is made of nothing."""

from schemas.events import InputEvent, PartitionAlive, PatientEvent
from streams.core.context import Reference
from streams.core.fold import PartitionFold, Slice
from streams.core.record import PartitionRecord, StateRecord
from streams.core.standstill import event_time
from streams.core.state import PatientState
from streams.core.step import AS_BEFORE, Step, step
from tests.builders import (
    HOUR,
    MINUTE,
    T0,
    alerts,
    audits,
    make_bindings,
    make_event,
    make_measurement,
    make_plan,
    make_refusal,
    make_slot,
    make_timer,
    rules,
)

START: tuple[InputEvent, ...] = (make_event(make_plan(slots=[make_slot()])), make_event(make_bindings()))


def red(offset: int, minute: int = 1) -> InputEvent:
    """A red reading with its offset on measurements.v1."""
    at_ms = T0 + minute * MINUTE
    return make_event(make_measurement(86, at_ms=at_ms), received_ms=at_ms, offset=offset)


def fold(
    *events: PatientEvent | PartitionAlive,
    held: PartitionRecord | None = None,
    states: dict[str, StateRecord] | None = None,
    run=step,
) -> Slice:
    """A slice of these events, at the offsets behind the watermark."""
    into = Slice(held or PartitionRecord(topic_id="id"))
    loop = PartitionFold(run, Reference(rules(), "test"), (states or {}).get)
    for offset, event in enumerate(events, into.offset + 1):
        loop.apply(into, offset, event, event.at_ms if isinstance(event, PartitionAlive) else event_time(event))
    return into


def test_a_partition_remembers_what_it_has_seen() -> None:
    """Watermark, the highest source offset per topic and partition, and every touched patient."""
    done = fold(*START, red(5))

    assert PartitionRecord(2, "id", {"care-plans.v1/0": 0, "device-bindings.v1/0": 0, "measurements.v1/0": 5}) == (
        done.partition
    )
    assert (["p1"], 2, 3, 0) == (list(done.states), done.states["p1"].offset, done.events, done.copies)
    assert T0 + 2 * HOUR == done.states["p1"].due_data_ms
    assert [2] == [offset for offset, effect in done.effects if alerts([effect])]


def test_a_copy_by_intake_is_dropped_without_an_outcome() -> None:
    """The same source offset, or a lower one, again: it moves the watermark and nothing else."""
    once = fold(*START, red(5))
    twice = fold(*START, red(5), red(5), red(4, minute=2), make_refusal(offset=5))

    assert (3, 5) == (twice.copies, twice.partition.offset)
    assert len(audits([effect for _, effect in once.effects])) == len(audits([effect for _, effect in twice.effects]))
    assert once.states["p1"].state == twice.states["p1"].state


def test_what_is_at_or_below_the_watermark_is_done() -> None:
    """A repeat of the chunk after a crash changes nothing."""
    done = fold(*START, red(5))
    loop = PartitionFold(step, Reference(rules(), "test"), lambda _: None)
    before = (list(done.effects), done.partition, done.events)
    for offset, event in enumerate((*START, red(5))):
        loop.apply(done, offset, event, event.received_ms)

    assert before == (done.effects, done.partition, done.events)


def test_a_state_ahead_of_its_partition_record_is_not_applied_twice() -> None:
    """A crash between the two: the outputs were delivered before either."""
    first = fold(*START, red(5))
    again = fold(*START, red(5), states=first.states)

    assert (3, [], {}) == (again.copies, again.effects, again.states)
    assert first.partition == again.partition


def test_a_heartbeat_moves_the_watermark_and_its_own_time() -> None:
    """It goes to nobody; a late one does not turn time back."""
    done = fold(PartitionAlive(id="a", at_ms=T0), PartitionAlive(id="b", at_ms=T0 - 1))

    assert (PartitionRecord(1, "id", {}, T0), {}) == (done.partition, done.states)


def test_a_timer_for_nobody_creates_nothing() -> None:
    """Its patient may have been on another partition once."""
    done = fold(make_timer(T0))

    assert ({}, [], 0) == (done.states, done.effects, done.partition.offset)


def test_an_unknown_patient_gets_an_outcome_and_no_state() -> None:
    """The pseudonym of a typing error does not stay in memory; a refusal of it says nothing."""
    done = fold(red(5), make_refusal(offset=6))

    assert {} == done.states
    assert ["rejected.unknown_patient"] == [body.outcome for body in audits([effect for _, effect in done.effects])]


def test_a_state_is_looked_up_and_carried_on() -> None:
    """From the table, then from the slice itself."""
    first = fold(*START)
    second = fold(red(5), red(6, minute=2), held=first.partition, states=first.states)
    whole = fold(*START, red(5), red(6, minute=2))

    assert whole.states == second.states
    assert whole.partition == second.partition


def test_a_failed_step_leaves_what_was_due() -> None:
    """The guard cannot know the deadlines; those before still hold."""
    first = fold(*START)

    def failing(state: PatientState, event: PatientEvent, context: object) -> Step:
        return Step(state, (), AS_BEFORE, AS_BEFORE)

    done = fold(red(5), held=first.partition, states=first.states, run=failing)

    assert T0 + 2 * HOUR == done.states["p1"].due_data_ms
    assert 2 == done.states["p1"].offset
