"""What `produce` and `acknowledge` would send, and what they say of the outcome."""

from pathlib import Path
from typing import Any

import orjson
import pytest

from schemas.answers import Answers
from schemas.command import COMMAND
from schemas.errors import ConfigurationError
from schemas.measurement import Measurement
from schemas.topics import ANSWERS, COMMANDS, DEVICE_STATUS, MEASUREMENTS
from streams.cli.acknowledge import letter_about
from streams.cli.correct import letter_for
from streams.cli.follow import audit_body
from streams.cli.overviews import open_alert, take
from streams.cli.produce import letters
from streams.cli.sending import told
from streams.cli.whereabouts import Place
from streams.core.intake.accept import RawRecord, accept
from tests.builders import make_measurement, make_status
from tests.cli import night

PLACE = Place(night.SETTINGS, None)
GIVEN: dict[str, Any] = {
    "patient": "lung-03",
    "kind": "spo2",
    "value": "86",
    "unit": None,
    "device": "lung-03-oximeter",
    "at": "2026-02-19T08:00:00Z",
    "file": None,
    "raw": None,
}


def test_a_reading_is_one_that_intake_lets_in() -> None:
    """The key is the patient, the unit the kind's own, the headers those of CloudEvents."""
    (letter,) = letters(PLACE, **{**GIVEN, "at": None})
    body = Measurement.model_validate(orjson.loads(letter.value))
    head = dict(letter.headers)

    assert (MEASUREMENTS, b"lung-03") == (letter.topic, letter.key)
    assert (86, "%", "lung-03-oximeter") == (body.value, body.unit, body.device)
    assert (b"1.0", body.id.encode()) == (head["ce_specversion"], head["ce_id"])
    reference = night.night()[1].reference
    record = RawRecord(letter.topic, 0, 0, letter.at_ms, letter.key, letter.value, letter.headers)
    stamp = reference.stamp
    assert "lung-03" == getattr(accept(record, stamp, reference.at(stamp)), "patient", None)


@pytest.mark.parametrize(("text", "expected"), [("86", 86), ("36.7", 36.7), ("A", "A"), ("LO", "LO")])
def test_values_are_numbers_where_they_can_be(text: str, expected: float | str) -> None:
    """What is no number is sent as it is, for intake to judge."""
    (letter,) = letters(PLACE, **{**GIVEN, "value": text})

    assert expected == orjson.loads(letter.value)["value"]


def test_a_form_goes_to_its_own_topic(tmp_path: Path) -> None:
    """Named on the line, or one line of a file; words are booleans where they say so."""
    given = {**GIVEN, "kind": None, "questionnaire": "hf-daily", "answered": ["woke=true", "change=2"]}
    (letter,) = letters(PLACE, **given, wants_contact=True)
    form = Answers.model_validate_json(letter.value)
    path = tmp_path / "forms.jsonl"
    path.write_bytes(letter.value)

    assert (ANSWERS, b"lung-03", {"woke": True, "change": 2}) == (letter.topic, letter.key, form.items)
    assert form.wants_contact
    assert [ANSWERS] == [one.topic for one in letters(PLACE, **{**GIVEN, "file": path})]


def test_raw_text_is_sent_untouched() -> None:
    """To see a refusal."""
    (letter,) = letters(PLACE, **{**GIVEN, "raw": "hello", "patient": None})

    assert (None, b"hello") == (letter.key, letter.value)


def test_each_line_of_a_file_goes_to_its_own_patient(tmp_path: Path) -> None:
    """Blank lines are skipped; a line that names nobody goes without a key."""
    path = tmp_path / "readings.jsonl"
    path.write_text('{"id":"1","patient":"lung-01"}\n\n{"id":"2","patient":"lung-02"}\nnonsense\n')
    sent = letters(PLACE, **{**GIVEN, "file": path})

    assert [b"lung-01", b"lung-02", None] == [letter.key for letter in sent]
    assert b"nonsense" == sent[2].value


def test_half_a_reading_is_refused_before_it_is_sent() -> None:
    """And the refusal says what is missing."""
    with pytest.raises(ConfigurationError, match="--patient, --kind and --value"):
        letters(PLACE, **{**GIVEN, "value": None})


def test_an_acknowledgement_names_the_newest_step() -> None:
    """Whoever answers has seen what is on the screen."""
    overview, alert = open_alert(night.board().overviews, _an_open_id())
    letter = letter_about(overview, alert, 1_000, "cli-1", by="nurse-1", role="nurse")
    body = COMMAND.validate_python(orjson.loads(letter.value))

    assert (COMMANDS, overview.patient.encode()) == (letter.topic, letter.key)
    assert ("acknowledge", alert.alert_id, alert.sequence) == (body.type, body.alert_id, body.sequence)


def test_closing_carries_the_verdict() -> None:
    """And an older step can be named on purpose."""
    overview, alert = open_alert(night.board().overviews, _an_open_id())
    letter = letter_about(overview, alert, 1_000, "c", by="doctor-1", role="doctor", verdict="true", sequence=1)
    body = orjson.loads(letter.value)

    assert ("close", "true", 1) == (body["type"], body["verdict"], body["sequence"])


