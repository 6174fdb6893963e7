"""A measurement that intake let through: whose it is, whether it is new, how late, how many."""

from collections.abc import Mapping

import pytest

from schemas.rules import LatenessRules
from streams.core.measure import with_charge
from streams.core.signal.series import MAX_POINTS
from tests.builders import DAY, HOUR, MINUTE, Patient, context, make_binding, make_bindings, make_measurement, rejects


def test_an_unknown_patient_has_no_state_and_a_reason() -> None:
    """The bytes are kept for when the plan has come."""
    patient = Patient(known=False)
    outcome = patient.measures(86)

    assert "rejected.unknown_patient" == outcome.outcome
    assert not patient.state.is_known
    assert [patient.events[0]] == [refusal.event for refusal in rejects(patient.effects)]


@pytest.mark.parametrize("changed", [{}, {"id": "another"}, {"battery_percent": 50}])
def test_the_same_reading_counts_once(changed: dict[str, object]) -> None:
    """Time and value make the reading, whatever id it is sent under."""
    patient = Patient()
    at_ms = patient.now_ms
    patient.gets(make_measurement(95, at_ms=at_ms))
    before = patient.state.series
    outcome = patient.gets(make_measurement(95, at_ms=at_ms, **changed), minutes=1)

    assert ("rejected.duplicate", before) == (outcome.outcome, patient.state.series)
    assert "accepted.no_alert" == patient.gets(make_measurement(96, at_ms=at_ms)).outcome


@pytest.mark.parametrize(
    ("kind", "hours", "outcome"),
    [
        ("spo2", 168, "accepted.alert"),
        ("spo2", 168.001, "accepted.recorded"),
        ("glucose", 24, "accepted.no_alert"),
        ("glucose", 24.001, "accepted.recorded"),
    ],
)
def test_the_lateness_bound_of_a_kind(kind: str, hours: float, outcome: str) -> None:
    """Older than the bound is kept in the record only."""
    patient = Patient(surroundings=context(lateness=LatenessRules(by_kind={"glucose": 24})))
    value = 86 if kind == "spo2" else 6

    assert outcome == patient.measures(value, kind=kind, ago=hours * 60).outcome
    assert (outcome != "accepted.recorded") is (kind in patient.state.series)


def crowded() -> Patient:
    """A patient with as many green readings as are remembered, one a minute."""
    patient = Patient(rules=["limits"])
    for _ in range(MAX_POINTS):
        patient.measures(96)
    return patient


def test_older_than_all_that_is_remembered_is_recorded() -> None:
    """It has no place and changes nothing."""
    patient = crowded()
    outcome = patient.measures(97, ago=120)

    assert ("accepted.recorded", MAX_POINTS) == (outcome.outcome, len(patient.state.series["spo2"]))


def test_a_red_older_than_all_that_is_remembered_is_not_lost() -> None:
    """A dense kind remembers an hour; the bound on lateness is a week."""
    patient = crowded()
    outcome = patient.measures(86, ago=120)

    assert ("accepted.alert", "limits.spo2.was_red") == (outcome.outcome, patient.step.reason)
    assert "accepted.suppressed" == patient.measures(85, ago=121).outcome


def test_a_flood_is_quarantined_to_the_reading() -> None:
    """Capacity is an hour's allowance, and it refills continuously and exactly."""
    patient = Patient()
    patient.gets(make_bindings(version=2, devices=[make_binding(max_per_hour=3)]))
    outcomes = [patient.measures(96 + number, minutes=0, ago=number).outcome for number in range(4)]
    assert [*["accepted.no_alert"] * 3, "quarantined.flood"] == outcomes
    assert "quarantined.flood" == patient.measures(96, minutes=20 - 1 / MINUTE, ago=60).outcome
    assert "refused.spo2.flood" in patient.triage.reasons
    assert "accepted.no_alert" == patient.measures(96, minutes=1 / MINUTE).outcome
    assert "quarantined.flood" == patient.measures(96, minutes=19.9).outcome


def test_a_duplicate_costs_no_allowance() -> None:
    """A device that repeats itself does not silence itself."""
    patient = Patient()
    patient.gets(make_bindings(version=2, devices=[make_binding(max_per_hour=2)]))
    at_ms = patient.now_ms
    for _ in range(5):
        patient.gets(make_measurement(95, at_ms=at_ms))

    assert "accepted.no_alert" == patient.measures(96).outcome


def test_a_full_day_later_the_allowance_is_one_hours() -> None:
    """It does not pile up."""
    patient = Patient()
    patient.gets(make_bindings(version=2, devices=[make_binding(max_per_hour=2)]))
    patient.measures(95)
    patient.waits(hours=24)
    outcomes = [patient.measures(95, minutes=0, ago=number).outcome for number in range(3)]

    assert "quarantined.flood" == outcomes[2]


def test_devices_remembered_are_bounded() -> None:
    """Allowance of the 32 newest devices, charge of those still bound; replacing them for years grows no state."""
    patient = Patient()
    for number in range(40):
        device = f"device-{number:02}"
        patient.gets(make_bindings(version=number + 2, devices=[make_binding(device=device)]))
        patient.measures(95, device=device, battery_percent=50)

    newest = [f"device-{number:02}" for number in range(8, 40)]
    assert (newest, newest[-1:]) == (sorted(patient.state.floods), sorted(patient.state.battery))
    charges: Mapping[str, tuple[int, int]] = {}
    for number in range(40):
        charges = with_charge(charges, f"device-{number:02}", 50, number)
    assert newest == sorted(charges)


def test_a_late_reading_may_be_the_newest() -> None:
    """Late and red: it raises now, with its age."""
    patient = Patient(rules=["limits"])
    outcome = patient.measures(86, minutes=6 * DAY / MINUTE, ago=5 * DAY / MINUTE)

    assert ("accepted.alert", "red") == (outcome.outcome, patient.triage.level)
    assert 5 * DAY == patient.now_ms - patient.state.alert.evidence_ms
    assert 4 * HOUR == patient.state.alert.deadline_ms - patient.now_ms
