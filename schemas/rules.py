"""RuleBundle: every number that decides, in one signed, versioned record on rules.v1."""

from functools import cached_property
from hashlib import sha256
from typing import Annotated, Literal, Self

import orjson
from pydantic import Field, model_validator

from schemas.base import Closed
from schemas.ladder import LadderRules, Minutes
from schemas.model_rules import ModelRules
from schemas.questionnaire import Questionnaire
from schemas.rule_table import RuleRow
from schemas.shipped_rules import shipped_rows
from schemas.storm import StormRules

Hours = Annotated[int, Field(ge=1, le=8760)]

NEWS2_KINDS = frozenset({"resp_rate", "spo2", "supplemental_o2", "sbp", "pulse", "consciousness", "temp"})


class IntakeRules(Closed):
    """Which times intake believes. Both are our choice.

    future_min: a device clock may run ahead by this much (NTP-less home hubs drift by minutes).
    ancient_days: older readings are refused; buffered readings of a holiday are younger.
    """

    future_min: Minutes = 10
    ancient_days: Annotated[int, Field(ge=1, le=3650)] = 30


class LatenessRules(Closed):
    """How late a reading may come and still be put in its place (design.md section 3, point 9): 7 days."""

    default_hours: Hours = 168
    by_kind: dict[str, Hours] = Field(default_factory=dict)


class News2Rules(Closed):
    """Freshness of each input (clinical/news2.json, engineering rule) and the tier of each risk band.

    Tiers: clinical/escalation.json: NEWS2 >= 5 is tier 4; a confirmed single parameter 3 is tier 3.
    """

    freshness_hours: dict[str, Hours] = Field(
        default_factory=lambda: {
            "resp_rate": 4,
            "spo2": 4,
            "supplemental_o2": 24,
            "sbp": 12,
            "pulse": 4,
            "consciousness": 4,
            "temp": 12,
        }
    )
    single3_tier: Annotated[int, Field(ge=2, le=5)] = 3
    medium_tier: Annotated[int, Field(ge=2, le=5)] = 4
    high_tier: Annotated[int, Field(ge=2, le=5)] = 4

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if set(self.freshness_hours) != NEWS2_KINDS:
            raise ValueError("freshness_hours: exactly the seven inputs of NEWS2")
        return self


class ConfirmRules(Closed):
    """Paging on an unconfirmed value waits at most this long (clinical README section 1: 15 minutes)."""

    hold_min: Annotated[int, Field(ge=0, le=15)] = 15


class MissingRules(Closed):
    """Silence after yellow or red is tier 3 (clinical README 7) while the finding is recent: 72 h, our choice."""

    recent_hours: Hours = 72
    worried_tier: Annotated[int, Field(ge=1, le=5)] = 3


class BatteryRules(Closed):
    """A device at or below this charge is a finding for its supplier, not a colour. 15 %, our choice."""

    low_percent: Annotated[int, Field(ge=1, le=50)] = 15


class MitigationRules(Closed):
    """What keeps the number of alerts small, each with its default (clinical/alert_mitigation.csv) and its risk.

    repeat: rules whose paging waits for a second reading, 15 minutes at most (54 % of false alerts are technique; risk:
    delay). `limits` waits with red, `news2` with a single 3; disease rules say it row by row. Never: NEWS2 of 5 and
    more, glucose below 3.0, fever on chemotherapy, 160/110 in pregnancy, emergency symptoms.
    twice: rules whose yellow raises no alert before a second reading in a row says the same, or twice_hours are over
    (duration-severity delay, -81.5 %; risk: a slow decline is seen later; the colour is shown at once).
    calm_readings: readings inside the limits until a red is forgotten (hysteresis; risk: an alert that stays).
    Episodes (one open alert, new evidence joins it) are the ladder's; limits that symptoms tighten are rows of the
    table (BEAT-HF). What `twice` holds back is named in the audit.
    """

    repeat: Annotated[tuple[Literal["limits", "news2"], ...], Field(strict=False)] = ("limits", "news2")
    twice: Annotated[tuple[Literal["limits"], ...], Field(strict=False)] = ()
    twice_hours: Hours = 24
    calm_readings: Annotated[int, Field(ge=1, le=5)] = 2


class RuleBundle(Closed):
    """One bundle; the shipped default is in force at offset -1, before anything is published on rules.v1.

    signed_by: staff id of the clinician who signed; None for the shipped default, which nobody has signed.
    questionnaires: the institution's own, imported or with licensed texts; one of the same id and version as a
    shipped one takes its place.
    table: the disease rules as rows; a bundle that leaves it out has the shipped ones.
    zones: per time zone, (from epoch ms, seconds east of UTC), rising; generated from the tz database.
    holidays: per calendar, public holidays as dates, rising; made when the bundle is made, never looked up later.
    """

    bundle: Annotated[str, Field(pattern=r"^[a-z0-9-]{1,40}$")] = "default"
    version: Annotated[int, Field(ge=1)] = 1
    signed_by: str | None = None
    intake: IntakeRules = IntakeRules()
    lateness: LatenessRules = LatenessRules()
    news2: News2Rules = News2Rules()
    confirm: ConfirmRules = ConfirmRules()
    missing: MissingRules = MissingRules()
    ladder: LadderRules = LadderRules()
    battery: BatteryRules = BatteryRules()
    model: ModelRules = ModelRules()
    storm: StormRules = StormRules()
    questionnaires: Annotated[tuple[Questionnaire, ...], Field(max_length=100, strict=False)] = ()
    mitigation: MitigationRules = MitigationRules()
    table: Annotated[tuple[RuleRow, ...], Field(max_length=512, strict=False)] = Field(default_factory=shipped_rows)
    zones: dict[str, tuple[tuple[int, int], ...]] = Field(default_factory=dict)
    holidays: dict[str, tuple[str, ...]] = Field(default_factory=dict)

    @cached_property
    def days_off(self) -> dict[str, frozenset[str]]:
        """`holidays`, to ask whether a date is among them."""
        return {name: frozenset(dates) for name, dates in self.holidays.items()}

    @model_validator(mode="after")
    def _signed(self) -> Self:
        if self.model.tier == 3 and self.signed_by is None:
            raise ValueError("model.tier: 3 only in a bundle that a clinician has signed")
        return self

    @model_validator(mode="after")
    def _one_of_each(self) -> Self:
        names = [(form.id, form.version) for form in self.questionnaires]
        if len(set(names)) != len(names):
            raise ValueError("questionnaires: one of each id and version")
        if len({row.id for row in self.table}) != len(self.table):
            raise ValueError("table: ids of rows must differ")
        return self

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the canonical JSON, 16 hex digits: names the numbers in every decision."""
        body = orjson.dumps(self.model_dump(mode="json"), option=orjson.OPT_SORT_KEYS)
        return sha256(body).hexdigest()[:16]
