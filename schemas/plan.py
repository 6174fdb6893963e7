"""CarePlan: what is watched for one patient, with which limits, when, and who answers."""

from itertools import pairwise
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from schemas.base import Closed, Instant
from schemas.circumstances import Circumstances
from schemas.ids import ActorField, LocalIdField, PseudonymField, TeamField
from schemas.ladder import LadderTimes

Kind = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,31}$")]
LocalTime = Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]
Number = int | float
Phone = Annotated[str, Field(pattern=r"^\+?[0-9][0-9 ]{1,18}[0-9]$")]
ChannelField = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,31}$")]
"""Name of a channel; what is behind it is configuration."""


class Limit(Closed):
    """Personal limits of one vital sign, in its canonical UCUM unit.

    Bands are half-open and have no gap: red [.., red_below), yellow [red_below, yellow_below),
    green [yellow_below, yellow_from), yellow [yellow_from, red_from), red [red_from, ..).
    None = no limit on that side.
    red_tier: the clock of a red limit. Default 3, our choice after clinical README section 9 (GEN-06);
    a clinician signs another.
    """

    kind: Kind
    red_below: Number | None = None
    yellow_below: Number | None = None
    yellow_from: Number | None = None
    red_from: Number | None = None
    red_tier: Annotated[int, Field(ge=3, le=5)] = 3
    yellow_tier: Literal[2] = 2

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        given = [x for x in (self.red_below, self.yellow_below, self.yellow_from, self.red_from) if x is not None]
        if not given:
            raise ValueError("a limit needs at least one bound")
        if given != sorted(given):
            raise ValueError("bounds must rise: red_below <= yellow_below <= yellow_from <= red_from")
        return self


class Slot(Closed):
    """When a set of readings is expected.

    at: local times in the plan's zone; days: ISO weekdays, 1 = Monday.
    opens_min: minutes before `at` from which a reading counts for this slot.
    grace_min: minutes after `at` until which it may come; then the slot is overdue.
    """

    id: Annotated[str, Field(pattern=r"^[a-z0-9-]{1,32}$")]
    kinds: Annotated[tuple[Kind, ...], Field(min_length=1, max_length=20, strict=False)]
    at: Annotated[tuple[LocalTime, ...], Field(min_length=1, max_length=12, strict=False)]
    days: Annotated[tuple[Annotated[int, Field(ge=1, le=7)], ...], Field(min_length=1, max_length=7, strict=False)] = (
        1,
        2,
        3,
        4,
        5,
        6,
        7,
    )
    opens_min: Annotated[int, Field(ge=0, le=1440)] = 240
    grace_min: Annotated[int, Field(ge=0, le=1440)] = 120


class PlannedAbsence(Closed):
    """A span [begins, ends) in which nothing is expected: no slot falls due. What is sent is judged all the same.

    It always has an end, and a red ends it at once.
    """

    begins: Instant
    ends: Instant
    why: Literal["holiday", "travel", "admission", "other"] = "other"

    @model_validator(mode="after")
    def _forward(self) -> Self:
        if self.ends <= self.begins:
            raise ValueError("ends must be after begins")
        return self


class PlanContact(Closed):
    """Somebody outside the team who may be told: an id that the channel knows, never a name or a number.

    relative, home_care: asked when the patient cannot be reached. gp: told once when a red is closed.
    """

    id: ActorField
    role: Literal["relative", "home_care", "gp"]
    channels: Annotated[tuple[ChannelField, ...], Field(min_length=1, max_length=4, strict=False)] = ("webhook",)


class CarePlan(Closed):
    """One version of one patient's plan (FHIR CarePlan). A higher version replaces a lower one.

    pregnant, age_under_16: NEWS2 is not computed for them (RCP 2017).
    news2_scale: 2 only as a clinician's setting (confirmed hypercapnic failure, target 88-92 %).
    valid_until: None = until further notice.
    replies: automatic answers to the patient: `all` = the colour and what happens next, after each form and whenever a
    reading changes it; `forms` = after each form only; `received` = only that a form has come, without a colour;
    `off` = none. What the ladder owes a patient (nobody reads this now, call 112) is sent whatever stands here.
    circumstances: what the disease rules must know of the patient. absences: spans in which nothing is expected.
    contacts: asked when the patient cannot be reached, or when nobody of the team reads. ladder: times of this
    patient's own; what it leaves out is the team's or the bundle's.
    """

    patient: PseudonymField
    id: LocalIdField
    version: Annotated[int, Field(ge=1)]
    template: Annotated[str, Field(pattern=r"^[a-z0-9-]{1,40}$")] | None = None
    team: TeamField
    zone: Literal["Europe/Copenhagen", "UTC"] = "Europe/Copenhagen"
    language: Literal["da", "en"] = "da"
    valid_from: Instant
    valid_until: Instant | None = None
    limits: Annotated[tuple[Limit, ...], Field(max_length=32, strict=False)] = ()
    slots: Annotated[tuple[Slot, ...], Field(max_length=16, strict=False)] = ()
    rules: Annotated[tuple[Annotated[str, Field(pattern=r"^[a-z0-9._-]{1,40}$")], ...], Field(strict=False)] = (
        "limits",
        "news2",
        "missing",
        "refused",
        "battery",
    )
    news2_scale: Literal[1, 2] = 1
    replies: Literal["off", "received", "forms", "all"] = "forms"
    pregnant: bool = False
    age_under_16: bool = False
    circumstances: Circumstances = Circumstances()
    absences: Annotated[tuple[PlannedAbsence, ...], Field(max_length=8, strict=False)] = ()
    contacts: Annotated[tuple[PlanContact, ...], Field(max_length=6, strict=False)] = ()
    ladder: LadderTimes | None = None

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if len({limit.kind for limit in self.limits}) != len(self.limits):
            raise ValueError("one limit per kind")
        if len({slot.id for slot in self.slots}) != len(self.slots):
            raise ValueError("slot ids must differ")
        spans = sorted(self.absences, key=lambda span: span.begins)
        if any(later.begins < first.ends for first, later in pairwise(spans)):
            raise ValueError("absences must not overlap")
        if self.valid_until is not None and self.valid_until <= self.valid_from:
            raise ValueError("valid_until must be after valid_from")
        return self
