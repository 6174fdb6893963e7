"""How scores have fared: intervals over people, groups that nobody is scored by, and what is not known both ways."""

import random
from math import exp

import orjson
import pytest

from streams.core.learning.fared import FEWEST, PARTS, Fared
from streams.core.learning.figures import MILLION, Tally
from tests.core.learning.test_learner import make_example


def told(people: int, *, seed: int = 1, skill: float = 1.0, days: int = 20, own: float = 0.0, **group: str) -> Fared:
    """Moments of so many people, whose scores say `skill` of what moves them. own: how far people differ for good."""
    chance, fared = random.Random(seed), Fared()
    for person in range(people):
        lasting = chance.gauss(0, own)
        for day in range(days):
            moves = lasting + chance.gauss(0, 1)
            label = int(chance.random() < 1 / (1 + exp(2.5 - moves)))
            risk = round(MILLION / (1 + exp(2.5 - skill * moves - (1 - skill) * chance.gauss(0, 1))))
            fared.add(make_example(patient=f"p{person}", label=label, weight=1, offset=day, **group), risk)
    return fared


def test_an_interval_holds_the_figure_and_narrows_with_people() -> None:
    """Four times the people, about half the width."""
    few, many = told(100).auroc(), told(400).auroc()

    assert few is not None
    assert many is not None
    assert few.low is not None
    assert few.high is not None
    assert many.low is not None
    assert many.high is not None
    assert 0.5 < few.low < few.value < few.high < 1
    assert 0.3 < (many.high - many.low) / (few.high - few.low) < 0.8


def test_nineteen_of_twenty_intervals_hold_the_truth() -> None:
    """Though the moments of one person are alike: of 24 towns at least 20."""
    truth = told(800, seed=99, own=1.0, days=8).auroc()
    assert truth is not None
    found = [told(60, seed=seed, own=1.0, days=8).auroc() for seed in range(24)]
    held = [one for one in found if one and one.low and one.high and one.low <= truth.value <= one.high]

    assert 20 <= len(held)


def test_of_two_models_on_the_same_people_the_difference_has_an_interval() -> None:
    """Better than noise, surely; not better than itself."""
    good, poor = told(200), told(200, skill=0.2)
    ahead, level = good.above(poor), good.above(good)

    assert ahead is not None
    assert ahead.low is not None
    assert ahead.low > 0
    assert (0.0, 0.0, 0.0) == level


def test_few_people_give_no_interval() -> None:
    """One person is one part, whatever there is of them; nobody at all has no figure."""
    lone = told(1, days=200).auroc()

    assert FEWEST < PARTS
    assert lone is not None
    assert (None, None) == lone[1:]
    assert Fared().auroc() is None
    assert Fared().above(lone and Fared()) is None


def test_each_sex_and_age_is_told_apart_and_the_unknown_are_a_group() -> None:
    """Nobody is left out."""
    fared = Fared()
    for sex, age in (("female", "80 and over"), ("female", None), (None, None)):
        fared.add(make_example(sex=sex, age_band=age), 10_000)

    assert ["age:80 and over", "age:unknown", "sex:female", "sex:unknown"] == sorted(fared.by_group)
    assert (
        fared.by_group["sex:female"].figures().expected_milli
        == 2 * fared.by_group["sex:unknown"].figures().expected_milli
    )


def test_what_is_not_known_is_told_both_ways() -> None:
    """Counted as quiet there are more expected events, and no unknown is left."""
    tally = Tally()
    tally.add(100_000, 1, 1)
    tally.add(100_000, 0, 8)
    tally.add(500_000, None, 8)
    other = tally.unknown_as_quiet()

    assert (900, 4_900) == (tally.figures().expected_milli, other.figures().expected_milli)
    assert (8 / 17, 0.0) == (pytest.approx(tally.figures().unknown_share, abs=1e-4), other.figures().unknown_share)
    assert tally.figures().auroc_unknown_quiet == other.figures().auroc


def test_a_burden_is_the_share_of_days_that_half_of_the_events_cost() -> None:
    """Two of four event days lie above, with one quiet day and one unknown among them: four of ten."""
    tally = Tally()
    for risk, label in ((900, 1), (800, 0), (700, None), (600, 1), (100, 1), (50, 1)):
        tally.add(risk * 1_000, label, 1)
    for _ in range(4):
        tally.add(10_000, 0, 1)

    assert 0.4 == tally.burden(500)
    assert None is Tally().burden(500)


def test_it_comes_back_from_its_json() -> None:
    """And a state of before there were parts gives its totals."""
    fared = told(50, sex="male")
    again = Fared.load(orjson.loads(orjson.dumps(fared.dump())))
    first = {"events": [0, 1] + [0] * 238, "quiet": [2] * 240, "unknown": [0] * 240, "told": [5] * 240}

    assert (fared.figures(), fared.auroc()) == (again.figures(), again.auroc())
    assert fared.dump() == again.dump()
    assert Fared.load(first).figures().observed_milli == 1_000
