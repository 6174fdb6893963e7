"""A green answer is decided on the whole patient, waits for what is missing, and is taken back when it must be."""

import pytest

from schemas.audit import Outcome
from schemas.triage import TriageLevel
from streams.core.effects import SendReply
from streams.core.pro.whole_patient import pending
from tests.builders import HOUR, T0, Patient, make_refusal, make_slot

NAMES = ("interest", "mood", "sleep", "energy", "appetite", "self_worth", "concentration", "movement", "self_harm")


def replies(patient: Patient) -> list[str]:
    """Keys of all answers to the patient so far, without what the ladder says of its own."""
    sent = [effect.reply.text_key for effect in patient.effects if isinstance(effect, SendReply)]
    return [key for key in sent if key.startswith(("triage", "reminder"))]


def last(patient: Patient) -> SendReply:
    """The newest answer."""
    return [effect for effect in patient.effects if isinstance(effect, SendReply)][-1]


def test_green_is_answered_with_the_next_day() -> None:
    """Nothing waits: the patient is told at once, and when to answer again."""
    patient = Patient()
    patient.measures(96)
    body = patient.fills()

    assert ["triage.green"] == replies(patient)
    assert "green, answered automatically" == body.reason
    assert {"at": "2026-01-06T08:02"} == last(patient).reply.parameters
    assert "tirsdag den 6. januar kl. 08.02" in last(patient).reply.text_da


def test_a_form_without_a_next_day_names_none() -> None:
    """The clinic decides when the next one is."""
    patient = Patient()
    patient.fills(
        "emergency-signs",
        items=dict.fromkeys(
            ("chest_pain", "unresponsive", "stroke_signs", "cannot_speak", "heavy_bleeding", "seizure"), False
        ),
    )

    assert ["triage.green_last"] == replies(patient)


def test_yellow_and_red_say_what_happens_next() -> None:
    """Yellow: by when somebody looks. Red: call now."""
    patient = Patient()
    patient.fills(items={"swelling": True})
    patient.fills(items={"woke": True})

    assert ["triage.yellow", "triage.red"] == replies(patient)
    assert TriageLevel.RED is last(patient).reply.level


def test_an_open_alert_makes_green_a_matter_for_a_person() -> None:
    """The form is green, the saturation is not; when the alert is closed nothing is sent behind the nurse's back."""
    patient = Patient()
    patient.measures(86)
    body = patient.fills()
    patient.measures(96)
    patient.measures(97)
    patient.commands("close")
    patient.measures(97)

    assert ["triage.received"] == replies(patient)
    assert "green, not answered automatically: open_alert, concern, not_green" == body.reason


def test_an_unconfirmed_value_is_in_the_way() -> None:
    """65 % is possible but extreme: until it is repeated nothing is well."""
    patient = Patient(limits=[])
    patient.measures(65)
    body = patient.fills()

    assert "unconfirmed" in (body.reason or "")
    assert "triage.green" not in replies(patient)


def test_an_overdue_slot_holds_the_green_answer_until_the_reading_comes() -> None:
    """The patient is told what is missing; with the reading comes the answer."""
    patient = Patient(slots=[make_slot()])
    patient.waits(hours=3)
    body = patient.fills()
    assert ["reminder.missing", "triage.received", "reminder.missing"] == replies(patient)
    assert (body.reason or "").endswith("overdue, not_green")

    patient.measures(96)
    assert ["reminder.missing", "triage.received", "reminder.missing", "triage.green"] == replies(patient)


def test_a_red_reading_ends_the_waiting() -> None:
    """What was held is handed to whoever has the alert."""
    patient = Patient(slots=[make_slot()])
    patient.waits(hours=3)
    patient.fills()
    patient.measures(86)

    assert "triage.green" not in replies(patient)
    assert not patient.state.answers["hf-daily"].held


def test_a_held_answer_is_not_given_when_the_form_has_become_old() -> None:
    """After 48 hours it no longer speaks for today."""
    patient = Patient(slots=[make_slot()])
    patient.waits(hours=3)
    patient.fills()
    patient.waits(hours=50)
    patient.measures(96)

    assert "triage.green" not in replies(patient)


