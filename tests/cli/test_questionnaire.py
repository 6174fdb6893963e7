"""`nattevagt questionnaire`: from files of other systems to a rule bundle that can be signed and published."""

import json
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from schemas.catalog import default_bundle, read_questionnaire
from schemas.rules import RuleBundle
from streams.cli.questionnaire import command
from tests.contracts.house import ROOT

OPENTELE = ROOT / "tests/data/opentele"


def run(*arguments: str | Path) -> tuple[int, str]:
    """Exit code and output."""
    done = CliRunner().invoke(command, [str(one) for one in arguments])
    return done.exit_code, done.output if done.exception is None or done.exit_code else str(done.exception)


def test_a_shipped_form_can_be_shown_filled_with_text_and_added(tmp_path: Path) -> None:
    """WHO-5: the structure is ours, the text the institution's."""
    code, text = run("show", "who5")
    body = yaml.safe_load(text)
    for item in body["items"]:
        item["text"] = {"da": "Tekst fra licensen"}
    body["rights"] = "supplied"
    (tmp_path / "who5.yaml").write_text(yaml.safe_dump(body, allow_unicode=True), encoding="utf-8")
    (tmp_path / "bundle.json").write_text(default_bundle().model_dump_json(), encoding="utf-8")
    assert (0, "1 forms, 0 with a fault") == (code, run("check", tmp_path / "who5.yaml")[1].splitlines()[-1])

    bundle = RuleBundle.model_validate_json(run("add", tmp_path / "bundle.json", tmp_path / "who5.yaml")[1])
    assert ("who5", "supplied") == (bundle.questionnaires[0].id, bundle.questionnaires[0].rights)
    assert (default_bundle().version + 1, None) == (bundle.version, bundle.signed_by)
    assert bundle.digest != default_bundle().digest


def test_a_folder_is_imported_and_checked(tmp_path: Path) -> None:
    """What was written can be read again and says the same."""
    code, text = run("import", OPENTELE / "US_weight.json", OPENTELE / "RH_vaegt.json", "--out", tmp_path / "out")
    assert (0, 2) == (code, len(text.splitlines()))
    assert {"us-weight", "rh-vaegt"} == {
        read_questionnaire(path.read_text(encoding="utf-8")).id for path in (tmp_path / "out").iterdir()
    }
    assert (0, "2 forms, 0 with a fault") == (
        run("check", tmp_path / "out")[0],
        run("check", tmp_path / "out")[1].splitlines()[-1],
    )


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    """A clinician may have added rows to it."""
    run("import", OPENTELE / "US_weight.json", "--out", tmp_path)

    assert 1 == run("import", OPENTELE / "US_weight.json", "--out", tmp_path)[0]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{", "not JSON"),
        ('{"resourceType": "Patient"}', "not a FHIR Questionnaire"),
        ('{"id": "x"}', "is no Questionnaire"),
        (
            '{"resourceType": "Questionnaire", "item": [{"linkId": "a", "type": "text"}], "copyright": "x"}',
            "licence",
        ),
    ],
)
def test_what_cannot_be_read_is_a_fault_with_what_to_do(tmp_path: Path, text: str, told: str) -> None:
    """One line each, exit code 1, no traceback."""
    (tmp_path / "form.json").write_text(text, encoding="utf-8")
    code, output = run("check", tmp_path)

    assert 1 == code
    assert told in output
    assert "1 forms, 1 with a fault" in output
    assert 1 == run("import", tmp_path, "--out", tmp_path / "out")[0]


def test_a_gap_and_a_dead_row_are_faults(tmp_path: Path) -> None:
    """What a clinician draws by hand is walked before it is signed."""
    body = {
        "id": "gap",
        "version": 1,
        "title": {"en": "Gap"},
        "rights": "own_words",
        "licence": "own words",
        "source": "nowhere",
        "valid_hours": 24,
        "items": [
            {"id": "a", "type": "boolean"},
            {"id": "b", "type": "boolean", "show_if": [[{"item": "a", "any_of": [7]}]]},
        ],
        "rows": [
            {"reason": "yes", "when": [{"item": "a", "at_least": 1}], "level": "green", "tier": 0, "text": {"en": "y"}},
            {"reason": "odd", "when": [{"item": "a", "at_least": 5}], "level": "red", "tier": 3, "text": {"en": "o"}},
        ],
    }
    (tmp_path / "gap.json").write_text(json.dumps(body), encoding="utf-8")
    code, output = run("check", tmp_path)

    assert 1 == code
    assert "fault: never asked: b" in output
    assert "fault: rows that never speak: odd" in output
    assert "no row speaks" in output


def test_an_empty_folder_is_told(tmp_path: Path) -> None:
    """Nothing checked is not nothing wrong."""
    assert (1, "0 forms, 0 with a fault\n") == run("check", tmp_path)


def test_the_list_names_what_ships() -> None:
    """With what may be shipped of it."""
    code, output = run("list")

    assert 0 == code
    assert "structure_only" in output
    assert "phq9" in output


def test_an_unknown_name_is_told() -> None:
    """No such form."""
    assert 1 == run("show", "eq5d")[0]
