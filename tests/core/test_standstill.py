"""A watch that stood still is told from one that is behind by the log alone; then no ladder runs through."""

from typing import Any

import pytest

from schemas.events import LogEvent, PartitionAlive
from streams.core.context import Reference
from streams.core.fold import PartitionFold, Slice
from streams.core.record import PartitionRecord, StateRecord, decode_partition, encode_partition
from streams.core.standstill import MAX_STOPS, REST_MS, STOPPED_MS, with_time
from streams.core.state import PatientState
from streams.core.step import step
from streams.core.triage import assess
from tests.builders import (
    HOUR,
    MINUTE,
    PATIENT,
    T0,
    alerts,
    context,
    make_bindings,
    make_event,
    make_measurement,
    make_plan,
    make_refusal,
    make_slot,
    make_timer,
    overviews,
    rules,
)

BEAT = 5_000


class Log:
    """One partition of patient-events, folded as it grows. at_ms: Kafka's clock."""

    def __init__(self, **plan: object) -> None:
        self.at_ms = T0
        self.events: list[tuple[LogEvent, int]] = []
        self.slice = Slice(PartitionRecord())
        self._fold = PartitionFold(step, Reference(rules(), "test"), lambda _: None)
        self.append(make_event(make_plan(**plan), received_ms=T0))
        self.append(make_event(make_bindings(), received_ms=T0))
        self.beats(0)

    def append(self, event: LogEvent) -> None:
        """Kafka takes it now."""
        self.events.append((event, self.at_ms))
        self._fold.apply(self.slice, self.slice.offset + 1, event, self.at_ms)

    def beats(self, ms: int) -> None:
        """The timekeeper is there for so long."""
        end = self.at_ms + ms
        while self.at_ms < end:
            self.at_ms = min(end, self.at_ms + BEAT)
            self.append(PartitionAlive(id=f"alive/{self.at_ms}", at_ms=self.at_ms))
        if not ms:
            self.append(PartitionAlive(id=f"alive/{self.at_ms}", at_ms=self.at_ms))

    def reads(self, value: float, *, received_ms: int | None = None, **changed: Any) -> None:
        """A reading; received_ms: when its source record was taken, else now."""
        at_ms = self.at_ms if received_ms is None else received_ms
        reading = make_measurement(value, **{"at_ms": at_ms} | changed)
        self.append(make_event(reading, received_ms=at_ms, offset=100 + len(self.events)))

    def timer(self, **changed: int) -> None:
        """The timekeeper lets time pass up to now."""
        self.append(make_timer(self.at_ms, **changed))

    @property
    def held(self) -> StateRecord:
        """The patient's record."""
        return self.slice.states[PATIENT]

    @property
    def state(self) -> PatientState:
        """The patient's state."""
        return self.held.state

    @property
    def steps(self) -> list[str]:
        """Alert steps so far."""
        return [each.step.type.value for each in alerts([effect for _, effect in self.slice.effects])]

    @property
    def silence(self) -> dict[str, object]:
        """What is missing now."""
        return dict(assess(self.state, context()).silence)


def red(**plan: object) -> Log:
    """A red alert just raised, rung of four hours."""
    log = Log(**plan)
    log.reads(86)
    return log


def test_heartbeats_that_are_folded_late_are_no_standstill() -> None:
    """A worker that is an hour behind folds them in the order in which Kafka took them."""
    log = red()
    log.beats(10 * MINUTE)
    again = Slice(PartitionRecord())
    fold = PartitionFold(step, Reference(rules(), "test"), lambda _: None)
    for offset, (event, at_ms) in enumerate(log.events):
        fold.apply(again, offset, event, at_ms)

    assert ((), log.held.due_ladder_ms) == (again.stops, again.states[PATIENT].due_ladder_ms)


def test_a_short_stop_changes_nothing() -> None:
    """Thirty seconds are a restart."""
    log = red()
    due = log.held.due_ladder_ms
    log.at_ms += STOPPED_MS
    log.timer()

    assert ((), due) == (log.slice.stops, log.held.due_ladder_ms)


def test_after_a_standstill_no_rung_passes_that_nobody_could_have_seen() -> None:
    """Nine hours are more than two rungs; the timer that comes first finds the clock set on by them."""
    log = red()
    log.at_ms += 9 * HOUR
    log.timer()

    assert ["raised"] == log.steps
    assert ((T0, T0 + 9 * HOUR),) == log.slice.stops
    assert log.at_ms < log.held.due_ladder_ms <= log.at_ms + 4 * HOUR


def test_input_that_comes_before_the_first_heartbeat_runs_no_ladder_through() -> None:
    """Another worker's intake may be sooner than our timekeeper."""
    log = red()
    log.at_ms += 9 * HOUR
    log.reads(95, received_ms=log.at_ms - HOUR)
    log.reads(95)
    log.beats(0)
    log.timer()

    assert "escalated" not in log.steps
    assert 9 * HOUR == log.slice.stops[0][1] - T0


