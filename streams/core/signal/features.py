"""What a model may look at: one fixed, ordered list of named numbers, for the live system and for backtests.

What is not known is not in it: no value stands for a missing one.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple

from schemas.vitals import VITALS
from streams.core.signal.baseline import own_normal
from streams.core.signal.series import Points, Series

HOUR_MS: Final = 3_600_000

FRESH_MS: Final = 48 * HOUR_MS
"""Our choice: a reading older than two daily slots no longer says how somebody is."""

CLIP: Final = 8.0
"""Spreads. Study of online models, design rule 2: every feature is clipped, at 4 or 8."""

MAX_SILENT_HOURS: Final = 72.0
"""Our choice: behind three days a longer silence says the same."""

KINDS: Final = tuple(sorted(kind for kind, sign in VITALS.items() if sign.resolution is not None))
"""Vital signs with numbers, in code-point order."""

DEVIATION: Final[Mapping[str, str]] = {kind: f"{kind}.deviation" for kind in KINDS}
TREND: Final[Mapping[str, str]] = {kind: f"{kind}.trend" for kind in KINDS}
SILENT_SHARE: Final = "silent.share"
SILENT_HOURS: Final = "silent.hours"

FEATURES: Final = (*[name for kind in KINDS for name in (DEVIATION[kind], TREND[kind])], SILENT_SHARE, SILENT_HOURS)
"""The list. A new feature is added and the model's version raised.

*.deviation: spreads that the newest reading lies above (+) or below (-) the own normal, within CLIP.
*.trend: the same of the median of the last three readings: what lasts, without a single outlier.
silent.share: kinds whose slot is overdue, of those a slot expects, 0 to 1; absent where nothing is expected.
silent.hours: since the earliest of them fell due, within MAX_SILENT_HOURS; absent without silence.
"""

Features = dict[str, float]


class Aspect(NamedTuple):
    """One vital sign against this person's own normal, as of its newest reading: a function of its series alone.

    level_milli, spread_milli, readings: the own normal, see `Baseline`. deviation, trend: see FEATURES.
    """

    level_milli: int
    spread_milli: int
    readings: int
    deviation: float
    trend: float


def aspect(kind: str, points: Points) -> Aspect | None:
    """None = the own normal of this kind is not known."""
    normal = own_normal(kind, points)
    if normal is None:
        return None
    newest = points[-1].milli
    middle = sorted((newest, points[-2].milli, points[-3].milli))[1]
    level, spread = normal.level_milli, normal.spread_milli
    return Aspect(level, spread, normal.count, _spreads(newest - level, spread), _spreads(middle - level, spread))


def features(
    aspects: Mapping[str, Aspect], series: Series, silence: Mapping[str, int], expected: frozenset[str], now_ms: int
) -> Features:
    """The features that are known, in the order of FEATURES.

    aspects: of `series`, by kind. silence: kind -> when its overdue slot had fallen due. expected: the kinds that
    slots expect.
    """
    found: Features = {}
    for kind in sorted(aspects):
        if now_ms - series[kind][-1].at_ms <= FRESH_MS:
            one = aspects[kind]
            found[DEVIATION[kind]], found[TREND[kind]] = one.deviation, one.trend
    if expected:
        found[SILENT_SHARE] = round(len(silence) / len(expected), 3)
    if silence:
        hours = (now_ms - min(silence.values())) / HOUR_MS
        found[SILENT_HOURS] = round(min(max(hours, 0.0), MAX_SILENT_HOURS), 3)
    return found


def _spreads(distance_milli: int, spread_milli: int) -> float:
    """Within CLIP; thousandths are enough, and spare bytes."""
    return round(min(max(distance_milli / spread_milli, -CLIP), CLIP), 3)
