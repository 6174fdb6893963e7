"""Heartbeats: a sign of life and nothing more. A dead device adds whom to tell; silence is never milder or later."""

from collections.abc import Sequence
from typing import Any

import pytest

from schemas.base import rfc3339
from schemas.coverage import TeamCoverage
from schemas.topics import DEVICE_STATUS
from streams.core.context import Context
from streams.core.effects import SendNotice, SendReply
from streams.core.state import SignOfLife
from tests.builders import (
    DAY,
    DEVICE,
    HOUR,
    MINUTE,
    PATIENT,
    T0,
    Patient,
    alerts,
    make_binding,
    make_bindings,
    make_outcome,
    make_refusal,
    make_slot,
    overviews,
    rules,
)

PHONE = "+45 70 20 30 40"
OWNER = {"id": "depot", "role": "operator"}


def around(**team: Any) -> Context:
    """A team with a nurse, a telephone, and somebody who gives out devices."""
    body = {
        "team": "lung",
        "version": 1,
        "recipients": [{"id": "n1", "role": "nurse"}],
        "patient_phone": PHONE,
        "device_owner": OWNER,
    }
    return Context(rules(), {"lung": TeamCoverage.model_validate(body | team)}, "nattevagt/test")


def watched(*, heartbeat_min: int | None = 15, surroundings: Context | None = None, **plan: Any) -> Patient:
    """SpO2 is due by 10:00 each day, it is 08:00, and the oximeter tells every quarter of an hour."""
    own = {"slots": [make_slot()], "rules": ["limits", "missing", "refused", "battery"]}
    patient = Patient(surroundings=surroundings or around(), **(own | plan))
    patient.gets(make_bindings(version=2, devices=[make_binding(heartbeat_min=heartbeat_min)]))
    return patient


def alive_until(patient: Patient, hours: float) -> None:
    """A heartbeat every quarter of an hour."""
    for _ in range(round(hours * 4)):
        patient.beats(minutes=15)


def letters(patient: Patient) -> list[tuple[str, Sequence[str]]]:
    """(to, reasons) of every letter."""
    notices = [effect.notice for effect in patient.effects if isinstance(effect, SendNotice)]
    return [(one.recipient, one.reasons) for one in notices if one.action.value == "inform"]


def replies(patient: Patient) -> list[tuple[str, str | None]]:
    """(text, telephone) of every reminder."""
    sent = [effect.reply for effect in patient.effects if isinstance(effect, SendReply)]
    return [(one.text_key, one.parameters.get("phone")) for one in sent if one.text_key.startswith("reminder.")]


def silence(patient: Patient) -> tuple[str, str | None]:
    """Cause of the overdue SpO2, and when its device was heard, in the newest overview."""
    one = overviews(patient.effects)[-1].overview.silences["spo2"]
    return one.cause, one.heard_at


def test_a_heartbeat_is_recorded_and_is_no_data() -> None:
    """It fills no slot, gives no colour and no reading; the overview shows when the device was heard."""
    patient = watched()
    body = patient.beats(minutes=90)

    assert ("accepted.recorded", None) == (body.outcome, body.reason)
    assert ({}, None) == (patient.state.series, patient.triage.level)
    assert {DEVICE: SignOfLife(T0 + 90 * MINUTE, T0 + 90 * MINUTE)} == patient.state.alive
    assert {DEVICE: (rfc3339(T0 + 90 * MINUTE), None)} == {
        name: (one.heard_at, one.fault) for name, one in overviews(patient.effects)[-1].overview.devices.items()
    }
    patient.waits(hours=1)
    assert ("missing.spo2",) == patient.triage.reasons


def test_a_reading_is_a_sign_of_life_where_one_is_expected() -> None:
    """As of when it measured, and only for a device that sends heartbeats."""
    patient = watched()
    patient.measures(96, minutes=30, ago=10)
    assert {DEVICE: SignOfLife(T0 + 20 * MINUTE)} == patient.state.alive

    other = watched(heartbeat_min=None)
    other.measures(96)
    assert {} == other.state.alive


def test_a_quiet_device_is_looked_at_before_the_patient() -> None:
    """The patient is asked to look at it, who gives it out gets one letter, and a heartbeat ends the finding."""
    patient = watched()
    alive_until(patient, 1)
    patient.waits(hours=1, minutes=1)

    assert ("device.silent.spo2", "missing.spo2") == patient.triage.reasons
    assert ("device", rfc3339(T0 + HOUR)) == silence(patient)
    assert [("reminder.device", PHONE)] == replies(patient)
    assert [("depot", ("device.silent.spo2",))] == letters(patient)
    patient.waits(hours=2)
    assert 1 == len(letters(patient))

    patient.beats()
    assert ("missing.spo2",) == patient.triage.reasons
    assert ("patient", rfc3339(patient.now_ms)) == silence(patient)
    assert (1, 1) == (len(letters(patient)), len(replies(patient)))


