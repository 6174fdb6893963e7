"""Calibration: what a learner's log odds have come to, as a shift and a slope that are learned slowly themselves.

Parts that are added up make a model too sure where many of them meet. Each label is judged by the odds that stood
before it was learned, and the best line through them (Platt, 1999) is learned as the weights are, with some forgetting.
Without it PhysioNet 2019 has a slope of 0.80 to 0.89; forgetting nothing over-corrects PhysioNet 2012 (slope 1.36).
"""

from math import exp
from typing import Final, NamedTuple

FROM_POSITIVES: Final = 60
"""Labels of 1 before which it stands aside: the weights of before say nothing of how sure later ones are."""

FORGETTING: Final = 1.0001
"""By which the variances grow with each label: some ten thousand labels count (0.0001 to 0.0005 were tried on TIHM,
PhysioNet 2012 and two thirds of 2019, and judged on the last third)."""

BELIEVED: Final = 0.05
"""Variance of shift and slope beforehand (our choice: a slope between one half and one and a half)."""

LEAST, MOST = 0.5, 2.0
"""Slopes that may be published (our choice: beyond them something else is wrong)."""

MAX_LOGIT: Final = 30.0


class Calibration(NamedTuple):
    """A value; `looked` gives the next one. shift, slope: of the log odds. The rest: their covariance."""

    shift: float = 0.0
    slope: float = 1.0
    of_shift: float = BELIEVED
    of_both: float = 0.0
    of_slope: float = BELIEVED

    def looked(self, logit: float, weight: float, *, came: bool) -> "Calibration":
        """One more label. logit: log odds before it was learned. weight: how many such labels it stands for."""
        logit = min(max(logit, -MAX_LOGIT), MAX_LOGIT)
        first, both, second = self.of_shift * FORGETTING, self.of_both * FORGETTING, self.of_slope * FORGETTING
        to_shift, to_slope = first + both * logit, both + second * logit
        chance = 1.0 / (1.0 + exp(-min(max(self.shift + self.slope * logit, -MAX_LOGIT), MAX_LOGIT)))
        curvature = weight * chance * (1.0 - chance)
        scale = 1.0 + curvature * (to_shift + to_slope * logit)
        shrink, step = curvature / scale, weight * (float(came) - chance) / scale
        return Calibration(
            self.shift + to_shift * step,
            self.slope + to_slope * step,
            first - to_shift * to_shift * shrink,
            both - to_shift * to_slope * shrink,
            second - to_slope * to_slope * shrink,
        )

    @property
    def published(self) -> tuple[float, float]:
        """Shift and slope as a snapshot may have them: a slope is positive, so that ranks stay what they are."""
        return self.shift, min(max(self.slope, LEAST), MOST)
