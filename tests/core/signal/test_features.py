"""Features: named numbers in one order, present only where something is known."""

from streams.core.signal.baseline import DAY_MS
from streams.core.signal.features import CLIP, FEATURES, FRESH_MS, HOUR_MS, Aspect, aspect, features
from streams.core.signal.series import Point, Points
from tests.builders import T0


def days(*values: int) -> Points:
    """One value a day, in milli."""
    return tuple(Point(T0 + day * DAY_MS, value) for day, value in enumerate(values))


def test_an_aspect_says_how_far_off_and_for_how_long() -> None:
    """One fall, and three in a row."""
    once = aspect("spo2", days(91_000, 91_000, 91_000, 91_000, 91_000, 91_000, 86_000))
    lasting = aspect("spo2", days(91_000, 91_000, 91_000, 91_000, 91_000, 91_000, 87_000, 86_000, 86_000))

    assert Aspect(91_000, 2_000, 6, -2.5, 0.0) == once
    assert Aspect(91_000, 2_000, 8, -2.5, -2.5) == lasting


def test_deviations_are_clipped() -> None:
    """A wild value is worth no more than a very bad one."""
    low = aspect("spo2", days(*[95_000] * 8, 40_000))
    high = aspect("pulse", days(*[70_000] * 8, 250_000))

    assert low is not None
    assert high is not None
    assert (-CLIP, CLIP) == (low.deviation, high.deviation)


def test_features_come_in_the_order_of_the_list() -> None:
    """Whatever the order of the state's mappings."""
    aspects = {kind: Aspect(0, 1, 9, 1.0, 0.5) for kind in ("weight", "dbp", "spo2", "sbp")}
    series = dict.fromkeys(aspects, days(1))
    found = features(aspects, series, {"pulse": T0}, frozenset({"pulse", "spo2"}), T0 + HOUR_MS)

    assert [name for name in FEATURES if name in found] == list(found)
    assert 10 == len(found)
    assert (0.5, 1.0) == (found["silent.share"], found["silent.hours"])


def test_a_stale_deviation_says_nothing_of_today() -> None:
    """Behind FRESH_MS it is left out."""
    aspects, series = {"spo2": Aspect(0, 1, 9, 1.0, 0.5)}, {"spo2": days(1)}

    assert features(aspects, series, {}, frozenset(), T0 + FRESH_MS)
    assert {} == features(aspects, series, {}, frozenset(), T0 + FRESH_MS + 1)


def test_silence_is_bounded_and_never_negative() -> None:
    """Three days say as much as thirty; a clock that runs ahead says nothing."""
    expected = frozenset({"spo2"})

    assert 72.0 == features({}, {}, {"spo2": T0}, expected, T0 + 30 * DAY_MS)["silent.hours"]
    assert 0.0 == features({}, {}, {"spo2": T0}, expected, T0 - DAY_MS)["silent.hours"]
    assert {"silent.share": 0.0} == features({}, {}, {}, expected, T0)
