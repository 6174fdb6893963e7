"""Words for the reasons of questionnaires: `pro.<questionnaire>.<row>`, from the decision tables that ship."""

from collections.abc import Mapping
from functools import cache

from schemas.catalog import shipped_questionnaires
from schemas.questionnaire import Wording
from schemas.vital_sign import Text

PREFIX = "pro."

OWN: Mapping[str, Text] = {
    "wants_contact": Text("vil gerne kontaktes", "asks to be contacted"),
    "incomplete": Text("et krævet svar mangler", "a required answer is missing"),
    "not_asked": Text("svar på noget, der ikke blev spurgt om", "answers what was not asked"),
    "free_text": Text("der er skrevet noget; læs det", "something was written; read it"),
    "undecided": Text("tabellen siger intet om disse svar", "the table says nothing about these answers"),
    "totals_differ": Text("to samlede scorer er ikke ens", "two totals differ"),
    "corrected": Text("et grønt svar gælder ikke mere", "a green answer no longer holds"),
    "late": Text("et ældre skema var ikke grønt", "an older form was not green"),
    "unreadable": Text("kunne ikke læses af systemet; se på det", "could not be read by the system; look at it"),
}
"""Reasons that any questionnaire may have, whatever its table."""


def reason(code: str) -> Text | None:
    """The words of one reason; None = it is no questionnaire's. A form that does not ship is named by its id."""
    if not code.startswith(PREFIX):
        return None
    form, _, row = code.removeprefix(PREFIX).partition(".")
    title = _titles().get(form, Text("et skema", "a questionnaire") if form == "form" else Text(form, form))
    words = _rows().get((form, row)) or OWN.get(row) or Text(row, row)
    return Text(f"{title.da}: {words.da}", f"{title.en}: {words.en}")


@cache
def _titles() -> Mapping[str, Text]:
    """Of the newest version of each."""
    return {form.id: _text(form.title) for form in shipped_questionnaires().values()}


@cache
def _rows() -> Mapping[tuple[str, str], Text]:
    return {(form.id, row.reason): _text(row.text) for form in shipped_questionnaires().values() for row in form.rows}


def _text(words: Wording) -> Text:
    """Both languages; where one is missing the other stands for it."""
    return Text(words.da or words.en or "", words.en or words.da or "")
