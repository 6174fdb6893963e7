"""Reports of deliveries that come when somebody of the rung has been told already: recorded, and nothing else."""

import pytest

from schemas.command import DeliveryReported
from streams.core.escalation.ladder import Phase
from streams.core.evolve import evolve
from tests.builders import PATIENT, Patient


def reported(patient: Patient, notice_id: str, result: str) -> str:
    """`nattevagt notify` says what became of a notice; the outcome."""
    body = {
        "id": f"report-{notice_id}",
        "patient": PATIENT,
        "by": "notify",
        "role": "system",
        "notice_id": notice_id,
        "alert_id": patient.state.alert.id,  # type: ignore[union-attr]  # open in every test
        "channel": "console",
        "result": result,
    }
    outcome = patient.gets(DeliveryReported.model_validate(body), minutes=0.1).outcome
    assert outcome is not None
    return outcome.value


@pytest.mark.parametrize("result", ["delivered", "failed"])
@pytest.mark.parametrize("phase", [Phase.DELIVERED, Phase.ACKNOWLEDGED])
def test_a_report_that_changes_nothing_is_recorded(phase: Phase, result: str) -> None:
    """It takes its notice off the list; a `step` that raised here would cost the patient an assessment."""
    patient = Patient()
    patient.measures(86)
    patient.state = evolve(patient.state, alert=evolve(patient.state.alert, phase=phase.value, pending=("n1",)))
    steps = len(patient.steps)

    assert "accepted.recorded" == reported(patient, "n1", result)
    assert steps == len(patient.steps)
    assert () == patient.state.alert.pending
    assert phase.value == patient.state.alert.phase
