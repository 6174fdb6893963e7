"""Has a vital sign left its own level? A two-sided CUSUM of its deviations, each side added up apart.

Page, Biometrika 41:100 (1954). The usual form adds signed deviations, so that a reading on one side takes away from
the other; here it does not, because a worse reading must never make anything look better.
"""

from typing import Final

ALLOWED: Final = 0.75
"""Spreads that are forgiven per reading: half of the smallest shift worth finding (one spread), and a quarter, because
each side counts its own readings only, whose mean is 0.4 spreads without any shift (our choice)."""

LIMIT: Final = 5.0
"""Spreads added up at which the level is taken to have changed: 4 to 5 is usual (Montgomery, Introduction to
Statistical Quality Control, section 9.1)."""

MOST: Final = LIMIT
"""It grows no further, so that it ends within a week of calm days, and a changed level alone makes a score of one half
(our choice)."""

Sums = tuple[float, float]
"""What lay above and below the own level, added up, in spreads."""

CALM: Final[Sums] = (0.0, 0.0)


def moved(sums: Sums, deviation: float) -> Sums:
    """The sums after one more reading. deviation: spreads above (+) or below (-) the own level."""
    up, down = sums
    return _grown(up, max(deviation, 0.0)), _grown(down, max(-deviation, 0.0))


def shift(sums: Sums, side: int) -> float:
    """How far the level has gone, 1 = it is taken to have changed.

    side: 1 = up, -1 = down, 0 = whichever is further.
    """
    up, down = sums
    return (max(sums) if side == 0 else up if side > 0 else down) / LIMIT


def _grown(before: float, beyond: float) -> float:
    """Thousandths are enough, and the same on every machine."""
    return round(min(max(before + beyond - ALLOWED, 0.0), MOST), 3)
