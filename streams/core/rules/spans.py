"""Conditions on readings over time: rises, means, readings in a row, days. Whole numbers only, nothing interpolated."""

from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from streams.core.adherence.slots import offset_s
from streams.core.rules.base import Answer, Judged, View
from streams.core.rules.judging import HOUR_MS, MINUTE_MS, NO, UNKNOWN, Comparison, repeated, run_start
from streams.core.rules.single import FromNormal, Newest
from streams.core.signal.series import ABOVE, REPEAT_MS, Point, Points

DAY_MS: Final = 86_400_000

GRACE_MS: Final = 6 * HOUR_MS
"""A window of 72 h takes readings up to 78 h apart (clinical/rules_machine.json: a weighing at 07:10 three days after
one at 07:00 is still 3 days)."""

APART_MS: Final = 2 * HOUR_MS - REPEAT_MS
"""Two readings 2 hours apart; a quarter of an hour early still counts (our choice)."""

SERIES_MS: Final = 7 * DAY_MS
SERIES_DAYS: Final = 3
SERIES_READINGS: Final = 12
"""A valid home series (clinical README section 3)."""


@dataclass(frozen=True, slots=True)
class Rise:
    """Largest change between an earlier and a later reading of the window."""

    test: Comparison
    hours: int
    down: bool

    def judge(self, view: View) -> Judged:
        """Unknown with fewer than two readings in the window."""
        points = view.series.get(self.test.kind, ())
        if len(points) < 2:
            return UNKNOWN
        since = points[-1].at_ms - self.hours * HOUR_MS - GRACE_MS
        inside = points[bisect_left(points, (since,)) :]
        if len(inside) < 2:
            return UNKNOWN
        values = [milli for _, milli, _ in inside]
        if not self.test.holds(max(values) - min(values)):
            return NO
        found = self._largest(_second_values(inside))
        if found is None or not self.test.holds(found[0]):
            return NO
        change, base, top = found
        sign = -1 if self.down else 1
        until = inside[: inside.index(top) + 1]
        agreed = repeated(until, lambda milli: self.test.holds(sign * (milli - base.milli)), view.now_ms)
        evidence = {f"{self.test.kind}_milli": top.milli, "change": sign * change, "limit": self.test.milli}
        return Judged(Answer.FIRES, inside[-1].at_ms, evidence, agreed)

    def _largest(self, points: Points) -> tuple[int, Point, Point] | None:
        """(change, earlier, later); the change is positive in the direction asked for. None = one reading only."""
        sign = -1 if self.down else 1
        best: tuple[int, Point, Point] | None = None
        base = points[0]
        for point in points[1:]:
            change = sign * (point.milli - base.milli)
            if best is None or change > best[0]:
                best = (change, base, point)
            if change < 0:
                base = point
        return best


def _second_values(points: Points) -> Points:
    """A reading that was repeated within 15 minutes is replaced by the repeat: the second value counts."""
    following = [*(point.at_ms for point in points[1:]), points[-1].at_ms + 2 * REPEAT_MS]
    return tuple([p for p, after in zip(points, following, strict=True) if after - p.at_ms > REPEAT_MS])


