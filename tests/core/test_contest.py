"""A device that somebody else had first does not speak for the patient, and nobody is left to find that out."""

from typing import Any

import pytest

from schemas.base import rfc3339
from schemas.coverage import TeamCoverage
from streams.core.context import Context
from streams.core.effects import ClaimDevice, SendNotice
from streams.core.state import MAX_CONTESTED
from tests.builders import (
    DAY,
    DEVICE,
    HOUR,
    T0,
    Patient,
    make_binding,
    make_bindings,
    make_command,
    make_limit,
    make_plan,
    make_slot,
    overviews,
    rejects,
    rules,
)
from tests.core.test_unwatched_told import PHONE, letters, replies

FOR_GOOD = {"valid_from": rfc3339(T0 - 30 * DAY)}


def watched(**plan: Any) -> Patient:
    """A patient of a team with a nurse and somebody who gives out devices."""
    body = {
        "team": "lung",
        "version": 1,
        "recipients": [{"id": "n1", "role": "nurse"}],
        "device_owner": {"id": "devices", "role": "operator"},
        "patient_phone": PHONE,
    }
    around = Context(rules(), {"lung": TeamCoverage.model_validate(body)}, "nattevagt/test")
    usual = {"slots": [make_slot()], "rules": ["limits", "missing", "refused"], "limits": [make_limit()]}
    return Patient(surroundings=around, **(usual | plan))


def claimed(patient: Patient, since: int = 0) -> list[tuple[str, int, list[tuple[int, int | None, tuple[str, ...]]]]]:
    """(device, version, spans) of every claim."""
    claims = [effect.claim for effect in patient.effects[since:] if isinstance(effect, ClaimDevice)]
    return [(one.device, one.version, [(s.from_ms, s.until_ms, s.kinds) for s in one.spans]) for one in claims]


def test_bindings_claim_their_devices_and_a_refused_version_claims_nothing() -> None:
    """One record per device; a device that is no longer named is given up."""
    patient = Patient()
    assert [(DEVICE, 1, [(T0 - 30 * DAY, None, ())])] == claimed(patient)
    since = len(patient.effects)
    until = rfc3339(T0 + HOUR)
    scale = make_binding(device="scale", kinds=["weight"], valid_from=rfc3339(T0), valid_until=until, shared=True)
    patient.gets(make_bindings(version=2, devices=[scale]))
    assert [(DEVICE, 2, []), ("scale", 2, [(T0, T0 + HOUR, ("weight",))])] == claimed(patient, since)
    assert [False, True] == [
        any(span.shared for span in one.claim.spans) for one in patient.effects[since:] if isinstance(one, ClaimDevice)
    ]
    since = len(patient.effects)
    patient.gets(make_bindings(version=2, devices=[scale]))
    assert [] == claimed(patient, since)


def test_a_contested_device_does_not_speak_and_its_red_is_a_task() -> None:
    """Refused with a reason that names nobody; on rejected.v1 whole; the slot stays unfilled; the red is looked at."""
    patient = watched()
    assert "accepted.recorded" == patient.commands("contest_binding", spans=[FOR_GOOD]).outcome
    outcome = patient.measures(80)
    assert ("rejected.unbound_device", True) == (outcome.outcome, "bound to somebody else" in outcome.reason)
    assert "shared" in outcome.next_step
    assert [outcome.outcome] == [each.outcome for each in rejects(patient.effects)]
    assert {"refused.spo2.beyond_red", "refused.spo2.unbound_device", "reference.device"} <= {
        one.reason for one in patient.triage.findings
    }
    assert (["raised"], "yellow") == (patient.steps, patient.step.level)
    assert {} == patient.state.series
    patient.waits(hours=3)
    assert ["spo2"] == list(patient.triage.silence)


def test_patient_team_and_device_owner_are_told_at_once() -> None:
    """The patient once nothing measures what the plan expects; the letters hold nothing clinical."""
    patient = watched()
    patient.commands("contest_binding", spans=[FOR_GOOD])
    assert [("information.unbound", PHONE)] == replies(patient)
    assert [("binding.contested", "n1", None), ("binding.contested", "devices", None)] == letters(patient)
    until_now = {"valid_until": rfc3339(patient.now_ms)}
    patient.commands("contest_binding", upto=2, spans=[FOR_GOOD | until_now])
    assert [("information.unbound", PHONE)] == replies(patient)
    assert [("binding.released", "n1", None), ("binding.released", "devices", None)] == letters(patient)[2:]


