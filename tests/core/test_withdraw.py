"""Corrected and invalidated readings: they leave the series, and what rested on them is taken back with a reason."""

import pytest

from schemas.base import rfc3339
from tests.builders import HOUR, MINUTE, T0, Patient, make_invalidate, make_limit, make_measurement, waiting

PULSE = make_limit("pulse", red_from=130, yellow_from=110)


def lung(**plan: object) -> Patient:
    """Limits on SpO2 and pulse, no score."""
    return Patient(**({"limits": [make_limit(), PULSE], "rules": ["limits"]} | plan))


def correction(right: float, wrong: float, at_ms: int, **changed: object) -> object:
    """The same instant, measured right."""
    return make_measurement(
        right, at_ms=at_ms, id="again", replaces={"measured_at": rfc3339(at_ms), "value": wrong}, **changed
    )


def test_an_invalidated_red_withdraws_its_alert_with_a_reason() -> None:
    """It was the neighbour's finger; no person has to close anything."""
    patient = lung()
    patient.measures(86)
    outcome = patient.gets(make_invalidate(at_ms=T0 + MINUTE), minutes=5)

    assert ("accepted.recorded", "nurse-1") == (outcome.outcome, outcome.by)
    assert (["raised", "withdrawn"], "reading.invalidated") == (patient.steps, patient.step.reason)
    assert (None, {}) == (patient.state.alert, dict(patient.state.series))


def test_a_corrected_red_withdraws_its_alert_with_a_reason() -> None:
    """68 had been typed for 96."""
    patient = lung()
    patient.measures(86)
    outcome = patient.gets(correction(96, 86, T0 + MINUTE), minutes=5)

    assert ("accepted.no_alert", "reading.corrected") == (outcome.outcome, patient.step.reason)
    assert ["raised", "withdrawn"] == patient.steps
    assert [96_000] == [point.milli for point in patient.state.series["spo2"]]


def test_a_correction_to_red_raises() -> None:
    """96 had been typed for 86."""
    patient = lung()
    patient.measures(96)

    assert "accepted.alert" == patient.gets(correction(86, 96, T0 + MINUTE), minutes=5).outcome


def test_a_correction_that_is_red_too_keeps_the_alert() -> None:
    """86 or 85: the same concern, no noise."""
    patient = lung()
    patient.measures(86)
    outcome = patient.gets(correction(85, 86, T0 + MINUTE), minutes=5)

    assert ("accepted.suppressed", ["raised"]) == (outcome.outcome, patient.steps)


def test_the_original_that_comes_after_its_correction_does_not_count() -> None:
    """Nor does a copy of the correction."""
    patient = lung()
    patient.gets(correction(96, 86, T0), minutes=5)
    late = patient.measures(86, ago=6)

    assert ("accepted.recorded", []) == (late.outcome, patient.steps)
    assert "rejected.duplicate" == patient.gets(correction(96, 86, T0)).outcome


def test_a_correction_may_name_a_value_that_was_measured_anyway() -> None:
    """96 stands there already; the 86 it replaces still goes."""
    patient = lung()
    patient.measures(96)
    patient.measures(86)
    outcome = patient.gets(
        make_measurement(96, at_ms=T0 + MINUTE, replaces={"measured_at": rfc3339(T0 + 2 * MINUTE), "value": 86})
    )

    assert ("accepted.no_alert", "withdrawn") == (outcome.outcome, patient.steps[-1])
    assert 1 == len(patient.state.series["spo2"])


def test_what_another_reading_says_too_keeps_the_alert() -> None:
    """Two reds: one of them was wrong."""
    patient = lung()
    patient.measures(86)
    patient.measures(85)
    patient.gets(make_invalidate(at_ms=T0 + 2 * MINUTE))

    assert ["raised"] == patient.steps


def test_a_past_red_that_is_still_open_keeps_the_alert() -> None:
    """SpO2 was truly red and is calm again; that a pulse was wrong does not close what nobody has answered."""
    patient = lung()
    patient.measures(86)
    patient.measures(95)
    patient.measures(95)
    patient.measures(140, kind="pulse")
    patient.gets(make_invalidate("pulse", at_ms=patient.now_ms))

    assert "withdrawn" not in patient.steps


def test_what_remains_and_is_milder_is_raised_as_its_own() -> None:
    """The red pulse was wrong; the yellow SpO2 beside it still wants a person, on its own clock."""
    patient = lung()
    patient.measures(140, kind="pulse")
    patient.measures(89)
    patient.gets(make_invalidate("pulse", at_ms=T0 + MINUTE))

    assert ["raised", "joined", "withdrawn", "raised"] == patient.steps
    assert ("yellow", ("limits.spo2.yellow_below",)) == (patient.step.level, patient.step.reasons)


def test_a_calm_reading_of_somebody_else_no_longer_contradicts() -> None:
    """65, then the wife's 97, then told apart: the red is back, and pages."""
    patient = lung(surroundings=waiting())
    patient.measures(65)
    patient.measures(97)
    assert ["raised", "withdrawn"] == patient.steps
    patient.gets(make_invalidate(at_ms=patient.now_ms))

    assert ["raised", "withdrawn", "raised"] == patient.steps


def test_own_normal_and_model_forget_what_was_not_the_patients() -> None:
    """As if it had never come."""
    readings = [96, 95, 97, 96, 95, 96, 97]
    told, spared = lung(), lung()
    for patient in (told, spared):
        for value in readings:
            patient.measures(value, minutes=12 * 60)
            if patient is told and value == 95:
                told.measures(91, minutes=0, ago=1)
    for point in [p for p in told.state.series["spo2"] if p.milli == 91_000]:
        told.gets(make_invalidate(at_ms=point.at_ms))

    assert spared.state.series == told.state.series
    assert spared.state.aspects == told.state.aspects
    assert spared.state.learned == told.state.learned


def test_a_range_is_withdrawn_at_once() -> None:
    """An evening of the wrong person on the scale."""
    patient = lung()
    for value in (86, 85, 96):
        patient.measures(value)
    outcome = patient.gets(make_invalidate(at_ms=T0, until=rfc3339(T0 + 2 * MINUTE)))

    assert ("accepted.recorded", 1) == (outcome.outcome, len(patient.state.series["spo2"]))
    assert "withdrawn" == patient.steps[-1]


@pytest.mark.parametrize(
    ("changed", "outcome"),
    [
        ({"at_ms": T0 + HOUR}, "rejected.state"),
        ({"role": "citizen"}, "rejected.role"),
        ({"kind": "unheard_of"}, "rejected.state"),
        ({"value_milli": 12_000}, "accepted.recorded"),
    ],
)
def test_what_names_no_reading(changed: dict[str, object], outcome: str) -> None:
    """Refused with a reason; one that names a value is remembered for when it comes."""
    patient = lung()
    patient.measures(86)

    assert outcome == patient.gets(make_invalidate(**changed)).outcome
    assert ["raised"] == patient.steps


def test_an_unknown_patient_has_nothing_to_withdraw() -> None:
    """No state is made."""
    patient = Patient(known=False)

    assert "rejected.unknown_patient" == patient.gets(make_invalidate()).outcome
