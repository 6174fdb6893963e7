"""One round of the watchdog: the way there and back, and every place where it can end."""

import pytest

from schemas.alert import AlertStep, AlertStepType
from schemas.audit import AuditBody, Outcome
from schemas.base import rfc3339
from schemas.binding import DeviceBindings
from schemas.codec import loads
from schemas.ids import WATCHDOG_TEAM, is_pseudonym, is_synthetic
from schemas.measurement import Measurement
from schemas.plan import CarePlan
from schemas.triage import TriageLevel
from streams.adapters.input_records import partition_of
from streams.core.claims import Claims, contested, with_claim
from streams.core.contest import claims as claimed
from streams.core.state import PatientState
from streams.watchdog import patients
from streams.watchdog.probe import LOOK_S, SAYINGS, Probe, Stage, Want

SENT_MS = 1_800_000_000_000
NAME = "nattevagt-watchdog-0"


def make_probe(*, heard: bool = True) -> Probe:
    """A round is due at 0 s, every 60 s, and may take 60 s."""
    return Probe(0, NAME, 0.0, 60.0, 60.0, heard=heard, enrolled=True)


def make_step(kind: AlertStepType, *, sequence: int = 1, alert: str = "a", measured_ms: int = SENT_MS) -> AlertStep:
    """A step of the watchdog's own alert."""
    at = rfc3339(measured_ms)
    return AlertStep(
        type=kind,
        alert_id=alert,
        sequence=sequence,
        patient=NAME,
        team=WATCHDOG_TEAM,
        level=TriageLevel.RED,
        tier=3,
        reasons=("limits.spo2.red_below",),
        unconfirmed=False,
        at=at,
        raised_at=at,
        measured_at=at,
        page_from=at,
        next_deadline=at,
        rung=0,
        plan_version=1,
        reason="limits.spo2.red_below",
    )


def make_outcome(outcome: Outcome, **changed: object) -> AuditBody:
    """What the audit says of the reading."""
    return AuditBody.model_validate({"id": "x", "type": "outcome", "outcome": outcome, "at": "x", **changed})


def test_a_round_that_works() -> None:
    """Sent, back, closed, closed for sure; then nothing until the next minute."""
    probe = make_probe()
    wishes = [probe.wants(0)]
    probe.sent(0, SENT_MS, 7)
    wishes.append(probe.wants(0.1))
    probe.step(make_step(AlertStepType.RAISED), 0.2)
    wishes.append(probe.wants(0.2))
    probe.closing(0.2)
    wishes.append(probe.wants(0.3))
    probe.step(make_step(AlertStepType.CLOSED, sequence=2), 0.4)
    wishes += [probe.wants(59), probe.wants(60)]

    assert [Want.SEND, None, Want.CLOSE, None, None, Want.SEND] == wishes
    assert (1, None, 0.2) == (probe.rounds, probe.fault, probe.trip_s)


def test_nothing_is_sent_before_the_workers_know_the_team() -> None:
    """Its alert would go to `unassigned`, where people look."""
    assert make_probe(heard=False).wants(100) is None


def test_an_alert_that_does_not_come_back_is_a_fault_after_the_limit() -> None:
    """And the next round still begins when it is due."""
    probe = make_probe()
    probe.sent(0, SENT_MS, 7)
    probe.expire(60)
    before = probe.fault
    probe.expire(60.1)

    assert (None, Stage.ALERT) == (before, probe.fault)
    assert probe.wants(60.1) is Want.SEND


def test_the_audit_is_asked_once_why_nothing_comes() -> None:
    """A refusal is told at once, with its own words."""
    probe = make_probe()
    probe.sent(0, SENT_MS, 7)
    asked = [probe.wants(1), probe.wants(LOOK_S + 1)]
    probe.told(make_outcome(Outcome.REJECTED_TIME))

    assert [None, Want.LOOK] == asked
    assert probe.wants(LOOK_S + 2) is None
    assert probe.fault is Stage.REFUSED


def test_an_alert_nobody_closed_is_closed_and_the_reading_sent_again() -> None:
    """What an earlier watchdog left open would hide every later reading."""
    probe = make_probe()
    probe.sent(0, SENT_MS, 7)
    probe.told(make_outcome(Outcome.ACCEPTED_SUPPRESSED, carried_by="old"))
    wish = probe.wants(6)
    probe.closing(6)
    probe.step(make_step(AlertStepType.CLOSED, alert="old", sequence=9), 7)

    assert Want.CLOSE is wish
    assert probe.wants(7) is Want.SEND
    assert (None, 0) == (probe.fault, probe.rounds)


def test_a_command_that_is_not_obeyed_is_a_fault_of_its_own() -> None:
    """Alerts come, but nobody could take one."""
    probe = make_probe()
    probe.sent(0, SENT_MS, 7)
    probe.step(make_step(AlertStepType.RAISED), 1)
    probe.closing(1)
    probe.expire(61.1)

    assert Stage.CLOSE is probe.fault


def test_a_worker_that_comes_back_answers_an_earlier_reading() -> None:
    """That proves the way; an alert of a reading that was never ours proves nothing."""
    probe = make_probe()
    probe.sent(0, SENT_MS, 7)
    probe.expire(61)
    probe.sent(61, SENT_MS + 61_000, 8)
    probe.step(make_step(AlertStepType.RAISED, measured_ms=SENT_MS - 60_000), 62)
    stranger = probe.seen
    probe.step(make_step(AlertStepType.RAISED), 63)

    assert (False, True) == (stranger, probe.seen)


def test_a_reading_kafka_did_not_take_is_tried_again_as_soon_as_it_answers() -> None:
    """And is no fault any more."""
    probe = make_probe()
    probe.not_sent(0)
    fault = probe.fault
    probe.reopened(5)

    assert (Stage.READING, None) == (fault, probe.fault)
    assert probe.wants(5) is Want.SEND


@pytest.mark.parametrize("partitions", [1, 4, 12, 50])
def test_there_is_one_patient_for_each_partition(partitions: int) -> None:
    """Where Kafka's own partitioner puts them."""
    names = patients.patients(partitions)

    assert list(range(partitions)) == [partition_of(name.encode(), partitions) for name in names]
    assert all(is_pseudonym(name) and is_synthetic(name) for name in names)


def test_what_is_sent_fulfils_the_contracts() -> None:
    """Plan, bindings, reading and the end of the alert, all of the one patient, none of them a person."""
    plan, bindings = patients.enrolment(NAME, SENT_MS)
    reading = patients.reading(NAME, SENT_MS)

    assert WATCHDOG_TEAM == CarePlan.model_validate_json(plan.value or b"").team == patients.coverage().team
    assert patients.DEVICE == DeviceBindings.model_validate_json(bindings.value or b"").devices[0].device
    assert NAME == Measurement.model_validate_json(reading.value or b"").patient
    assert "close" == loads(patients.close(NAME, "a", 1, SENT_MS).value or b"")["type"]
    assert {NAME.encode()} == {plan.key, bindings.key, reading.key}


def test_its_patients_may_have_their_one_device_together() -> None:
    """Else the registry would leave it to the first of them, and every other partition would page."""
    claims = Claims()
    for number, name in enumerate(patients.patients(12)):
        bound = patients.enrolment(name, SENT_MS)[1]
        now = PatientState(name, bindings=(bound.value or b"").decode())
        for effect in claimed(PatientState(name), now, "cause"):
            claims = with_claim(claims, effect.claim, number)
    assert (12, {}) == (len(claims.wanted), contested(claims))


def test_every_stage_has_words() -> None:
    """For whoever is woken."""
    assert set(Stage) == set(SAYINGS)
