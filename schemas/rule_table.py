"""RuleRow: one disease rule as data. A few tests say everything; a new rule is one row in the rule bundle.

The shipped rows are in schemas/catalog/rules, one file per family. Numbers are in the canonical UCUM unit of their
kind (or the code of an ordinal kind) and are compared exactly, as thousandths.
"""

from collections.abc import Iterator
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from schemas.base import Closed
from schemas.symptoms import SYMPTOMS
from schemas.triage import TriageLevel
from schemas.vitals import VITALS

Op = Literal["<", "<=", ">", ">="]
Kind = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,31}$")]
Hours = Annotated[int, Field(ge=1, le=8760)]
Number = int | float
Value = int | float | Annotated[str, Field(max_length=16)]

Need = Literal["pregnant", "pprom", "safe_at_home", "target_88_92", "no_target", "no_spo2_target", "cgm", "finger"]
"""What a plan states about a patient (schemas/circumstances.py says when each holds)."""

Confirm = Literal["none", "repeat"]
"""repeat: paging waits for a repeat, 15 minutes at most. none: it does not wait, though a repeat may be asked for."""

FAMILIES = ("gen", "copd", "hf", "htn", "dm", "preg", "ca", "pd", "asthma")
"""Families of rules, in the order of evaluation. A plan names a family or single rows of it."""


class Last(Closed):
    """The newest reading compares so with the value."""

    test: Literal["last"] = "last"
    kind: Kind
    op: Op
    value: Value


class Rise(Closed):
    """The largest rise (`down`: fall) between any two readings within the hours up to the newest one.

    No interpolation. The window has a grace of 6 h: a weighing ten minutes later on the third day is still
    three days. Fewer than two readings in it: nothing can be said.
    """

    test: Literal["rise"] = "rise"
    kind: Kind
    hours: Hours
    op: Literal[">", ">="]
    value: Number
    down: bool = False


class Mean(Closed):
    """Mean of the home series of 7 days up to the newest reading: the first calendar day is dropped; at least 3 days
    with it and 12 readings without it, else nothing can be said (clinical README section 3)."""

    test: Literal["mean"] = "mean"
    kind: Kind
    op: Literal[">", ">="]
    value: Number


class FromNormal(Closed):
    """Distance of the newest reading from the own median of the 14 days before: below it, or `above` it."""

    test: Literal["from_normal"] = "from_normal"
    kind: Kind
    op: Literal[">", ">="]
    value: Number
    above: bool = False


class Sustained(Closed):
    """The first reading that meets `of` asks for a repeat; fires at the second in a row, or `hours` after the first."""

    test: Literal["sustained"] = "sustained"
    of: Last | FromNormal
    hours: Hours


class Apart(Closed):
    """Readings in a row that meet the condition, 2 hours from first to newest; `hours` after the first when no more
    came; at once where the meter shows HI."""

    test: Literal["apart"] = "apart"
    kind: Kind
    op: Literal[">", ">="]
    value: Number
    hours: Hours


class Lasting(Closed):
    """Consecutive readings that meet the condition, `minutes` from first to newest, or so long after the first when no
    more came. For sensors that measure by themselves."""

    test: Literal["lasting"] = "lasting"
    kind: Kind
    op: Op
    value: Number
    minutes: Annotated[int, Field(ge=1, le=1440)]


class Days(Closed):
    """On each of so many consecutive calendar days, up to that of the newest reading, one meets the condition."""

    test: Literal["days"] = "days"
    kind: Kind
    op: Op
    value: Number
    days: Annotated[int, Field(ge=2, le=7)]


class OfBest(Closed):
    """The newest reading in per cent of the personal best that the plan states."""

    test: Literal["of_best"] = "of_best"
    kind: Kind
    op: Op
    percent: Annotated[int, Field(ge=1, le=100)]


