"""Figures: known values, and rules with many ties are treated fairly."""

import numpy as np
import pytest

from streams.replay.datasets.judge import auprc, auroc, burden, figures
from streams.replay.datasets.rows import DataSet, Group, Row


def rows(*labels: bool) -> tuple[Row, ...]:
    """One person a row, an hour apart; those with an event are to be found."""
    return tuple(
        Row(f"p{n}", n * 60, (), label, n * 60 + 60, f"e{n}" if label else "", None) for n, label in enumerate(labels)
    )


def data(told: tuple[Row, ...]) -> DataSet:
    """A set of these rows; each is a patient-day."""
    return DataSet(
        name="made",
        title="made",
        source="made",
        rows=told,
        test_from_min=0,
        refractory_min=0,
        groups={row.patient: Group("female", "40 to 59") for row in told},
    )


def test_auroc_of_a_perfect_a_useless_and_a_turned_ranking() -> None:
    """1, one half, 0."""
    labels = np.array([False, False, True, True])

    assert 1.0 == auroc(np.array([0.1, 0.2, 0.3, 0.4]), labels)
    assert 0.5 == auroc(np.array([7.0, 7.0, 7.0, 7.0]), labels)
    assert 0.0 == auroc(np.array([0.4, 0.3, 0.2, 0.1]), labels)


def test_figures_agree_with_scikit_learn() -> None:
    """On random scores with ties."""
    metrics = pytest.importorskip("sklearn.metrics", reason="scikit-learn is part of the extra `backtest`")
    random = np.random.default_rng(3)
    scores = random.integers(0, 9, 300).astype(float)
    labels = random.random(300) < 0.1 + scores / 20

    assert metrics.roc_auc_score(labels, scores) == pytest.approx(auroc(scores, labels))
    assert metrics.average_precision_score(labels, scores) == pytest.approx(auprc(scores, labels))


def test_weights_count_as_often_as_they_say() -> None:
    """What the interval over patients rests on."""
    scores, labels = np.array([0.1, 0.5, 0.3]), np.array([False, False, True])

    assert auroc(np.array([0.1, 0.5, 0.5, 0.3]), np.array([False, False, False, True])) == auroc(
        scores, labels, np.array([1.0, 2.0, 1.0])
    )


def test_burden_is_counted_at_the_threshold_that_finds_half() -> None:
    """Two events; the better ranked one is found, and what ranks above it alerts as well."""
    told = rows(False, True, False, True)

    assert 2 / 4 == burden(data(told), told, np.array([0.9, 0.8, 0.1, 0.2]), 0.5)


def test_of_equal_scores_only_as_many_alert_as_are_needed() -> None:
    """A rule that says the same of everybody alerts on half of them to find half."""
    told = rows(False, True, False, True)

    assert 0.5 == burden(data(told), told, np.zeros(4), 0.5)


def test_a_probability_that_is_right_has_slope_one() -> None:
    """And one that is too sure a lower one."""
    random = np.random.default_rng(5)
    logit = random.normal(-1, 1, 20_000)
    chance = 1 / (1 + np.exp(-logit))
    told = rows(*(random.random(20_000) < chance).tolist())
    right = figures(data(told), told, chance, is_probability=True)
    sure = figures(data(told), told, 1 / (1 + np.exp(-2 * logit)), is_probability=True)

    assert right.slope == pytest.approx(1.0, abs=0.06)
    assert sure.slope == pytest.approx(0.5, abs=0.04)
    assert right.error is not None
    assert sure.error is not None
    assert right.error < 0.02 < sure.error
