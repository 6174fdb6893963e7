"""Commands: who may do what to which alert; everything else is refused, with a reason and what to do next."""

from typing import Any

import pytest

from streams.core.settle import NEWS
from tests.builders import Patient, make_command, make_limit, rejects


def alarmed() -> Patient:
    """A patient with an open red alert."""
    patient = Patient(limits=[make_limit(), make_limit("pulse", red_from=130)], rules=["limits"])
    patient.measures(86)
    return patient


@pytest.mark.parametrize("role", ["nurse", "doctor"])
@pytest.mark.parametrize(("kind", "step"), [("acknowledge", "acknowledged"), ("close", "closed")])
def test_who_treats_may_take_and_close(role: str, kind: str, step: str) -> None:
    """The step and the audit name who did it."""
    patient = alarmed()
    outcome = patient.commands(kind, role=role)

    assert ("accepted.recorded", "nurse-1") == (outcome.outcome, outcome.by)
    assert (step, "nurse-1") == (patient.step.type, patient.step.by)
    assert ("true" if kind == "close" else None) == patient.step.verdict


@pytest.mark.parametrize("role", ["assistant", "citizen", "system"])
@pytest.mark.parametrize("kind", ["acknowledge", "close"])
def test_others_may_not(role: str, kind: str) -> None:
    """The alert stays as it is; the refused command is kept whole."""
    patient = alarmed()
    before = patient.state.alert
    outcome = patient.commands(kind, role=role)

    assert ("rejected.role", "nurse-1") == (outcome.outcome, outcome.by)
    assert outcome.reason
    assert outcome.next_step
    assert before == patient.state.alert
    assert [outcome.reason] == [refusal.reason for refusal in rejects(patient.effects)]


@pytest.mark.parametrize("kind", ["acknowledge", "close"])
@pytest.mark.parametrize("changed", [{"alert_id": "another"}, {"sequence": 1}])
def test_the_wrong_alert_or_an_old_view_is_refused(kind: str, changed: dict[str, Any]) -> None:
    """Whoever acts must have seen the newest clinical news of this very alert."""
    patient = alarmed()
    patient.measures(140, kind="pulse")
    assert "upgraded" in NEWS
    before = patient.state.alert
    outcome = patient.commands(kind, **changed)

    assert ("rejected.state", before) == (outcome.outcome, patient.state.alert)


def test_an_escalation_is_no_news() -> None:
    """Who saw the raise may act after the ladder has moved on."""
    patient = alarmed()
    patient.waits(hours=4)
    assert 2 == patient.state.alert.sequence

    assert "accepted.recorded" == patient.commands("close", sequence=1).outcome


def test_without_an_open_alert_there_is_nothing_to_take() -> None:
    """Also after it has been closed."""
    patient = Patient()
    assert "rejected.state" == patient.commands("acknowledge").outcome
    patient = alarmed()
    closed = patient.state.alert
    patient.commands("close")

    assert "rejected.state" == patient.commands("close", alert_id=closed.id, sequence=9).outcome


def test_taking_it_twice_is_a_duplicate() -> None:
    """The hold of the first stays as it is; another person may take it over."""
    patient = alarmed()
    patient.commands("acknowledge")
    held = patient.state.alert
    assert "rejected.duplicate" == patient.commands("acknowledge").outcome
    assert held == patient.state.alert
    assert "accepted.recorded" == patient.commands("acknowledge", by="nurse-2").outcome
    assert "nurse-2" == patient.state.alert.owner


def test_a_command_about_nobody_is_refused() -> None:
    """An unknown pseudonym creates no state."""
    patient = Patient(known=False)
    outcome = patient.gets(make_command())

    assert "rejected.unknown_patient" == outcome.outcome
    assert not patient.state.is_known


def test_a_command_after_its_deadline_meets_the_ladder_as_it_is() -> None:
    """Time moves first: the rung passes, then the nurse takes it."""
    patient = alarmed()
    patient.commands("acknowledge", minutes=241)

    assert ["raised", "escalated", "acknowledged"] == patient.steps


@pytest.mark.parametrize("kind", ["note", "delivery_reported", "request_contact"])
def test_what_the_ladder_has_no_row_for_changes_nothing(kind: str) -> None:
    """It is refused and audited."""
    patient = alarmed()
    before = patient.state.alert

    assert ("rejected.state", before) == (patient.commands(kind).outcome, patient.state.alert)
