"""Absence: when nothing is expected of the patient. What is sent is judged all the same, and a red ends it."""

from schemas.triage import TriageLevel
from streams.core.evolve import evolve
from streams.core.plan import NEVER, Plan
from streams.core.state import PatientState
from streams.core.triage import Triage


def absent_until(state: PatientState, plan: Plan, at_ms: int) -> int | None:
    """When the absence of this instant ends; NEVER = an admission whose end nobody has told. None = there is none."""
    if is_admitted(state, at_ms):
        return NEVER
    for begins, ends in plan.absences:
        if begins <= at_ms < ends and not begins <= state.back_ms:
            return ends
    return None


def is_admitted(state: PatientState, at_ms: int) -> bool:
    """Did hospitals tell of an admission and of no discharge since? Slots pause; silence there says nothing."""
    stays = [fact for fact in state.memory.facts if fact.kind in ("admission", "discharge") and fact.at_ms <= at_ms]
    return bool(stays) and max(stays, key=lambda fact: fact.at_ms).kind == "admission"


def called_back(state: PatientState, triage: Triage) -> PatientState:
    """A red during a planned absence ends it: from now on readings are expected again."""
    plan = state.plan_at(state.now_ms)
    if triage.level is not TriageLevel.RED or plan is None or not plan.absences:
        return state
    inside = absent_until(state, plan, state.now_ms)
    return state if inside in (None, NEVER) else evolve(state, back_ms=state.now_ms)
