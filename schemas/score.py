"""RiskScore: a model's opinion on scores.v1, with all that is needed to question it."""

from typing import Literal

from pydantic import Field

from schemas.base import Open


class OwnNormal(Open):
    """What is normal for this person, and what was measured now: "own normal 91, now 86".

    level_milli: median of the 14 days before; spread_milli: robust standard deviation, at least the device's own
    error. Both in thousandths of `unit`, as is now_milli. readings: how many are behind them. age_min: minutes from
    the newest reading to `at`.
    """

    level_milli: int
    spread_milli: int
    readings: int
    now_milli: int
    unit: str | None
    age_min: int


class RiskScore(Open):
    """score: 0 to 1, high = worse. Of `risk` and `risk-open` a chance of getting worse within seven days, whose
    contributions are log odds; of `ewma-deviation` no chance. digest: of the model's parameters, of a risk model's
    the snapshot on models.v1.

    uncertainty: 0 to 1, 1 = nothing is known of this person yet; None = the model does not tell.
    features: what was known, by name; what is missing is not in it. contributions: feature -> its part of the
    score; a name that ends in `.lasting` or `.changed` is what a vital sign adds by having been off for some time,
    or by having left its own level.
    at: the patient's clock. version: of the model. kind: the vital sign whose reading led to this score.
    own_normals: by vital sign, for those that contribute at least 0.05. challengers: model id -> its score of the
    same features, in the shadow. reasons: what raises the score, the strongest first. outside: features beyond all
    that the model was trained on.
    """

    v: Literal[1] = 1
    patient: str
    model: str
    digest: str
    score: float
    uncertainty: float | None
    features: dict[str, float]
    contributions: dict[str, float]
    at: str
    version: str | None = None
    kind: str | None = None
    own_normals: dict[str, OwnNormal] = Field(default_factory=dict)
    challengers: dict[str, float] = Field(default_factory=dict)
    reasons: tuple[str, ...] = ()
    outside: tuple[str, ...] = ()
