"""The risk model's learner, and from what it learned to what may be published: no weight may say worse is better.

Learning is free; the signs are enforced when a snapshot is published (projecting after every label ruined the
calibration, study of online models, section 6). A weight on the wrong side is set to 0 by conditioning the
posterior on it, so that the weights that stand for the same thing take over what it held. What is published is
calibrated, too: a shift and a slope that keep every rank.

Only learners import this module: it brings in river and numpy.
"""

from typing import Final

import numpy as np

from streams.core.models.bayes_logit import BIAS, BayesLogit
from streams.core.models.prior import BIAS as BELIEVED_BIAS
from streams.core.models.prior import BIAS_VARIANCE, PRIOR, VARIANCE
from streams.core.models.risk_features import FREE
from streams.core.models.snapshot import Snapshot

DIGITS: Final = 9
"""Decimals of a published weight: more says nothing, and the text stays short."""


def new_learner() -> BayesLogit:
    """A learner that knows no outcome yet: the rules' opinion, held tightly."""
    return BayesLogit(VARIANCE, BIAS_VARIANCE, BELIEVED_BIAS, PRIOR)


def publish(learner: BayesLogit) -> Snapshot:
    """The snapshot of what a learner knows now; every weight outside FREE is 0 or more."""
    names = learner.names
    mean, covariance = learner.posterior()
    bound = np.array([name != BIAS and name not in FREE for name in names])
    while True:
        spread = np.sqrt(np.maximum(np.diagonal(covariance), 1e-300))
        wrong = np.where(bound & (mean < 0), mean / spread, 0.0)
        worst = int(np.argmin(wrong))
        if wrong[worst] >= 0:
            break
        column = covariance[:, worst].copy()
        mean -= column * (mean[worst] / column[worst])
        covariance -= np.multiply.outer(column, column) / column[worst]
        covariance[worst, :] = covariance[:, worst] = 0.0
        mean[worst], bound[worst] = 0.0, False
    shift, slope = learner.calibration.published
    mean, covariance = mean * slope, covariance * (slope * slope)
    mean[names.index(BIAS)] += shift
    weights = dict(zip(names, [round(float(value), DIGITS) for value in mean], strict=True))
    variances = [round(max(float(value), 0.0), DIGITS) for value in np.diagonal(covariance)]
    most = learner.most
    return Snapshot(
        bias=weights.pop(BIAS),
        weights={name: weights[name] for name in sorted(weights)},
        variances=dict(sorted(zip(names, variances, strict=True))),
        most={name: round(most[name], DIGITS) for name in sorted(weights)},
        examples=learner.examples,
        outcomes=learner.positives,
    )
