"""What every questionnaire that ships promises; a new YAML is found without editing this file."""

import json

import pytest

from schemas.catalog import shipped_questionnaires
from schemas.questionnaire import Questionnaire, Wording
from schemas.symptoms import SYMPTOMS
from schemas.triage import TriageLevel
from streams.core.pro.answer_triage import OWN_REASONS
from streams.core.pro.paths import walk
from tests.contracts.house import ROOT

FOLDER = ROOT / "schemas/catalog/questionnaires"
FORMS = list(shipped_questionnaires().values())
DIGESTS = ROOT / "tests/data/questionnaire_digests.json"

MAY_NOT_SHIP = ("eq5d", "kccq", "cat", "hads", "heartqol", "exact", "sgrq", "mlhfq", "ccq", "mmse", "pro-ctcae")
"""clinical/pro_instruments.json: no text and no scoring table without a licence."""

STRUCTURE_ONLY = {"who5", "paid5", "esas", "total-scores"}
"""Codes, ranges and scoring; the institution supplies the text."""


def test_every_file_is_found_under_its_name() -> None:
    """`<id>-v<version>.yaml`, and each id and version once."""
    assert {f"{form.id}-v{form.version}.yaml" for form in FORMS} == {path.name for path in FOLDER.iterdir()}


def test_a_version_never_changes() -> None:
    """Decisions name id and version. A change of any word or number is a new file; add its digest to the list."""
    held = json.loads(DIGESTS.read_text(encoding="utf-8"))

    assert held == {f"{form.id}@{form.version}": form.digest for form in FORMS}


def test_nothing_ships_that_may_not() -> None:
    """A licence that forbids it is not a matter of taste."""
    assert not {form.id for form in FORMS} & set(MAY_NOT_SHIP)
    assert {form.id for form in FORMS if form.rights == "structure_only"} == STRUCTURE_ONLY


@pytest.mark.parametrize("form", FORMS, ids=lambda form: f"{form.id}-v{form.version}")
class TestQuestionnaire:
    """One questionnaire against what all promise."""

    def test_every_item_can_be_asked_and_every_row_can_speak(self, form: Questionnaire) -> None:
        """Along some way through it, complete or not."""
        walked = walk(form)

        assert ((), (), False) == (walked.unreached, walked.silent, walked.crowded)

    def test_every_way_gives_exactly_one_colour_from_the_table(self, form: Questionnaire) -> None:
        """No complete form falls through a gap, and every colour that a row names is given."""
        walked = walk(form)

        assert walked.undecided == 0
        assert walked.forms == sum(walked.colours.values()) > 0
        named = {row.level for row in form.rows if not _is_about_missing(row.when)}
        assert named == {level for level in TriageLevel if walked.colours[level.value]}

    def test_texts_are_there_in_both_languages(self, form: Questionnaire) -> None:
        """Title and reasons always; questions and answers where the licence lets us."""
        words: list[Wording | None] = [form.title, *(row.text for row in form.rows)]
        if form.rights == "structure_only":
            assert all(item.text is None for item in form.items)
        else:
            words += [item.text for item in form.items]
            words += [choice.text for item in form.items for choice in item.choices]
        assert all(one is not None and one.da and one.en for one in words)

    def test_says_where_it_comes_from(self, form: Questionnaire) -> None:
        """Licence and source are shown to whoever signs it."""
        assert len(form.licence) > 10
        assert len(form.source) > 10

    def test_symptoms_are_in_the_table(self, form: Questionnaire) -> None:
        """A rule can read only what it knows."""
        assert {item.symptom for item in form.items if item.symptom} <= SYMPTOMS.keys()

    def test_no_row_has_a_name_of_the_house(self, form: Questionnaire) -> None:
        """`incomplete` of the table and of the engine would look the same."""
        assert not {row.reason for row in form.rows} & {*OWN_REASONS, "late", "corrected", "unreadable"}


def _is_about_missing(when: tuple[object, ...]) -> bool:
    return any(getattr(condition, "missing", None) for condition in when)
