"""What the risk model is shown beside: rules, personal deviations, river's own learner. Each scores the same row."""

from collections.abc import Mapping
from typing import Any, Protocol

from schemas.vitals import VITALS
from streams.core.rules.news2_score import News2Inputs, score
from streams.core.signal.bands import BANDS
from streams.core.signal.tracks import Tracks, deviation_of

LIMITS: Mapping[str, tuple[float | None, float | None]] = {
    "spo2": (90_000, None),
    "pulse": (50_000, 110_000),
    "resp_rate": (10_000, 24_000),
    "sbp": (100_000, 160_000),
    "dbp": (55_000, 100_000),
    "temp": (35_500, 38_000),
    "glucose": (4_000, 14_000),
}
"""One adult set of two-sided limits for everybody (our choice, next to the demo plan's and NEWS2's bands)."""


class Rival(Protocol):
    """name: as the table names it. is_probability: can its calibration be told? is_rule: it is asked from the first
    row on, for the cold-start curve; others only about rows that are judged, because asking them takes time.
    """

    name: str
    is_probability: bool
    is_rule: bool

    def score(self, tracks: Tracks, x: Mapping[str, float]) -> float:
        """High = worse."""
        ...

    def learn(self, x: Mapping[str, float], *, label: bool, weight: int) -> None:
        """A label has become known."""
        ...


class PartialNews2:
    """The lower bound of NEWS2 on the newest readings; what was never measured counts 0."""

    name, is_probability, is_rule = "partial NEWS2", False, True

    def score(self, tracks: Tracks, x: Mapping[str, float]) -> float:
        """0 to 20; of equal totals, the more points a single vital sign has."""
        del x
        newest = {kind: int(held[3]) for kind, held in tracks.items() if kind in BANDS}
        alert, oxygen = newest.get("consciousness"), newest.get("supplemental_o2")
        found = score(
            News2Inputs(
                resp_rate=newest.get("resp_rate"),
                spo2=newest.get("spo2"),
                on_oxygen=None if oxygen is None else oxygen > 0,
                sbp=newest.get("sbp"),
                pulse=newest.get("pulse"),
                consciousness=None if alert is None else VITALS["consciousness"].codes[alert],
                temp=newest.get("temp"),
            )
        )
        return found.lower_total + found.max_single_lower / 10

    def learn(self, x: Mapping[str, float], *, label: bool, weight: int) -> None:
        """A rule learns nothing."""


class FixedLimits:
    """How many limits are broken, and by how much."""

    name, is_probability, is_rule = "fixed limits", False, True

    def score(self, tracks: Tracks, x: Mapping[str, float]) -> float:
        """One per broken limit, and how many usual spreads it is broken by."""
        del x
        total = 0.0
        for kind, (low, high) in LIMITS.items():
            held = tracks.get(kind)
            if held is not None:
                beyond = max(0.0 if low is None else low - held[3], 0.0 if high is None else held[3] - high)
                total += (1 + beyond / BANDS[kind].spread) if beyond > 0 else 0.0
        return total

    def learn(self, x: Mapping[str, float], *, label: bool, weight: int) -> None:
        """A rule learns nothing."""


class PersonalDeviations:
    """How far everything is from the person's own level, added up."""

    name, is_probability, is_rule = "sum of personal deviations", False, False

    def score(self, tracks: Tracks, x: Mapping[str, float]) -> float:
        """Thousandths of spreads, on either side."""
        del x
        total = 0
        for kind, held in tracks.items():
            if kind in BANDS and BANDS[kind].is_personal and held[0]:
                total += abs(deviation_of(int(held[3]), int(held[1]), int(held[2]), int(held[0])))
        return float(total)

    def learn(self, x: Mapping[str, float], *, label: bool, weight: int) -> None:
        """Its own levels are in the tracks."""


class RiverLogistic:
    """river's LogisticRegression with AdaGrad behind its StandardScaler, on the same features."""

    name, is_probability, is_rule = "river LogisticRegression", True, False

    def __init__(self, rate: float = 0.05) -> None:
        from river import linear_model, optim, preprocessing  # four seconds to import, and only this rival needs them

        self._scaler: Any = preprocessing.StandardScaler()
        self._model: Any = linear_model.LogisticRegression(optim.AdaGrad(rate))

    def score(self, tracks: Tracks, x: Mapping[str, float]) -> float:
        """Its probability."""
        del tracks
        return float(self._model.predict_proba_one(self._scaler.transform_one(x))[True])

    def learn(self, x: Mapping[str, float], *, label: bool, weight: int) -> None:
        """As often as the risk model does."""
        self._scaler.learn_one(x)
        self._model.learn_one(self._scaler.transform_one(x), label, w=weight)


def rivals() -> tuple[Rival, ...]:
    """All of them, new."""
    return PartialNews2(), FixedLimits(), PersonalDeviations(), RiverLogistic()
