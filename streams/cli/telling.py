"""Telling a story on a stage: the sender, the clock of the run folder, and the reader that fills the board."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from schemas.alert import AlertStep
from schemas.topics import AUDIT, INPUTS, OVERVIEW, REJECTED, alerts_topic
from streams.adapters.clock import steady_s, wall_ms
from streams.adapters.input_records import InputRecord
from streams.adapters.offsets import offset_reader
from streams.cli import whereabouts
from streams.cli.board import Board
from streams.cli.follow import Follower
from streams.cli.play import teams_of
from streams.cli.stage import Stage
from streams.cli.whereabouts import Running
from streams.sim.feed import feed, tell_time
from streams.sim.story import Story

PROLOGUE_MS = 13 * 3_600_000
"""The first half day, in which all are well, is told as fast as it goes: the first alert comes soon after it."""

TICK_S = 1.0
"""How often time is told behind the end of the story."""

ENTRY_S = 0.2
"""How often the run folder's clock is set while the story is told."""


@dataclass(slots=True)
class Clock:
    """The demo's clock: shown on the board, and kept in the run folder for commands in other terminals."""

    board: Board
    entry: Running
    _set_s: float = 0.0

    def at(self, now_ms: int) -> None:
        """It is this late."""
        self.board.now_ms = max(self.board.now_ms, now_ms)
        if steady_s() - self._set_s >= ENTRY_S:
            self._set_s = steady_s()
            self.entry = whereabouts.tell(self.entry, self.board.now_ms)

    def sent(self, records: Sequence[InputRecord]) -> None:
        """These records have just been sent."""
        self.at(records[-1].at_ms)


async def tell(story: Story, stage: Stage, clock: Clock, *, full_speed: bool) -> None:
    """Send the story and wait until intake has let all of it in.

    Not at full speed, what follows the prologue is spread so that the story's end meets the wall clock.
    """
    cut = story.start_ms + PROLOGUE_MS
    first = [record for record in story.records if full_speed or record.at_ms < cut]
    rest = story.records[len(first) :]
    await feed(first, stage.settings, stage.deliverer, on_sent=clock.sent)
    if rest:
        left_ms = max(1, story.end_ms - wall_ms())
        clock.board.speed = max(1.0, (story.end_ms - rest[0].at_ms) / left_ms)
        await feed(rest, stage.settings, stage.deliverer, speed=clock.board.speed, on_sent=clock.sent)
    clock.board.story, clock.board.speed = False, None


async def go_on(story: Story, stage: Stage, clock: Clock) -> None:
    """Behind the story: time passes as on the wall, until somebody ends the demo."""
    while True:
        now_ms = max(story.end_ms, wall_ms())
        await tell_time(now_ms, stage.settings, stage.deliverer)
        clock.at(now_ms)
        await asyncio.sleep(TICK_S)


async def read(board: Board, story: Story, on_step: Callable[[AlertStep], None]) -> None:
    """Fill the board from the topics, without end."""
    names = [AUDIT, OVERVIEW, REJECTED, *map(alerts_topic, ("unassigned", *teams_of(story.reference)))]
    async with Follower(board.settings, names, from_start=True) as follower:
        while True:
            for record in await follower.some(timeout_ms=100):
                step = board.take(record, steady_s())
                if step is not None:
                    on_step(step)


async def measure(board: Board, stage: Stage) -> None:
    """How many inputs Kafka has that no outcome has been told of yet, once a second, without end."""
    async with offset_reader(board.settings) as offsets:
        while True:
            ends = await offsets.ends(INPUTS)
            board.lag = max(0, sum(ends.values()) - board.told)
            board.restarts = stage.crew.restarts
            await asyncio.sleep(1.0)
