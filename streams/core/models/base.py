"""The contract of a model: it learns one reading at a time, gives a score with its reasons, and travels as JSON."""

from collections.abc import Mapping, Sequence
from functools import cache
from hashlib import sha256
from typing import ClassVar, NamedTuple, Protocol

from schemas.codec import dumps
from streams.core.signal.baseline import FLOORS_MILLI, FLOORS_PERMILLE, MIN_COUNT, MIN_SPAN_MS, WINDOW_MS
from streams.core.signal.features import CLIP, FEATURES, FRESH_MS, MAX_SILENT_HOURS

Parameters = Mapping[str, Sequence[float]]
"""What was learned, as JSON: feature -> numbers."""


class Opinion(NamedTuple):
    """score: 0 to 1, high = worse. uncertainty: 0 to 1, 1 = nothing is known of this person yet.

    contributions: feature -> its part of the score; they add up to it. All rounded to millionths.
    """

    score: float
    uncertainty: float
    contributions: dict[str, float]


class OnlineModel(Protocol):
    """One row of MODELS: a class without arguments. `learn_one` and `score_one` are river's verbs.

    id: as scores name it. version: raised with every change of a score. fixed: the numbers it does not learn.
    source: where method and numbers come from. summary: one English sentence for people.

    It learns the newest reading before it is asked about it. Features it does not know it passes over; features
    that are missing it does not guess.
    """

    id: ClassVar[str]
    version: ClassVar[str]
    source: ClassVar[str]
    summary: ClassVar[str]
    fixed: ClassVar[Mapping[str, float]]

    def learn_one(self, x: Mapping[str, float]) -> None:
        """Take one more reading as part of what is usual for this person."""
        ...

    def score_one(self, x: Mapping[str, float]) -> float:
        """0 to 1, high = worse; learns nothing."""
        ...

    def explain_one(self, x: Mapping[str, float]) -> Opinion:
        """The score with its reasons; learns nothing."""
        ...

    def dump(self) -> Parameters:
        """All that was learned; at most one entry per feature."""
        ...

    def load(self, held: Parameters) -> None:
        """Become the model that gave `dump`."""
        ...


@cache
def digest(model: type[OnlineModel]) -> str:
    """SHA-256, in hex, of all that decides a score besides the readings: code version and fixed numbers."""
    body = {
        "id": model.id,
        "version": model.version,
        "fixed": dict(model.fixed),
        "features": FEATURES,
        "signal": [WINDOW_MS, MIN_COUNT, MIN_SPAN_MS, FRESH_MS, CLIP, MAX_SILENT_HOURS],
        "floors": [dict(FLOORS_MILLI), dict(FLOORS_PERMILLE)],
    }
    return sha256(dumps(body)).hexdigest()
