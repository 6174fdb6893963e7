"""Identify: somebody answers whether a reading in doubt was the patient's own."""

from schemas.audit import Outcome
from schemas.base import to_ms
from schemas.command import Identify
from streams.core.admission.identity import review
from streams.core.context import Context
from streams.core.evolve import evolve
from streams.core.signal.series import Point
from streams.core.state import MAX_IDENTIFIED, Identified, PatientState
from streams.core.verdict import Verdict, refuse

MAY_ANSWER = frozenset({"citizen", "assistant", "nurse", "doctor"})
"""The patient, or whoever has asked them. That a reading no longer counts is another matter: `Invalidate`."""


def identify(state: PatientState, command: Identify, context: Context) -> Verdict:
    """`mine` ends the doubt; else it stays, and a person is asked to declare the reading invalid."""
    if command.role not in MAY_ANSWER:
        reason, who = f"role {command.role} may not identify", "let the patient or the team do it"
        return refuse(state, Outcome.REJECTED_ROLE, reason, who, command.by)
    at_ms = to_ms(command.measured_at)
    if not any(point.at_ms == at_ms and point.in_doubt for point in _points(state, command.kind)):
        return refuse(
            state,
            Outcome.REJECTED_STATE,
            "no reading of this kind and time is in doubt",
            "look at the patient's overview for kind and time",
            command.by,
        )
    others = tuple(one for one in state.identified if (one.kind, one.at_ms) != (command.kind, at_ms))
    said = (*others, Identified(command.kind, at_ms, command.mine))[-MAX_IDENTIFIED:]
    after = review(evolve(state, identified=said), scoring=context.scoring)
    return Verdict(after, Outcome.ACCEPTED_RECORDED, by=command.by)


def _points(state: PatientState, kind: str) -> tuple[Point, ...]:
    return state.series.get(kind, ())
