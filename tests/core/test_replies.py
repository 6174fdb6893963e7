"""Answers to the patient: in the plan's language, once per cause, and nobody is woken for little."""

import pytest

from schemas.base import rfc3339
from schemas.catalog import default_bundle
from streams.core.evolve import evolve
from streams.core.replies import after_night, answer, local_text
from tests.builders import DAY, HOUR, MINUTE, T0, Patient, context

ZONE = default_bundle().zones["Europe/Copenhagen"]


def test_an_answer_is_rendered_and_named_by_its_cause() -> None:
    """The same cause gives the same id after every crash."""
    patient = Patient()
    (sent,) = answer(patient.state, "triage.red", {"phone": "1813"}, "e1", context(), tier=4)
    (again,) = answer(patient.state, "triage.red", {"phone": "1813"}, "e1", context(), tier=4)
    (other,) = answer(patient.state, "triage.red", {"phone": "1813"}, "e2", context(), tier=4)

    assert sent == again
    assert sent.reply.id != other.reply.id
    assert ("da", "red", True, None) == (
        sent.reply.language,
        sent.reply.level,
        sent.reply.wants_read,
        sent.reply.alert_id,
    )
    assert "Ring nu 1813" in sent.reply.text_da
    assert "Call 1813 now" in sent.reply.text_en


def test_it_names_the_open_alert_and_until_when_it_must_be_read() -> None:
    """Who reads the record later sees what the answer belonged to."""
    patient = Patient()
    patient.measures(86)
    (sent,) = answer(patient.state, "emergency.call_112", {}, "e1", context(), tier=5, read_by_ms=patient.now_ms)

    assert patient.step.alert_id == sent.reply.alert_id
    assert rfc3339(patient.now_ms) == sent.reply.read_by


def test_without_a_plan_nobody_is_written_to() -> None:
    """Death or the plan's end stops all messages to the patient at once."""
    patient = Patient(valid_until=rfc3339(T0 + HOUR))
    patient.waits(hours=2)

    assert () == answer(patient.state, "triage.green_last", {}, "e1", context())


@pytest.mark.parametrize(
    ("tier", "hours", "waits_until"),
    [(2, 0, None), (2, 14, T0 + 23 * HOUR), (2, 22, T0 + 23 * HOUR), (2, 23, None), (3, 14, None), (5, 20, None)],
)
def test_below_tier_three_nobody_is_woken(tier: int, hours: int, waits_until: int | None) -> None:
    """T0 is 08:00 in Copenhagen: 22:00 is 14 hours later, 07:00 is 23 hours later."""
    patient = Patient()
    later = evolve(patient.state, now_ms=T0 + hours * HOUR)
    (sent,) = answer(later, "triage.green_last", {}, "e1", context(), tier=tier)

    assert (None if waits_until is None else rfc3339(waits_until)) == sent.reply.not_before


def test_the_night_ends_at_seven_by_the_wall_clock() -> None:
    """Also in the night of the spring change, which is an hour shorter (2026-03-29)."""
    evening = T0 + 82 * DAY + 15 * HOUR  # 2026-03-28 23:00 in Copenhagen
    assert "2026-03-28T23:00" == local_text(ZONE, evening)
    assert evening + 7 * HOUR == after_night(ZONE, evening)
    assert "2026-03-29T07:00" == local_text(ZONE, after_night(ZONE, evening))
    assert T0 + MINUTE == after_night((), T0 + MINUTE)
