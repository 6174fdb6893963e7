"""The dense-offset guard: Faust 0.15 can lose deliveries at the end of recovery and commit past them.

Offsets of a partition must follow each other. What does not is not worked on and not acknowledged;
the consumer is sent back to what is missing. Measured: without this, one hole of 630 offsets became
630 lost readings and 4 lost alerts.
"""

import logging
from dataclasses import dataclass, field

from aiokafka import ConsumerRecord

from streams.adapters.clock import steady_s

log = logging.getLogger(__name__)

SEEKS = 3
"""A hole that is still there after so many seeks is real (retention, deletion): an audited gap."""

SEEK_PAUSE_S = 1.0
TAIL_S = 2.0
"""How long a partition must have been quiet before its tail is checked."""


@dataclass(slots=True)
class Expected:
    """One partition. offset: the next that must come. seeks: tried in vain so far for this hole.

    tails: the same for a last run. gone: the last run was deleted, which has been said; its audit needs a next record.
    """

    offset: int
    seeks: int = 0
    tails: int = 0
    gone: bool = False
    sought_s: float = -1e9
    busy: bool = False
    handled_s: float = field(default_factory=steady_s)


@dataclass(frozen=True, slots=True)
class Run:
    """What to do with a fetched run. records: to work on. seek: go back to it. gap: (first, last) lost for good."""

    records: list[ConsumerRecord]
    seek: int | None = None
    gap: tuple[int, int] | None = None


def examine(expected: Expected, run: list[ConsumerRecord]) -> Run:
    """Compare a run with what must come next. Below the watermark = done already, dropped quietly."""
    first = run[0].offset
    if first > expected.offset:
        return _hole(expected, run)
    if run[-1].offset >= expected.offset:
        expected.seeks, expected.tails, expected.gone = 0, 0, False
    if first < expected.offset:
        run = [record for record in run if record.offset >= expected.offset]
    return Run(_dense(expected.offset, run))


def done(expected: Expected, run: list[ConsumerRecord]) -> int | None:
    """The last offset of a run that has been worked on, now or before; None = nothing of it."""
    last: int = min(expected.offset - 1, run[-1].offset)
    return last if last >= run[0].offset else None


def _dense(offset: int, run: list[ConsumerRecord]) -> list[ConsumerRecord]:
    """The part of the run without a hole; what is behind one comes again after a seek."""
    for index, record in enumerate(run):
        if record.offset != offset + index:
            return run[:index]
    return run


def _hole(expected: Expected, run: list[ConsumerRecord]) -> Run:
    now = steady_s()
    expected.tails, expected.gone = 0, False  # there is something behind it now
    if now - expected.sought_s < SEEK_PAUSE_S:
        return Run([])  # queued before the seek took effect: comes again
    if expected.seeks >= SEEKS:
        gap = (expected.offset, run[0].offset - 1)
        expected.seeks = 0
        return Run(_dense(run[0].offset, run), gap=gap)
    expected.seeks += 1
    expected.sought_s = now
    return Run([], seek=expected.offset)


def tail_missing(expected: Expected, position: int | None) -> bool:
    """Has the consumer read past what was worked on, with nothing in work? Then the last run was lost."""
    quiet = not expected.busy and steady_s() - expected.handled_s > TAIL_S
    return quiet and position is not None and position > expected.offset