@pytest.mark.parametrize(
    ("asked", "kind"),
    [
        ({"action": "take_over"}, "take_over"),
        ({"action": "contact_failed"}, "contact_failed"),
        ({"to_team": "heart", "why": "cardiac"}, "hand_over"),
        ({"minutes": 60, "why": "treated"}, "snooze"),
        ({"ref": "note-1"}, "note"),
        ({"verdict": "true", "to_team": "heart"}, "close"),
    ],
)
def test_everything_that_can_be_done_to_an_alert_can_be_said(asked: dict[str, Any], kind: str) -> None:
    """By somebody who has seen the newest step and all that the overview shows."""
    overview, alert = open_alert(night.board().overviews, _an_open_id())
    letter = letter_about(overview, alert, 1_000, "c", by="nurse-1", role="nurse", team="lung", **asked)
    body = orjson.loads(letter.value)

    assert (kind, "lung", alert.evidence_at) == (body["type"], body["team"], body["seen_until"])


@pytest.mark.parametrize("beginning", ["", "ffffffff"])
def test_an_alert_that_is_not_open_is_refused_with_a_way_out(beginning: str) -> None:
    """Too short is as good as unknown."""
    with pytest.raises(ConfigurationError, match="no open alert"):
        open_alert(night.board().overviews, beginning)


def test_a_late_overview_does_not_bring_the_old_one_back() -> None:
    """The highest applied offset wins."""
    one = next(iter(night.board().overviews.values()))
    held = {one.patient: one}

    assert not take(held, one.model_copy(update={"applied_offset": one.applied_offset - 1}))
    assert one is held[one.patient]


def test_an_outcome_is_told_with_reason_and_next_step() -> None:
    """In both languages; the machine's codes stay."""
    refused = next(
        body for body in night.audits() if body.outcome is not None and body.outcome.value == "rejected.unit"
    )
    accepted = next(body for body in night.audits() if body.decision is not None and body.decision.alert_id is not None)

    assert "rejected.unit (wrong unit)" in told(refused, "en")
    assert "næste skridt: send one of %" in told(refused, "da")
    assert accepted.source is None or f"alert {accepted.decision.alert_id}" in told(accepted, "en")  # type: ignore[union-attr]  # chosen so


def test_an_audit_record_reads_back_as_it_was_written() -> None:
    """Fields without a value are left out on the topic."""
    for record, body in zip(
        (one for one in night.records() if one.topic.endswith("audit.v1")), night.audits(), strict=True
    ):
        assert body == audit_body(record.value)


def _an_open_id() -> str:
    return min(key for key, step in night.board().open.items() if step.by is None)[:8]


ABOUT: dict[str, Any] = {
    "patient": "lung-03",
    "kind": "spo2",
    "measured_at": "2026-02-19T08:00:00Z",
    "by": "nurse-1",
    "role": "nurse",
    "team": None,
    "mine": None,
    "why": None,
    "until": None,
}


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"mine": True}, {"type": "identify", "mine": True}),
        ({"mine": False}, {"type": "identify", "mine": False}),
        ({"why": "wrong_patient"}, {"type": "invalidate", "why": "wrong_patient"}),
        ({"why": "device_fault", "until": "2026-02-20T08:00:00Z"}, {"type": "invalidate", "why": "device_fault"}),
    ],
)
def test_what_a_person_says_of_a_reading_is_a_command(said: dict[str, Any], expected: dict[str, Any]) -> None:
    """Under the patient's key, as intake takes it."""
    letter = letter_for(PLACE, **{**ABOUT, **said})
    body = COMMAND.validate_json(letter.value).model_dump()

    assert (COMMANDS, b"lung-03") == (letter.topic, letter.key)
    assert expected == {name: body[name] for name in expected}


@pytest.mark.parametrize(
    ("said", "named"),
    [
        ({}, "one thing"),
        ({"mine": True, "why": "wrong_value"}, "one thing"),
        ({"mine": True, "measured_at": "yesterday"}, "measured_at"),
        ({"why": "wrong_value", "until": "2026-02-18T08:00:00Z"}, "until"),
    ],
)
def test_what_cannot_be_said_of_a_reading_is_named(said: dict[str, Any], named: str) -> None:
    """Before anything is sent."""
    with pytest.raises(ConfigurationError, match=named):
        letter_for(PLACE, **{**ABOUT, **said})


def test_a_line_that_says_a_device_is_alive_goes_to_its_own_topic(tmp_path: Path) -> None:
    """Readings, forms and heartbeats may stand in one file."""
    path = tmp_path / "beats.jsonl"
    path.write_bytes(make_status().model_dump_json().encode() + b"\n" + make_measurement().model_dump_json().encode())

    assert [DEVICE_STATUS, MEASUREMENTS] == [one.topic for one in letters(PLACE, **{**GIVEN, "file": path})]
