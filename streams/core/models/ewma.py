"""Personal deviation: how far somebody is from their own normal now, and whether it has lasted for some time.

A control chart of each vital sign: the newest reading alone (Shewhart), its exponentially weighted mean (EWMA), or the
sum of what has strayed (CUSUM), whichever is furthest off. It needs no labels. It knows what is unusual for a person,
not what is dangerous: that is for the rules, which it never overrules.
"""

from collections.abc import Mapping, Sequence
from math import pi, sqrt
from types import MappingProxyType
from typing import ClassVar, Final

from streams.core.models import change_point
from streams.core.models.base import Opinion, Parameters
from streams.core.models.river_bridge import running_mean
from streams.core.signal.features import DEVIATION, MAX_SILENT_HOURS, SILENT_HOURS, SILENT_SHARE

FADING: Final = 0.2
"""Weight of the newest reading; 0.05 to 0.25 is usual (Lucas and Saccucci, Technometrics 32:1, 1990)."""

LESSON_CLIP: Final = 4.0
"""Spreads: a single faulty value of the past counts no more than this (study of online models, rules 2 and 6)."""

LIMIT: Final = 5.0
"""Spreads at which the newest reading of one vital sign makes a score of one half (our choice, because it leaves
about one score in ten above one half in the homes of TIHM)."""

LASTING: Final = 2.0
"""Spreads beyond the usual at which what has lasted makes one half (our choice: less is needed if it lasts)."""

SILENCE_WEIGHT: Final = 0.1
"""Our choice: silence adds little here, because the rules answer it; it never takes away."""

LOWER_IS_WORSE: Final = frozenset({"spo2", "fev1", "fvc", "pef", "steps"})
HIGHER_IS_WORSE: Final = frozenset({"crp", "supplemental_o2"})
"""Kinds that are worse on one side only; all others are on both (clinical README, sections 1 to 3)."""

BOTH, LOWER, HIGHER = 0, -1, 1
SIDES: Final[Mapping[str, int]] = {
    name: LOWER if kind in LOWER_IS_WORSE else HIGHER if kind in HIGHER_IS_WORSE else BOTH
    for kind, name in DEVIATION.items()
}
"""Feature -> the side that is worse."""

USUAL: Final = {BOTH: sqrt(2 / pi), LOWER: 1 / sqrt(2 * pi), HIGHER: 1 / sqrt(2 * pi)}
"""Mean of what a normal deviation Z shows on its worse side: |Z|, or max(Z, 0)."""

MEDIAN_ERROR: Final = sqrt(pi / 2)
"""Standard error of a median of n readings is this / sqrt(n) spreads, where they are normal (Laplace)."""


class EwmaDeviation:
    """One row of MODELS. Learned per feature: how many readings, their weighted mean on the worse side, and the sums
    of what lay above and below the own level."""

    id: ClassVar[str] = "ewma-deviation"
    version: ClassVar[str] = "2"
    source: ClassVar[str] = (
        "Shewhart-EWMA control charts, Lucas and Saccucci 1990; CUSUM, Page 1954; running means of river.stats"
    )
    summary: ClassVar[str] = "how far vital signs are from the person's own normal, now or for some time"
    fixed: ClassVar[Mapping[str, float]] = MappingProxyType(
        {
            "fading": FADING,
            "lesson_clip": LESSON_CLIP,
            "limit": LIMIT,
            "lasting": LASTING,
            "silence_weight": SILENCE_WEIGHT,
            "cusum_allowed": change_point.ALLOWED,
            "cusum_limit": change_point.LIMIT,
            **{f"side.{name}": side for name, side in SIDES.items()},
        }
    )

    def __init__(self) -> None:
        self._held: dict[str, Sequence[float]] = {}

    def learn_one(self, x: Mapping[str, float]) -> None:
        """Each known deviation becomes part of what was usual; everything else is passed over."""
        for name, value in x.items():
            side = SIDES.get(name)
            if side is not None:
                count, start, sums = _unpacked(self._held.get(name), side)
                mean = running_mean(FADING, start)
                mean.update(min(_worse(value, side), LESSON_CLIP))
                self._held[name] = [count + 1, mean.get(), *change_point.moved(sums, value)]

    def score_one(self, x: Mapping[str, float]) -> float:
        """0 = all at their own normals, one half = one vital sign at LIMIT, towards 1 beyond."""
        return self.explain_one(x).score

    def explain_one(self, x: Mapping[str, float]) -> Opinion:
        """Parts add up to a total; each whole of it halves the distance to 1."""
        parts: dict[str, float] = {}
        counts = []
        for name in sorted([name for name in x if name in SIDES]):
            side = SIDES[name]
            count, mean, sums = _unpacked(self._held.get(name), side)
            counts.append(count)
            _judge(name, _worse(x[name], side), mean - USUAL[side], change_point.shift(sums, side), parts)
        _silence(x, parts)
        total = sum(parts.values())
        score = 1.0 - 0.5**total
        fewest = min(counts, default=0)
        uncertainty = MEDIAN_ERROR / sqrt(fewest) if fewest else 1.0
        share = score / total if total else 0.0
        return Opinion(
            round(score, 6), round(min(uncertainty, 1.0), 6), {name: round(share * parts[name], 6) for name in parts}
        )

    def dump(self) -> Parameters:
        """feature -> [readings learned, their weighted mean, sum above, sum below]."""
        return dict(self._held)

    def load(self, held: Parameters) -> None:
        """Become the model that gave `dump`; unknown features are passed over."""
        self._held = {name: held[name] for name in held if name in SIDES}


def _worse(deviation: float, side: int) -> float:
    """The deviation on the side that is worse, 0 on the other."""
    return abs(deviation) if side == BOTH else max(deviation * side, 0.0)


def _unpacked(held: Sequence[float] | None, side: int) -> tuple[int, float, change_point.Sums]:
    """Readings, weighted mean, sums; of what version 1 learned there are no sums yet."""
    if held is None:
        return 0, USUAL[side], change_point.CALM
    return int(held[0]), held[1], (held[2], held[3]) if len(held) > 2 else change_point.CALM


def _judge(name: str, now: float, beyond: float, changed: float, parts: dict[str, float]) -> None:
    """What one vital sign adds: by its newest reading, and by what has lasted or changed beyond that. Squares, as in
    chi-square; together they add as much as the largest of the three.

    now: spreads of the newest reading; beyond: of the weighted mean above what is usual; changed: share of a CUSUM's
    limit.
    """
    newest = (now / LIMIT) ** 2
    if newest:
        parts[name] = newest
    lasting = max((max(beyond, 0.0) / LASTING) ** 2 - newest, 0.0)
    if lasting:
        parts[name.replace(".deviation", ".lasting")] = lasting
    more = changed**2 - newest - lasting
    if more > 0:
        parts[name.replace(".deviation", ".changed")] = more


def _silence(x: Mapping[str, float], parts: dict[str, float]) -> None:
    """It may add, never take away."""
    share, hours = x.get(SILENT_SHARE), x.get(SILENT_HOURS)
    if share:
        parts[SILENT_SHARE] = SILENCE_WEIGHT * share
    if hours:
        parts[SILENT_HOURS] = SILENCE_WEIGHT * hours / MAX_SILENT_HOURS
