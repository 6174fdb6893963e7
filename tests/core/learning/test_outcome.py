"""What really happened: taken once, for known patients, and it moves nothing but the memory."""

import pytest

from schemas.audit import Outcome
from schemas.catalog import default_bundle
from schemas.events import Stamp
from schemas.topics import CLINICAL_OUTCOMES
from streams.core.context import Context
from streams.core.intake.accept import RawRecord, Refused, accept
from streams.core.learning.memory import MAX_OUTCOMES, Fact
from tests.builders import DAY, MINUTE, T0, Patient, alerts, make_outcome


def test_an_outcome_is_remembered_and_colours_nothing() -> None:
    """Yesterday's admission, told today: accepted.recorded, no alert, the same colour."""
    patient = Patient()
    patient.measures(96)
    before = patient.triage

    body = patient.gets(make_outcome("admission", at_ms=T0 - DAY), minutes=1)

    assert Outcome.ACCEPTED_RECORDED is body.outcome
    assert (Fact(T0 - DAY, "admission"),) == patient.state.memory.facts
    assert ([], before) == (alerts(patient.effects), patient.triage)


def test_an_outcome_of_a_stranger_makes_no_state() -> None:
    """Only plans and bindings create a patient."""
    patient = Patient(known=False)
    body = patient.gets(make_outcome(by="nurse-7"))

    assert (Outcome.REJECTED_UNKNOWN_PATIENT, "nurse-7") == (body.outcome, body.by)
    assert not patient.state.is_known


def test_the_same_fact_counts_once() -> None:
    """Hospital and registry tell of one admission; another kind at the same moment is another fact."""
    patient = Patient()
    patient.gets(make_outcome("admission"))

    assert Outcome.REJECTED_DUPLICATE is patient.gets(make_outcome("admission", source="registry")).outcome
    assert Outcome.ACCEPTED_RECORDED is patient.gets(make_outcome("exacerbation")).outcome


def test_facts_stand_in_the_order_they_happened_and_are_bounded() -> None:
    """Told in any order; the oldest go."""
    patient = Patient()
    for day in (3, 1, 2, *range(4, 12)):
        patient.gets(make_outcome(at_ms=T0 - 20 * DAY + day * DAY, known_ms=T0))

    happened = [(fact.at_ms - T0) // DAY + 20 for fact in patient.state.memory.facts]
    assert list(range(12 - MAX_OUTCOMES, 12)) == happened


@pytest.mark.parametrize(("ahead_min", "refused"), [(10, False), (11, True)])
def test_a_fact_from_the_future_is_refused(ahead_min: int, refused: bool) -> None:
    """As with readings, a clock may run ten minutes ahead."""
    context = Context(default_bundle(), {}, "test")
    body = make_outcome(at_ms=T0, known_ms=T0 + ahead_min * MINUTE).model_dump_json().encode()
    taken = accept(RawRecord(CLINICAL_OUTCOMES, 0, 0, T0, b"p1", body), Stamp(), context)

    assert refused is (isinstance(taken, Refused) and taken.outcome is Outcome.REJECTED_TIME)
