"""Planned absence, admission and death: nothing is expected, nobody is reminded, and a red ends a holiday."""

from schemas.base import rfc3339
from streams.core.effects import SendReply
from tests.builders import DAY, HOUR, T0, Patient, make_outcome, make_slot, overviews


def away(begins: int = HOUR, ends: int = 3 * DAY, **plan: object) -> Patient:
    """SpO2 is due at 10:00 each day; a holiday begins at 09:00 today."""
    span = {"begins": rfc3339(T0 + begins), "ends": rfc3339(T0 + ends), "why": "holiday"}
    return Patient(**({"slots": [make_slot()], "rules": ["limits", "missing"], "absences": [span]} | plan))


def replies(patient: Patient) -> list[str]:
    """Keys of all answers to the patient that are not the ladder's."""
    sent = [effect.reply.text_key for effect in patient.effects if isinstance(effect, SendReply)]
    return [key for key in sent if key.startswith(("reminder.", "information."))]


def test_a_holiday_is_no_silence_and_it_ends() -> None:
    """Told when it begins and when it ends; the first slot after it counts again."""
    patient = away()
    patient.waits(hours=24 + 3)
    assert ({}, ["information.absence"]) == (dict(patient.triage.silence), replies(patient))
    assert rfc3339(T0 + 3 * DAY) == overviews(patient.effects)[-1].overview.absent_until
    patient.waits(hours=48)
    assert {"spo2"} == set(patient.triage.silence)
    assert ["information.absence", "information.back", "reminder.missing"] == replies(patient)


def test_what_is_sent_on_holiday_is_judged() -> None:
    """A red raises, and from then on readings are expected again."""
    patient = away()
    patient.measures(86, minutes=120)
    assert ["raised"] == patient.steps
    assert overviews(patient.effects)[-1].overview.absent_until is None
    patient.waits(hours=26)

    assert {"spo2"} == set(patient.triage.silence)


def test_a_calm_reading_does_not_end_a_holiday() -> None:
    """It is welcome and changes nothing."""
    patient = away()
    patient.measures(96, minutes=120)
    patient.waits(hours=26)

    assert {} == dict(patient.triage.silence)


def test_an_admission_pauses_the_slots_until_discharge() -> None:
    """Silence in hospital says nothing."""
    patient = away(absences=[])
    patient.gets(make_outcome(kind="admission"))
    patient.waits(hours=26)
    assert ({}, []) == (dict(patient.triage.silence), replies(patient))
    patient.gets(make_outcome(kind="discharge", at_ms=patient.now_ms))
    patient.waits(hours=24)

    assert {"spo2"} == set(patient.triage.silence)


def test_death_closes_the_alert_with_its_reason_and_ends_all_messages() -> None:
    """No slot, no reminder, no answer to what a relative sends."""
    patient = away(absences=[])
    patient.measures(86)
    patient.gets(make_outcome(kind="death", at_ms=patient.now_ms), minutes=1)
    assert ("expired", "patient.died") == (patient.step.type, patient.step.reason)
    before = len(replies(patient))
    patient.waits(hours=72)
    patient.measures(86)

    assert (before, {}, "ended") == (
        len(replies(patient)),
        dict(patient.state.slots),
        overviews(patient.effects)[-1].overview.status,
    )