@dataclass(frozen=True, slots=True)
class Mean:
    """Mean of the home series; compared as a sum, so that nothing is rounded."""

    test: Comparison

    def judge(self, view: View) -> Judged:
        """Unknown until the series is valid."""
        points = view.series.get(self.test.kind, ())
        if len(points) <= SERIES_READINGS:
            return UNKNOWN
        inside = points[bisect_left(points, (points[-1].at_ms - SERIES_MS,)) :]
        if not self.test.holds(max([milli for _, milli, _ in inside])):
            return NO
        days = local_days(view, inside)
        kept = [point.milli for point, day in zip(inside, days, strict=True) if day != days[0]]
        if len(set(days)) < SERIES_DAYS or len(kept) < SERIES_READINGS:
            return UNKNOWN
        total = sum(kept)
        if not Comparison(self.test.kind, self.test.op, self.test.milli * len(kept)).holds(total):
            return NO
        evidence = {"mean": total // len(kept), "readings": len(kept), "limit": self.test.milli}
        return Judged(Answer.FIRES, points[-1].at_ms, evidence)


def local_days(view: View, points: Points) -> list[int]:
    """The calendar day of each reading in the plan's zone, as a running number."""
    zone = view.rules.zones.get(view.plan.contract.zone, ())
    if not points:
        return []
    first, last = offset_s(zone, points[0].at_ms), offset_s(zone, points[-1].at_ms)
    if first == last:
        return [(point.at_ms + first * 1000) // DAY_MS for point in points]
    return [(point.at_ms + offset_s(zone, point.at_ms) * 1000) // DAY_MS for point in points]


@dataclass(frozen=True, slots=True)
class Sustained:
    """Two readings in a row, or one and no other within the hours."""

    of: Newest | FromNormal
    kind: str
    hours: int

    def judge(self, view: View) -> Judged:
        """Waits after the first."""
        found = self.of.judge(view)
        if not found.fires:
            return found
        points = view.series[self.kind]
        start = run_start(points, self._holds(view))
        if len(points) - start >= 2:
            return Judged(Answer.FIRES, found.at_ms, found.evidence)
        return _fires_or_waits(view, found, points[start].at_ms + self.hours * HOUR_MS)

    def fired(self, points: Points, at: int) -> bool:
        """The second of two in a row; what only time would have decided is not remembered."""
        return at > 0 and self._is_met(points[at]) and self._is_met(points[at - 1])

    def is_calm(self, milli: int, margin: int) -> bool:
        """As the reading's own condition says."""
        return isinstance(self.of, Newest) and self.of.is_calm(milli, margin)

    def _is_met(self, point: Point) -> bool:
        return isinstance(self.of, Newest) and self.of.test.holds(point.milli)

    def _holds(self, view: View) -> Callable[[int], bool]:
        if isinstance(self.of, Newest):
            return self.of.test.holds
        return self.of.against(view.state.aspects[self.kind].level_milli)


def _fires_or_waits(view: View, found: Judged, due_ms: int) -> Judged:
    """No other reading so far: doubt goes up once the time is over."""
    if view.now_ms >= due_ms:
        return Judged(Answer.FIRES, due_ms, found.evidence)
    return Judged(Answer.WAITS, found.at_ms, found.evidence, due_ms=due_ms)


@dataclass(frozen=True, slots=True)
class InARow:
    """Readings in a row that meet the condition, `span_ms` from the first to the newest; `wait_ms` after the first
    when no more came. at_once: a value that the device could not measure fires by itself."""

    test: Comparison
    span_ms: int
    wait_ms: int
    at_once: bool

    def judge(self, view: View) -> Judged:
        """Waits while the span is too short."""
        points = view.series.get(self.test.kind)
        if not points:
            return UNKNOWN
        start = run_start(points, self.test.holds)
        if start == len(points):
            return NO
        newest, first = points[-1], points[start]
        found = Judged(Answer.FIRES, newest.at_ms, self.test.evidence(newest.milli))
        if newest.at_ms - first.at_ms >= self.span_ms or (self.at_once and newest.flags & ABOVE):
            return found
        return _fires_or_waits(view, found, first.at_ms + self.wait_ms)


def apart(test: Comparison, hours: int) -> InARow:
    """Two readings 2 hours apart (DM-05)."""
    return InARow(test, APART_MS, hours * HOUR_MS, at_once=True)


def lasting(test: Comparison, minutes: int) -> InARow:
    """A sensor's readings for so long."""
    return InARow(test, minutes * MINUTE_MS, minutes * MINUTE_MS, at_once=False)


@dataclass(frozen=True, slots=True)
class OnDays:
    """One reading on each of the consecutive calendar days up to that of the newest reading."""

    test: Comparison
    days: int

    def judge(self, view: View) -> Judged:
        """Unknown while the readings do not reach back so far."""
        points = view.series.get(self.test.kind, ())
        if not points:
            return UNKNOWN
        inside = points[bisect_left(points, (points[-1].at_ms - (self.days + 1) * DAY_MS,)) :]
        numbered = local_days(view, inside)
        wanted = set(range(numbered[-1] - self.days + 1, numbered[-1] + 1))
        if not wanted <= set(numbered):
            return UNKNOWN
        met = [(day, p) for day, p in zip(numbered, inside, strict=True) if self.test.holds(p.milli)]
        if not wanted <= {day for day, _ in met}:
            return NO
        newest = met[-1][1]
        return Judged(Answer.FIRES, newest.at_ms, self.test.evidence(newest.milli))