def test_a_patient_with_another_device_for_the_kind_is_not_told() -> None:
    """Nothing changes for them."""
    patient = watched()
    patient.gets(make_bindings(version=2, devices=[make_binding(), make_binding(device="oximeter-2")]))
    patient.commands("contest_binding", spans=[FOR_GOOD])
    assert ([], 2) == (replies(patient), len(letters(patient)))
    assert patient.measures(96, device="oximeter-2").outcome.is_accepted


def test_without_a_plan_nobody_is_written_to() -> None:
    """No team, no watch; the audit has it."""
    patient = watched(valid_until=rfc3339(T0 + HOUR))
    patient.waits(hours=2)
    before = len(letters(patient))
    patient.commands("contest_binding", spans=[FOR_GOOD])
    assert before == len(letters(patient))


@pytest.mark.parametrize(
    ("span", "kind", "ago", "accepted"),
    [
        ({"kinds": ["pulse"]}, "spo2", 0, True),
        ({"kinds": ["spo2"]}, "spo2", 0, False),
        ({"valid_until": rfc3339(T0)}, "spo2", 0, True),
        ({"valid_until": rfc3339(T0)}, "spo2", 60, False),
        ({"valid_from": rfc3339(T0 + DAY)}, "spo2", 0, True),
    ],
)
def test_only_what_is_contested_is_refused(span: dict[str, Any], kind: str, ago: float, *, accepted: bool) -> None:
    """By kind and by the time it was measured."""
    patient = watched()
    patient.commands("contest_binding", spans=[FOR_GOOD | span])
    assert accepted == patient.measures(96, kind=kind, ago=ago).outcome.is_accepted


def test_a_release_lets_it_speak_again_and_ends_the_finding() -> None:
    """What was refused can be redriven then."""
    patient = watched()
    patient.commands("contest_binding", spans=[FOR_GOOD])
    assert not patient.measures(96).outcome.is_accepted
    patient.commands("contest_binding", upto=5)
    assert patient.measures(96, ago=1).outcome.is_accepted
    assert "reference.device" not in {one.reason for one in patient.triage.findings}
    assert () == overviews(patient.effects)[-1].overview.silence


def test_a_repeat_and_an_overtaken_command_change_nothing() -> None:
    """A registry that was killed sends again; one that had stalled sends late."""
    patient = watched()
    patient.commands("contest_binding", upto=4, spans=[FOR_GOOD])
    patient.commands("contest_binding", upto=6)
    told = len(letters(patient))
    before = patient.state.contested
    assert "rejected.duplicate" == patient.commands("contest_binding", upto=4, spans=[FOR_GOOD]).outcome
    assert "rejected.duplicate" == patient.commands("contest_binding", upto=6).outcome
    assert (before, told) == (patient.state.contested, len(letters(patient)))
    assert patient.measures(96).outcome.is_accepted


def test_only_the_registry_may_contest() -> None:
    """Nobody takes a device away with a nurse's command."""
    patient = watched()
    assert "rejected.role" == patient.commands("contest_binding", role="nurse", spans=[FOR_GOOD]).outcome
    assert patient.measures(96).outcome.is_accepted
    stranger = Patient(known=False)
    assert "rejected.unknown_patient" == stranger.gets(make_command("contest_binding")).outcome


def test_what_is_remembered_is_bounded_and_what_holds_nothing_back_goes_first() -> None:
    """Released devices before contested ones, those nothing binds before those of the patient."""
    patient = watched()
    patient.commands("contest_binding", spans=[FOR_GOOD])
    for number in range(MAX_CONTESTED + 5):
        patient.commands("contest_binding", device=f"d{number}", upto=1, spans=[FOR_GOOD])
    names = [row.device for row in patient.state.contested]
    assert (MAX_CONTESTED, True, True) == (len(names), DEVICE in names, f"d{MAX_CONTESTED + 4}" in names)
    assert not patient.measures(96).outcome.is_accepted


def test_letters_about_devices_hold_nothing_of_the_other_patient() -> None:
    """One reason, no alert, no device of somebody else."""
    patient = watched()
    patient.gets(make_plan(version=2, rules=["limits"]))
    patient.commands("contest_binding", spans=[FOR_GOOD])
    notices = [effect.notice for effect in patient.effects if isinstance(effect, SendNotice)]
    assert {(("binding.contested",), patient.state.patient, "yellow")} == {
        (one.reasons, one.patient, one.level.value) for one in notices
    }
