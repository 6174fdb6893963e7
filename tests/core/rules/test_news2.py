"""NEWS2 as a rule: which readings belong together, which band asks for action, and for whom it is not computed."""

from typing import Any

import pytest

from tests.builders import Patient, waiting


def watched(**plan: Any) -> Patient:
    """A patient with NEWS2 as the only rule."""
    return Patient(rules=["news2"], limits=[], **plan)


def test_a_single_three_is_yellow_and_tier_3() -> None:
    """SpO2 91 scores 3 by itself."""
    patient = watched()
    patient.measures(91)

    assert ("yellow", 3, ("news2.single3",)) == (patient.triage.level, patient.triage.tier, patient.triage.reasons)


@pytest.mark.parametrize(("pulse", "risk"), [(111, "medium"), (131, "medium"), (90, "single3")])
def test_the_lower_bound_acts(pulse: int, risk: str) -> None:
    """3 + 2 and 3 + 3 are medium though five inputs are missing."""
    patient = watched()
    patient.measures(91)
    patient.measures(pulse, kind="pulse")

    assert (f"news2.{risk}",) == patient.triage.reasons


def test_high_is_red_and_tier_4() -> None:
    """3 + 2 + 2 = 7."""
    patient = watched()
    patient.measures(91)
    patient.measures(111, kind="pulse")
    patient.measures(2, kind="supplemental_o2")

    assert ("red", 4, ("news2.high",)) == (patient.triage.level, patient.triage.tier, patient.triage.reasons)


def test_a_low_score_asks_for_nothing() -> None:
    """1 + 1 is low: a nurse decides, nobody is called."""
    patient = watched()
    patient.measures(95)
    patient.measures(95, kind="pulse")

    assert ("green", ()) == (patient.triage.level, patient.triage.reasons)
    assert (2, 2 + 3 + 2 + 3 + 3 + 3) == (patient.triage.news2.lower_total, patient.triage.news2.upper_total)


@pytest.mark.parametrize("exempt", [{"pregnant": True}, {"age_under_16": True}])
def test_it_is_not_computed_in_pregnancy_and_childhood(exempt: dict[str, bool]) -> None:
    """RCP 2017."""
    patient = watched(**exempt)
    patient.measures(85)

    assert (None, ()) == (patient.triage.news2, patient.triage.reasons)


def test_nothing_measured_has_no_score() -> None:
    """Weight is no input of NEWS2."""
    patient = watched()
    patient.measures(80, kind="weight")

    assert patient.triage.news2 is None


def test_scale_2_is_the_clinicians_setting() -> None:
    """88 % is normal on scale 2 and a 3 on scale 1."""
    for scale, reasons in ((1, ("news2.single3",)), (2, ())):
        patient = watched(news2_scale=scale)
        patient.measures(88)
        assert reasons == patient.triage.reasons


def test_consciousness_and_oxygen_are_read_by_their_meaning() -> None:
    """V scores 3; flow 0 is air."""
    patient = watched()
    patient.measures(0, kind="supplemental_o2")
    assert 0 == patient.triage.news2.scores["air_or_oxygen"]
    patient.measures("V", kind="consciousness")

    assert ("news2.single3",) == patient.triage.reasons
    assert ("resp_rate", "spo2", "sbp", "pulse", "temp") == patient.triage.news2.missing


@pytest.mark.parametrize(("hours", "together"), [(4, True), (4.001, False)])
def test_only_fresh_readings_count_together(hours: float, *, together: bool) -> None:
    """A pulse of four hours ago belongs to this saturation, an older one does not."""
    patient = watched()
    patient.measures(111, kind="pulse")
    patient.measures(91, minutes=hours * 60)

    assert (("news2.medium",) if together else ("news2.single3",)) == patient.triage.reasons


def test_a_bad_score_does_not_turn_green_by_waiting() -> None:
    """The anchor is the newest reading, not the hour."""
    patient = watched()
    patient.measures(91)
    patient.waits(hours=48)

    assert ("news2.single3",) == patient.triage.reasons


def test_a_missing_input_never_lowers_a_band_already_reached() -> None:
    """Five hours later only the temperature is measured: nobody knows that the saturation is better."""
    patient = watched()
    patient.measures(91)
    patient.measures(111, kind="pulse")
    assert ("news2.medium",) == patient.triage.reasons
    patient.measures(36.8, kind="temp", minutes=300)
    assert ("red", ("news2.medium",)) == (patient.triage.level, patient.triage.reasons)
    patient.measures(97)
    assert ("green", ()) == (patient.triage.level, patient.triage.reasons)


def test_the_finding_is_as_old_as_the_readings_that_score() -> None:
    """A normal temperature does not make a low saturation younger."""
    patient = watched()
    patient.measures(91)
    at_ms = patient.now_ms
    patient.measures(36.8, kind="temp", minutes=60)

    assert [at_ms] == [finding.at_ms for finding in patient.triage.findings]
    assert {"spo2_milli": 91_000, "lower": 3, "upper": 17} == patient.triage.findings[0].evidence


@pytest.mark.parametrize("value", [91, 65])
def test_a_single_three_waits_for_its_repeat(value: int) -> None:
    """GEN-04, whatever band the value is in; a second sign that scores ends the waiting."""
    patient = watched(surroundings=waiting())
    patient.measures(value)
    assert all(finding.unconfirmed for finding in patient.triage.findings)
    patient.measures(111, kind="pulse")
    assert not any(finding.unconfirmed for finding in patient.triage.findings)


def test_a_second_three_of_the_same_kind_agrees() -> None:
    """91 and, five minutes later, 90."""
    patient = watched(surroundings=waiting())
    patient.measures(91)
    patient.measures(90, minutes=5)
    assert not any(finding.unconfirmed for finding in patient.triage.findings)


def test_consciousness_and_five_or_more_never_wait() -> None:
    """New confusion, and a score of 5 (clinical/alert_mitigation.csv)."""
    confused = watched(surroundings=waiting())
    confused.measures("C", kind="consciousness")
    assert not confused.triage.findings[0].unconfirmed
    ill = watched(surroundings=waiting())
    ill.measures(190, kind="pulse")
    ill.measures(29, kind="resp_rate", minutes=0)
    assert not ill.triage.findings[0].unconfirmed
