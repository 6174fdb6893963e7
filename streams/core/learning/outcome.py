"""A clinical outcome arrives: does it count for this patient, and is it new?"""

from schemas.audit import Outcome
from schemas.base import to_ms
from schemas.clinical_outcome import ClinicalOutcome
from schemas.events import ClinicalOutcomeReceived
from streams.core.evolve import evolve
from streams.core.learning.follow import with_events
from streams.core.learning.memory import Fact, known
from streams.core.state import PatientState
from streams.core.verdict import Verdict, refuse


def outcome_received(state: PatientState, event: ClinicalOutcomeReceived) -> Verdict:
    """Remembered, so that earlier scores get their labels. It colours nothing by itself."""
    body = ClinicalOutcome.model_validate_json(event.payload)
    if not state.plans:
        return refuse(
            state,
            Outcome.REJECTED_UNKNOWN_PATIENT,
            "no care plan has ever been received for this patient",
            "publish the plan on care-plans.v1, then redrive the outcome",
            body.by,
        )
    fact = Fact(to_ms(body.happened_at), body.kind, body.planned)
    if fact in state.memory.facts:
        return refuse(
            state, Outcome.REJECTED_DUPLICATE, "the same outcome is already there", "nothing: it counts once", body.by
        )
    memory = known(state.memory, fact)
    return Verdict(
        evolve(state, memory=memory, tracks=with_events(state, memory)), Outcome.ACCEPTED_RECORDED, by=body.by
    )
