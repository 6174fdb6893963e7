"""Policy: when the ladder moves on. From the tier's rows in the bundle, own times of team and plan, and cover."""

from dataclasses import dataclass

from schemas.coverage import TeamCoverage
from schemas.ladder import LadderRules, LadderTimes
from schemas.plan import CarePlan
from streams.core.context import Context
from streams.core.escalation.calendar import Calendar, calendar
from streams.core.plan import NEVER

MINUTE_MS = 60_000

LONGEST_REPEAT_MIN = 240
"""Behind the last rung the distance doubles up to this (or the row's own, if longer): an unanswered alert
neither falls silent nor becomes the flood that hides the next one. Our choice."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What holds for one alert. team: None = unknown or unassigned. calendar: None = no shifts are known, so plain
    minutes count and nobody's absence is. hold_min: how long paging waits for an unconfirmed value."""

    ladder: LadderRules
    team: TeamCoverage | None = None
    calendar: Calendar | None = None
    hold_min: int = 15

    def is_covered(self, at_ms: int) -> bool:
        """Does the team read at this instant? A team without shifts promises nothing and is asked at any time."""
        return self.calendar is None or self.calendar.is_covered(at_ms)

    def reads_from(self, at_ms: int) -> int:
        """When the team reads next; NEVER = not in sight."""
        return at_ms if self.calendar is None else self.calendar.covered_from(at_ms)

    @property
    def has_on_call(self) -> bool:
        """Is there somebody outside hours?"""
        return self.team is not None and self.team.outside_hours == "on_call"

    def unattended_ms(self, from_ms: int, until_ms: int) -> int:
        """How much of this time nobody was on duty or on call."""
        if self.has_on_call or self.calendar is None or until_ms <= from_ms:
            return 0
        return self.calendar.uncovered_ms(from_ms, until_ms)


def terms(context: Context, team_name: str, plan: CarePlan | None) -> Terms:
    """The bundle's times, over them the team's, over them the plan's."""
    team = context.teams.get(team_name)
    ladder = context.rules.ladder
    for own in (None if team is None else team.ladder, None if plan is None else plan.ladder):
        if own is not None:
            ladder = _overlaid(ladder, own)
    days = None if team is None or not team.shifts else calendar(team, context.rules)
    return Terms(ladder, team, days, context.rules.confirm.hold_min)


def _overlaid(ladder: LadderRules, own: LadderTimes) -> LadderRules:
    changed = {
        "rungs_min": {**ladder.rungs_min, **own.rungs_min},
        "acknowledged_min": {**ladder.acknowledged_min, **own.acknowledged_min},
    }
    return ladder.model_copy(update=changed)


def row(tier: int) -> str:
    """The key of a tier's rows: below 2 there is no clock."""
    return str(max(tier, 2))


def first_rung(within: Terms, tier: int, at_ms: int) -> int:
    """Where a clock of this tier begins: 0, or 1 where nobody reads in time, so that out-of-hours applies at once."""
    days = within.calendar
    if days is None or within.ladder.working.get(row(tier)) != "same_day":
        return 0
    return 0 if days.cover_ends_today(at_ms) is not None else 1


def rung_ends(within: Terms, tier: int, rung: int, from_ms: int) -> int:
    """When rung `rung` (0 = the first) of a tier, begun at `from_ms`, ends unanswered. There is always a next one."""
    days = within.calendar
    if days is not None and rung == 0 and is_working(within, tier):
        return _working_end(within, days, tier, from_ms)
    plain = from_ms + rung_length(within.ladder, tier, rung)
    if days is None or within.has_on_call or days.is_covered(from_ms):
        return plain
    # Nobody is asked before the next shift: then they are, however far the ladder had come.
    return min(plain, days.covered_from(from_ms))


def is_working(within: Terms, tier: int) -> bool:
    """Is the first rung of this tier counted in working time?"""
    return within.calendar is not None and row(tier) in within.ladder.working


def _working_end(within: Terms, days: Calendar, tier: int, from_ms: int) -> int:
    plain = from_ms + rung_length(within.ladder, tier, 0)
    if within.ladder.working[row(tier)] == "next_day":
        ends = days.next_working_day_ends(from_ms)
    else:
        today = days.cover_ends_today(from_ms)
        worked = days.after_working(from_ms, within.ladder.rungs_min[row(tier)][0])
        ends = NEVER if today is None else min(worked, today)
    return plain if ends >= NEVER else ends


def rung_length(ladder: LadderRules, tier: int, rung: int) -> int:
    """Milliseconds of plain time a rung lasts; behind the last one ever longer, up to the longest repeat."""
    minutes = ladder.rungs_min[row(tier)]
    if rung < len(minutes):
        return (minutes[rung] - (minutes[rung - 1] if rung else 0)) * MINUTE_MS
    gap = minutes[-1] - minutes[-2] if len(minutes) > 1 else minutes[-1]
    longest = max(gap, LONGEST_REPEAT_MIN)
    for _ in range(rung - len(minutes) + 1):
        gap = min(gap * 2, longest)
        if gap == longest:
            break
    return gap * MINUTE_MS


def risen(ladder: LadderRules, tier: int, rung: int) -> int:
    """The tier whose clock holds once `rung` rungs of this tier have passed unanswered."""
    rise = ladder.rises.get(row(tier))
    return rise.to if rise is not None and rung >= rise.rungs else tier


def held_until(minutes: dict[str, int], tier: int, from_ms: int) -> int:
    """How long an acknowledgement, begun work or an offer holds before the ladder resumes."""
    return from_ms + minutes[row(tier)] * MINUTE_MS