def test_a_device_that_is_alive_says_that_nobody_measured() -> None:
    """The last heartbeat is forty-five minutes old at ten: three intervals, and not quiet yet."""
    patient = watched()
    alive_until(patient, 1.25)
    patient.waits(minutes=45)

    (finding,) = patient.triage.findings
    assert {"device": DEVICE, "heard_ms": T0 + 75 * MINUTE} == finding.evidence
    assert ("patient", rfc3339(T0 + 75 * MINUTE)) == silence(patient)
    assert ([("reminder.missing", None)], []) == (replies(patient), letters(patient))


def test_a_device_that_dies_between_two_slots_is_told_at_the_next() -> None:
    """The kind was overdue already; that its device is quiet is new."""
    patient = watched()
    alive_until(patient, 2)
    assert ("missing.spo2",) == patient.triage.reasons
    patient.waits(hours=24)

    assert "device.silent.spo2" in patient.triage.reasons
    assert ["reminder.missing", "reminder.device"] == [key for key, _ in replies(patient)]
    assert [("depot", ("device.silent.spo2",))] == letters(patient)


def test_without_a_device_owner_the_team_gets_the_letter() -> None:
    """Somebody always does."""
    patient = watched(surroundings=around(device_owner=None))
    patient.waits(hours=2)
    assert [("n1", ("device.silent.spo2",))] == letters(patient)


def test_of_an_unknown_team_nobody_can_be_written_to() -> None:
    """The overview says it; an unknown team is a finding of its own once there is an alert."""
    patient = watched(team="nobody")
    patient.waits(hours=2)
    assert ("device.silent.spo2", "missing.spo2") == patient.triage.reasons
    assert [] == letters(patient)


def test_while_the_path_is_late_nothing_is_said_of_the_device() -> None:
    """Its heartbeats may be on their way like everything else."""
    patient = watched()
    patient.waits(hours=3, path_late=True)

    assert ("missing.spo2",) == patient.triage.reasons
    assert "unknown" == silence(patient)[0]
    assert ([], []) == (replies(patient), letters(patient))


def test_in_a_planned_absence_a_device_may_be_switched_off() -> None:
    """Nothing is expected, so nothing is missing and nobody is written to."""
    holiday = {"begins": rfc3339(T0), "ends": rfc3339(T0 + 20 * DAY)}
    patient = watched(absences=[holiday])
    patient.waits(hours=30)
    assert ((), [], []) == (patient.triage.reasons, replies(patient), letters(patient))


def clinical(patient: Patient) -> tuple[object, ...]:
    """What people have to answer, when the ladder moved, and how: everything but what is told about the device."""
    concerns = [(one.reason, one.tier, one.at_ms) for one in patient.triage.concerns]
    moved = [(e.step.type, e.step.at, e.step.tier, e.step.reasons) for e in alerts(patient.effects)]
    return patient.triage.level, patient.triage.tier, concerns, moved, dict(patient.triage.silence)


@pytest.mark.parametrize("value", [96, 89, 80])
@pytest.mark.parametrize("discharged", [False, True])
@pytest.mark.parametrize("device", ["none", "alive", "dead"])
def test_a_dead_device_makes_no_silence_milder_or_later(value: int, device: str, *, discharged: bool) -> None:
    """After a concern or a discharge it goes up at the same deadline, whatever is known of the device."""
    told = []
    for heartbeat_min in (None, None if device == "none" else 15):
        patient = watched(heartbeat_min=heartbeat_min)
        if discharged:
            patient.gets(make_outcome("discharge", at_ms=T0 - DAY))
        patient.measures(value)
        for _ in range(40):
            if device == "alive":
                patient.beats(minutes=120)
            else:
                patient.waits(hours=2)
        told.append(clinical(patient))
    assert told[0] == told[1]
    assert discharged is ("missing.after_discharge" in str(told[1]))
    assert (value < 90) is ("missing.after_concern" in str(told[1]))


def test_charge_and_fault_are_found_as_those_of_a_reading() -> None:
    """The newest word counts; one letter about the fault, and it ends with a heartbeat that tells of none."""
    patient = watched()
    patient.beats(battery_percent=4, fault="E17")
    found = {one.reason: one.evidence for one in patient.triage.findings}

    assert {"battery.low": {"percent": 4}, "device.fault": {"device": DEVICE, "fault": "E17"}} == found
    assert (1, "E17") == (patient.triage.tier, overviews(patient.effects)[-1].overview.devices[DEVICE].fault)
    assert [("depot", ("device.fault",))] == letters(patient)
    patient.measures(96)
    patient.beats(fault="E17")
    assert 1 == len(letters(patient))
    patient.beats(battery_percent=90)
    assert () == patient.triage.reasons


