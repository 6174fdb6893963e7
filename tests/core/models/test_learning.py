"""The learner: a river classifier by river's own checks, JSON to the last bit, and never worse-is-better."""

import subprocess
import sys

import numpy as np
import orjson
import pytest

from streams.core.models.bayes_logit import BayesLogit
from streams.core.models.learning import new_learner, publish
from streams.core.models.risk import chance
from streams.core.models.risk_features import FREE
from streams.core.models.snapshot import check, load
from tests.core.models.lives import examples

EXAMPLES = examples(1, 600)


def taught(count: int = 600) -> BayesLogit:
    """A learner that has seen some lives."""
    learner = new_learner()
    for x, y in EXAMPLES[:count]:
        learner.learn_one(x, y)
    return learner


def test_passes_all_of_rivers_own_checks() -> None:
    """As river has them, its data sets included."""
    pytest.importorskip("sklearn", reason="river makes the data of its checks with scikit-learn, extra `backtest`")
    from river.checks import check_estimator

    check_estimator(BayesLogit())


def test_it_learns_what_makes_somebody_worse() -> None:
    """Those to whom it happened were scored higher, on lives it has not seen."""
    snapshot = publish(taught())
    scores: dict[bool, list[float]] = {False: [], True: []}
    for x, y in examples(2, 400):
        scores[y].append(chance(x, snapshot))
    above = np.mean([a > b for a in scores[True] for b in scores[False]])

    assert above > 0.7
    assert abs(np.mean(scores[True] + scores[False]) - len(scores[True]) / 400) < 0.05


def test_dump_and_load_give_the_same_learner_to_the_last_bit() -> None:
    """Through JSON in the middle, and then 300 more labels."""
    learner, other = taught(300), new_learner()
    other.load(orjson.loads(orjson.dumps(learner.dump())))
    for x, y in EXAMPLES[300:]:
        learner.learn_one(x, y)
        other.learn_one(x, y)

    assert orjson.dumps(learner.dump()) == orjson.dumps(other.dump())
    assert publish(learner).digest == publish(other).digest


def test_the_covariance_stays_exactly_symmetric() -> None:
    """Else its triangle would not be all of it."""
    covariance = taught().posterior()[1]

    assert (covariance == covariance.T).all()


def test_order_of_features_does_not_matter() -> None:
    """To the last bit."""
    turned = new_learner()
    for x, y in EXAMPLES:
        turned.learn_one(dict(reversed(x.items())), y)

    assert orjson.dumps(taught().dump()) == orjson.dumps(turned.dump())


def test_numbers_are_added_one_after_the_other() -> None:
    """What numpy adds along the first axis is what a plain loop adds: no pairs, no instructions of one processor."""
    random = np.random.default_rng(1)
    rows, values = random.normal(size=(37, 211)), random.normal(size=37)
    plain = np.zeros(211)
    for row, value in zip(rows, values, strict=True):
        plain = plain + row * value

    assert plain.tobytes() == np.add.reduce(rows * values[:, None], axis=0).tobytes()


def test_nonsense_teaches_nothing_bad() -> None:
    """Not a number, endless, absurd: the weights stay finite."""
    learner = new_learner()
    for value in (float("nan"), float("inf"), -float("inf"), 1e300, -1e300):
        learner.learn_one({"spo2.low.1": value, "spo2.known": 1.0}, y=True)
    mean, covariance = learner.posterior()

    assert np.isfinite(mean).all()
    assert np.isfinite(covariance).all()


def test_a_weighted_example_counts_as_often_as_it_stands_for() -> None:
    """Roughly: one step of weight eight against eight steps."""
    one, many = new_learner(), new_learner()
    x = EXAMPLES[0][0]
    one.learn_one(x, y=False, w=8.0)
    for _ in range(8):
        many.learn_one(x, y=False)

    assert one.predict_proba_one(x)[True] == pytest.approx(many.predict_proba_one(x)[True], abs=0.01)


@pytest.mark.parametrize("count", [0, 1, 10, 60, 600])
def test_what_is_published_never_says_that_worse_is_better(count: int) -> None:
    """At every stage of learning; and it survives the journey."""
    snapshot = publish(taught(count))

    check(snapshot)
    assert snapshot == load(orjson.loads(orjson.dumps(snapshot.dump())))
    assert all(weight >= 0 for name, weight in snapshot.weights.items() if name not in FREE)
    assert count == snapshot.examples


def test_publishing_changes_nothing_that_was_learned() -> None:
    """Signs are forced upon the copy."""
    learner = taught()
    before = orjson.dumps(learner.dump())
    publish(learner)

    assert before == orjson.dumps(learner.dump())


TOLD = "4398df453a70d107 0a85f181960ec0b1 e1e6fd2a930ca514"
"""By `python -m tests.core.models.equal_bytes` on CPython 3.11.7, 3.12.1 and 3.13.0. A change of features, beliefs or
arithmetic gives another line; the same change on another Python must give the same one."""


@pytest.mark.parametrize("seed", ["1", "2"])
def test_equal_bytes_on_every_python_and_with_every_hash_seed(seed: str) -> None:
    """Learning, publishing and scoring, each to the last bit."""
    said = subprocess.run(
        [sys.executable, "-m", "tests.core.models.equal_bytes"],
        env={"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(sys.path)},
        capture_output=True,
        check=True,
    ).stdout

    assert TOLD == said.decode().strip()
