"""What a form must fulfil before it is judged: known questionnaire, known items, answers of the right type."""

from decimal import ROUND_HALF_UP, Decimal

from schemas.answers import Answers, Total, Value
from schemas.base import to_ms
from schemas.catalog import shipped_questionnaires
from schemas.questionnaire import Item, Questionnaire
from schemas.rules import RuleBundle
from streams.core.pro.held import Form


class UnreadableError(Exception):
    """A form that cannot be judged. reason, next_step: for the audit, without any value of the form."""

    def __init__(self, reason: str, next_step: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.next_step = next_step


PUBLISH = "publish it with `nattevagt rules publish`, then redrive the form; a person should read it now"
RESEND = "ask the questionnaire as it stands in the catalogue and send it again; a person should read this one now"


def find(rules: RuleBundle, name: str, version: int) -> Questionnaire | None:
    """The questionnaire in force under this id and version: the institution's own before what ships; None = neither."""
    for form in rules.questionnaires:
        if (form.id, form.version) == (name, version):
            return form
    return shipped_questionnaires().get((name, version))


def to_form(answers: Answers, rules: RuleBundle) -> tuple[Questionnaire, Form]:
    """The questionnaire and the form in numbers. Raises UnreadableError with what is wrong first."""
    form = find(rules, answers.questionnaire, answers.version)
    if form is None:
        raise UnreadableError("questionnaire: not in the catalogue in this version", PUBLISH)
    if answers.items.keys() - form.by_id.keys():
        raise UnreadableError("items: one is not in the questionnaire", RESEND)
    if not answers.items and not answers.totals and not answers.wants_contact:
        raise UnreadableError("items: nothing was answered", RESEND)
    values = tuple(_value(item, answers.items[item.id]) if item.id in answers.items else None for item in form.items)
    return form, Form(to_ms(answers.answered_at), form.version, values, _totals(form, answers), answers.wants_contact)


def _value(item: Item, given: Value) -> int:
    """One answer as a whole number: 1 for yes, a choice's value, thousandths of a decimal, 1 for words."""
    match item.type:
        case "boolean" | "measurement":
            found = int(given) if isinstance(given, bool) else None
        case "choice":
            found = _chosen(item, given)
        case "text":
            found = int(bool(given.strip())) if isinstance(given, str) else None
        case "integer":
            found = given if isinstance(given, int) and not isinstance(given, bool) else None
        case "decimal":
            found = _milli(given) if isinstance(given, int | float) and not isinstance(given, bool) else None
    if found is None:
        raise UnreadableError(f"items.{item.id}: not a {item.type}", RESEND)
    if (item.low is not None and found < item.low) or (item.high is not None and found > item.high):
        raise UnreadableError(f"items.{item.id}: out of range", RESEND)
    return found


def _chosen(item: Item, given: Value) -> int | None:
    if isinstance(given, bool):
        return None
    return next((choice.value for choice in item.choices if given in (choice.value, choice.code)), None)


def _totals(form: Questionnaire, answers: Answers) -> dict[str, int]:
    found: dict[str, int] = {}
    codes = {code.code: (score, code.add) for score in form.scores for code in score.codes}
    for name, given in sorted(answers.totals.items()):
        if name not in codes:
            raise UnreadableError("totals: a code is not one of the questionnaire's", RESEND)
        score, add = codes[name]
        total = _whole(given)
        if total is None or not score.low <= total + add <= score.high:
            raise UnreadableError(f"totals: not a value of {score.id}", RESEND)
        found[score.id] = total + add
    return found


def _whole(given: Total) -> int | None:
    """A total is a whole number, however it is written; None = it is not."""
    if isinstance(given, bool) or given != int(given):
        return None
    return int(given)


def _milli(given: float) -> int:
    return int((Decimal(repr(given)) * 1000).to_integral_value(ROUND_HALF_UP))
