"""A track: what is remembered of one vital sign of one person for the risk, a dozen whole numbers per kind.

Whole numbers, so that any machine and any Python gives the same ones, and JSON carries them exactly. Level and
spread are those *before* the newest reading; rises and falls are kept apart, so that a worse value can never
cancel an earlier swing (study of online models, section 6).
"""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Final, NamedTuple

from streams.core.signal.bands import BANDS, Bands

MINUTE_MS: Final = 60_000

SLOWEST: Final = 20
"""Readings over which the own level follows at the slowest (our choice: three weeks of daily readings)."""

SPREAD_START: Final = 4
"""Readings that the usual spread of the kind counts for, before the person's own has been seen (our choice)."""

LESSON_SPREADS: Final = 3
"""The level and the spread learn no more than this from one reading: a swing is damped (study, section 9, rule 6)."""

FAST_NEW, FAST_OLD = 2, 8
"""Tenths: weight of the newest reading in the fast averages, and of all before (our choice, about five readings)."""

MOST: Final = 8_000
"""Thousandths of spreads at which everything is clipped (study, section 9, rule 2)."""

MAX_GAP_MIN: Final = 14 * 1_440
"""Our choice: behind two weeks a longer gap says the same."""


DAY_MIN: Final = 1_440

FADING: Final = 15
"""Sixteenths of what happened before that an observed day leaves (our choice: half is gone after eleven days)."""

OUTCOMES: Final = "outcomes"
ANSWERS: Final = "answers"
"""Keys beside the kinds: what happened before, and what the person answered."""

Numbers = Sequence[float]
"""A track as the state holds it: numbers without names."""

Tracks = Mapping[str, Numbers]
"""Kind -> its track. OUTCOMES -> [thousandths of what happened lately, day of the newest reading]. ANSWERS ->
[thousandths of red in the newest answers, the same lately]."""


class Track(NamedTuple):
    """earlier: readings before the newest. level_milli, spread_milli: own normal before the newest reading.

    value_milli, at_min: the newest reading; minutes since the epoch. above, below: fast averages of how far readings
    lay over and under the own level. high, low: of how far outside the bands of everybody. These four in thousandths,
    never negative. gap_min: smoothed time between readings, -1 = only one so far.
    """

    earlier: int
    level_milli: int
    spread_milli: int
    value_milli: int
    at_min: int
    above: int
    below: int
    high: int
    low: int
    gap_min: int


def with_reading(tracks: Tracks, kind: str, milli: int, at_min: int) -> Tracks:
    """The tracks after a reading that is newer than all of its kind; a kind without a row of BANDS changes nothing."""
    if kind not in BANDS:
        return tracks
    grown = {**tracks, kind: observed(kind, tracks.get(kind), milli, at_min)}
    held = tracks.get(OUTCOMES)
    day = at_min // DAY_MIN
    if held is not None and held[1] < day:
        grown[OUTCOMES] = (int(held[0]) * FADING // 16, day)
    return grown


def with_only(tracks: Tracks, kind: str, readings: Sequence[tuple[int, int]]) -> Tracks:
    """The tracks as if only these readings of the kind, (value in thousandths, minute), had ever come."""
    track: Numbers | None = None
    for milli, at_min in readings if kind in BANDS else ():
        track = observed(kind, track, milli, at_min)
    rest = {name: held for name, held in tracks.items() if name != kind}
    return rest if track is None else {**rest, kind: track}


def with_outcome(tracks: Tracks, at_min: int) -> Tracks:
    """The tracks once it is known that something bad happened. at_min: when it became known.

    It fades with the days on which readings come, not with time: silence takes nothing away.
    """
    lately, day = tracks.get(OUTCOMES, (0, 0))
    raised = int(lately) + (1_000 - int(lately)) * FADING // 64
    return {**tracks, OUTCOMES: (raised, max(int(day), at_min // DAY_MIN))}


def with_answers(tracks: Tracks, red_milli: int) -> Tracks:
    """The tracks after answers. red_milli: 0 = green, 500 = yellow, 1,000 = red."""
    _, lately = tracks.get(ANSWERS, (0, 0))
    return {**tracks, ANSWERS: (red_milli, _fast(int(lately), red_milli))}


def observed(kind: str, held: Numbers | None, milli: int, at_min: int) -> Track:
    """The track after one more reading. held: the track before; None = this is the first reading.

    Only readings in the order of time may be given: what comes late has no place in a running track.
    """
    bands = BANDS[kind]
    high, low = severity(bands.high, milli), severity(bands.low, milli)
    if held is None:
        return Track(0, milli, bands.spread, milli, at_min, 0, 0, high, low, -1)
    was = Track._make(map(int, held))
    level, spread = _absorbed(bands, was)
    count = was.earlier + 1
    deviation = deviation_of(milli, level, spread, count) if bands.is_personal else 0
    gap = min(max(at_min - was.at_min, 0), MAX_GAP_MIN)
    return Track(
        count,
        level,
        spread,
        milli,
        at_min,
        _fast(was.above, max(deviation, 0)),
        _fast(was.below, max(-deviation, 0)),
        _fast(was.high, high),
        _fast(was.low, low),
        gap if was.gap_min < 0 else _fast(was.gap_min, gap),
    )


def deviation_of(milli: int, level_milli: int, spread_milli: int, count: int) -> int:
    """Thousandths of spreads over (+) or under (-) the own level, less sure while little is known of it."""
    raw = (milli - level_milli) * 1_000 // spread_milli
    return min(max(raw, -MOST), MOST) * count // (count + 3)


def severity(knots: Sequence[int], milli: int) -> int:
    """Thousandths of steps outwards from the first knot: 0 inside, 1,000 at the second knot, and so on."""
    if not knots:
        return 0
    outwards = 1 if knots[-1] > knots[0] else -1
    if (milli - knots[0]) * outwards <= 0:
        return 0
    total = 0
    for start, end in pairwise(knots):
        if (milli - end) * outwards < 0:
            return total + (milli - start) * 1_000 // (end - start)
        total += 1_000
    return total


def _absorbed(bands: Bands, was: Track) -> tuple[int, int]:
    """Level and spread once the newest reading has become part of what was usual."""
    most = LESSON_SPREADS * was.spread_milli
    step = min(max(was.value_milli - was.level_milli, -most), most)
    level = was.level_milli + step // min(was.earlier + 1, SLOWEST)
    usual = abs(step) * 5 // 4  # of a normal deviation the mean absolute value is 0.8 standard deviations
    spread = was.spread_milli + (usual - was.spread_milli) // min(was.earlier + SPREAD_START, SLOWEST + SPREAD_START)
    return level, max(spread, bands.floor)


def _fast(before: int, now: int) -> int:
    return (FAST_OLD * before + FAST_NEW * now) // (FAST_OLD + FAST_NEW)
