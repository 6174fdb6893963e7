"""Turning points: what a reading would have had to be for the colour to be another one. Asks the triage itself."""

from dataclasses import dataclass

from schemas.triage import TriageLevel
from schemas.vital_sign import VitalSign
from schemas.vitals import VITALS, Band
from streams.core.context import Context
from streams.core.evolve import evolve
from streams.core.signal.series import UNCONFIRMED, Point
from streams.core.state import PatientState
from streams.core.triage import assess


@dataclass(frozen=True, slots=True)
class Turning:
    """With this value in place of the real one, all else equal, the triage had been another one.

    milli: the value nearest to the real one, in steps of a usual device, at which it changes.
    level: None = nothing could have been said.
    """

    kind: str
    milli: int
    level: TriageLevel | None
    tier: int


def turnings(state: PatientState, kind: str, point: Point, context: Context) -> list[Turning]:
    """The nearest turning point on each side of a reading; none where no possible value changes anything.

    Kinds without a scale (enums) have none.
    """
    sign = VITALS[kind]
    if sign.resolution is None or point not in state.series.get(kind, ()):
        return []
    found = (_towards(state, sign, point, context, side) for side in (-1, 1))
    return [turning for turning in found if turning is not None]


def _towards(state: PatientState, sign: VitalSign, point: Point, context: Context, side: int) -> Turning | None:
    """Doubling steps until the triage differs, then halving: on one side of a value bands follow each other."""
    assert sign.resolution is not None, "asked by the caller"
    real = _verdict(state, sign, point, point.milli, context)
    same, other = 0, 1
    while True:
        milli = point.milli + side * other * sign.resolution
        if sign.band(milli) is Band.REJECT:
            return None
        if _verdict(state, sign, point, milli, context) != real:
            break
        same, other = other, other * 2
    while other - same > 1:
        middle = (same + other) // 2
        differs = _verdict(state, sign, point, point.milli + side * middle * sign.resolution, context) != real
        same, other = (same, middle) if differs else (middle, other)
    milli = point.milli + side * other * sign.resolution
    level, tier = _verdict(state, sign, point, milli, context)
    return Turning(sign.key, milli, level, tier)


def _verdict(
    state: PatientState, sign: VitalSign, point: Point, milli: int, context: Context
) -> tuple[TriageLevel | None, int]:
    flags = UNCONFIRMED if sign.band(milli) is Band.CONFIRM else 0
    points = state.series[sign.key]
    changed = tuple(sorted(Point(p.at_ms, milli, flags) if p is point or p == point else p for p in points))
    triage = assess(evolve(state, series={**state.series, sign.key: changed}), context)
    return triage.level, triage.tier
