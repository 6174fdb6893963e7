"""Coverage: which teams exist, when somebody reads their alerts, and what happens outside those hours."""

from typing import Annotated, Literal

from pydantic import Field

from schemas.base import Closed
from schemas.ids import ActorField, TeamField
from schemas.plan import LocalTime


class Shift(Closed):
    """Weekly hours in which alerts are read; `until` 00:00 means midnight at the end of the day."""

    days: Annotated[tuple[Annotated[int, Field(ge=1, le=7)], ...], Field(min_length=1, strict=False)]
    start: LocalTime
    until: LocalTime


class Recipient(Closed):
    """One person or duty telephone a notice can go to; the address itself is configuration of the channel."""

    id: ActorField
    role: Literal["nurse", "doctor", "duty_lead", "on_call"]


class TeamCoverage(Closed):
    """One team's coverage; a higher version replaces a lower one.

    outside_hours: `wait` = alerts stay until the next shift; `on_call` = they go to `on_call` at once.
    """

    team: TeamField
    version: Annotated[int, Field(ge=1)]
    zone: Literal["Europe/Copenhagen", "UTC"] = "Europe/Copenhagen"
    shifts: Annotated[tuple[Shift, ...], Field(max_length=32, strict=False)] = ()
    recipients: Annotated[tuple[Recipient, ...], Field(max_length=64, strict=False)] = ()
    outside_hours: Literal["wait", "on_call"] = "wait"
    on_call: Recipient | None = None
