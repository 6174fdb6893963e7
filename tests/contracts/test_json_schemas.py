"""The published JSON Schemas and tables are what the code says, and what the core emits fulfils them."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from click.testing import CliRunner
from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.protocols import Validator

from schemas.alert import WatchAlive
from schemas.catalog import default_bundle, shipped_questionnaires
from schemas.coverage import TeamCoverage
from schemas.errors import ConfigurationError
from schemas.events import EVENT, PartitionAlive, Resumed, Stamp
from schemas.example import Example, Why
from schemas.score import RiskScore
from streams.cli.docs import BLOCKS, CONTRACTS, Block, command, schema
from streams.cli.tables import table
from streams.core.effects import ClaimDevice
from tests.builders import (
    PATIENT,
    T0,
    Patient,
    alerts,
    audits,
    make_answers,
    make_bindings,
    make_command,
    make_consent,
    make_measurement,
    make_outcome,
    make_plan,
    make_refusal,
    make_slot,
    make_snapshot,
    make_status,
    overviews,
)
from tests.contracts.house import ROOT
from tests.messages import make_notice, make_reply

README = (ROOT / "schemas/README.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```json (\w+)\n(.*?)```", README, re.DOTALL)
OPINION = RiskScore(
    patient=PATIENT,
    model="ewma",
    digest="0" * 16,
    score=0.25,
    uncertainty=None,
    features={"spo2.level": 96.0},
    contributions={"spo2.level": 0.25},
    at="2026-01-05T07:00:00.000Z",
)
EXAMPLE = Example(
    patient=PATIENT,
    label=1,
    why=Why.EVENT,
    weight=1,
    at="2026-01-05T07:00:00.000Z",
    known_at="2026-01-08T07:00:00.000Z",
    tier=0,
    features={"spo2.level": 96.0},
    partition=0,
    offset=7,
    index=0,
)
TAKEN = {"valid_from": "2026-01-05T07:00:00.000Z", "kinds": ["spo2"]}
SENT = (
    "Measurement",
    "DeviceStatus",
    "Answers",
    "CarePlan",
    "DeviceBindings",
    "Consent",
    "Command",
    "ClinicalOutcome",
)


def published(name: str) -> Validator:
    """The schema as it stands in the repository."""
    body = orjson.loads((ROOT / "schemas" / "json" / f"{name}.json").read_bytes())
    return Draft202012Validator(body, format_checker=FormatChecker())


def night() -> Patient:
    """A patient to whom everything happens that the core can speak of."""
    patient = Patient(slots=[make_slot()])
    patient.measures(96, battery_percent=5)
    patient.measures(65)
    patient.measures(66, minutes=5)
    patient.measures("V", kind="consciousness")
    patient.measures(66, device="stranger")
    patient.fills(items={"woke": True}, wants_contact=True)
    patient.fills("unheard-of")
    patient.commands("acknowledge")
    patient.commands("acknowledge", role="citizen")
    patient.feed(make_refusal(received_ms=patient.now_ms))
    patient.gets(make_status(at_ms=patient.now_ms, battery_percent=4, fault="E1"))
    patient.waits(hours=30, path_late=True)
    patient.feed(Resumed(id="r", patient=PATIENT, from_ms=patient.now_ms, to_ms=patient.now_ms + 60_000, stamp=Stamp()))
    patient.commands("close", minutes=2)
    patient.gets(make_consent(), minutes=2)
    patient.measures(96)
    return patient


def emitted() -> Iterator[tuple[str, Any]]:
    """(contract, JSON) of everything the builders make, the core emits and the log holds."""
    patient = night()
    for event in (*patient.events, PartitionAlive(id="a", at_ms=T0)):
        yield "PatientEvent", EVENT.dump_python(event, mode="json")
    for name, bodies in (
        ("AlertStep", [each.step for each in alerts(patient.effects)]),
        ("Overview", [each.overview for each in overviews(patient.effects)]),
        ("AuditBody", audits(patient.effects)),
        ("Notice", [make_notice(), make_notice(not_before="2026-01-05T07:00:00.000Z")]),
        ("Reply", [make_reply(), make_reply("triage.red", phone="1813")]),
        ("RiskScore", [OPINION]),
        ("DeviceClaim", [each.claim for each in patient.effects if isinstance(each, ClaimDevice)]),
        ("WatchAlive", [WatchAlive(partition=0, assessed_up_to="2026-01-05T07:00:00.000Z")]),
        ("Measurement", [make_measurement(), make_measurement("V", kind="consciousness")]),
        ("Answers", [make_answers(), make_answers("phq9", totals={"44261-6": 12}, wants_contact=True)]),
        ("Questionnaire", list(shipped_questionnaires().values())),
        ("CarePlan", [make_plan(), make_plan(slots=[make_slot()])]),
        ("DeviceBindings", [make_bindings()]),
        ("Consent", [make_consent(), make_consent(monitoring="given", blocks={"teams": ["lung"]})]),
        ("Command", [make_command(), make_command("close"), make_command("contest_binding", spans=[TAKEN])]),
        ("ClinicalOutcome", [make_outcome()]),
        ("DeviceStatus", [make_status(), make_status(battery_percent=4, fault="E1", firmware="1.0")]),
        ("ModelRecord", [make_snapshot()]),
        ("Example", [EXAMPLE]),
        ("TeamCoverage", [TeamCoverage(team="lung", version=1)]),
        ("RuleBundle", [default_bundle()]),
    ):
        for body in bodies:
            yield name, body.model_dump(mode="json")


@pytest.mark.parametrize("name", CONTRACTS)
def test_a_schema_is_a_schema(name: str) -> None:
    """Of the dialect it names, titled by the contract."""
    validator = published(name)

    Draft202012Validator.check_schema(validator.schema)
    assert (Draft202012Validator.META_SCHEMA["$id"], name) == (validator.schema["$schema"], validator.schema["title"])
    assert orjson.loads(schema(name)) == validator.schema


def test_what_is_emitted_fulfils_its_schema() -> None:
    """Every event, step, overview and audit record of a night, and every contract the builders make."""
    seen = set()
    for name, body in emitted():
        seen.add(name)
        assert [] == [f"{name}: {error.message}" for error in published(name).iter_errors(body)]

    assert set(CONTRACTS) == seen


@pytest.mark.parametrize(("name", "text"), EXAMPLES, ids=[name for name, _ in EXAMPLES])
def test_an_example_of_the_page_is_taken(name: str, text: str) -> None:
    """By the schema and by the contract itself."""
    adapter, _ = CONTRACTS[name]

    assert [] == list(published(name).iter_errors(orjson.loads(text)))
    assert adapter.validate_json(text)


def test_the_page_has_an_example_of_all_that_is_sent() -> None:
    """A reader copies before reading."""
    assert set(SENT) == {name for name, _ in EXAMPLES}


@pytest.mark.parametrize("name", SENT)
def test_what_is_sent_is_closed(name: str) -> None:
    """The schema refuses an unknown field, as the contract does."""
    body = orjson.loads(dict(EXAMPLES)[name]) | {"note": "x"}

    assert list(published(name).iter_errors(body))


def test_papers_are_fresh() -> None:
    """If not: `nattevagt docs`, then read the diff."""
    done = CliRunner().invoke(command, ["--check"])

    assert ("", 0) == (done.output, done.exit_code)


def test_a_stale_paper_is_told_and_written(tmp_path: Path) -> None:
    """--check names the file and ends with 1; without it the file is made fresh, and nothing else is touched."""
    for path in {block.path for block in BLOCKS}:
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / path, tmp_path / path)
    shutil.copytree(ROOT / "schemas/json", tmp_path / "schemas/json")
    (tmp_path / "schemas/json/Overview.json").unlink()
    readme = tmp_path / "schemas/README.md"
    readme.write_text(readme.read_text(encoding="utf-8").replace("| `spo2` |", "| `spo3` |"), encoding="utf-8")
    arguments = ["--root", str(tmp_path)]

    told = CliRunner().invoke(command, [*arguments, "--check"])
    assert ("stale: schemas/json/Overview.json\nstale: schemas/README.md\n", 1) == (told.output, told.exit_code)
    written = CliRunner().invoke(command, arguments)
    assert ("written: schemas/json/Overview.json\nwritten: schemas/README.md\n", 0) == (
        written.output,
        written.exit_code,
    )
    assert README == readme.read_text(encoding="utf-8")
    assert ("", 0) == (CliRunner().invoke(command, arguments).output, told.exit_code - 1)


def test_missing_markers_are_an_error() -> None:
    """A block that stands nowhere would never be stale."""
    with pytest.raises(ConfigurationError, match="0 blocks named 'x'"):
        Block("a.md", "x", str).refreshed("nothing here")


def test_a_bar_in_a_cell_does_not_end_it() -> None:
    """Markdown tables are split by bars."""
    assert "| a |\n| --- |\n| b\\|c |" == table(["a"], [["b|c"]])
