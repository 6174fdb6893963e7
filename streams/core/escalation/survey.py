"""Survey: what a team's coverage promises and what it leaves open, before anybody relies on it."""

from collections.abc import Iterator
from dataclasses import dataclass

from schemas.coverage import TeamCoverage
from schemas.rules import RuleBundle
from streams.core.escalation.calendar import Window, calendar
from streams.core.escalation.policy import Terms
from streams.core.escalation.recipients import rung_addressees

DAY_MS = 86_400_000
DAYS = 14
"""How far a survey looks: two weeks show every weekly shift twice (our choice)."""


@dataclass(frozen=True, slots=True)
class Gap:
    """One thing that is missing. code: stable. hours: stretches it is about; empty = always, or no time at all.

    is_red: a red may wait unread because of it.
    """

    code: str
    is_red: bool
    hours: tuple[Window, ...] = ()


def survey(team: TeamCoverage, rules: RuleBundle, from_ms: int, days: int = DAYS) -> tuple[Gap, ...]:
    """Every gap of this coverage from `from_ms` on, the ones a red may fall into first."""
    found = sorted(_gaps(team, rules, from_ms, from_ms + days * DAY_MS), key=lambda gap: not gap.is_red)
    return tuple(found)


def _gaps(team: TeamCoverage, rules: RuleBundle, from_ms: int, until_ms: int) -> Iterator[Gap]:
    on_call = team.outside_hours == "on_call"
    if not team.recipients:
        yield Gap("coverage.no_recipient", not (on_call and not team.shifts))
    if not team.shifts:
        yield Gap("coverage.no_shifts", is_red=False)
        return
    days = calendar(team, rules)
    uncovered = tuple(_uncovered(list(days.windows(from_ms)), from_ms, until_ms))
    if uncovered and not on_call:
        yield Gap("coverage.no_route", is_red=True, hours=uncovered)
        if team.patient_phone is None:
            yield Gap("coverage.no_phone", is_red=False)
    within = Terms(rules.ladder, team, days)
    asked = [(start, until) for start, until in days.windows(from_ms) if start < until_ms]
    empty = tuple(one for one in asked if team.recipients and not _is_answered(within, max(one[0], from_ms)))
    if empty:
        yield Gap("coverage.empty_shift", is_red=True, hours=empty)
    known = rules.holidays.get(team.calendar, ())
    if team.calendar != "none" and (not known or known[-1] < days.day_of(until_ms).isoformat()):
        yield Gap("coverage.calendar_ends", is_red=False)


def _is_answered(within: Terms, at_ms: int) -> bool:
    """Is there anybody for each rung of a red at this instant?"""
    return all(rung_addressees(within, 4, rung, at_ms) for rung in range(4))


def _uncovered(windows: list[Window], from_ms: int, until_ms: int) -> Iterator[Window]:
    """The stretches of [from_ms, until_ms) between the windows."""
    at_ms = from_ms
    for start, end in windows:
        if start >= until_ms:
            break
        if at_ms < start:
            yield at_ms, start
        at_ms = max(at_ms, end)
    if at_ms < until_ms:
        yield at_ms, until_ms
