"""Compiled rows: the rule bundle's table made ready for deciding."""

from dataclasses import dataclass
from functools import lru_cache
from typing import assert_never

from schemas import rule_table as rows
from schemas.rules import RuleBundle
from schemas.triage import TriageLevel
from streams.core.rules.base import Answer, Compiled, CompiledTable, Condition, Evidence, Judged, Remembering, View
from streams.core.rules.judging import HOUR_MS, NO, UNKNOWN, Comparison
from streams.core.rules.single import FromNormal, Newest, OfBest, Said
from streams.core.rules.spans import Mean, OnDays, Rise, Sustained, apart, lasting


@dataclass(frozen=True, slots=True)
class Together:
    """So many parts hold on evidence of the same time."""

    parts: tuple[Condition, ...]
    count: int
    span_ms: int

    def judge(self, view: View) -> Judged:
        """Stops as soon as too few are left; unknown when one that was looked at is."""
        held: list[Judged] = []
        unknown = False
        left = len(self.parts)
        for part in self.parts:
            judged = part.judge(view)
            left -= 1
            if judged.fires:
                held.append(judged)
            unknown = unknown or judged.answer is Answer.UNKNOWN
            if len(held) + left < self.count:
                return UNKNOWN if unknown else NO
        held = self._of_one_time(held)
        if len(held) < self.count:
            return UNKNOWN if unknown else NO
        return Judged(Answer.FIRES, max(one.at_ms for one in held), _joined(held), any(one.repeated for one in held))

    def _of_one_time(self, held: list[Judged]) -> list[Judged]:
        newest = max((one.at_ms for one in held), default=0)
        return [one for one in held if newest - one.at_ms <= self.span_ms]


def _joined(held: list[Judged]) -> Evidence:
    evidence = {key: value for one in held for key, value in one.evidence.items() if key != "limit"}
    ends = [int(one.evidence["until_ms"]) for one in held if "until_ms" in one.evidence]
    return evidence | {"until_ms": min(ends)} if ends else evidence


def condition(row: rows.RuleRow) -> Condition:
    """The row's condition, compiled."""
    return _compile(row.when)


def _compile(part: rows.Leaf | rows.Together) -> Condition:  # noqa: C901 - one case per test of the table
    match part:
        case rows.Together():
            # Answers first: they are rarely there, and then the readings need not be looked at.
            ordered = sorted(part.of, key=lambda each: not isinstance(each, rows.Said))
            return Together(tuple(_compile(each) for each in ordered), part.count, part.hours * HOUR_MS)
        case rows.Said():
            return Said(part.codes, part.count, part.value)
        case rows.OfBest():
            return OfBest(part.kind, part.op, part.percent)
        case rows.Sustained():
            inner = _compile(part.of)
            assert isinstance(inner, Newest | FromNormal)
            return Sustained(inner, part.of.kind, part.hours)
        case rows.FromNormal():
            distance = Comparison(part.kind, part.op, rows.value_milli(part.kind, part.value))
            return FromNormal(distance, part.above)
        case rows.Last():
            return Newest(_comparison(part))
        case rows.Rise():
            return Rise(_comparison(part), part.hours, part.down)
        case rows.Mean():
            return Mean(_comparison(part))
        case rows.Apart():
            return apart(_comparison(part), part.hours)
        case rows.Lasting():
            return lasting(_comparison(part), part.minutes)
        case rows.Days():
            return OnDays(_comparison(part), part.days)
        case _:
            assert_never(part)


def _comparison(part: rows.Last | rows.Rise | rows.Mean | rows.Apart | rows.Lasting | rows.Days) -> Comparison:
    return Comparison(part.kind, part.op, rows.value_milli(part.kind, part.value))


def _remembered(row: rows.RuleRow, compiled: Condition) -> tuple[Remembering, ...]:
    """Red rows of newest readings, alone or as alternatives of each other."""
    if row.level is not TriageLevel.RED or not row.calm:
        return ()
    match compiled:
        case Newest() | Sustained(of=Newest()):
            return (compiled,)
        case Together(count=1):
            return tuple(part for part in compiled.parts if isinstance(part, Newest))
        case _:
            return ()


@lru_cache(maxsize=512)
def _compiled(row_json: str) -> Compiled:
    """By the row's text, so that bundles that differ in one row share the others."""
    row = rows.RuleRow.model_validate_json(row_json)
    test = condition(row)
    return Compiled(row, test, _remembered(row, test))


def compiled_table(rules: RuleBundle) -> CompiledTable:
    """The bundle's rows, ready for deciding."""
    return CompiledTable(rules.table, tuple(_compiled(row.model_dump_json()) for row in rules.table))
