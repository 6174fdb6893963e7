"""What is believed of the weights before a single outcome is known: the rules' opinion, held tightly.

Set by hand after the rules, never fitted: weights of hospitals say nothing of homes (study of online models,
section 7). It helps below 30 outcomes and is outweighed from about 60.
"""

from collections.abc import Mapping
from typing import Final

from streams.core.models.risk_features import FREE, RISK_FEATURES, SHAPES
from streams.core.models.snapshot import Snapshot

BIAS: Final = -3.5
"""Log odds of an event within the horizon, about 3 % (our choice; wide, so that the first outcomes set it)."""

BIAS_VARIANCE: Final = 4.0

VARIANCE: Final = 0.2
"""Of every other weight (our choice: tight; 0.1 to 0.4 differ by 0.01 AUROC in TIHM and by nothing in hospitals)."""

STEP: Final = 0.35
"""Log odds of one step outwards, about one point of NEWS2 (our choice)."""

LATELY: Final = 0.15
DEVIATION: Final = 0.3
"""Per four spreads from the own level (our choice)."""


def _mean(name: str) -> float:
    """The believed log odds of a feature at 1."""
    if name in FREE:
        return 0.0
    return _MEANS.get(name, 0.0)


_MEANS: Final[Mapping[str, float]] = {
    **{name: STEP for shape in SHAPES.values() for name, _, _ in (*shape.low, *shape.high)},
    **{name: LATELY for shape in SHAPES.values() for name in (shape.low_lately, shape.high_lately)},
    **{name: DEVIATION for shape in SHAPES.values() for name in (shape.below, shape.above)},
    **{name: LATELY for shape in SHAPES.values() for name in (shape.below_lately, shape.above_lately)},
    "answers.now": 2 * STEP,
    "answers.lately": STEP,
    "outcomes.lately": 2 * STEP,
}

PRIOR: Final[Mapping[str, tuple[float, float]]] = {name: (_mean(name), VARIANCE) for name in RISK_FEATURES}
"""Feature -> mean and variance of its weight."""

PRIOR_SNAPSHOT: Final = Snapshot(
    bias=BIAS,
    weights={name: PRIOR[name][0] for name in sorted(PRIOR)},
    variances={"bias": BIAS_VARIANCE, **{name: PRIOR[name][1] for name in sorted(PRIOR)}},
)
"""In force until a snapshot is published; a shadow, as it knows no outcome."""
