"""A person's own normal of one vital sign: where its readings usually lie, and how far they usually stray.

A function of the series alone, so neither the order of arrival nor a restart changes it.
"""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from schemas.vitals import VITALS
from streams.core.signal.series import IN_DOUBT, Points

DAY_MS: Final = 86_400_000

WINDOW_MS: Final = 14 * DAY_MS
"""The rules of the vital-sign table speak of the personal 14-day median."""

MIN_COUNT: Final = 5
"""Our choice, because the spread of fewer readings is hardly more than chance."""

MIN_SPAN_MS: Final = 2 * DAY_MS
"""Our choice: five readings of one morning say nothing of other days."""

MAD_SCALE: Final = 14_826
"""Ten thousandths: makes the median absolute deviation a standard deviation where errors are normal
(Rousseeuw and Croux, J Am Stat Assoc 88:1273, 1993)."""

FLOORS_MILLI: Final[Mapping[str, int]] = MappingProxyType(
    {
        # Device errors of the clinical README, section 1, read as two standard deviations (our reading).
        "spo2": 2_000,  # ISO 80601-2-61: 4 points, so that a fall of 4 is two spreads
        "sbp": 4_000,  # ISO 81060-2: standard deviation up to 8 mm[Hg] between devices; half of it within one
        "dbp": 4_000,
        "temp": 150,  # thermometer +- 0.3 Cel
        "weight": 500,  # our choice: a scale shows 0.1 kg, clothes and a meal weigh five times that
    }
)
"""Least spread where the device errs by more than its resolution; every other kind has its resolution."""

FLOORS_PERMILLE: Final[Mapping[str, int]] = MappingProxyType({"glucose": 75})
"""Least spread as a share of the level: ISO 15197 allows 15 %, read as two standard deviations."""

Window = Sequence[int]
"""Values in milli, as measured."""


@dataclass(frozen=True, slots=True)
class Baseline:
    """level_milli: median. spread_milli: robust standard deviation, never 0. count: readings behind it.

    Units: thousandths of the kind's canonical unit.
    """

    level_milli: int
    spread_milli: int
    count: int


def own_normal(kind: str, points: Points) -> Baseline | None:
    """What was normal before the newest reading: the 14 days before it, itself and readings in doubt left out.

    Missing: None for kinds without numbers, with fewer than MIN_COUNT readings, or all within MIN_SPAN_MS.
    """
    resolution = VITALS[kind].resolution
    before = window(points)
    if resolution is None or len(before) < MIN_COUNT or before[-1].at_ms - before[0].at_ms < MIN_SPAN_MS:
        return None
    values = sorted([milli for _, milli, flags in before if not flags & IN_DOUBT])
    if len(values) < MIN_COUNT:
        return None
    level = _median(values)
    spread = (_median(sorted([abs(value - level) for value in values])) * MAD_SCALE + 5_000) // 10_000
    return Baseline(level, max(spread, floor(kind, level, resolution)), len(values))


def window(points: Points) -> Points:
    """The readings of the 14 days before the newest one, without it."""
    if not points:
        return ()
    return points[bisect_left(points, (points[-1].at_ms - WINDOW_MS,)) : -1]


def floor(kind: str, level_milli: int, resolution: int) -> int:
    """The least spread that can be told from the device's own error."""
    return max(FLOORS_MILLI.get(kind, resolution), level_milli * FLOORS_PERMILLE.get(kind, 0) // 1000)


def _median(values: Window) -> int:
    """Of sorted values; the lower whole of the two in the middle, so that it stays exact."""
    half = len(values) // 2
    return values[half] if len(values) % 2 else (values[half - 1] + values[half]) // 2