def test_an_unbound_device_is_refused_and_its_owner_told_once() -> None:
    """No nurse has a task of it and no green answer waits for it; a change of bindings settles it."""
    patient = watched()
    bodies = [patient.beats(device="stranger", minutes=15) for _ in range(3)]

    assert ["rejected.unbound_device"] * 3 == [body.outcome for body in bodies]
    assert all(body.reason and body.next_step for body in bodies)
    assert ("refused.device_status.unbound_device",) == patient.triage.reasons
    assert ([("depot", ("refused.device_status.unbound_device",))], []) == (letters(patient), patient.steps)
    assert [] == replies(patient)
    patient.gets(make_bindings(version=3, devices=[make_binding(device="stranger")]))
    assert "accepted.recorded" == patient.beats(device="stranger").outcome
    assert () == patient.triage.reasons


def test_an_unbound_device_takes_the_place_of_no_refused_reading() -> None:
    """The memory of refusals is short, and what was measured comes first."""
    patient = watched()
    kinds = ("spo2", "pulse", "temp", "weight", "sbp", "dbp", "glucose", "crp")
    patient.beats(device="stranger")
    for kind in kinds:
        patient.feed(make_refusal(received_ms=patient.now_ms, kind=kind, offset=len(patient.events)))
    assert list(kinds) == [row.kind for row in patient.state.refused]
    assert "rejected.unbound_device" == patient.beats(device="stranger").outcome
    assert list(kinds) == [row.kind for row in patient.state.refused]


def test_what_is_known_of_a_device_goes_with_it() -> None:
    """Nobody is asked to charge or mend what has been taken away."""
    patient = watched()
    patient.beats(battery_percent=4, fault="E17")
    patient.gets(make_bindings(version=3, devices=[make_binding(valid_until=rfc3339(patient.now_ms))]))
    assert ((), {}, {}) == (patient.triage.reasons, patient.state.battery, patient.state.alive)


def test_the_binding_of_its_own_time_counts() -> None:
    """A heartbeat that was buffered belongs to whoever had the device then."""
    patient = watched()
    ended = make_binding(heartbeat_min=15, valid_until=rfc3339(T0))
    patient.gets(make_bindings(version=3, devices=[ended]))
    assert "accepted.recorded" == patient.beats(ago=5).outcome
    assert "rejected.unbound_device" == patient.beats().outcome


def test_an_unknown_patient_gets_no_state() -> None:
    """As with a reading."""
    patient = Patient(known=False)
    body = patient.beats()
    assert ("rejected.unknown_patient", False) == (body.outcome, patient.state.is_known)
    assert patient.gets(make_bindings()).outcome == "accepted.recorded"
    assert "rejected.unknown_patient" == patient.beats().outcome


def test_a_flood_of_heartbeats_leaves_readings_their_allowance() -> None:
    """A red reading behind it still counts, and so do as many as ever."""
    patient = watched()
    patient.gets(make_bindings(version=3, devices=[make_binding(heartbeat_min=1, max_per_hour=5)]))
    outcomes = [patient.beats(minutes=0).outcome for _ in range(7)]

    assert ["accepted.recorded"] * 5 + ["quarantined.flood"] * 2 == outcomes
    read = [patient.measures(80 - n, minutes=0.01).outcome for n in range(6)]
    assert ["accepted.alert", *["accepted.suppressed"] * 4, "quarantined.flood"] == read


def test_a_heartbeat_that_intake_refused_asks_nobody_to_measure_again() -> None:
    """It was no reading; time passes, and nothing else."""
    patient = watched()
    refusal = make_refusal(received_ms=T0 + HOUR, kind=None)
    patient.feed(refusal.model_copy(update={"source": refusal.source.model_copy(update={"topic": DEVICE_STATUS})}))

    assert (T0 + HOUR, ()) == (patient.state.now_ms, patient.state.refused)
    assert ([], []) == (replies(patient), letters(patient))


def test_after_the_plan_it_is_recorded_and_nobody_is_written_to() -> None:
    """A device at home goes on telling; it is no patient who believes to be watched."""
    patient = watched(valid_until=rfc3339(T0 + HOUR))
    patient.waits(hours=2)
    before = len(letters(patient))
    assert "accepted.recorded" == patient.beats(fault="E1").outcome
    assert (PATIENT, before) == (patient.state.patient, len(letters(patient)))
