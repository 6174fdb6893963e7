"""A patient's readings of one kind, ordered by when they were measured, however they arrived."""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from functools import partial
from itertools import accumulate
from operator import sub
from typing import NamedTuple

from schemas.vitals import VITALS

UNCONFIRMED = 1
"""Flag: the value was in the confirm band when it arrived."""

BELOW, ABOVE = 2, 4
"""Flags: the device could not measure it, the value is below or above the bound that stands beside it."""

UNTRUSTED = 8
"""Flag: from a source that is not clinical (`schemas.binding`). It may raise a colour, and alone it clears no red."""

IN_DOUBT = 16
"""Flag: it may be another person's (`admission/identity.py`): it colours, and the own normal leaves it out."""

MAX_POINTS = 64
"""Points kept per kind: 7 days of a hypertension series (28) twice over; keeps the state below its 16 kB ceiling."""

REPEAT_MS = 15 * 60_000
"""A repeat confirms when it was taken within 15 minutes (clinical README section 1)."""


class Point(NamedTuple):
    """One accepted reading. at_ms: measured_at. milli: thousandths of the canonical unit, or a code's index."""

    at_ms: int
    milli: int
    flags: int = 0

    @property
    def in_confirm_band(self) -> bool:
        """Possible but extreme: kept, coloured at once, marked unconfirmed."""
        return bool(self.flags & UNCONFIRMED)

    @property
    def is_weak(self) -> bool:
        """Too weak to clear a red: untrusted, or in doubt."""
        return self.flags >= UNTRUSTED

    @property
    def in_doubt(self) -> bool:
        """May it be another person's?"""
        return bool(self.flags & IN_DOUBT)

    @property
    def is_bound(self) -> bool:
        """The device showed LO, HI or a bound: the true value lies beyond this one."""
        return bool(self.flags & (BELOW | ABOVE))


_point = partial(tuple.__new__, Point)
"""A Point of three numbers, without the detour over Python: a state holds hundreds of them."""

Points = tuple[Point, ...]
Series = Mapping[str, Points]


def contains(points: Points, point: Point) -> bool:
    """Is exactly this reading (time and value) already there? That is what a duplicate is, whatever its id."""
    at = bisect_left(points, Point(point.at_ms, point.milli))
    return at < len(points) and points[at][:2] == point[:2]


def is_unconfirmed(kind: str, points: Points) -> bool:
    """Does the newest reading lie in the confirm band without a second one beside it that says the same?

    The same means: extreme on the same side. A pulse of 25 does not confirm one of 200.
    """
    newest = points[-1]
    if not newest.in_confirm_band:
        return False
    accept = VITALS[kind].accept or (0, 0)
    return not any(
        point.in_confirm_band
        and newest.at_ms - point.at_ms <= REPEAT_MS
        and (point.milli > accept[0]) is (newest.milli > accept[0])
        for point in points[-3:-1]
    )


def insert(points: Points, point: Point) -> Points:
    """Put the point in its place; the oldest falls out when there are more than MAX_POINTS.

    Order by (time, value) makes the result independent of the order of arrival.
    """
    at = bisect_left(points, point)
    grown = (*points[:at], point, *points[at:])
    return grown[-MAX_POINTS:]


def pack(points: Points) -> list[int]:
    """Flat integers, times as differences: a third of the bytes of objects. Inverse of `unpack`."""
    if not points:
        return []
    times, millis, flags = zip(*points, strict=True)
    flat = [0] * (3 * len(points))
    # By strides: a third of the time of taking the points one by one.
    flat[::3], flat[1::3], flat[2::3] = map(sub, times, (0, *times)), millis, flags
    return flat


def unpack(flat: Sequence[int]) -> Points:
    """Inverse of `pack`."""
    return tuple(map(_point, zip(accumulate(flat[::3]), flat[1::3], flat[2::3], strict=True)))
