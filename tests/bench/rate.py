"""Rate and cost of a process that empties a backlog, measured from outside and alike for every engine."""

import asyncio
import time
from typing import NamedTuple

from tests.bench.cluster import Lengths
from tests.bench.processes import Tested

WARM = 0.1
"""Share of the backlog that does not count: start, assignment, first batches, imports."""

LOOK_S = 0.02
PATIENCE_S = 120.0
"""Longest wait for the next record of the counted topic."""


class Rate(NamedTuple):
    """Readings per wall second, and CPU microseconds of the process per reading."""

    per_s: float
    cpu_us: float


class Reached(NamedTuple):
    """records on the counted topic, at which wall and CPU second."""

    records: int
    at_s: float
    cpu_s: float


async def drain(
    process: Tested, lengths: Lengths, topic: str, partitions: int, count: int, *, already: int = 0
) -> Rate:
    """Between the moments at which WARM of `count` new records and all of them lie on `topic`.

    already: records that lay there before.
    """
    before = await reach(process, lengths, topic, partitions, already + max(1, round(count * WARM)))
    after = await reach(process, lengths, topic, partitions, already + count)
    done = after.records - before.records
    if done <= 0:
        raise RuntimeError("the backlog was too small to measure")
    return Rate(done / (after.at_s - before.at_s), (after.cpu_s - before.cpu_s) / done * 1e6)


async def reach(process: Tested, lengths: Lengths, topic: str, partitions: int, count: int) -> Reached:
    """As soon as there are so many. Raises RuntimeError when nothing moves any more."""
    held, moved_s = -1, time.perf_counter()
    while True:
        process.check()
        now = await lengths.of(topic, partitions)
        at_s, cpu_s = time.perf_counter(), process.cpu_s()
        if now >= count:
            return Reached(now, at_s, cpu_s)
        if now != held:
            held, moved_s = now, at_s
        elif at_s - moved_s > PATIENCE_S:
            raise RuntimeError(f"{now} of {count} records on {topic}, and no more: {process.said()[-1500:]}")
        await asyncio.sleep(LOOK_S)
