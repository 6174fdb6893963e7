"""Coverage: which teams exist, when somebody reads their alerts, and what happens outside those hours."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from schemas.base import Closed
from schemas.ids import ActorField, TeamField
from schemas.ladder import LadderTimes, StaffRole
from schemas.plan import ChannelField, LocalTime, Phone

LocalDate = Annotated[str, Field(pattern=r"^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$")]
"""A date in the team's zone."""


class Shift(Closed):
    """Weekly hours in which alerts are read, by local time; `until` 00:00 means midnight at the end of the day.

    An `until` at or before `start` is on the next day. on_holidays: does it hold on public holidays as well?
    recipients: ids of those on duty; empty = all of the team's.
    """

    days: Annotated[tuple[Annotated[int, Field(ge=1, le=7)], ...], Field(min_length=1, strict=False)]
    start: LocalTime
    until: LocalTime
    on_holidays: bool = False
    recipients: Annotated[tuple[ActorField, ...], Field(max_length=64, strict=False)] = ()


class Recipient(Closed):
    """One person or duty telephone a notice can go to; the address itself is configuration of the channel.

    channels: names of channels, each of which gets a notice of its own.
    """

    id: ActorField
    role: StaffRole
    channels: Annotated[tuple[ChannelField, ...], Field(min_length=1, max_length=4, strict=False)] = ("webhook",)


class TeamCoverage(Closed):
    """One team's coverage; a higher version replaces a lower one.

    calendar: which public holidays of the rule bundle hold; `none` = none do. closed: more days without cover.
    outside_hours: `wait` = alerts stay until the next shift; `on_call` = they go to `on_call` at once.
    patient_phone: whom the team's patients call when nobody reads; None = only 112 can be named.
    device_owner: who gives out the team's devices, told of a quiet, faulty or unbound one; None = the team.
    ladder: times of its own; what it leaves out is the bundle's, and a plan may set others.
    """

    team: TeamField
    version: Annotated[int, Field(ge=1)]
    zone: Literal["Europe/Copenhagen", "UTC"] = "Europe/Copenhagen"
    calendar: Literal["DK", "none"] = "DK"
    closed: Annotated[tuple[LocalDate, ...], Field(max_length=64, strict=False)] = ()
    shifts: Annotated[tuple[Shift, ...], Field(max_length=32, strict=False)] = ()
    recipients: Annotated[tuple[Recipient, ...], Field(max_length=64, strict=False)] = ()
    outside_hours: Literal["wait", "on_call"] = "wait"
    on_call: Recipient | None = None
    patient_phone: Phone | None = None
    device_owner: Recipient | None = None
    ladder: LadderTimes | None = None

    @model_validator(mode="after")
    def _answerable(self) -> Self:
        if self.outside_hours == "on_call" and self.on_call is None:
            raise ValueError("outside_hours is on_call: name who is on call")
        known = {recipient.id for recipient in self.recipients}
        if len(known) != len(self.recipients):
            raise ValueError("recipients: each id once")
        if not {name for shift in self.shifts for name in shift.recipients} <= known:
            raise ValueError("a shift names somebody who is not among the recipients")
        return self
