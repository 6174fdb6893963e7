"""Asking: what the patient is told beside the colour. A reminder, a repeat, and that nobody watches (any more)."""

from schemas.audit import Outcome
from streams.core.context import Context
from streams.core.effects import SendReply
from streams.core.plan import Plan, parse_plan
from streams.core.replies import answer, local_text
from streams.core.state import PatientState
from streams.core.triage import Triage
from streams.core.verdict import Verdict

ASK_AGAIN = frozenset(
    {
        Outcome.REJECTED_MALFORMED.value,
        Outcome.REJECTED_SCHEMA.value,
        Outcome.REJECTED_UNIT.value,
        Outcome.REJECTED_IMPLAUSIBLE.value,
        Outcome.REJECTED_TIME.value,
        Outcome.REJECTED_UNBOUND_DEVICE.value,
    }
)
"""Refusals after which the patient can do something: measure once more. Never after a flood."""


def reminders(before: PatientState, triage: Triage, cause: str, context: Context) -> tuple[SendReply, ...]:
    """For what has just become overdue, one message however many kinds; none while the path itself is late."""
    known = before.shown.silence if before.shown is not None else ()
    fresh = sorted(set(triage.silence) - set(known))
    state = before
    if not fresh or state.path_late:
        return ()
    if len(fresh) > 1:
        return answer(state, "reminder.several", {}, cause, context)
    return answer(state, "reminder.missing", {"kind": fresh[0]}, cause, context)


def repeats(before: PatientState, after: PatientState, cause: str, context: Context) -> tuple[SendReply, ...]:
    """After a reading that did not count: once, until a good one of its kind has come."""
    if after.refused is before.refused or not after.refused:
        return ()
    row = after.refused[-1]
    asked = any(held.kind == row.kind and held.outcome in ASK_AGAIN for held in before.refused)
    if asked or row.outcome not in ASK_AGAIN:
        return ()
    said = {"kind": row.kind or "input", "phone": phone(after, context)}
    return answer(after, "repeat.refused", said, cause, context)


def persons(verdict: Verdict, after: PatientState, cause: str, context: Context) -> tuple[SendReply, ...]:
    """After the first reading of a newly bound device that is far from the own normal: is this you? Asked once."""
    if verdict.reading is None:
        return ()
    kind, point = verdict.reading
    if not point.in_doubt or point != after.series[kind][-1]:
        return ()
    return answer(after, "repeat.person", {"kind": kind, "phone": phone(after, context)}, cause, context)


def unwatched(state: PatientState, verdict: Verdict, cause: str, context: Context) -> tuple[SendReply, ...]:
    """To who sends although no plan is in force: nobody sees it, and whom to call."""
    if verdict.outcome is not Outcome.REJECTED_STATE or state.plan_at(state.now_ms) is not None or not state.plans:
        return ()
    if state.is_dead:
        return ()
    last = parse_plan(state.plans[-1])
    return answer(state, "unread.not_watched", {"phone": phone(state, context)}, cause, context, plan=last)


def ended(before: Plan | None, state: PatientState, cause: str, context: Context) -> tuple[SendReply, ...]:
    """When the plan has ended and no other follows at once: the patient is told, with whom to call."""
    if before is None or state.plan_at(state.now_ms) is not None or state.is_dead:
        return ()
    return answer(state, "information.ended", {"phone": phone(state, context)}, cause, context, plan=before)


def absences(state: PatientState, due_ms: int, cause: str, context: Context) -> tuple[SendReply, ...]:
    """When a planned absence begins or ends the patient is told, with whom to call."""
    plan = state.plan_at(state.now_ms)
    if plan is None:
        return ()
    for begins, ends in plan.absences:
        if due_ms == begins:
            zone = context.rules.zones.get(plan.contract.zone, ())
            said = {"at": local_text(zone, ends), "phone": phone(state, context)}
            return answer(state, "information.absence", said, cause, context)
        if due_ms == ends:
            return answer(state, "information.back", {"phone": phone(state, context)}, cause, context)
    return ()


def phone(state: PatientState, context: Context) -> str:
    """The team's telephone for patients; 112 where coverage names none."""
    plan = state.plan_at(state.now_ms) or (parse_plan(state.plans[-1]) if state.plans else None)
    team = None if plan is None else context.teams.get(plan.contract.team)
    return "112" if team is None or team.patient_phone is None else team.patient_phone
