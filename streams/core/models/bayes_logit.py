"""A Bayesian online logistic regression as a river classifier: what the risk model learns with.

The weights have a normal posterior N(mean, covariance), full, not diagonal. One label is one Newton step
(Spiegelhalter and Lauritzen, Networks 20:579, 1990). Only learners import this module: river and numpy take half a
second to import, and a score needs neither.

All that reaches a number is done in one fixed order and element by element: no BLAS, whose bits differ between
machines, and no built-in `sum`, whose bits differ between Python 3.11 and 3.12.
"""

from collections.abc import Hashable, Mapping
from math import exp, isfinite
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from river import base

from streams.core.models.calibration import FROM_POSITIVES, Calibration

CLIP: Final = 8.0
"""What any feature is clipped to (study of online models, section 9, rule 2)."""

MAX_LOGIT: Final = 30.0
"""Beyond it a probability is 0 or 1 to the last printed digit."""

BIAS: Final = "bias"
"""The name of the weight that every example has."""

Prior = Mapping[str, tuple[float, float]]
"""Feature -> mean and variance of its weight before anything is learned."""


class BayesLogit(base.Classifier):
    """Two classes, a probability, and how sure it is of it.

    prior: of the features it names. variance, bias_variance: of all others, and of the bias, around 0.
    bias: log odds before anything is learned.
    """

    def __init__(
        self,
        variance: float = 0.3,
        bias_variance: float = 4.0,
        bias: float = 0.0,
        prior: Prior | None = None,
    ) -> None:
        self.variance = variance
        self.bias_variance = bias_variance
        self.bias = bias
        self.prior = prior
        self._index: dict[str, int] = {}
        self._mean: NDArray[np.float64] = np.zeros(0)
        self._covariance: NDArray[np.float64] = np.zeros((0, 0))
        self._most: list[float] = []
        self._examples = 0
        self._positives = 0
        self._calibration = Calibration()
        self._seen: dict[bool, None] = {}
        self._place(BIAS, bias, bias_variance)

    def learn_one(self, x: Mapping[Any, Any], y: Any, w: float = 1.0) -> None:
        """One label of what was scored with `x`. w: how many such examples it stands for."""
        for name in sorted([name for name in x if name not in self._index], key=str):
            self._place(name, *self._start(name))
        places, values = self._sparse(x)
        spread = (self._covariance[places] * np.array(values)[:, None]).sum(axis=0)
        own = _dot(values, spread[places].tolist())
        logit = _dot(values, self._mean[places].tolist())
        if self._positives >= FROM_POSITIVES:
            self._calibration = self._calibration.looked(logit, w, came=bool(y))
        chance = _sigmoid(logit)
        curvature = w * chance * (1.0 - chance)
        shrink = curvature / (1.0 + curvature * own)
        # (Sx * Sx') * c, in this order: the other one is not exactly symmetric (study, section 4).
        self._covariance -= np.multiply.outer(spread, spread) * shrink
        self._mean += spread * (w * (float(bool(y)) - chance) / (1.0 + curvature * own))
        for place, value in zip(places, values, strict=True):
            self._most[place] = max(self._most[place], value)
        self._examples += 1
        self._positives += bool(y)
        self._seen[bool(y)] = None

    def predict_proba_one(self, x: dict[Hashable, Any], **kwargs: Any) -> dict[bool | str | int, float]:  # noqa: ARG002 - river's signature
        """The calibrated chance of either class; features it has never learned change nothing."""
        places, values = self._sparse(x)
        shift, slope = self._calibration.published
        chance = _sigmoid(shift + slope * _dot(values, self._mean[places].tolist()))
        return {False: 1.0 - chance, True: chance}

    def dump(self) -> dict[str, Any]:
        """All that was learned, as JSON; the covariance as its lower triangle, row by row."""
        rows, columns = np.tril_indices(len(self._mean))
        return {
            "names": list(self._index),
            "mean": self._mean.tolist(),
            "covariance": self._covariance[rows, columns].tolist(),
            "most": list(self._most),
            "examples": self._examples,
            "positives": self._positives,
            "calibration": list(self._calibration),
        }

    def load(self, held: Mapping[str, Any]) -> None:
        """Become the model that gave `dump`, to the last bit."""
        size = len(held["names"])
        self._index = {name: place for place, name in enumerate(held["names"])}
        self._mean = np.array(held["mean"], dtype=np.float64)
        rows, columns = np.tril_indices(size)
        self._covariance = np.zeros((size, size))
        self._covariance[rows, columns] = held["covariance"]
        self._covariance[columns, rows] = held["covariance"]
        self._most = [float(most) for most in held["most"]]
        self._examples, self._positives = held["examples"], held["positives"]
        self._calibration = Calibration(*held.get("calibration", ()))

    @property
    def names(self) -> tuple[str, ...]:
        """The features it has met, in the order in which it met them; the bias first."""
        return tuple(self._index)

    @property
    def examples(self) -> int:
        """Labels learned."""
        return self._examples

    @property
    def positives(self) -> int:
        """Of them those that came true: the outcomes it knows."""
        return self._positives

    @property
    def most(self) -> dict[str, float]:
        """Feature -> the highest value it was trained on."""
        return dict(zip(self._index, self._most, strict=True))

    @property
    def calibration(self) -> Calibration:
        """What its log odds have come to so far."""
        return self._calibration

    def posterior(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Copies of mean and covariance, in the order of `names`."""
        return self._mean.copy(), self._covariance.copy()

    def _start(self, name: str) -> tuple[float, float]:
        return (self.prior or {}).get(name, (0.0, self.variance))

    def _place(self, name: str, mean: float, variance: float) -> None:
        """Room for one more weight, independent of all others so far."""
        size = len(self._mean)
        self._index[name] = size
        self._mean = np.append(self._mean, mean)
        grown = np.zeros((size + 1, size + 1))
        grown[:size, :size] = self._covariance
        grown[size, size] = variance
        self._covariance = grown
        self._most.append(0.0)

    def _sparse(self, x: Mapping[Any, Any]) -> tuple[list[int], list[float]]:
        """Places and values of what is known and no nonsense, by place: the order of `x` does not matter."""
        index = self._index
        found = [(index[name], float(x[name])) for name in x if name in index]
        found.sort()
        places, values = [0], [1.0]
        for place, value in found:
            if value and place and isfinite(value):
                places.append(place)
                values.append(min(max(value, -CLIP), CLIP))
        return places, values


def _dot(left: list[float], right: list[float]) -> float:
    """From left to right, on every Python the same bits."""
    total = 0.0
    for a, b in zip(left, right, strict=True):
        total += a * b
    return total


def _sigmoid(logit: float) -> float:
    return 1.0 / (1.0 + exp(-min(max(logit, -MAX_LOGIT), MAX_LOGIT)))
