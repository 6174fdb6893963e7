"""A refused reading never fills a slot: the silence comes all the same, and why stands beside it."""

import pytest

from schemas.audit import Outcome
from tests.builders import (
    MINUTE,
    T0,
    Patient,
    audits,
    make_binding,
    make_bindings,
    make_measurement,
    make_refusal,
    make_slot,
    overviews,
)

REFUSED_BY_INTAKE = [
    Outcome.REJECTED_MALFORMED,
    Outcome.REJECTED_SCHEMA,
    Outcome.REJECTED_OVERSIZE,
    Outcome.REJECTED_UNIT,
    Outcome.REJECTED_IMPLAUSIBLE,
    Outcome.REJECTED_TIME,
]


def shown(patient: Patient) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Silence and reasons of the newest overview."""
    newest = overviews(patient.effects)[-1].overview
    return newest.silence, newest.reasons


@pytest.fixture
def patient() -> Patient:
    """SpO2 is due between 04:00 and 10:00, and it is 08:00."""
    return Patient(slots=[make_slot()])


@pytest.mark.parametrize("outcome", REFUSED_BY_INTAKE)
def test_what_intake_refused_fills_no_slot(patient: Patient, outcome: Outcome) -> None:
    """It came in time, and it counts for nothing."""
    patient.now_ms += 30 * MINUTE
    patient.feed(make_refusal(received_ms=patient.now_ms, offset=7, outcome=outcome))
    patient.waits(hours=2)
    assert (("spo2",), {"missing.spo2", f"refused.spo2.{outcome.value.partition('.')[2]}"}) == (
        shown(patient)[0],
        set(shown(patient)[1]),
    )


def test_what_step_refused_fills_no_slot(patient: Patient) -> None:
    """A device that nobody bound: the reading is good, and it is not known to be this patient's."""
    assert Outcome.REJECTED_UNBOUND_DEVICE == patient.measures(96, minutes=30, device="found").outcome
    patient.waits(hours=2)
    assert (("spo2",), {"missing.spo2", "refused.spo2.unbound_device"}) == (shown(patient)[0], set(shown(patient)[1]))


def test_a_refused_reading_does_not_end_a_silence_and_a_good_one_ends_both(patient: Patient) -> None:
    """Overdue, refused, and then measured again."""
    patient.waits(hours=3)
    patient.feed(make_refusal(received_ms=patient.now_ms, offset=7))
    assert ("spo2",) == shown(patient)[0]
    patient.gets(make_measurement(96, at_ms=patient.now_ms + 5 * MINUTE), minutes=6)
    assert ((), ()) == shown(patient)


def test_a_redriven_reading_ends_its_own_refusal(patient: Patient) -> None:
    """It keeps the time at which it was measured, which is before the refusal."""
    patient.measures(96, minutes=30, device="found")
    assert ("refused.spo2.unbound_device",) == shown(patient)[1]
    patient.gets(make_bindings(version=2, devices=[make_binding(), make_binding(device="found")]), minutes=5)
    patient.gets(make_measurement(96, at_ms=T0 + 30 * MINUTE, device="found"))
    assert () == shown(patient)[1]


@pytest.mark.parametrize(("ago", "reasons"), [(30, ()), (31, ("refused.spo2.unit",))])
def test_a_reading_from_before_the_refused_one_does_not_end_it(
    patient: Patient, ago: int, reasons: tuple[str, ...]
) -> None:
    """Measured then or later counts; measured before says nothing about it."""
    patient.now_ms += 60 * MINUTE
    patient.feed(make_refusal(received_ms=patient.now_ms, offset=7, measured_ms=patient.now_ms - 30 * MINUTE))
    patient.gets(make_measurement(96, at_ms=patient.now_ms - ago * MINUTE))
    assert reasons == shown(patient)[1]


def test_a_refusal_that_changes_the_triage_leaves_a_decision(patient: Patient) -> None:
    """Intake has written the outcome of the input; what it did to the patient stands beside it."""
    first = audits(patient.feed(make_refusal(received_ms=patient.now_ms, offset=7)))
    again = audits(patient.feed(make_refusal(received_ms=patient.now_ms, offset=8)))
    assert [("decision", "input.refused", ("refused.spo2.unit",))] == [
        (body.type, body.reason, body.decision.reasons) for body in first
    ]
    assert [] == again
