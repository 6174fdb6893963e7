"""Questionnaire: what is asked, when a question is shown, how it is scored, and which answer gives which colour."""

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from hashlib import sha256
from typing import Annotated, Literal, Self

import orjson
from pydantic import Field, model_validator

from schemas.base import Closed
from schemas.triage import TriageLevel

FormField = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")]
ItemField = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_]{0,31}$")]
CodeField = Annotated[str, Field(pattern=r"^[A-Za-z0-9-]{1,32}$")]
Whole = Annotated[int, Field(ge=-1_000_000_000, le=1_000_000_000)]
Level = Annotated[TriageLevel, Field(strict=False)]

ItemType = Literal["boolean", "choice", "integer", "decimal", "measurement", "text"]
NUMERIC = frozenset({"boolean", "choice", "integer", "measurement"})
"""Types whose answers may be added up. A decimal's value inside is in thousandths."""

TAKEN, SKIPPED = 1, 0
"""Values of a measurement item: the reading itself goes to measurements.v1 under the device's name."""

TIERS: Mapping[TriageLevel, frozenset[int]] = {
    TriageLevel.GREEN: frozenset({0}),
    TriageLevel.YELLOW: frozenset({2, 3}),
    TriageLevel.RED: frozenset({3, 4, 5}),
}
"""Colour -> the clocks it may have (clinical README section 5: orange is no fourth colour, it is tier 3)."""


class Wording(Closed):
    """One text. None = not in this language; a form that ships has both, an imported one has at least one."""

    da: Annotated[str, Field(min_length=1, max_length=2000)] | None = None
    en: Annotated[str, Field(min_length=1, max_length=2000)] | None = None

    @model_validator(mode="after")
    def _some(self) -> Self:
        if self.da is None and self.en is None:
            raise ValueError("a text needs a language")
        return self


class Choice(Closed):
    """One answer to choose. code: what the sender may send instead of the value (LOINC answer code)."""

    value: Whole
    text: Wording | None = None
    code: CodeField | None = None


class Condition(Closed):
    """One thing that must hold. Exactly one subject (item, score or run) and at least one test; all tests must hold.

    at_least, at_most, any_of: of the item's value, the score, or the run's length in days.
    rise: the value is at least this much above that of the form before; never true for a first form.
    missing: true = asked and not answered (a score: not scored); false = answered.
    A subject that was not asked or is missing fulfils no other test.
    """

    item: ItemField | None = None
    score: ItemField | None = None
    run: ItemField | None = None
    at_least: Whole | None = None
    at_most: Whole | None = None
    any_of: Annotated[tuple[Whole, ...], Field(max_length=64, strict=False)] = ()
    rise: Annotated[int, Field(ge=1)] | None = None
    missing: bool | None = None

    @model_validator(mode="after")
    def _one_subject(self) -> Self:
        if sum(x is not None for x in (self.item, self.score, self.run)) != 1:
            raise ValueError("a condition is about exactly one of item, score and run")
        tests = (self.at_least, self.at_most, self.rise, self.missing)
        if not self.any_of and all(x is None for x in tests):
            raise ValueError("a condition tests something")
        return self


Conditions = Annotated[tuple[Condition, ...], Field(max_length=16, strict=False)]
Alternatives = Annotated[tuple[Conditions, ...], Field(max_length=64, strict=False)]
"""Holds when all conditions of one of them hold."""


class Item(Closed):
    """One question.

    type: a boolean is 1 for yes and 0 for no, a measurement TAKEN or SKIPPED; free text is always read by a person.
    text: None where the licence lets us ship structure only; the institution supplies it.
    choices: of a choice. low, high: inclusive bounds of an integer or (in thousandths) of a decimal.
    kind: the vital sign of a measurement. required: unanswered though asked is never green.
    show_if: asked when one alternative holds; () = always. Looks at earlier items only.
    symptom: key of schemas.symptoms that disease rules read; the fact's value is the answer's.
    """

    id: ItemField
    type: ItemType
    text: Wording | None = None
    code: CodeField | None = None
    choices: Annotated[tuple[Choice, ...], Field(max_length=64, strict=False)] = ()
    low: Whole | None = None
    high: Whole | None = None
    kind: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,31}$")] | None = None
    required: bool = True
    show_if: Alternatives = ()
    symptom: ItemField | None = None

    @model_validator(mode="after")
    def _fits_its_type(self) -> Self:
        if (self.type == "choice") != bool(self.choices):
            raise ValueError("choices belong to a choice")
        values = [choice.value for choice in self.choices]
        if len(set(values)) != len(values):
            raise ValueError("one choice per value")
        if self.low is not None and self.high is not None and self.low > self.high:
            raise ValueError("low is above high")
        return self

    @property
    def values(self) -> tuple[int, ...] | None:
        """Every value an answer may have; None = any number between `low` and `high`, or free text."""
        if self.type in ("boolean", "measurement"):
            return (0, 1)
        return tuple(choice.value for choice in self.choices) if self.choices else None


class ScoreCode(Closed):
    """A code under which a total may arrive; `add` turns it into this score (MRC 1-5 is mMRC + 1: add -1)."""

    code: CodeField
    add: Whole = 0


