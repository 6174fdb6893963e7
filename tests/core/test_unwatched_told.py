"""Nobody is silently unwatched: plan, pause and binding end, and patient and team are told, with whom to call."""

from typing import Any

import pytest

from schemas.base import rfc3339
from schemas.coverage import TeamCoverage
from streams.core.context import Context
from streams.core.effects import SendNotice, SendReply
from tests.builders import (
    DAY,
    HOUR,
    T0,
    Patient,
    make_binding,
    make_bindings,
    make_outcome,
    make_plan,
    make_slot,
    overviews,
    rules,
)

PHONE = "+45 70 20 30 40"
SIGNS = {
    **dict.fromkeys(("unresponsive", "stroke_signs", "cannot_speak", "heavy_bleeding", "seizure"), False),
    "chest_pain": True,
}


def watched(*, on_call: bool = False, **plan: Any) -> Patient:
    """A patient of a team with a nurse on duty on weekdays and a telephone; on_call: and somebody outside hours."""
    body = {
        "team": "lung",
        "version": 1,
        "shifts": [{"days": [1, 2, 3, 4, 5], "start": "08:00", "until": "16:00"}],
        "recipients": [{"id": "n1", "role": "nurse"}],
        "patient_phone": PHONE,
    }
    if on_call:
        body |= {"outside_hours": "on_call", "on_call": {"id": "duty", "role": "on_call"}}
    around = Context(rules(), {"lung": TeamCoverage.model_validate(body)}, "nattevagt/test")
    return Patient(surroundings=around, **({"slots": [make_slot()], "rules": ["limits", "missing"]} | plan))


def replies(patient: Patient) -> list[tuple[str, str | None]]:
    """(text, telephone) of every answer that is no reminder."""
    sent = [effect.reply for effect in patient.effects if isinstance(effect, SendReply)]
    return [(one.text_key, one.parameters.get("phone")) for one in sent if not one.text_key.startswith("reminder.")]


def letters(patient: Patient) -> list[tuple[str, str, str | None]]:
    """(reason, to, from when) of every letter to the team."""
    notices = [effect.notice for effect in patient.effects if isinstance(effect, SendNotice)]
    return [(*one.reasons, one.recipient, one.not_before) for one in notices if one.action.value == "inform"]


def test_the_end_of_a_plan_is_told_to_both() -> None:
    """At its own time, by a timer alone; the list shows why nobody watches."""
    patient = watched(valid_until=rfc3339(T0 + HOUR))
    patient.waits(hours=2)
    assert [("information.ended", PHONE)] == replies(patient)
    assert [("plan.ended", "n1", None)] == letters(patient)
    assert ("ended", ("plan.ended",)) == (
        overviews(patient.effects)[-1].overview.status,
        overviews(patient.effects)[-1].overview.reasons,
    )


def test_a_new_version_that_ends_the_plan_at_once_is_told_too() -> None:
    """This is how a plan is ended by hand."""
    patient = watched()
    patient.gets(make_plan(version=2, valid_from=rfc3339(T0 - DAY), valid_until=rfc3339(T0)), minutes=1)
    assert [("information.ended", PHONE)] == replies(patient)
    assert [("plan.ended", "n1", None)] == letters(patient)


def test_a_red_from_before_the_end_that_comes_after_it_reaches_the_team_of_then() -> None:
    """No alert can open any more; a calm one needs no letter."""
    patient = watched(valid_until=rfc3339(T0 + HOUR))
    patient.waits(hours=2)
    patient.measures(96, ago=100)
    outcome = patient.measures(80, ago=90)
    assert (True, []) == (outcome.outcome.is_accepted, patient.steps)
    assert ["plan.ended", "limits.spo2.was_red"] == [reason for reason, _, _ in letters(patient)]


def test_a_plan_that_ends_in_a_red_is_told_to_whoever_would_be_paged() -> None:
    """At night too; the end itself waits for the team's hours. An open yellow wakes nobody."""
    night = {"valid_until": rfc3339(T0 + 12 * HOUR)}
    patient = watched(on_call=True, **night)
    patient.measures(84)
    patient.waits(hours=13)
    assert ("expired", "plan.ended") == (patient.step.type, patient.step.reason)
    reasons = [(reason, to, since is None) for reason, to, since in letters(patient)]
    assert [("plan.ended_in_red", "duty", True), ("plan.ended", "n1", False)] == reasons

    mild = watched(on_call=True, **night)
    mild.measures(89)
    mild.waits(hours=13)
    assert ["plan.ended"] == [reason for reason, _, _ in letters(mild)]


