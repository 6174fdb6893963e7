"""Missing, refused, battery: findings that are tasks, and the one silence that is a worry."""

import pytest

from schemas.audit import Outcome
from schemas.base import rfc3339
from tests.builders import HOUR, T0, Patient, make_refusal, make_slot


def test_quiet_is_a_task() -> None:
    """A missed reading alone is tier 1: a reminder and a place on the list, no alert."""
    patient = Patient(slots=[make_slot()])
    patient.waits(hours=3)

    assert (1, ("missing.spo2",), []) == (patient.triage.tier, patient.triage.reasons, patient.steps)


def test_quiet_after_a_concern_is_a_worry() -> None:
    """Yellow the evening before, silent in the morning: tier 3."""
    patient = Patient(slots=[make_slot()], rules=["limits", "missing"])
    patient.measures(89, ago=600)
    assert (2, ["raised"]) == (patient.triage.tier, patient.steps)
    patient.waits(hours=3)

    assert (3, ["raised", "upgraded"]) == (patient.triage.tier, patient.steps)
    assert "missing.after_concern" in patient.triage.reasons


def test_an_old_concern_is_none() -> None:
    """After 72 hours it is no longer the reason for the silence."""
    patient = Patient(slots=[make_slot(days=[5])], rules=["limits", "missing"])
    patient.measures(89)
    patient.waits(hours=24 * 4 + 3)

    assert "missing.spo2" in patient.triage.reasons
    assert "missing.after_concern" not in patient.triage.reasons


def test_silence_is_as_old_as_the_deadline_that_passed() -> None:
    """The slot opened before the alert that was closed, but fell due after it: the silence is news."""
    patient = Patient(slots=[make_slot(kinds=["spo2", "pulse"])], rules=["limits", "missing"])
    patient.measures(86)
    patient.commands("close")
    assert ["raised", "closed"] == patient.steps
    patient.waits(hours=3)

    assert ["raised", "closed", "raised"] == patient.steps
    assert rfc3339(T0 + 2 * HOUR) == patient.step.measured_at


def test_a_late_path_is_told() -> None:
    """When intake is behind, what fires says so; the patient's own next input ends it."""
    patient = Patient(slots=[make_slot()])
    patient.waits(hours=3, path_late=True)
    assert {"path_late": 1} == patient.triage.findings[0].evidence
    patient.measures(120, kind="sbp")
    assert {} == patient.triage.findings[0].evidence


@pytest.mark.parametrize(("percent", "low"), [(15, True), (16, False), (0, True), (None, False)])
def test_a_battery_at_15_percent_is_low(percent: int | None, *, low: bool) -> None:
    """A task for its supplier, not a colour."""
    patient = Patient()
    patient.measures(96, battery_percent=percent)

    assert low is ("battery.low" in patient.triage.reasons)
    assert "green" == patient.triage.level


def test_the_newest_word_on_a_battery_counts() -> None:
    """Whatever order it came in; of two at the same time the lower."""
    patient = Patient()
    patient.measures(96, battery_percent=80)
    patient.measures(96, ago=30, battery_percent=5)
    assert "battery.low" not in patient.triage.reasons
    at_ms = patient.now_ms
    patient.measures(97, battery_percent=10)
    patient.measures(98, ago=1, battery_percent=90)
    assert at_ms + 60_000 == patient.triage.findings[-1].at_ms
    assert "battery.low" in patient.triage.reasons


def test_what_was_refused_is_shown_until_a_good_one_comes() -> None:
    """One finding per kind and outcome, tier 1."""
    patient = Patient()
    for minute in (1, 2):
        patient.feed(make_refusal(received_ms=T0 + minute * 60_000))
    patient.feed(make_refusal(received_ms=T0 + 180_000, outcome=Outcome.REJECTED_MALFORMED, kind=None))
    patient.now_ms = T0 + 240_000

    assert ("refused.input.malformed", "refused.spo2.unit") == patient.triage.reasons
    assert 1 == patient.triage.tier
    patient.measures(96)
    assert ("refused.input.malformed",) == patient.triage.reasons
    patient.measures(96, minutes=73 * 60)
    assert () == patient.triage.reasons


def test_an_unbound_device_and_a_flood_are_shown_too() -> None:
    """Refusals that only the state can make are remembered the same way."""
    patient = Patient()
    patient.measures(96, device="stranger")

    assert ("refused.spo2.unbound_device",) == patient.triage.reasons


def test_only_so_many_refusals_are_remembered() -> None:
    """The newest eight; the state is bounded."""
    patient = Patient()
    for number in range(12):
        patient.feed(make_refusal(received_ms=T0 + number, kind=f"kind{number}"))

    assert [f"kind{number}" for number in range(4, 12)] == [row.kind for row in patient.state.refused]
