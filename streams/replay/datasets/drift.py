"""Would it be noticed? The watch over scores beside river's ADWIN, on the sets as they are and with a made-up fault.

An episode is one person's week; it closes when its last label is known. Rows of one event are counted as one event.
ADWIN's state cannot travel as JSON, so it is a second opinion here and no part of the product (study of online models,
section 5).
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from streams.core.learning.watch import MILLION, Watch
from streams.replay.datasets.judge import Scores
from streams.replay.datasets.rows import DAY_MIN, Row

WEEK_MIN = 7 * DAY_MIN

FAULTS = {
    "as it is": 1.0,
    "events twice as often as said": 0.5,
    "events half as often as said": 2.0,
}
"""What is told -> by what risks of the second half are multiplied: the fault is in the scores, the labels are real."""


class Episode(NamedTuple):
    """closed_min: when all of it is known. expected, came: events, each counted once."""

    closed_min: int
    expected: float
    came: float


class Noticed(NamedTuple):
    """fault: a key of FAULTS. episodes: in all; the fault begins at half of them. false_alarms: before it, or in all
    where there is none. cusum, adwin: episodes from the fault to the first alarm; None = none came.
    """

    fault: str
    episodes: int
    false_alarms: tuple[int, int]
    cusum: int | None
    adwin: int | None


def watched(rows: Sequence[Row], scores: Scores) -> list[Noticed]:
    """One line per fault."""
    episodes = closed(rows, scores)
    found = []
    for name, times in FAULTS.items():
        start = len(episodes) if times == 1 else len(episodes) // 2
        risks = [(e.expected * (times if n >= start else 1), e.came) for n, e in enumerate(episodes)]
        by_cusum, by_adwin = _alarms(risks, _cusum()), _alarms(risks, _adwin())
        early = (sum(n < start for n in by_cusum), sum(n < start for n in by_adwin))
        found.append(Noticed(name, len(episodes), early, _first(by_cusum, start), _first(by_adwin, start)))
    return found


def closed(rows: Sequence[Row], scores: Scores) -> list[Episode]:
    """In the order in which they close."""
    events = len({row.event for row in rows if row.label})
    each = sum(row.label for row in rows) / max(events, 1)  # rows of one event
    held: dict[tuple[str, int], Episode] = {}
    for row, score in zip(rows, scores.tolist(), strict=True):
        key = (row.patient, row.at_min // WEEK_MIN)
        at, expected, came = held.get(key, Episode(0, 0.0, 0.0))
        held[key] = Episode(max(at, row.known_min), expected + score / each, came + row.label / each)
    return sorted(held.values())


def _alarms(risks: Sequence[tuple[float, float]], looks: Callable[[float, float], bool]) -> list[int]:
    return [n for n, (expected, came) in enumerate(risks) if looks(expected, came)]


def _first(alarms: Sequence[int], start: int) -> int | None:
    return next((n - start + 1 for n in alarms if n >= start), None)


def _cusum() -> Callable[[float, float], bool]:
    watch = Watch()

    def looks(expected: float, came: float) -> bool:
        nonlocal watch
        watch, alarm = watch.counted(round(expected * MILLION), round(came * MILLION))
        return alarm is not None

    return looks


def _adwin() -> Callable[[float, float], bool]:
    from river import drift  # half a second to import, and only this needs it

    detector: Any = drift.ADWIN()  # type: ignore[no-untyped-call]  # river gives it no types

    def looks(expected: float, came: float) -> bool:
        detector.update(came - expected)
        return bool(detector.drift_detected)

    return looks
