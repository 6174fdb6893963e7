"""The own normal: a median and a robust spread of the 14 days before, or nothing."""

import random

import pytest

from streams.core.signal.baseline import DAY_MS, MIN_COUNT, WINDOW_MS, Baseline, floor, own_normal, window
from streams.core.signal.series import Point, Points, insert
from tests.builders import T0


def days(*values: int, start_ms: int = T0) -> Points:
    """One value a day, in milli."""
    return tuple(Point(start_ms + day * DAY_MS, value) for day, value in enumerate(values))


def test_the_newest_reading_is_judged_not_counted() -> None:
    """Own normal 91, now 86."""
    normal = own_normal("spo2", days(91_000, 90_000, 91_000, 92_000, 91_000, 86_000))

    assert Baseline(91_000, 2_000, 5) == normal


def test_level_and_spread_are_robust() -> None:
    """Two faulty values of nine move neither."""
    calm = own_normal("pulse", days(70_000, 74_000, 66_000, 78_000, 62_000, 70_000, 74_000, 66_000, 70_000, 70_000))
    hit = own_normal("pulse", days(70_000, 74_000, 66_000, 78_000, 62_000, 70_000, 250_000, 250_000, 70_000, 70_000))

    assert calm is not None
    assert hit is not None
    assert calm.level_milli == hit.level_milli == 70_000
    assert calm.spread_milli == hit.spread_milli == 5_930  # 1.4826 x 4


def test_an_even_number_has_a_middle() -> None:
    """Exact, rounded down to a thousandth."""
    normal = own_normal("pulse", days(60_000, 61_000, 62_001, 63_000, 64_000, 65_000, 60_000))

    assert normal is not None
    assert 62_500 == normal.level_milli


@pytest.mark.parametrize(
    ("kind", "level", "least"),
    [("spo2", 95_000, 2_000), ("weight", 80_000, 500), ("pulse", 70_000, 1_000), ("glucose", 10_000, 750)],
)
def test_the_spread_is_at_least_the_devices_error(kind: str, level: int, least: int) -> None:
    """A person who always measures the same has no spread of 0."""
    normal = own_normal(kind, days(*[level] * 8))

    assert Baseline(level, least, 7) == normal


def test_resolution_is_the_floor_where_nothing_else_is_known() -> None:
    """And of a small glucose, too."""
    assert 1_000 == floor("resp_rate", 16_000, 1_000)
    assert 100 == floor("glucose", 1_000, 100)


@pytest.mark.parametrize(
    "points",
    [
        (),
        days(91_000),
        days(*[91_000] * MIN_COUNT),
        tuple(Point(T0 + minute * 60_000, 91_000) for minute in range(30)),
        (*days(*[91_000] * 20), Point(T0 + 60 * DAY_MS, 91_000)),
    ],
    ids=["none", "one", "too few", "one morning", "too old"],
)
def test_no_normal_before_enough_is_known(points: Points) -> None:
    """None, and no guess in its place."""
    assert own_normal("spo2", points) is None


def test_kinds_without_numbers_have_none() -> None:
    """There is no median of alert and confused."""
    assert own_normal("consciousness", days(*[0] * 20)) is None


def test_the_window_is_14_days_before_the_newest() -> None:
    """Its first instant included."""
    points = days(*[91_000] * 30)

    assert points[-1].at_ms - WINDOW_MS == window(points)[0].at_ms
    assert 14 == len(window(points))


def test_order_of_arrival_does_not_matter() -> None:
    """The series has one order, and this is a function of it."""
    points = list(days(*[90_000 + 137 * n % 4_000 for n in range(20)]))
    held: Points = ()
    random.Random(1).shuffle(points)
    for point in points:
        held = insert(held, point)

    assert own_normal("spo2", tuple(sorted(points))) == own_normal("spo2", held)
