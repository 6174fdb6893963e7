"""The series of one kind: in order of measurement, bounded, the same whatever order it arrived in."""

from itertools import permutations

import pytest

from streams.core.signal.series import MAX_POINTS, UNCONFIRMED, Point, contains, insert, is_unconfirmed, pack, unpack
from tests.builders import MINUTE, T0


def series(*points: tuple[float, float]) -> tuple[Point, ...]:
    """Points of SpO2 or pulse from (minute, value); outside 70 to 100 they are in the confirm band."""
    return tuple(
        Point(T0 + round(minute * MINUTE), round(value * 1000), 0 if 70 <= value <= 100 else UNCONFIRMED)
        for minute, value in points
    )


def test_any_order_of_arrival_gives_the_same_series() -> None:
    """Order is by time and value alone."""
    points = series((0, 95), (1, 90), (1, 92), (2, 60))
    made = set()
    for order in permutations(points):
        grown: tuple[Point, ...] = ()
        for point in order:
            grown = insert(grown, point)
        made.add(grown)

    assert {points} == made


def test_the_oldest_falls_out() -> None:
    """More than MAX_POINTS are not kept, and a late one does not push out a newer one."""
    full = series(*((minute, 95) for minute in range(1, MAX_POINTS + 1)))

    assert (*full[1:], *series((99, 90))) == insert(full, *series((99, 90)))
    assert full == insert(full, *series((0, 90)))


def test_a_duplicate_is_time_and_value() -> None:
    """Whatever its flag: a reading that came under another release's bands is still the same reading."""
    points = series((0, 95), (1, 60), (2, 95))

    assert contains(points, points[1])
    assert contains(points, points[1]._replace(flags=0))
    assert contains(points, points[0]._replace(flags=UNCONFIRMED))
    assert not contains(points, points[1]._replace(milli=61_000))
    assert not contains((), points[0])


def test_packing_is_undone() -> None:
    """Differences and flags come back exactly, for no points too."""
    points = series((0, 95), (0, 96), (1, 60), (20_000, 95))

    assert points == unpack(pack(points))
    assert () == unpack(pack(()))


@pytest.mark.parametrize(
    ("kind", "readings", "expected"),
    [
        ("spo2", [(0, 95)], False),
        ("spo2", [(0, 60)], True),
        ("spo2", [(0, 60), (15, 62)], False),
        ("spo2", [(0, 60), (15.001, 62)], True),
        ("spo2", [(0, 60), (5, 95), (10, 61)], False),
        ("spo2", [(0, 60), (1, 95), (2, 95), (3, 61)], True),
        ("spo2", [(0, 60), (5, 95)], False),
        ("pulse", [(0, 25), (5, 28)], False),
        ("pulse", [(0, 25), (5, 200)], True),
        ("pulse", [(0, 200), (5, 25)], True),
        ("pulse", [(0, 190), (5, 200)], False),
    ],
)
def test_a_repeat_confirms(kind: str, readings: list[tuple[float, float]], *, expected: bool) -> None:
    """Two extremes of the same side within 15 minutes; opposite extremes contradict each other."""
    assert expected is is_unconfirmed(kind, series(*readings))
