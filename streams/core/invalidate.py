"""Invalidate: a person says that readings were somebody else's or not true; what rested on them is judged anew."""

from schemas.audit import Outcome
from schemas.base import to_ms
from schemas.command import Invalidate
from streams.core.context import Context
from streams.core.hindsight import hidden_reds
from streams.core.signal.series import Point
from streams.core.state import PatientState
from streams.core.verdict import Verdict, refuse
from streams.core.withdraw import withdraw

MAY_INVALIDATE = frozenset({"nurse", "doctor"})
"""A device or its owner corrects with `replaces`; that a reading is not to be believed is a clinical judgement."""


def invalidate(state: PatientState, command: Invalidate, context: Context) -> Verdict:
    """The readings it names no longer count: triage is made again as of then and as of now."""
    if not state.is_known:
        return refuse(
            state,
            Outcome.REJECTED_UNKNOWN_PATIENT,
            "nothing is known of this patient",
            "check the pseudonym",
            command.by,
        )
    if command.role not in MAY_INVALIDATE:
        return refuse(
            state,
            Outcome.REJECTED_ROLE,
            f"role {command.role} may not invalidate readings",
            "let a nurse or a doctor do it",
            command.by,
        )
    gone = _named(state, command)
    if not gone:
        return refuse(
            state,
            Outcome.REJECTED_STATE,
            "no reading of this kind and time is remembered",
            "look at the patient's overview for kind and time; an alert is closed with `close`",
            command.by,
        )
    after = withdraw(state, command.kind, gone, context)
    if after.series is state.series:
        return Verdict(after, Outcome.ACCEPTED_RECORDED, "it will not count when it comes", by=command.by)
    late = hidden_reds(state, after, command.kind, gone[0], context)
    return Verdict(after, Outcome.ACCEPTED_RECORDED, by=command.by, late=late, withdrew="reading.invalidated")


def _named(state: PatientState, command: Invalidate) -> list[Point]:
    """The readings remembered of that kind and span; one that is named by its value need not have arrived."""
    since = to_ms(command.measured_at)
    until = since if command.until is None else to_ms(command.until)
    found = [p for p in state.series.get(command.kind, ()) if since <= p.at_ms <= until]
    if command.value_milli is None:
        return found
    return [p for p in found if p.milli == command.value_milli] or [Point(since, command.value_milli)]