def test_a_refused_reading_is_in_the_way() -> None:
    """Somebody sent something that nobody could use."""
    patient = Patient()
    patient.measures(96)
    patient.feed(make_refusal(received_ms=patient.now_ms))
    body = patient.fills()

    assert "green, not answered automatically: refused" == body.reason


def test_a_pending_questionnaire_is_in_the_way_until_it_is_answered() -> None:
    """PHQ-2 asks for PHQ-9: nothing is green before it is there."""
    patient = Patient()
    patient.fills("phq2", items={"interest": 2, "mood": 1})
    assert ("phq9",) == pending(patient.state)
    patient.commands("close")
    assert "pending" in (patient.fills().reason or "")
    patient.fills("phq9", items=dict.fromkeys(NAMES, 0))

    assert () == pending(patient.state)


def test_a_question_left_open_is_asked_again() -> None:
    """PHQ-9 without item 9 asks for itself; only a newer form ends that."""
    patient = Patient()
    patient.fills("phq9", items=dict.fromkeys(NAMES[:-1], 0))
    assert ("phq9",) == pending(patient.state)
    patient.fills("phq9", items=dict.fromkeys(NAMES, 0))

    assert () == pending(patient.state)


def test_a_late_reading_that_would_have_forbidden_green_corrects_it() -> None:
    """Measured before the green answer, arrived after it: the patient is told, and a person has a task."""
    patient = Patient()
    patient.measures(96, minutes=30)
    patient.fills()
    patient.measures(84, minutes=60, ago=90)

    assert ["triage.green", "triage.corrected"] == replies(patient)
    assert "pro.hf-daily.corrected" in patient.step.reasons
    assert last(patient).reply.wants_read
    patient.measures(83, minutes=5, ago=100)
    assert 1 == replies(patient).count("triage.corrected")


def test_a_new_reading_overtakes_a_green_answer_of_the_same_day() -> None:
    """Red at noon after green in the morning: the alert is the task, and the green answer is taken back."""
    patient = Patient()
    patient.measures(96)
    patient.fills()
    patient.measures(84, minutes=180)

    assert ["triage.green", "triage.corrected"] == replies(patient)
    assert "pro.hf-daily.corrected" not in patient.step.reasons


def test_a_reading_of_another_day_takes_nothing_back() -> None:
    """PHQ-9 was green last week; today's saturation says nothing about it."""
    patient = Patient()
    patient.fills("phq9", items=dict.fromkeys(NAMES, 0))
    patient.measures(84, minutes=5 * 24 * 60)

    assert ["triage.green"] == replies(patient)


def test_a_form_that_cannot_be_read_is_not_answered_green() -> None:
    """The patient hears that a person looks."""
    patient = Patient()
    patient.fills("unheard-of")

    assert ["triage.yellow"] == replies(patient)


def test_a_repeat_is_not_answered_again() -> None:
    """Sent twice, told once."""
    patient = Patient()
    patient.fills()
    body = patient.fills(minutes=1, ago=1)

    assert body.outcome is Outcome.REJECTED_DUPLICATE
    assert ["triage.green"] == replies(patient)


@pytest.mark.parametrize(("ago", "told"), [(60, ["triage.green", "triage.yellow"])])
def test_a_late_form_that_was_not_green_is_answered_yellow(ago: int, told: list[str]) -> None:
    """It came behind a green one."""
    patient = Patient()
    patient.fills(minutes=120)
    patient.fills(items={"woke": True}, ago=ago)

    assert told == replies(patient)
    assert T0 + 2 * HOUR == patient.state.answers["hf-daily"].at_ms


def test_a_late_green_form_changes_nothing() -> None:
    """The newer one has been answered."""
    patient = Patient()
    patient.fills(minutes=120)
    patient.fills(ago=60, items={"change": 0})

    assert ["triage.green"] == replies(patient)