def test_what_was_sent_during_the_standstill_is_raised_when_it_is_seen() -> None:
    """Its ladder has not been climbing unseen since it was received."""
    log = Log()
    log.at_ms += 9 * HOUR
    log.reads(86, received_ms=T0 + MINUTE)
    log.timer()

    assert ["raised"] == log.steps
    assert (T0 + 9 * HOUR, T0 + MINUTE) == (log.state.alert.raised_ms, log.state.alert.evidence_ms)
    assert T0 + 13 * HOUR == log.held.due_ladder_ms


def test_what_was_folded_only_after_the_standstill_is_no_exception() -> None:
    """A reading let in before the crash and folded after it: its alert gets the time back as any other."""
    log = Log()
    log.reads(86)
    log.at_ms += 9 * HOUR
    log.beats(0)
    log.timer()

    assert ["raised"] == log.steps
    assert log.at_ms < log.held.due_ladder_ms


def test_a_rung_that_was_due_before_the_standstill_fires() -> None:
    """The watch lived then; that it could not say so is no reason to be silent now."""
    log = red()
    log.beats(4 * HOUR + MINUTE)
    log.at_ms += HOUR
    log.timer()

    assert ["raised", "escalated"] == log.steps


def test_the_time_is_given_back_once() -> None:
    """However many events follow, and however often the standstill is seen to have grown."""
    log = red()
    log.at_ms += HOUR
    log.timer()
    log.at_ms += MINUTE
    log.timer()
    log.beats(0)
    log.timer()
    due = log.held.due_ladder_ms
    for _ in range(5):
        log.beats(MINUTE)
        log.timer()

    assert due == log.held.due_ladder_ms
    assert ((T0, T0 + HOUR + MINUTE),) == log.slice.stops


def test_a_reading_after_the_standstill_needs_no_word_of_it() -> None:
    """Without an alert and with a time of its own behind it, the clock moves by itself."""
    log = Log()
    log.at_ms += HOUR
    log.beats(0)
    log.at_ms += BEAT
    log.reads(95)

    assert log.at_ms == log.state.now_ms
    assert 1 == len(overviews([effect for offset, effect in log.slice.effects if offset == log.slice.offset]))


@pytest.mark.parametrize("late", [0, REST_MS - 1])
def test_data_deadlines_rest_while_senders_empty_their_queues(late: int) -> None:
    """A timer, another reading and a refusal come first: nothing is missing yet."""
    log = Log(slots=[make_slot(kinds=["weight"])], rules=["limits", "missing"])
    log.beats(2 * HOUR - MINUTE)
    log.at_ms += 5 * MINUTE
    log.beats(0)
    log.at_ms += late
    log.timer()
    log.reads(95)
    log.append(make_refusal(received_ms=log.at_ms, offset=100 + len(log.events)))
    assert {} == log.silence
    log.reads(80, kind="weight", at_ms=T0 + HOUR)
    log.beats(2 * REST_MS)
    log.timer()

    assert {} == log.silence


def test_after_the_rest_silence_is_silence() -> None:
    """What has not come within a minute is missing."""
    log = Log(slots=[make_slot(kinds=["weight"])], rules=["limits", "missing"])
    log.beats(2 * HOUR - MINUTE)
    log.at_ms += 5 * MINUTE
    log.beats(REST_MS + BEAT)
    log.timer()

    assert ["weight"] == list(log.silence)


def test_two_standstills_are_both_given_back() -> None:
    """A worker that dies again an hour later."""
    log = red()
    log.at_ms += 2 * HOUR
    log.beats(HOUR)
    log.at_ms += 2 * HOUR
    log.beats(0)
    log.timer()

    assert ["raised"] == log.steps
    assert 2 == len(log.slice.stops)


def test_standstills_with_one_heartbeat_between_them_are_one() -> None:
    """A worker that dies at each start; and the memory of them is bounded."""
    stops = with_time(with_time((), T0, T0 + MINUTE), T0 + MINUTE, T0 + 3 * MINUTE)
    assert ((T0, T0 + 3 * MINUTE),) == stops
    for n in range(1, 20):
        stops = with_time(stops, T0 + n * HOUR, T0 + n * HOUR + MINUTE)

    assert MAX_STOPS == len(stops)
    assert (T0 + 19 * HOUR, T0 + 19 * HOUR + MINUTE) == stops[-1]


def test_the_partition_record_keeps_them() -> None:
    """And reads what an older release wrote without them."""
    record = PartitionRecord(7, "id", {}, T0, ((T0, T0 + HOUR),))

    assert record == decode_partition(encode_partition(record))
    assert () == decode_partition(b'{"v":1,"off":7,"topic_id":"id","src":{},"alive_ms":0}').stops


def test_only_a_new_standstill_is_news() -> None:
    """It is counted in the slice that shows it first."""
    log = red()
    log.at_ms += HOUR
    log.timer()
    assert ((T0, T0 + HOUR),) == log.slice.stood_still

    following = Slice(log.slice.partition)
    PartitionFold(step, Reference(rules(), "test"), log.slice.states.get).apply(
        following, following.offset + 1, make_timer(log.at_ms + MINUTE), log.at_ms + MINUTE
    )
    assert () == following.stood_still
