"""Calibration: too sure becomes less sure, what is right stays, ranks stay, and nothing runs away."""

from itertools import pairwise
from math import exp, isfinite
from random import Random

import pytest

from streams.core.models.bayes_logit import BayesLogit
from streams.core.models.calibration import FROM_POSITIVES, LEAST, MOST, Calibration
from tests.core.models.lives import examples


def after(times: float, *, shift: float = 0.0, labels: int = 8_000) -> Calibration:
    """What is learned where the odds that were given are `times` too far from those that hold."""
    random, held = Random(1), Calibration()
    for _ in range(labels):
        true = random.gauss(-2, 1)
        came = random.random() < 1 / (1 + exp(-true))
        held = held.looked((true - shift) * times, 1.0, came=came)
    return held


@pytest.mark.parametrize("times", [0.7, 1.0, 1.5])
def test_the_line_that_undoes_the_fault_is_found(times: float) -> None:
    """Too sure, right, not sure enough."""
    assert after(times).slope == pytest.approx(1 / times, abs=0.15)


def test_a_shift_is_found_too() -> None:
    """Events are rarer than said by half the odds."""
    assert after(1.0, shift=-0.7).shift == pytest.approx(-0.7, abs=0.3)


def test_it_follows_what_changes() -> None:
    """Ten thousand labels later it says what holds now."""
    random, held = Random(2), Calibration()
    for n in range(40_000):
        true = random.gauss(-2, 1)
        held = held.looked(true if n < 20_000 else 1.6 * true, 1.0, came=random.random() < 1 / (1 + exp(-true)))

    assert held.slope < 0.8


def test_nothing_runs_away() -> None:
    """Absurd odds, endless weights, one label a thousand times over: finite, and within what may be published."""
    held = Calibration()
    for logit in (1e300, -1e300, 30.0, -30.0) * 500:
        held = held.looked(logit, 8.0, came=logit < 0)
        assert all(map(isfinite, held))
        assert LEAST <= held.published[1] <= MOST
    assert held.of_shift >= 0
    assert held.of_slope >= 0


def test_a_learner_stands_uncalibrated_until_enough_is_known() -> None:
    """And what it is calibrated by keeps the order of all it scores."""
    learner, lives = BayesLogit(), examples(3, 900)
    for x, y in lives:
        learner.learn_one(x, y)
        if learner.positives < FROM_POSITIVES:
            assert Calibration() == learner.calibration
    bare = BayesLogit()
    bare.load({**learner.dump(), "calibration": list(Calibration())})
    ranked = sorted([x for x, _ in lives[:200]], key=lambda x: bare.predict_proba_one(dict(x))[True])

    assert Calibration() != learner.calibration
    assert all(a <= b for a, b in pairwise(learner.predict_proba_one(dict(x))[True] for x in ranked))
