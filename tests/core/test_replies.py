"""Answers to the patient: in the plan's language, once per cause, and nobody is woken for little."""

from typing import Any

import pytest

from schemas.base import rfc3339
from schemas.catalog import default_bundle
from streams.core.effects import SendReply
from streams.core.evolve import evolve
from streams.core.replies import after_night, answer, local_text
from tests.builders import DAY, HOUR, MINUTE, T0, Patient, context, make_slot, waiting

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


def texts_of(patient: Patient) -> list[str]:
    """Keys of all answers so far."""
    return [effect.reply.text_key for effect in patient.effects if isinstance(effect, SendReply)]


def told(**plan: Any) -> Patient:
    """A patient whose plan shows colours; one limit, so that each reading stands for itself."""
    return Patient(**({"replies": "all", "rules": ["limits"]} | plan))


def test_each_change_of_colour_is_answered_once() -> None:
    """Not each reading: three greens are one answer, two reds are one."""
    patient = told()
    for value in (96, 97, 96, 89, 88, 86, 85):
        patient.measures(value)

    assert ["triage.green_last", "triage.yellow", "triage.red"] == texts_of(patient)


def test_yellow_says_until_when_the_team_looks_and_red_whom_to_call() -> None:
    """The number is the region's, as coverage names it; without one only 112 can be named."""
    patient = told()
    patient.measures(89)
    (yellow,) = [effect.reply for effect in patient.effects if isinstance(effect, SendReply)]
    deadline = local_text(ZONE, patient.state.alert.deadline_ms)

    assert {"at": deadline, "phone": "112"} == yellow.parameters
    assert patient.step.alert_id == yellow.alert_id


def test_green_says_when_the_next_reading_is_wanted() -> None:
    """The slot's own time, not the end of its grace; tomorrow's, when today's is being answered."""
    patient = told(slots=[make_slot()])
    patient.measures(96)
    (green,) = [effect.reply for effect in patient.effects if isinstance(effect, SendReply)]

    assert ("triage.green", {"at": "2026-01-06T08:00"}) == (green.text_key, green.parameters)


@pytest.mark.parametrize("replies", ["off", "received", "forms"])
def test_only_a_plan_that_says_so_answers_readings(replies: str) -> None:
    """What the ladder owes the patient is another matter."""
    patient = told(replies=replies)
    for value in (96, 89, 86):
        patient.measures(value)

    assert [] == [key for key in texts_of(patient) if key.startswith("triage.")]


@pytest.mark.parametrize(
    ("replies", "keys", "levels"),
    [
        ("forms", ["triage.green"], ["green"]),
        ("all", ["triage.green"], ["green"]),
        ("received", ["triage.received"], [None]),
        ("off", [], []),
    ],
)
def test_a_form_is_answered_with_its_colour_where_the_plan_shows_it(
    replies: str, keys: list[str], levels: list[str | None]
) -> None:
    """Once, whoever would answer it; level and text say the same."""
    patient = Patient(replies=replies, rules=["limits", "answers"])
    patient.measures(96)
    patient.effects.clear()
    patient.fills("hf-daily")

    assert keys == texts_of(patient)
    assert levels == [effect.reply.level for effect in patient.effects if isinstance(effect, SendReply)]


def test_what_the_ladder_owes_is_sent_whatever_the_plan_shows() -> None:
    """Call 112 is no colour."""
    patient = Patient(replies="off")
    patient.measures(86)
    (sent,) = answer(patient.state, "emergency.call_112", {}, "e1", context(), tier=5)
    assert "emergency.call_112" == sent.reply.text_key


def test_an_extreme_value_asks_to_measure_again_and_then_tells() -> None:
    """First the kind, then, once another reading agrees, whom to call."""
    patient = told(surroundings=waiting())
    patient.measures(65)
    patient.measures(66, minutes=5)
    kinds = [effect.reply.parameters for effect in patient.effects if isinstance(effect, SendReply)]

    assert ["repeat.measure", "triage.red"] == texts_of(patient)[:2]
    assert {"kind": "spo2"} == kinds[0]


def test_what_a_person_has_closed_is_known_to_the_team() -> None:
    """Yellow without an open alert promises no time."""
    patient = told()
    patient.measures(86)
    patient.commands("close")
    patient.measures(89)
    patient.measures(89)
    patient.commands("close")
    patient.measures(96)
    assert "triage.yellow_known" in texts_of(patient) or "triage.yellow" in texts_of(patient)


def test_the_same_events_give_the_same_answers() -> None:
    """Ids and bytes."""
    runs = []
    for _ in range(2):
        patient = told()
        patient.measures(96)
        patient.measures(86)
        runs.append([effect for effect in patient.effects if isinstance(effect, SendReply)])
    assert runs[0] == runs[1]
    assert len({effect.reply.id for effect in runs[0]}) == len(runs[0])
