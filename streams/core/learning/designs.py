"""DESIGNS: the risk models that are learned side by side from the same examples, and nothing else.

Any of them may be promoted; the others stay in the shadow. They look at the same features, so that one example
teaches all of them and a comparison compares nothing but the models.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple

from schemas.model import content_digest
from streams.core.models import prior, risk
from streams.core.models.prior import PRIOR_SNAPSHOT
from streams.core.models.risk_features import RISK_FEATURES
from streams.core.models.snapshot import VERSION, Snapshot

FEATURES: Final = RISK_FEATURES


class Design(NamedTuple):
    """id: as snapshots and scores name it. summary: one English sentence. start: in force before any snapshot.

    variance, prior: of its weights before anything is learned; prior None = all around 0.
    """

    id: str
    summary: str
    start: Snapshot
    variance: float
    prior: Mapping[str, tuple[float, float]] | None

    @property
    def version(self) -> str:
        """Of features and arithmetic, the same for all."""
        return VERSION

    @property
    def digest(self) -> str:
        """SHA-256, in hex, of what it does not learn."""
        return content_digest(
            {
                "id": self.id,
                "version": VERSION,
                "features": FEATURES,
                "start": self.start.dump(),
                "variance": self.variance,
            }
        )


DESIGNS: Final = (
    Design(risk.ID, "begins with the rules' opinion, held tightly", PRIOR_SNAPSHOT, prior.VARIANCE, prior.PRIOR),
    Design(
        "risk-open",
        "begins without an opinion: every weight is 0 and wide",
        Snapshot(bias=prior.BIAS, weights={}, variances={"bias": prior.BIAS_VARIANCE}),
        0.3,
        None,
    ),
)
"""The first is the one whose reasons are published; the others' scores stand beside it."""

BY_ID: Final = {design.id: design for design in DESIGNS}