class Score(Closed):
    """A total or subscale, times `multiply`.

    of: `sum` of the answers, their `max`, or the largest `rise` of one of them above the form before (not scored
    for a first form).

    missing_allowed: so many asked items may be unanswered; a sum is then prorated (sum * asked / answered, half up).
    low, high: inclusive; a total from outside must lie between. codes: of totals that other systems send.
    """

    id: ItemField
    of: Literal["sum", "max", "rise"] = "sum"
    items: Annotated[tuple[ItemField, ...], Field(max_length=128, strict=False)] = ()
    multiply: Annotated[int, Field(ge=1, le=1000)] = 1
    missing_allowed: Annotated[int, Field(ge=0, le=128)] = 0
    low: Whole
    high: Whole
    codes: Annotated[tuple[ScoreCode, ...], Field(max_length=8, strict=False)] = ()


class Run(Closed):
    """Consecutive local days with a form that fulfils one alternative.

    A day without a form neither breaks the run nor counts; `expires_after` such days in a row end it.
    """

    id: ItemField
    any_of: Annotated[Alternatives, Field(min_length=1)]
    expires_after: Annotated[int, Field(ge=1, le=30)] = 2


class Row(Closed):
    """One row of the decision table: when all conditions hold it speaks; () = always.

    All rows that hold speak; the worst colour and the highest tier win. ask: a questionnaire to be answered next.
    """

    reason: ItemField
    when: Conditions = ()
    level: Level
    tier: Annotated[int, Field(ge=0, le=5)]
    text: Wording
    ask: FormField | None = None

    @model_validator(mode="after")
    def _clock_of_its_colour(self) -> Self:
        if self.tier not in TIERS[self.level]:
            raise ValueError("the tier is not one of this colour")
        return self


class Questionnaire(Closed):
    """One version of one questionnaire (FHIR Questionnaire). A change of meaning is a new version.

    rights: what clinical/pro_instruments.json allows: own words, free text, structure only, or the licence of
    the institution that supplied it. valid_hours: how long an answer speaks for the patient's colour.
    next_days: a green answer names the day so many days later; None = the clinic decides.
    """

    id: FormField
    version: Annotated[int, Field(ge=1)]
    title: Wording
    rights: Literal["own_words", "free", "structure_only", "supplied"]
    licence: Annotated[str, Field(min_length=3, max_length=500)]
    source: Annotated[str, Field(min_length=3, max_length=500)]
    code: CodeField | None = None
    recall: Wording | None = None
    valid_hours: Annotated[int, Field(ge=1, le=8760)]
    next_days: Annotated[int, Field(ge=1, le=365)] | None = None
    items: Annotated[tuple[Item, ...], Field(max_length=128, strict=False)] = ()
    scores: Annotated[tuple[Score, ...], Field(max_length=32, strict=False)] = ()
    runs: Annotated[tuple[Run, ...], Field(max_length=4, strict=False)] = ()
    rows: Annotated[tuple[Row, ...], Field(min_length=1, max_length=256, strict=False)]

    @model_validator(mode="after")
    def _refers_to_what_exists(self) -> Self:
        for names in ([x.id for x in self.items], [x.id for x in self.scores], [x.id for x in self.runs]):
            if len(set(names)) != len(names):
                raise ValueError("an id is used twice")
        if len({row.reason for row in self.rows}) != len(self.rows):
            raise ValueError("one row per reason")
        self._check_order()
        self._check_scores()
        scores, runs = {x.id for x in self.scores}, {x.id for x in self.runs}
        for condition in self._judging():
            known = self.by_id if condition.item else scores if condition.score else runs
            if (condition.item or condition.score or condition.run) not in known:
                raise ValueError("a condition names what does not exist")
        return self

    def _check_order(self) -> None:
        seen: set[str] = set()
        for item in self.items:
            for condition in flat(item.show_if):
                if condition.item not in seen or condition.rise is not None:
                    raise ValueError("show_if looks at answers of earlier items only")
            seen.add(item.id)

    def _check_scores(self) -> None:
        codes = [code.code for score in self.scores for code in score.codes]
        if len(set(codes)) != len(codes):
            raise ValueError("one score per code")
        for score in self.scores:
            if any(name not in self.by_id or self.by_id[name].type not in NUMERIC for name in score.items):
                raise ValueError("a score adds up items that are numbers")
            if score.low > score.high or not (score.items or score.codes):
                raise ValueError("a score has items or a code, and low is not above high")

    def _judging(self) -> Iterator[Condition]:
        for row in self.rows:
            yield from row.when
        for run in self.runs:
            for condition in flat(run.any_of):
                if condition.run is not None or condition.rise is not None:
                    raise ValueError("a day of a run is judged by itself")
                yield condition

    @cached_property
    def by_id(self) -> Mapping[str, Item]:
        """Items by id, in the order they are asked."""
        return {item.id: item for item in self.items}

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the canonical JSON, 16 hex digits: the same id and version must always give the same."""
        body = orjson.dumps(self.model_dump(mode="json"), option=orjson.OPT_SORT_KEYS)
        return sha256(body).hexdigest()[:16]


def flat(alternatives: Iterable[Iterable[Condition]]) -> Iterator[Condition]:
    """Every condition of every alternative."""
    return (condition for conditions in alternatives for condition in conditions)
