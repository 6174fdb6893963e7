"""The change of a level: found within days, rarely where there is none, and never hidden by the other side."""

from random import Random

import pytest

from streams.core.models.change_point import CALM, MOST, moved, shift
from streams.core.models.ewma import EwmaDeviation
from streams.core.signal.features import DEVIATION


def until_found(random: Random, level: float, most: int = 400) -> int | None:
    """Readings until the level is taken to have changed; None = not within `most`."""
    sums = CALM
    for n in range(1, most + 1):
        sums = moved(sums, random.gauss(level, 1))
        if shift(sums, 0) >= 1:
            return n
    return None


def test_a_shift_of_two_spreads_is_found_within_days() -> None:
    """Median of 200 people with one reading a day."""
    found = sorted(until_found(Random(seed), 2.0) or 400 for seed in range(200))

    assert found[100] <= 5


def test_without_a_shift_it_is_rare() -> None:
    """Of 200 people with a reading a day, within a month."""
    alarms = sum(until_found(Random(seed), 0.0, most=30) is not None for seed in range(200))

    assert alarms <= 4


@pytest.mark.parametrize("outwards", [1, -1])
def test_each_side_stands_alone(outwards: int) -> None:
    """Readings on the other side take nothing away but what time does."""
    sums = CALM
    for _ in range(6):
        sums = moved(sums, 2.0 * outwards)
    other, calm = moved(sums, -3.0 * outwards), moved(sums, 0.0)

    assert shift(sums, outwards) >= 1
    assert 0.0 == shift(sums, -outwards)
    assert shift(other, outwards) == shift(calm, outwards)


def test_it_is_bounded_and_ends() -> None:
    """After an excursion without end, calm days bring it back."""
    sums = CALM
    for _ in range(100):
        sums = moved(sums, 8.0)
    assert (MOST, 0.0) == sums
    for _ in range(7):
        sums = moved(sums, 0.0)
    assert (0.0, 0.0) == sums


def test_a_slow_slide_shows_in_the_score_by_its_name() -> None:
    """Days of a little less than usual, none of which is remarkable."""
    name = DEVIATION["spo2"]
    model = EwmaDeviation()
    for _ in range(12):
        model.learn_one({name: -1.4})
    opinion = model.explain_one({name: -1.4})

    assert "spo2.changed" in opinion.contributions
    assert opinion.score > 0.4
