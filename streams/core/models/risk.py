"""The risk of deterioration: a calibrated chance, what it rests on, and how sure it is.

Scores are made of a snapshot that was learned elsewhere (`bayes_logit.py`) and of one person's tracks. It may raise
attention, never lower it below the rules; until enough outcomes are known it is a shadow.
"""

from collections.abc import Mapping
from math import exp, sqrt
from typing import Final, NamedTuple

from streams.core.models.risk_features import Features, risk_features
from streams.core.models.snapshot import Snapshot
from streams.core.signal.tracks import Tracks

ID: Final = "risk"
SOURCE: Final = (
    "Bayesian online logistic regression (Spiegelhalter and Lauritzen, Networks 20:579, 1990) on steps of NEWS2 "
    "(Royal College of Physicians, 2017), the own normal and CUSUM (Page, Biometrika 41:100, 1954)"
)
SUMMARY: Final = "the chance that somebody gets worse soon, learned from what happened to others"

MAX_REASONS: Final = 5
"""As many as somebody reads at night (our choice)."""

WORTH_TELLING: Final = 0.05
"""Log odds below which a part is no reason (our choice: it moves a risk of one half by one hundredth)."""

MAX_LOGIT: Final = 30.0


class Reason(NamedTuple):
    """subject: a kind of vital sign, `answers` or `outcomes`. part: what all its features add, in log odds."""

    subject: str
    part: float


class Risk(NamedTuple):
    """score: chance, 0 to 1, in millionths. uncertainty: 0 to 1, 1 = nothing is known of this person.

    reasons: what raises it, the strongest first. outside: features beyond all that the snapshot was trained on.
    features: what it looked at. contributions: feature -> log odds, without those that add nothing; with `bias`
    they add up to the log odds of the score.
    """

    score: float
    uncertainty: float
    reasons: tuple[Reason, ...]
    outside: tuple[str, ...]
    features: Features
    contributions: dict[str, float]


NOTHING_KNOWN: Final = Risk(0.0, 1.0, (), (), {}, {})
"""Of somebody without a single reading no risk is made up."""


def risk(tracks: Tracks, now_min: int, snapshot: Snapshot) -> Risk:
    """The risk of one person at an instant. now_min: minutes since the epoch."""
    return explain(risk_features(tracks, now_min), snapshot)


def explain(x: Features, snapshot: Snapshot) -> Risk:
    """The risk for given features; those that the snapshot does not weigh are passed over."""
    if not x:
        return NOTHING_KNOWN
    rows = snapshot.rows
    logit, variance = snapshot.bias, snapshot.variances.get("bias", 0.0)
    parts: dict[str, float] = {}
    totals: dict[str, float] = {}
    outside: list[str] = []
    for name, value in x.items():
        row = rows.get(name)
        if row is None:
            outside.append(name)
            continue
        weight, doubt, most, subject = row
        if weight:
            parts[name] = part = weight * value
            logit += part
            totals[subject] = totals.get(subject, 0.0) + part
        variance += doubt * value * value
        if value > most:
            outside.append(name)
    parts["bias"] = snapshot.bias
    score = 1.0 / (1.0 + exp(-min(max(logit, -MAX_LOGIT), MAX_LOGIT)))
    unsure = _uncertainty(variance, len(outside) / len(x))
    return Risk(round(score, 6), unsure, _reasons(totals), tuple(outside), x, parts)


def chance(x: Mapping[str, float], snapshot: Snapshot) -> float:
    """The score alone, as `explain` gives it but not rounded."""
    logit = snapshot.bias
    weights = snapshot.weights
    for name, value in x.items() if weights else ():
        logit += weights.get(name, 0.0) * value
    return 1.0 / (1.0 + exp(-min(max(logit, -MAX_LOGIT), MAX_LOGIT)))


def _uncertainty(variance: float, outside: float) -> float:
    """A standard deviation of the log odds of one is one half; each input outside what was learned takes the rest."""
    deviation = sqrt(variance)
    unsure = deviation / (1.0 + deviation)
    return round(unsure + (1.0 - unsure) * outside, 6)


def _reasons(totals: Mapping[str, float]) -> tuple[Reason, ...]:
    """The strongest first; equals by name."""
    worth = [(-part, subject) for subject, part in totals.items() if part >= WORTH_TELLING]
    worth.sort()
    return tuple([Reason(subject, round(-part, 6)) for part, subject in worth[:MAX_REASONS]])
