"""Confirm is never discard: an extreme colours at once, and only the paging waits, fifteen minutes at most."""

import pytest

from schemas.base import rfc3339
from tests.builders import MINUTE, T0, Patient, make_limit, waiting

PULSE = make_limit("pulse", red_from=130, yellow_from=110)


def lung(**plan: object) -> Patient:
    """Limits on SpO2 and pulse, no score: each reading stands for itself."""
    bundle = {"surroundings": waiting()}
    return Patient(**({"limits": [make_limit(), PULSE], "rules": ["limits", "missing"]} | bundle | plan))


def test_an_extreme_colours_at_once_and_is_unconfirmed() -> None:
    """No limit on this kind: red all the same, marked, and paging waits 15 minutes at most."""
    patient = Patient(rules=[], limits=[])
    patient.measures(190, kind="pulse")

    assert ("red", 3, ("extreme.pulse",)) == (patient.triage.level, patient.triage.tier, patient.triage.reasons)
    assert (True, rfc3339(T0 + 16 * MINUTE)) == (patient.step.unconfirmed, patient.step.page_from)
    assert T0 + 16 * MINUTE == patient.last.due_ladder_ms
    assert patient.effects[-1].overview.last["pulse"].unconfirmed


def test_an_extreme_of_a_slow_kind_is_yellow() -> None:
    """A weight of 28 kg is mostly another person."""
    patient = Patient(rules=[], limits=[])
    patient.measures(28, kind="weight")

    assert ("yellow", 2) == (patient.triage.level, patient.triage.tier)


def test_without_an_answer_the_extreme_counts_after_15_minutes() -> None:
    """The hold ends as of its own time: people are paged, the ladder starts."""
    patient = lung()
    patient.measures(65)
    patient.waits(minutes=14.9)
    assert ["raised"] == patient.steps
    patient.waits(minutes=0.1)

    assert ["raised", "upgraded"] == patient.steps
    assert ("confirm.hold_over", False) == (patient.step.reason, patient.step.unconfirmed)
    assert rfc3339(T0 + 16 * MINUTE) == patient.step.page_from


@pytest.mark.parametrize(("value", "kind"), [(66, "spo2"), (86, "spo2"), (111, "pulse")])
def test_a_repeat_or_a_second_sign_confirms(value: int, kind: str) -> None:
    """Then nothing waits."""
    patient = lung()
    patient.measures(65)
    patient.measures(value, kind=kind, minutes=5)

    assert ["raised", "upgraded"] == patient.steps
    assert ("confirm.agreed", False) == (patient.step.reason, patient.step.unconfirmed)
    assert rfc3339(patient.now_ms) == patient.step.page_from


def test_a_contradicting_repeat_withdraws() -> None:
    """It was a cold finger: the alert ends before anybody was paged."""
    patient = lung()
    patient.measures(65)
    patient.measures(96, minutes=5)

    assert ["raised", "withdrawn"] == patient.steps
    assert (None, None) == (patient.step.page_from, patient.step.next_deadline)
    assert (None, "green") == (patient.state.alert, patient.triage.level)


def test_a_contradiction_after_the_hold_withdraws_nothing() -> None:
    """Once people were paged a person closes it; the red without a repeat in time was real."""
    patient = lung()
    patient.measures(65)
    patient.waits(minutes=15)
    patient.measures(96)

    assert ["raised", "upgraded", "joined"] == patient.steps
    assert "open" == patient.state.alert.phase


def test_the_opposite_extreme_confirms_nothing() -> None:
    """A pulse of 25 and then of 200 is a loose electrode until somebody has looked."""
    patient = Patient(rules=[], limits=[])
    patient.measures(25, kind="pulse")
    patient.measures(200, kind="pulse", minutes=2)

    assert ["raised"] == patient.steps


def test_a_worse_extreme_in_doubt_keeps_the_hold() -> None:
    """The tier rises, the paging time stays: the patient is not paged for later than 15 minutes after the first."""
    patient = Patient(limits=[make_limit("pulse", red_from=185, red_tier=5)], rules=["limits"])
    patient.measures(180.5, kind="pulse")
    hold_ms = patient.state.alert.page_ms
    patient.measures(190, kind="pulse", minutes=20 - 6)
    assert ["raised", "upgraded"] == patient.steps
    assert hold_ms >= patient.state.alert.page_ms
