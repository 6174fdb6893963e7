"""The guard's judgement of a run, and how much of it is acknowledged."""

import asyncio
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka import ConsumerRecord

from streams.agents import density
from streams.agents.density import SEEK_PAUSE_S, SEEKS, TAIL_S, Expected, done, examine, tail_missing
from streams.agents.enginekit import Chunk
from streams.agents.intake import Intake
from streams.agents.progress import Progress
from streams.agents.room import Room


def run(*offsets: int) -> list[ConsumerRecord]:
    """Records at these offsets."""
    return [ConsumerRecord("measurements.v1", 0, offset, 0, 0, None, b"", None, 0, 0, ()) for offset in offsets]


def offsets(records: Sequence[ConsumerRecord]) -> list[int]:
    """Theirs."""
    return [record.offset for record in records]


class Clock:
    """Seconds that pass when told to."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The guard's own clock."""
    clock = Clock()
    monkeypatch.setattr(density, "steady_s", clock)
    return clock


def test_what_follows_is_worked_on_and_what_is_below_is_done_already(clock: Clock) -> None:
    """A run may begin below what is expected: after a seek, and after a crash."""
    assert [5, 6] == offsets(examine(Expected(5), run(5, 6)).records)
    assert [5, 6] == offsets(examine(Expected(5), run(3, 4, 5, 6)).records)
    assert [] == examine(Expected(5), run(3, 4)).records


def test_a_hole_is_sought_three_times_and_then_told(clock: Clock) -> None:
    """What was queued before the seek took effect is not counted as another try."""
    expected = Expected(5)
    for _ in range(SEEKS):
        assert 5 == examine(expected, run(8, 9)).seek
        assert (None, []) == ((again := examine(expected, run(10))).seek, again.records)
        clock.now += SEEK_PAUSE_S
    last = examine(expected, run(8, 9))
    assert ((5, 7), [8, 9]) == (last.gap, offsets(last.records))


def test_a_hole_that_closes_is_forgotten(clock: Clock) -> None:
    """The next one has three tries of its own."""
    expected = Expected(5)
    assert 5 == examine(expected, run(8)).seek
    assert [5, 6] == offsets(examine(expected, run(5, 6)).records)
    assert 0 == expected.seeks


def test_a_run_with_a_hole_inside_is_worked_on_up_to_it(clock: Clock) -> None:
    """The rest comes again."""
    assert [5, 6] == offsets(examine(Expected(5), run(5, 6, 8, 9)).records)


def test_a_tail_is_missed_only_when_it_was_quiet(clock: Clock) -> None:
    """Read past what was worked on, nothing in work, and nothing for a while."""
    expected = Expected(5, handled_s=clock.now)
    assert not tail_missing(expected, 9)
    clock.now += TAIL_S + 0.1
    assert tail_missing(expected, 9)
    assert not tail_missing(expected, 5)
    assert not tail_missing(expected, None)
    expected.busy = True
    assert not tail_missing(expected, 9)


@pytest.mark.parametrize(
    ("expected", "acknowledged"),
    [(5, None), (6, 5), (7, 6), (8, 7), (20, 7)],
    ids=["nothing", "one", "two", "all", "all of it before"],
)
def test_a_run_is_acknowledged_up_to_what_has_been_done(expected: int, acknowledged: int | None) -> None:
    """Never further, and no less: the rest of a run that a rebalance cut short comes again from there."""
    assert acknowledged == done(Expected(expected), run(5, 6, 7))


def test_a_run_stops_at_the_slice_in_work_when_partitions_move() -> None:
    """A rebalance waits for what is in work, and the whole group waits for the rebalance."""
    app = SimpleNamespace(should_stop=False, rebalancing_count=1, consumer_generation_id=1)
    intake = OneByOne(app, stop_after=2)
    intake.begin({("measurements.v1", 0): 5})
    chunk = Chunk("measurements.v1", 0, run(5, 6, 7, 8), 1)
    assert 6 == asyncio.run(intake.work(chunk))
    assert [5, 6] == intake.worked
    assert asyncio.run(intake.work(Chunk("measurements.v1", 0, run(9, 10), 1))) is None, "that was no hole"


class OneByOne(Intake):
    """Slices of one record; a rebalance begins behind some of them."""

    def __init__(self, app: Any, stop_after: int) -> None:
        room = Room.__new__(Room)
        room.app, room.taken_over = app, app.rebalancing_count
        super().__init__(room, Progress.__new__(Progress))
        self._app, self._stop_after = app, stop_after
        self.worked: list[int] = []

    async def _slice(self, records: Sequence[ConsumerRecord], expected: Expected) -> Sequence[ConsumerRecord]:
        self.worked.append(records[0].offset)
        expected.offset = records[0].offset + 1
        if len(self.worked) == self._stop_after:
            self._app.rebalancing_count += 1
        return records[1:]
