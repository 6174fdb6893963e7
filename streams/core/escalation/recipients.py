"""Recipients: whom a rung tells, by role, shift and hour; and the contacts of a plan outside the team."""

from collections.abc import Iterable
from dataclasses import dataclass

from schemas.coverage import Recipient, TeamCoverage
from schemas.notice import RecipientRole
from schemas.plan import CarePlan
from streams.core.escalation.policy import Terms, is_working, row
from streams.core.plan import NEVER

EVERYBODY_FROM = 2
"""Up to this rung one person of each role is asked; from it on all of them (escalation.json: next person at 20 min)."""


@dataclass(frozen=True, slots=True)
class Addressee:
    """One person on one channel. not_before_ms: 0 = at once."""

    role: RecipientRole
    id: str
    channel: str
    not_before_ms: int = 0

    def __str__(self) -> str:
        return f"{self.role}/{self.id}/{self.channel}"


def parse(text: str) -> Addressee:
    """Inverse of `str`."""
    role, name, channel = text.split("/")
    return Addressee(RecipientRole(role), name, channel)


def rung_addressees(within: Terms, tier: int, rung: int, at_ms: int) -> list[Addressee]:
    """Whom this rung (0 = the first of the tier's clock) tells.

    Outside hours a yellow waits for the next shift, and so does a tier counted in working time while one is still to
    come that day. Anything else goes to the on-call route at once; where there is none to nobody, and the rung ends
    when the next shift begins.
    """
    team = within.team
    if team is None:
        return []
    if within.is_covered(at_ms):
        return _of_team(within, team, tier, rung, at_ms, 0)
    if tier <= 2 or (rung == 0 and is_working(within, tier)):
        begins = within.reads_from(at_ms)
        return [] if begins >= NEVER else _of_team(within, team, tier, rung, begins, begins)
    return on_call(within)


def _of_team(
    within: Terms, team: TeamCoverage, tier: int, rung: int, at_ms: int, not_before_ms: int
) -> list[Addressee]:
    duty = frozenset() if within.calendar is None else within.calendar.on_duty(at_ms)
    able = [one for one in team.recipients if not duty or one.id in duty]
    rows = within.ladder.roles[row(tier)]
    chosen: list[Recipient] = []
    for role in rows[min(rung, len(rows) - 1)]:
        named = [one for one in able if one.role == role]
        chosen += named if rung >= EVERYBODY_FROM else named[:1]
    return list(_on_channels(chosen or able, not_before_ms))


def on_call(within: Terms) -> list[Addressee]:
    """The on-call route; empty without one."""
    team = within.team
    if team is None or team.on_call is None or not within.has_on_call:
        return []
    return list(_on_channels([team.on_call], 0))


def leads(within: Terms, at_ms: int) -> list[Addressee]:
    """Who hears of a storm: the duty leads on duty; else the on-call route; else any duty lead; else all of the team.

    Empty = the team has nobody at all.
    """
    team = within.team
    if team is None:
        return []
    duty = frozenset() if within.calendar is None else within.calendar.on_duty(at_ms)
    named = [one for one in team.recipients if one.role == "duty_lead"]
    on_duty = [one for one in named if not duty or one.id in duty] if within.is_covered(at_ms) else []
    if on_duty:
        return list(_on_channels(on_duty, 0))
    return on_call(within) or list(_on_channels(named or team.recipients, 0))


def device_owner(owner: Recipient) -> list[Addressee]:
    """Whoever gives out the team's devices, on each of their channels."""
    return list(_on_channels([owner], 0))


def outside(plan: CarePlan | None, *roles: str) -> list[Addressee]:
    """The plan's contacts outside the team with one of these roles."""
    contacts = () if plan is None else plan.contacts
    return [
        Addressee(RecipientRole(one.role), one.id, channel)
        for one in contacts
        if one.role in roles
        for channel in one.channels
    ]


def _on_channels(people: Iterable[Recipient], not_before_ms: int) -> Iterable[Addressee]:
    for one in people:
        for channel in one.channels:
            yield Addressee(RecipientRole(one.role), one.id, channel, not_before_ms)


def route_gap(within: Terms, plan: CarePlan) -> str | None:
    """The code of what is missing for a red outside hours: nobody on call and nobody to ring. None = nothing is."""
    if within.team is None:
        return "team.unknown"
    if within.calendar is None:
        return None if within.team.recipients else "coverage.no_recipient"
    if not within.team.recipients:
        return "coverage.no_recipient"
    if within.has_on_call or outside(plan, "relative", "home_care"):
        return None
    return "coverage.no_route"
