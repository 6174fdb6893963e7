"""Figures of a column of scores against what turned out: ranking, alert burden at a sensitivity, calibration."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from streams.replay.datasets.rows import DAY_MIN, DataSet, Row

Scores = NDArray[np.float64]
Labels = NDArray[np.bool_]

BINS = 10
"""Quantile bins of the calibration error (study of online models, section 2)."""


class Figures(NamedTuple):
    """auroc, auprc: over rows. alerts_50, alerts_70: per patient-day at that share of events found.

    slope, error: of a probability; None = the score is none. low, high: 95 % interval of auroc over patients; None =
    not asked for.
    """

    auroc: float
    auprc: float
    alerts_50: float
    alerts_70: float
    slope: float | None
    error: float | None
    low: float | None = None
    high: float | None = None


def figures(data: DataSet, rows: Sequence[Row], scores: Scores, *, is_probability: bool, resamples: int = 0) -> Figures:
    """All figures of one column over the rows that are judged."""
    labels = np.array([row.label for row in rows])
    slope, error = (_slope(scores, labels), _error(scores, labels)) if is_probability else (None, None)
    low, high = _interval(rows, scores, labels, resamples) if resamples else (None, None)
    return Figures(
        auroc(scores, labels),
        auprc(scores, labels),
        burden(data, rows, scores, 0.5),
        burden(data, rows, scores, 0.7),
        slope,
        error,
        low,
        high,
    )


def auroc(scores: Scores, labels: Labels, weights: NDArray[np.float64] | None = None) -> float:
    """Chance that a row with an event ranks above one without; ties count half. NaN = only one of both is there."""
    order = np.argsort(scores, kind="stable")
    ranked, came = scores[order], labels[order]
    each = np.ones(len(ranked)) if weights is None else weights[order]
    starts = np.flatnonzero(np.r_[True, ranked[1:] != ranked[:-1]])
    positive = np.add.reduceat(np.where(came, each, 0.0), starts)
    negative = np.add.reduceat(np.where(came, 0.0, each), starts)
    below = np.cumsum(negative) - negative
    pairs = positive.sum() * negative.sum()
    return float((positive * (below + negative / 2)).sum() / pairs) if pairs else float("nan")


def auprc(scores: Scores, labels: Labels) -> float:
    """Average precision; rows with equal scores come together."""
    order = np.argsort(-scores, kind="stable")
    ranked, came = scores[order], labels[order]
    ends = np.flatnonzero(np.r_[ranked[1:] != ranked[:-1], True])
    found = np.cumsum(came)[ends]
    precision = found / (ends + 1)
    return float((precision * np.diff(np.r_[0, found])).sum() / max(found[-1], 1))


def burden(data: DataSet, rows: Sequence[Row], scores: Scores, sensitivity: float) -> float:
    """Alerts per patient-day at the threshold that finds this share of the events."""
    highest: dict[str, float] = {}
    for row, score in zip(rows, scores.tolist(), strict=True):
        if row.event:
            highest[row.event] = max(score, highest.get(row.event, -np.inf))
    if not highest:
        return float("nan")
    ranked = sorted(highest.values(), reverse=True)
    threshold = ranked[max(int(np.ceil(sensitivity * len(ranked))) - 1, 0)]
    above, at = sum(each > threshold for each in ranked), sum(each == threshold for each in ranked)
    # Of equal scores only as many as are needed are taken, in proportion: rules have few values and many ties.
    share = (sensitivity * len(ranked) - above) / at
    without = alerts(data, rows, scores, np.nextafter(threshold, np.inf))
    return (without + share * (alerts(data, rows, scores, threshold) - without)) / patient_days(rows)


def patient_days(rows: Sequence[Row]) -> int:
    """Calendar days of a person with at least one score: 48 hours from noon to noon touch three of them."""
    return len({(row.patient, row.at_min // DAY_MIN) for row in rows})


def alerts(data: DataSet, rows: Sequence[Row], scores: Scores, threshold: float) -> int:
    """How often somebody would be alerted; each alert silences its person's next ones for a while."""
    quiet: dict[str, int] = {}
    count = 0
    for n in np.flatnonzero(scores >= threshold).tolist():
        row = rows[n]
        if row.at_min >= quiet.get(row.patient, row.at_min):
            quiet[row.patient] = row.at_min + data.refractory_min
            count += 1
    return count


def groups(data: DataSet, rows: Sequence[Row], scores: Scores) -> Mapping[str, tuple[int, float]]:
    """Sex and age band -> people, AUROC within. Bands without both kinds of rows are left out."""
    labels = np.array([row.label for row in rows])
    found: dict[str, tuple[int, float]] = {}
    for place in (0, 1):
        names = np.array([data.groups[row.patient][place] for row in rows])
        for name in sorted(set(names.tolist())):
            inside = names == name
            if 0 < labels[inside].sum() < inside.sum():
                people = len({row.patient for row, here in zip(rows, inside.tolist(), strict=True) if here})
                found[name] = (people, auroc(scores[inside], labels[inside]))
    return found


def reliability(scores: Scores, labels: Labels) -> list[tuple[float, float]]:
    """(mean foretold, share that came true) of ten equally full bins, lowest first."""
    order = np.argsort(scores, kind="stable")
    return [
        (float(scores[part].mean()), float(labels[part].mean())) for part in np.array_split(order, BINS) if len(part)
    ]


def _error(scores: Scores, labels: Labels) -> float:
    return float(np.mean([abs(foretold - came) for foretold, came in reliability(scores, labels)]))


def _slope(scores: Scores, labels: Labels) -> float:
    """Of a logistic regression of what came on the log odds foretold: 1 = right, below = too sure."""
    clipped = np.clip(scores, 1e-9, 1 - 1e-9)
    x = np.c_[np.ones(len(clipped)), np.log(clipped / (1 - clipped))]
    weights = np.array([0.0, 1.0])
    for _ in range(25):
        chance = 1 / (1 + np.exp(-np.clip(x @ weights, -30, 30)))
        curvature = chance * (1 - chance) + 1e-12
        step = np.linalg.solve((x * curvature[:, None]).T @ x, x.T @ (labels - chance))
        weights = weights + step
        if float(np.abs(step).max()) < 1e-9:
            break
    return float(weights[1])


def _interval(rows: Sequence[Row], scores: Scores, labels: Labels, resamples: int) -> tuple[float, float]:
    """Whole patients are drawn anew, because the rows of one are alike."""
    names, person = np.unique([row.patient for row in rows], return_inverse=True)
    random = np.random.default_rng(1)
    found = []
    for _ in range(resamples):
        drawn = np.bincount(random.integers(0, len(names), len(names)), minlength=len(names))
        found.append(auroc(scores, labels, drawn[person].astype(np.float64)))
    low, high = np.nanpercentile(found, [2.5, 97.5])
    return float(low), float(high)
