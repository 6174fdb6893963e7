"""Cross-checks and device faults: readings that cannot both be right, or that no body makes. A repeat is asked for."""

from collections.abc import Iterator
from typing import Final

from schemas.triage import Finding, TriageLevel
from streams.core.rules.base import View
from streams.core.signal.series import IN_DOUBT, REPEAT_MS, Point, Points

MINUTE_MS: Final = 60_000
HOUR_MS: Final = 3_600_000

ONE_INFLATION_MS: Final = MINUTE_MS
"""Systolic and diastolic, or FEV1 and FVC, this close are one measurement; our choice."""

PULSE_PRESSURE: Final = (15_000, 120_000)
WEIGHT_JUMP: Final = 5_000
WEIGHT_JUMP_MS: Final = 72 * HOUR_MS
"""Clinical README section 1, cross-checks."""

POUND_PERMILLE: Final = (2094, 2315)
"""A ratio of 2.2046 within 5 %: pounds for kilos, or kilos for pounds."""

STEPS: Final = {"temp": (3_000, 6 * HOUR_MS), "glucose": (15_000, 2 * HOUR_MS)}
"""Kind -> a change that no body makes within so long (clinical/vitals.csv, delta_confirm)."""

FLAT_KINDS: Final = ("glucose", "pulse", "sbp", "weight")
FLAT_READINGS: Final = 8
"""So many equal readings in a row are a device that repeats itself (our choice), in kinds that never stand still."""


class CrossChecks:
    """Each finding is yellow and unconfirmed when the patient may be concerned, a task when only the device is."""

    id = "check"
    version = "2"
    source = "clinical README section 1: cross-checks; flat line and impossible step: our choice"
    summary = "readings that contradict each other, look like another unit or person, or no body makes"

    def evaluate(self, view: View, found: tuple[Finding, ...]) -> tuple[Finding, ...]:  # noqa: ARG002 - contract of a rule
        """At most one finding per check."""
        series = view.series
        doubts = [self._doubt(view, *each) for look, kind in DOUBTS if kind in series for each in look(view)]
        doubts += [self._doubt(view, *each) for each in _person(view)]
        if view.state.identified:
            doubts += [self._doubt(view, *each) for each in _stranger(view)]
        faults = [self._fault(*each) for look, kind in FAULTS if kind in series for each in look(view, kind)]
        return tuple(doubts + faults)

    def _doubt(self, view: View, what: str, kind: str, point: Point) -> Finding:
        waits = view.now_ms - point.at_ms < REPEAT_MS
        evidence: dict[str, int | str] = {f"{kind}_milli": point.milli}
        return Finding(self.id, self.version, TriageLevel.YELLOW, 2, f"check.{what}", point.at_ms, evidence, waits)

    def _fault(self, what: str, kind: str, point: Point) -> Finding:
        evidence: dict[str, int | str] = {"value": point.milli, "kind": kind}
        return Finding(self.id, self.version, TriageLevel.GREEN, 1, f"check.{what}.{kind}", point.at_ms, evidence)


Found = Iterator[tuple[str, str, Point]]
"""(what, kind, the reading that gave it away)."""


def _pressure(view: View) -> Found:
    """Systolic above diastolic, and a pulse pressure of 15 to 120."""
    sbp, dbp = view.newest("sbp"), view.newest("dbp")
    if sbp is None or dbp is None or abs(sbp.at_ms - dbp.at_ms) > ONE_INFLATION_MS:
        return
    difference = sbp.milli - dbp.milli
    if difference <= 0:
        yield "pressure_order", "sbp", sbp
    elif not PULSE_PRESSURE[0] <= difference <= PULSE_PRESSURE[1]:
        yield "pulse_pressure", "sbp", sbp


def _breath(view: View) -> Found:
    """What is blown out in one second is part of what is blown out."""
    fev1, fvc = view.newest("fev1"), view.newest("fvc")
    if fev1 is None or fvc is None or abs(fev1.at_ms - fvc.at_ms) > ONE_INFLATION_MS:
        return
    if fev1.milli > fvc.milli:
        yield "fev1_above_fvc", "fev1", fev1


def _weight(view: View) -> Found:
    """Another person, another scale, or pounds."""
    points = view.series.get("weight", ())
    if len(points) < 2 or points[-1].at_ms - points[-2].at_ms > WEIGHT_JUMP_MS:
        return
    before, newest = points[-2], points[-1]
    low, high = sorted((before.milli, newest.milli))
    if POUND_PERMILLE[0] * low <= high * 1000 <= POUND_PERMILLE[1] * low:
        yield "pounds", "weight", newest
    elif high - low > WEIGHT_JUMP:
        yield "weight_jump", "weight", newest


def _person(view: View) -> Found:
    """The first reading since a device was bound, far from the own normal: is this you?"""
    for kind in sorted([kind for kind, points in view.series.items() if points[-1].flags & IN_DOUBT]):
        point = view.series[kind][-1]
        if (kind, point.at_ms, False) not in view.state.identified:
            yield f"person.{kind}", kind, point


def _stranger(view: View) -> Found:
    """Somebody has said that it was another person's; a nurse or a doctor declares it invalid."""
    since = view.now_ms - view.rules.missing.recent_hours * HOUR_MS
    for kind, at_ms, mine in view.state.identified:
        if not mine and at_ms >= since:
            points = view.series.get(kind, ())
            yield from ((f"stranger.{kind}", kind, p) for p in points if p.in_doubt and p.at_ms == at_ms)


def _step(view: View, kind: str) -> Found:
    change, within_ms = STEPS[kind]
    points = view.series[kind]
    if len(points) < 2 or points[-1].at_ms - points[-2].at_ms > within_ms:
        return
    if abs(points[-1].milli - points[-2].milli) > change:
        yield "impossible_step", kind, points[-1]


def _flat(view: View, kind: str) -> Found:
    points: Points = view.series[kind]
    if len(points) < FLAT_READINGS or points[-1].milli != points[-2].milli:
        return
    # A display that shows LO or HI repeats itself by nature.
    if len({point.milli for point in points[-FLAT_READINGS:]}) == 1 and not points[-1].is_bound:
        yield "flat", kind, points[-1]


def _unworn(view: View, kind: str) -> Found:
    """No steps at all, and nobody knows whether the counter was worn: that is missing, not rest."""
    newest = view.newest(kind)
    if newest is not None and newest.milli == 0:
        yield "unworn", kind, newest


DOUBTS: Final = ((_pressure, "sbp"), (_breath, "fev1"), (_weight, "weight"))
FAULTS: Final = (
    *((_step, kind) for kind in STEPS),
    *((_flat, kind) for kind in FLAT_KINDS),
    (_unworn, "steps"),
)
"""Each with the kind without which it has nothing to look at: most patients measure few."""
