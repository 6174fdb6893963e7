"""Cross-checks and device faults, each on both sides of its cut; and censored values in a patient."""

from typing import Any

import pytest

from schemas.base import rfc3339
from schemas.events import Stamp
from streams.core.intake.accept import accept
from tests.builders import MINUTE, Patient, context, make_measurement, make_record


def after(*readings: tuple[str, float | str, float], **plan: Any) -> Patient:
    """A patient with these (kind, value, minutes later) and no other rule."""
    patient = Patient(**({"limits": [], "rules": []} | plan))
    for kind, value, minutes in readings:
        patient.measures(value, kind=kind, minutes=minutes)
    return patient


def checks(patient: Patient) -> tuple[str, ...]:
    """Its cross-checks that speak."""
    return tuple(reason for reason in patient.triage.reasons if reason.startswith("check."))


@pytest.mark.parametrize(
    ("readings", "reason"),
    [
        ([("sbp", 80, 1), ("dbp", 80, 0)], "check.pressure_order"),
        ([("sbp", 81, 1), ("dbp", 80, 0)], "check.pulse_pressure"),
        ([("sbp", 95, 1), ("dbp", 80, 0)], None),
        ([("sbp", 200, 1), ("dbp", 80, 0)], None),
        ([("sbp", 201, 1), ("dbp", 80, 0)], "check.pulse_pressure"),
        ([("sbp", 80, 1), ("dbp", 80, 1.1)], None),
        ([("fev1", 2.1, 1), ("fvc", 2.0, 0)], "check.fev1_above_fvc"),
        ([("fev1", 2.0, 1), ("fvc", 2.0, 0)], None),
        ([("fev1", 2.1, 1), ("fvc", 2.0, 2)], None),
        ([("weight", 80, 1), ("weight", 85, 1440)], None),
        ([("weight", 80, 1), ("weight", 85.1, 1440)], "check.weight_jump"),
        ([("weight", 80, 1), ("weight", 74.9, 1440)], "check.weight_jump"),
        ([("weight", 80, 1), ("weight", 86, 73 * 60)], None),
        ([("weight", 80, 1), ("weight", 176.4, 1440)], "check.pounds"),
        ([("weight", 176.4, 1), ("weight", 80, 1440)], "check.pounds"),
        ([("weight", 80, 1), ("weight", 190, 1440)], "check.weight_jump"),
        ([("temp", 36.5, 1), ("temp", 39.5, 300)], None),
        ([("temp", 36.5, 1), ("temp", 39.6, 300)], "check.impossible_step.temp"),
        ([("temp", 36.5, 1), ("temp", 39.6, 361)], None),
        ([("glucose", 5, 1), ("glucose", 20.1, 119)], "check.impossible_step.glucose"),
        ([("glucose", 5, 1), ("glucose", 20, 119)], None),
        ([("pulse", 80, 1)] * 8, "check.flat.pulse"),
        ([("pulse", 80, 1)] * 7, None),
        ([("pulse", 81, 1)] + [("pulse", 80, 1)] * 7, None),
        ([("glucose", "HI", 1)] * 8, None),
        ([("steps", 0, 1)], "check.unworn.steps"),
        ([("steps", 1, 1)], None),
    ],
)
def test_check(readings: list[tuple[str, float | str, float]], reason: str | None) -> None:
    """Each cut from both sides."""
    assert reason == next(iter(checks(after(*readings))), None)


def test_a_doubtful_pair_waits_for_its_repeat() -> None:
    """Yellow at once, marked; a good repeat withdraws it before anybody was told."""
    patient = after(("sbp", 80, 1), ("dbp", 80, 0))
    assert ("yellow", 2) == (patient.triage.level, patient.triage.tier)
    assert (True, rfc3339(patient.now_ms + 15 * MINUTE)) == (patient.step.unconfirmed, patient.step.page_from)
    patient.measures(120, kind="sbp", minutes=3)
    patient.measures(75, kind="dbp", minutes=0)

    assert ["raised", "withdrawn"] == patient.steps


def test_a_fault_of_the_device_is_a_task() -> None:
    """No colour, no alert."""
    patient = after(*[("pulse", 80, 1)] * 8)

    assert ("green", 1, []) == (patient.triage.level, patient.triage.tier, patient.steps)


@pytest.mark.parametrize(
    ("value", "reason", "tier"), [("LO", "dm.02", 4), ("HI", "dm.05", 3), ("<3.0", "dm.02", 4), (">13.9", "dm.05", 3)]
)
def test_a_censored_value_colours(value: str, reason: str, tier: int) -> None:
    """Never missing: LO is a low glucose and HI a high one, at once."""
    patient = after(("glucose", value, 1), rules=["dm"])

    assert reason in patient.triage.reasons
    assert tier == patient.triage.tier


@pytest.mark.parametrize(
    ("kind", "value", "outcome", "hint"),
    [
        ("temp", 98.6, "rejected.implausible", "Fahrenheit"),
        ("spo2", 0.93, "rejected.implausible", "fraction"),
        ("temp", 50, "rejected.implausible", "measure again"),
        ("glucose", "high", "rejected.schema", "comparator"),
    ],
)
def test_what_another_unit_would_explain_is_refused_with_a_hint(
    kind: str, value: float | str, outcome: str, hint: str
) -> None:
    """A unit is never guessed; the sender is told what it looks like."""
    refused = accept(make_record(make_measurement(value, kind=kind)), Stamp(), context())

    assert outcome == refused.outcome
    assert hint in refused.next_step


def test_a_glucose_without_unit_is_refused_and_shown() -> None:
    """30 may be a severe hypo in mg/dL or a severe hyper in mmol/L."""
    refused = accept(make_record(make_measurement(30, kind="glucose", unit=None)), Stamp(), context())
    patient = Patient()
    assert refused.event is not None
    patient.feed(refused.event)

    assert "refused.glucose.unit" in patient.triage.reasons
