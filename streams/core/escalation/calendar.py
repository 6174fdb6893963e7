"""Calendar: when somebody of a team reads. Shifts, zone and public holidays are data; nothing is looked up."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

from schemas.coverage import Shift, TeamCoverage
from schemas.rules import RuleBundle
from streams.core.adherence.slots import Zone, local_to_ms, offset_s
from streams.core.plan import NEVER

AHEAD_DAYS = 40
"""How far cover is looked for: longer than any run of public holidays and a team's own closed weeks (our choice)."""

MINUTE_MS = 60_000

Window = tuple[int, int]
"""[from, until) in epoch milliseconds."""


@dataclass(frozen=True, slots=True)
class Calendar:
    """One team's cover, ready for asking. days_off: public holidays; closed: the team's own."""

    zone: Zone
    shifts: tuple[Shift, ...]
    days_off: frozenset[str]
    closed: frozenset[str]
    _known: dict[date, tuple[Window, ...]] = field(default_factory=dict, compare=False)

    def windows(self, at_ms: int) -> Iterator[Window]:
        """Stretches of cover that end after `at_ms`, in order and joined; none beyond AHEAD_DAYS."""
        held: Window | None = None
        for start, until in self._pieces(at_ms):
            if held is None:
                held = (start, until)
            elif start <= held[1]:
                held = (held[0], max(held[1], until))
            else:
                yield held
                held = (start, until)
        if held is not None:
            yield held

    def _pieces(self, at_ms: int) -> Iterator[Window]:
        day = self.day_of(at_ms) - timedelta(1)
        for _ in range(AHEAD_DAYS):
            for start, until in self._day(day):
                if until > at_ms:
                    yield start, until
            day += timedelta(1)

    def _day(self, day: date) -> tuple[Window, ...]:
        """Shifts that begin on this local day, in order; a function of the calendar alone, so worked out once."""
        found = self._known.get(day)
        if found is None:
            found = self._known[day] = tuple(sorted(self._shifts_of(day)))
        return found

    def _shifts_of(self, day: date) -> Iterator[Window]:
        """One of no length (a skipped hour) covers nothing."""
        name = day.isoformat()
        if name in self.closed:
            return
        for shift in self.shifts:
            if day.isoweekday() not in shift.days or (name in self.days_off and not shift.on_holidays):
                continue
            last = day + timedelta(1) if shift.until <= shift.start else day
            start, until = local_to_ms(self.zone, day, shift.start), local_to_ms(self.zone, last, shift.until)
            if start < until:
                yield start, until

    def day_of(self, at_ms: int) -> date:
        """The local date of an instant."""
        return datetime.fromtimestamp(at_ms // 1000 + offset_s(self.zone, at_ms), UTC).date()

    def is_covered(self, at_ms: int) -> bool:
        """Does somebody read at this instant?"""
        return self.covered_from(at_ms) == at_ms

    def covered_from(self, at_ms: int) -> int:
        """The first instant at or after `at_ms` at which somebody reads; NEVER = none that can be seen ahead."""
        window = next(self.windows(at_ms), None)
        return NEVER if window is None else max(at_ms, window[0])

    def on_duty(self, at_ms: int) -> frozenset[str]:
        """Ids named by the shifts that hold now; empty = nobody in particular, so all of the team."""
        names: set[str] = set()
        for day in (self.day_of(at_ms) - timedelta(1), self.day_of(at_ms)):
            for shift in self.shifts:
                one = Calendar(self.zone, (shift,), self.days_off, self.closed)
                if any(start <= at_ms < until for start, until in one._day(day)):
                    names.update(shift.recipients)
        return frozenset(names)

    def uncovered_ms(self, from_ms: int, until_ms: int) -> int:
        """How much of [from_ms, until_ms) nobody reads."""
        left = until_ms - from_ms
        for start, until in self.windows(from_ms):
            if start >= until_ms:
                break
            left -= max(0, min(until, until_ms) - max(start, from_ms))
        return max(left, 0)

    def after_working(self, at_ms: int, minutes: int) -> int:
        """When so many covered minutes have passed since `at_ms`; NEVER = not as far as can be seen."""
        left = minutes * MINUTE_MS
        for start, until in self.windows(at_ms):
            begin = max(start, at_ms)
            if until - begin >= left:
                return begin + left
            left -= until - begin
        return NEVER

    def cover_ends_today(self, at_ms: int) -> int | None:
        """The end of the last cover that `at_ms`'s local day still has, at midnight at the latest. None = no more."""
        midnight = local_to_ms(self.zone, self.day_of(at_ms) + timedelta(1), "00:00")
        ends = None
        for start, until in self.windows(at_ms):
            if start >= midnight:
                break
            ends = min(until, midnight)
        return ends

    def next_working_day_ends(self, at_ms: int) -> int:
        """The end of the cover that begins on the first later local day with any; NEVER = none in sight."""
        day = self.day_of(at_ms)
        for _ in range(AHEAD_DAYS):
            day += timedelta(1)
            ends = [until for _, until in self._day(day)]
            if ends:
                return max(ends)
        return NEVER


def calendar(team: TeamCoverage, rules: RuleBundle) -> Calendar:
    """The team's calendar with the zone and the holidays that the bundle carries."""
    days_off = rules.days_off.get(team.calendar, frozenset())
    return _calendar(rules.zones.get(team.zone, ()), team.shifts, days_off, frozenset(team.closed))


# A memory of a pure function of its arguments, so it cannot go stale on a rebalance.
_calendar = lru_cache(maxsize=256)(Calendar)
