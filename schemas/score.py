"""RiskScore: a model's opinion on scores.v1, with all that is needed to question it."""

from typing import Literal

from schemas.base import Open


class RiskScore(Open):
    """score: 0 to 1, high = worse. digest: of the model's parameters. contributions: feature -> share."""

    v: Literal[1] = 1
    patient: str
    model: str
    digest: str
    score: float
    uncertainty: float | None
    features: dict[str, float]
    contributions: dict[str, float]
    at: str
