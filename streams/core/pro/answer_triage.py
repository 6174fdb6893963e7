"""Answer triage: one filled form -> exactly one colour, one tier, and the reasons that decided."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from schemas.questionnaire import Condition, Item, Questionnaire, Row
from schemas.triage import TriageLevel
from streams.core.pro.held import MAX_SPOKE, Form, Spoke
from streams.core.pro.scoring import Values, asked, fulfils, read, scores

TASK = 2
"""Tier of what a person has to read: the next working day (escalation.json, PRO yellow)."""

WANTS_CONTACT = "wants_contact"
INCOMPLETE = "incomplete"
NOT_ASKED = "not_asked"
FREE_TEXT = "free_text"
UNDECIDED = "undecided"
TOTALS_DIFFER = "totals_differ"
OWN_REASONS = (WANTS_CONTACT, INCOMPLETE, NOT_ASKED, FREE_TEXT, UNDECIDED, TOTALS_DIFFER)
"""Reasons that no decision table has to name: each is yellow, whatever the table says."""

Day = Callable[[int], int]
"""Epoch milliseconds -> number of the local day."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """level, tier: the worst colour and the highest tier of all that spoke, which need not be the same row's.

    spoke: every reason, the most urgent first. scores: those that could be made. asks: questionnaires to answer next.
    """

    level: TriageLevel
    tier: int
    spoke: tuple[Spoke, ...]
    scores: Values
    asks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Sheet:
    """One form as the table sees it. scores: None = not scored. before: the form before, for a rise."""

    values: Values
    shown: frozenset[str]
    scores: Mapping[str, int | None]
    runs: Values = field(default_factory=dict)
    before: "_Sheet | None" = None


def judge(form: Questionnaire, filled: Form, earlier: Sequence[tuple[Questionnaire, Form]], day: Day) -> Judgement:
    """The colour of a form. Total: an empty or contradictory one is yellow, never green and never an error.

    earlier: the forms of the same questionnaire answered before it, oldest first, each with its own version.
    """
    sheet = _sheet(form, filled, earlier)
    sheet = _Sheet(sheet.values, sheet.shown, sheet.scores, _runs(form, sheet, filled, earlier, day), sheet.before)
    speaking = [row for row in form.rows if _holds(row, sheet)]
    unasked = sheet.values.keys() - sheet.shown
    if unasked:
        # An answer to a hidden question might be the one that matters: judged as if it had been asked, too.
        whole = _Sheet(sheet.values, frozenset(form.by_id), _scored(form, sheet, filled), sheet.runs, sheet.before)
        speaking += [row for row in form.rows if row not in speaking and _holds(row, whole)]
    spoke = [Spoke(row.reason, row.level.value, row.tier) for row in speaking]
    spoke += [Spoke(reason, TriageLevel.YELLOW.value, TASK) for reason in _own(form, filled, sheet, speaking)]
    spoke.sort(key=lambda one: (-one.tier, -TriageLevel(one.level).severity, one.reason))
    level = max((TriageLevel(one.level) for one in spoke), key=lambda one: one.severity)
    asks = dict.fromkeys(row.ask for row in speaking if row.ask is not None)
    known = {name: value for name, value in sheet.scores.items() if value is not None}
    return Judgement(level, spoke[0].tier, tuple(spoke[:MAX_SPOKE]), known, tuple(asks))


def _sheet(form: Questionnaire, filled: Form, earlier: Sequence[tuple[Questionnaire, Form]]) -> _Sheet:
    before = _sheet(earlier[-1][0], earlier[-1][1], ()) if earlier else None
    values = read(form, filled.values)
    shown = asked(form, values)
    found = scores(form, values, shown, filled.totals, {} if before is None else before.values)
    return _Sheet(values, shown, found, before=before)


def _scored(form: Questionnaire, sheet: _Sheet, filled: Form) -> Mapping[str, int | None]:
    answered = sheet.shown | sheet.values.keys()
    return scores(form, sheet.values, answered, filled.totals, {} if sheet.before is None else sheet.before.values)


def _runs(
    form: Questionnaire, sheet: _Sheet, filled: Form, earlier: Sequence[tuple[Questionnaire, Form]], day: Day
) -> dict[str, int]:
    """Run id -> days in a row, this form's day included; 0 when it does not take part in the run."""
    found = {}
    for run in form.runs:
        met: dict[int, bool] = {}
        for version, other in earlier:
            own = next((one for one in version.runs if one.id == run.id), None)
            met[day(other.at_ms)] = met.get(day(other.at_ms), False) or (
                own is not None and _any(own.any_of, _sheet(version, other, ()))
            )
        today, last = _any(run.any_of, sheet), day(filled.at_ms)
        length = int(today)
        for one in sorted((one for one in met if one < last), reverse=True):
            if not length or not met[one] or last - one > run.expires_after:
                break
            length, last = length + 1, one
        found[run.id] = length
    return found


def _any(alternatives: Sequence[Sequence[Condition]], sheet: _Sheet) -> bool:
    return any(all(_true(condition, sheet) for condition in conditions) for conditions in alternatives)


def _holds(row: Row, sheet: _Sheet) -> bool:
    return all(_true(condition, sheet) for condition in row.when)


def _true(condition: Condition, sheet: _Sheet) -> bool:
    if condition.run is not None:
        return fulfils(condition, sheet.runs.get(condition.run, 0))
    name = condition.item or condition.score or ""
    source: Mapping[str, int | None] = sheet.values if condition.item else sheet.scores
    if name not in (sheet.shown if condition.item else sheet.scores):
        return False
    value = source.get(name)
    if condition.rise is not None and not _has_risen(condition, value, name, sheet.before):
        return False
    return fulfils(condition, value)


def _has_risen(condition: Condition, value: int | None, name: str, before: _Sheet | None) -> bool:
    if value is None or before is None or condition.rise is None:
        return False
    held = before.values.get(name) if condition.item else before.scores.get(name)
    return held is not None and value - held >= condition.rise


def _own(form: Questionnaire, filled: Form, sheet: _Sheet, speaking: Sequence[Row]) -> list[str]:
    """What makes any form yellow, beside its table."""
    found = [WANTS_CONTACT] if filled.wants else []
    if _is_incomplete(form, filled, sheet):
        found.append(INCOMPLETE)
    if sheet.values.keys() - sheet.shown:
        found.append(NOT_ASKED)
    if any(_is_words(item) and sheet.values.get(item.id) for item in form.items):
        found.append(FREE_TEXT)
    own = scores(form, sheet.values, sheet.shown, {}, {})
    if any(own.get(name) not in (None, total) for name, total in filled.totals.items()):
        found.append(TOTALS_DIFFER)
    if not speaking:
        found.append(UNDECIDED)
    return found


def _is_incomplete(form: Questionnaire, filled: Form, sheet: _Sheet) -> bool:
    """A required question was asked and not answered. A form that came as totals alone was asked elsewhere."""
    if filled.totals and not sheet.values:
        return False
    return any(item.required and item.id in sheet.shown and item.id not in sheet.values for item in form.items)


def _is_words(item: Item) -> bool:
    return item.type == "text"