class Said(Closed):
    """So many of the symptoms (schemas.symptoms) were answered with `value` or more in the last 24 hours.

    What needs answers of several days is a `run` of the questionnaire that asked.
    """

    test: Literal["said"] = "said"
    codes: Annotated[tuple[Kind, ...], Field(min_length=1, max_length=16, strict=False)]
    count: Annotated[int, Field(ge=1, le=16)] = 1
    value: Annotated[int, Field(ge=1, le=100)] = 1


class Together(Closed):
    """At least `count` of the conditions hold on evidence not more than `hours` apart."""

    test: Literal["together"] = "together"
    count: Annotated[int, Field(ge=1, le=16)]
    of: Annotated[tuple["Condition", ...], Field(min_length=1, max_length=16, strict=False)]
    hours: Hours = 24


Condition = Annotated[
    Last | Rise | Mean | FromNormal | Sustained | Apart | Lasting | Days | OfBest | Said | Together,
    Field(discriminator="test"),
]


class Words(Closed):
    """What the rule says to a nurse."""

    da: Annotated[str, Field(min_length=3, max_length=200)]
    en: Annotated[str, Field(min_length=3, max_length=200)]


class Since(Closed):
    """The rule holds for so many days after an event that the plan dates."""

    event: Literal["chemotherapy_at", "discharged_at"]
    days: Annotated[int, Field(ge=1, le=365)]


class RuleRow(Closed):
    """One rule.

    id: family and number as in the source: `hf.01` is HF-01. It is also the reason code.
    version: raised with every change of a decision. level, tier: colour for people, clock for the ladder.
    needs: what the plan must state; since: an event it must have dated. use: a comparator is for backtests and never
    colours. calm: calm readings after a red one until it is forgotten (0 = at once); only for red rows of newest
    readings. status, source: shown to whoever lives by the rule.
    """

    id: Annotated[str, Field(pattern=r"^[a-z]{2,12}\.[a-z0-9]{1,12}$")]
    version: Annotated[int, Field(ge=1)] = 1
    words: Words
    when: Condition
    level: TriageLevel = Field(strict=False)
    tier: Annotated[int, Field(ge=2, le=5)]
    needs: Annotated[tuple[Need, ...], Field(strict=False)] = ()
    since: Since | None = None
    confirm: Confirm = "none"
    calm: Annotated[int, Field(ge=0, le=5)] = 2
    use: Literal["alarm", "comparator"] = "alarm"
    status: Annotated[str, Field(min_length=3, max_length=120)]
    source: Annotated[str, Field(min_length=3, max_length=300)]

    @property
    def family(self) -> str:
        """What a plan names to use all rows like this one."""
        return self.id.partition(".")[0]

    @model_validator(mode="after")
    def _sound(self) -> Self:
        if self.family not in FAMILIES:
            raise ValueError("id: the family is not known")
        if self.level is TriageLevel.GREEN or (self.level is TriageLevel.RED and self.tier < 3):
            raise ValueError("level and tier: a rule is yellow or red, and red is tier 3 at least")
        for leaf in leaves(self.when):
            _check_value(leaf)
        return self


Leaf = Last | Rise | Mean | FromNormal | Sustained | Apart | Lasting | Days | OfBest | Said


def leaves(condition: "Leaf | Together") -> Iterator[Leaf]:
    """The conditions inside, without `Together`."""
    if isinstance(condition, Together):
        for part in condition.of:
            yield from leaves(part)
    else:
        yield condition


def value_milli(kind: str, value: float | str) -> int:
    """A number of a row in thousandths of the kind's unit, or the index of a code."""
    sign = VITALS[kind]
    return sign.to_milli(value, sign.unit)


def _check_value(leaf: Leaf) -> None:
    """Every number must be a value of its kind, or the row would watch nothing."""
    if isinstance(leaf, Said):
        if not set(leaf.codes) <= set(SYMPTOMS):
            raise ValueError("codes: not all are in the table of symptoms")
        return
    if isinstance(leaf, Sustained):
        leaf = leaf.of
    if leaf.kind not in VITALS:
        raise ValueError("kind: not in the table of vital signs")
    if not isinstance(leaf, OfBest):
        value_milli(leaf.kind, leaf.value)
