"""The ladder's numbers: per tier, in the rule bundle; a team or a plan may set its own."""

from itertools import pairwise
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from schemas.base import Closed

Minutes = Annotated[int, Field(ge=0, le=525_600)]
Rungs = Annotated[tuple[Minutes, ...], Field(min_length=1, max_length=12, strict=False)]
StaffRole = Literal["nurse", "doctor", "duty_lead", "on_call", "operator"]
Working = Literal["next_day", "same_day"]
Tried = Literal["patient", "relative", "home_care", "emergency"]

LADDER_TIERS = frozenset({"2", "3", "4", "5"})
"""Tiers with a clock; 0 and 1 have none."""

TOP_WITHIN_MIN = {"4": 60, "5": 60}
"""No red may take longer to its last rung, whoever sets the times (RCP: NEWS2 >= 5 is seen within 60 minutes)."""


class Attempt(Closed):
    """One attempt to reach somebody: who, and how many minutes until the next one is due."""

    who: Tried
    minutes: Annotated[int, Field(ge=1, le=10_080)]


class Rise(Closed):
    """After `rungs` unanswered rungs the clock of tier `to` takes over. clinical/escalation.json: 2 -> 3 -> 4."""

    rungs: Annotated[int, Field(ge=1, le=12)]
    to: Annotated[int, Field(ge=3, le=5)]


class LadderTimes(Closed):
    """What a team or a plan sets itself; what it leaves out is the bundle's. Keys are tiers."""

    rungs_min: dict[str, Rungs] = Field(default_factory=dict)
    acknowledged_min: dict[str, Minutes] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _climbs(self) -> Self:
        if not set(self.rungs_min) | set(self.acknowledged_min) <= LADDER_TIERS:
            raise ValueError("only the tiers 2 to 5 have a clock")
        check_rungs(self.rungs_min)
        if not all(self.acknowledged_min.values()):
            raise ValueError("acknowledged_min: an acknowledgement holds for a minute at least")
        return self


def check_rungs(rungs_min: dict[str, tuple[int, ...]]) -> None:
    """Every row climbs, and a red is at the top in time. Raises ValueError by name."""
    for tier, rungs in rungs_min.items():
        if not rungs or not all(before < after for before, after in pairwise((0, *rungs))):
            raise ValueError("rungs_min: every tier needs rungs, and each must be later than the one before")
        if rungs[-1] > TOP_WITHIN_MIN.get(tier, rungs[-1]):
            raise ValueError(f"rungs_min: tier {tier} must be at its last rung within {TOP_WITHIN_MIN[tier]} minutes")


def _contact() -> dict[str, tuple[Attempt, ...]]:
    again, home = Attempt(who="patient", minutes=5), Attempt(who="relative", minutes=10)
    call = Attempt(who="emergency", minutes=10)
    day = (Attempt(who="patient", minutes=240), Attempt(who="home_care", minutes=240))
    return {
        "2": (Attempt(who="patient", minutes=1440), Attempt(who="home_care", minutes=1440)),
        "3": day,
        "4": (again, home, Attempt(who="home_care", minutes=10), call),
        "5": (again, call),
    }


def _working() -> dict[str, Working]:
    return {"2": "next_day", "3": "same_day"}


def _roles() -> dict[str, tuple[tuple[StaffRole, ...], ...]]:
    return {
        "2": (("nurse",),),
        "3": (("nurse",), ("nurse", "doctor")),
        "4": (("nurse",), ("nurse",), ("nurse", "doctor"), ("nurse", "doctor", "duty_lead")),
        "5": (("nurse", "doctor"), ("nurse", "doctor"), ("nurse", "doctor", "duty_lead")),
    }


class LadderRules(Closed):
    """Minutes per tier. Tiers and clocks: clinical/escalation.json; what it does not say is our choice.

    rungs_min: from the start of the tier's clock to the end of each rung. Tier 4 and 5: re-page 10, next person 20,
    duty lead 30. Tier 3: 4 hours, then 60 minutes past the deadline. Tier 2: a day; both in working time (`working`)
    where the team's coverage has shifts. The last rung repeats, so that an open alert always has a next deadline.
    working: how the first rung is counted: `next_day` = to the end of the next working day, `same_day` = the earlier
    of so many working minutes and the end of the day's cover; without cover left that day the next rung begins at once.
    rises: tier -> after how many rungs which tier's clock takes over.
    acknowledged_min, reached_min, offered_min: how long a person who has it, work that has begun, and an offer to
    another team hold. 72 h for tier 3: PRO-TECT, action documented. snooze_max_min: longest snooze; 0 = none.
    contact: whom to try after each failed contact; the last one repeats. unread_min: an automatic answer about a red
    that nobody has read within this brings the next person in.
    roles: whom each rung tells, by role; the last row repeats. Outside hours it is the on-call route.
    """

    rungs_min: dict[str, tuple[Minutes, ...]] = Field(
        default_factory=lambda: {"2": (1440, 2880), "3": (240, 300), "4": (10, 20, 30), "5": (10, 20, 30)},
    )
    acknowledged_min: dict[str, Minutes] = Field(default_factory=lambda: {"2": 4320, "3": 1440, "4": 240, "5": 240})
    reached_min: dict[str, Minutes] = Field(default_factory=lambda: {"2": 10_080, "3": 4320, "4": 1440, "5": 1440})
    offered_min: dict[str, Minutes] = Field(default_factory=lambda: {"2": 1440, "3": 60, "4": 10, "5": 10})
    snooze_max_min: dict[str, Minutes] = Field(default_factory=lambda: {"2": 10_080, "3": 1440, "4": 0, "5": 0})
    working: dict[str, Working] = Field(default_factory=_working)
    rises: dict[str, Rise] = Field(default_factory=lambda: {"2": Rise(rungs=1, to=3), "3": Rise(rungs=2, to=4)})
    contact: dict[str, Annotated[tuple[Attempt, ...], Field(min_length=1, max_length=8, strict=False)]] = Field(
        default_factory=_contact
    )
    unread_min: Annotated[int, Field(ge=1, le=60)] = 10
    roles: dict[str, tuple[tuple[StaffRole, ...], ...]] = Field(default_factory=_roles)

    @model_validator(mode="after")
    def _climbs(self) -> Self:
        if set(self.rungs_min) != LADDER_TIERS or set(self.acknowledged_min) != LADDER_TIERS:
            raise ValueError("rungs_min and acknowledged_min: exactly the tiers 2 to 5")
        check_rungs(self.rungs_min)
        self._whole()
        if not all(self.acknowledged_min.values()):
            raise ValueError("acknowledged_min: an acknowledgement holds for a minute at least")
        return self

    def _whole(self) -> None:
        rows: tuple[dict[str, object], ...] = (
            dict(self.reached_min),
            dict(self.offered_min),
            dict(self.snooze_max_min),
            dict(self.contact),
            dict(self.roles),
        )
        if any(set(row) != LADDER_TIERS for row in rows):
            raise ValueError("every row has exactly the tiers 2 to 5")
        if not all((*self.reached_min.values(), *self.offered_min.values())):
            raise ValueError("reached_min, offered_min: a hold lasts for a minute at least")
        if not set(self.working) | set(self.rises) <= LADDER_TIERS:
            raise ValueError("working, rises: only the tiers 2 to 5")
        if any(rise.to <= int(tier) for tier, rise in self.rises.items()):
            raise ValueError("rises: only upwards")
        if not all(row and all(row) for row in self.roles.values()):
            raise ValueError("roles: every rung tells somebody")