def test_a_letter_waits_for_the_teams_hours() -> None:
    """Nobody is woken for it; the patient is told at once."""
    patient = watched(valid_until=rfc3339(T0 + 12 * HOUR))
    patient.waits(hours=13)
    assert [("plan.ended", "n1", rfc3339(T0 + DAY))] == letters(patient)


def test_whoever_sends_after_the_end_is_told_each_time() -> None:
    """Readings and forms alike."""
    patient = watched(valid_until=rfc3339(T0 + HOUR))
    patient.measures(96, minutes=120)
    patient.fills("hf-daily")
    assert [("information.ended", PHONE), *[("unread.not_watched", PHONE)] * 2] == replies(patient)


def test_a_pause_is_told_when_it_begins_and_has_an_end() -> None:
    """The team hears of its beginning, the patient of both."""
    span = {"begins": rfc3339(T0 + HOUR), "ends": rfc3339(T0 + 3 * HOUR), "why": "holiday"}
    patient = watched(absences=[span], slots=[])
    patient.waits(hours=4)
    assert [("information.absence", PHONE), ("information.back", PHONE)] == replies(patient)
    assert [("plan.absence", "n1", None)] == letters(patient)


@pytest.mark.parametrize("symptom", ["form", "reading"])
def test_a_red_symptom_ends_a_pause(symptom: str) -> None:
    """What the patient answers counts as what they measure."""
    span = {"begins": rfc3339(T0), "ends": rfc3339(T0 + 9 * DAY), "why": "travel"}
    patient = watched(absences=[span], rules=["limits", "gen", "answers"])
    patient.waits(minutes=1)
    assert overviews(patient.effects)[-1].overview.absent_until is not None
    if symptom == "form":
        patient.fills("emergency-signs", items=SIGNS)
    else:
        patient.measures(80)
    assert "red" == patient.triage.level
    assert overviews(patient.effects)[-1].overview.absent_until is None


def test_a_binding_that_lapses_is_told_to_both() -> None:
    """Nothing is bound for SpO2 any more, which the plan expects; readings afterwards are answered."""
    patient = watched()
    patient.gets(make_bindings(version=2, devices=[make_binding(valid_until=rfc3339(T0 + HOUR))]))
    assert T0 + HOUR == patient.last.due_data_ms
    patient.waits(hours=1)
    assert [("information.unbound", PHONE)] == replies(patient)
    assert [("binding.lapsed", "n1", None)] == letters(patient)
    patient.measures(96, minutes=5)
    patient.measures(96, minutes=5)
    assert [("information.unbound", PHONE)] * 3 == replies(patient)


def test_bindings_that_take_the_last_device_away_are_told_at_once() -> None:
    """A new version without it."""
    patient = watched()
    patient.gets(make_bindings(version=2, devices=[make_binding(device="scale", kinds=["weight"])]))
    assert [("information.unbound", PHONE)] == replies(patient)
    assert [("binding.lapsed", "n1", None)] == letters(patient)


def test_a_device_that_another_replaces_or_nobody_waits_for_lapses_in_silence() -> None:
    """Nothing is lost."""
    end = rfc3339(T0 + HOUR)
    patient = watched()
    old, new = make_binding(valid_until=end), make_binding(device="oximeter-2", valid_from=end)
    scale = make_binding(device="scale", kinds=["weight"], valid_until=end)
    patient.gets(make_bindings(version=2, devices=[old, new, scale]))
    patient.waits(hours=2)
    assert ([], []) == (replies(patient), letters(patient))


def test_a_stranger_among_bound_devices_is_asked_to_measure_again() -> None:
    """There is one that would count."""
    patient = watched()
    patient.measures(96, device="found")
    assert [("repeat.refused", PHONE)] == replies(patient)


def test_the_dead_are_not_told_and_the_list_says_why() -> None:
    """A relative reads the telephone; the team's list names the death."""
    patient = watched()
    patient.gets(make_outcome("death"))
    patient.waits(hours=1)
    assert ([], []) == (replies(patient), letters(patient))
    assert ("patient.died",) == overviews(patient.effects)[-1].overview.reasons
