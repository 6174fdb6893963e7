"""Asking: what the patient is told beside the colour: a reminder, a repeat, and that nobody watches (any more).

What ends or pauses the watch is told to the team as well, by letter.
"""

from schemas.audit import Outcome
from schemas.triage import TriageLevel
from streams.core.admission.binding import bound
from streams.core.context import Context
from streams.core.effects import Effect, SendReply
from streams.core.escalation.letters import letter
from streams.core.escalation.moves import Move, clock_of
from streams.core.plan import Plan, parse_plan
from streams.core.replies import answer, local_text
from streams.core.rules.missing import DEVICE_SILENT
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
    """For what has just become overdue, one message however many kinds; none while the path itself is late.

    Whose device has not been heard either is asked to look at the device.
    """
    known = before.shown.silence if before.shown is not None else ()
    fresh = sorted(set(triage.silence) - set(known))
    state = before
    if state.path_late:
        return ()
    quiet = [reason for reason in triage.reasons if reason.startswith(DEVICE_SILENT)]
    if set(quiet).difference(() if before.shown is None else before.shown.reasons):
        return answer(state, "reminder.device", {"phone": phone(state, context)}, cause, context)
    if not fresh:
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


def unbound(state: PatientState, verdict: Verdict, cause: str, context: Context) -> tuple[SendReply, ...]:
    """To who sends what no device is bound for: to measure again would not help, and nobody sees it."""
    plan = state.plan_at(state.now_ms)
    if verdict.outcome is not Outcome.REJECTED_UNBOUND_DEVICE or plan is None:
        return ()
    kind = state.refused[-1].kind
    if bound(state, kind, state.now_ms):
        return ()
    return answer(state, "information.unbound", {"phone": phone(state, context)}, cause, context)


def ended(before: Plan | None, state: PatientState, cause: str, context: Context) -> tuple[Effect, ...]:
    """When the plan has ended and no other follows at once: patient and team are told, with whom to call."""
    if before is None or state.planned_at(state.now_ms) is not None or state.is_dead:
        return ()
    said = {"phone": phone(state, context)}
    return (
        *answer(state, "information.ended", said, cause, context, plan=before),
        *letter(state, before, "plan.ended", cause, context),
    )


LEFT_IN_RED = {"plan.ended": "plan.ended_in_red", "consent.withdrawn": "consent.withdrawn_in_red"}
"""Why a red alert expires, and the letter about it."""

RED_TIER = 3
"""Of the letter about a red that ends, at least: as of a red reading (core/rules/extreme.py), at any hour."""


def red_left_open(state: PatientState, move: Move | None, cause: str, context: Context) -> tuple[Effect, ...]:
    """A red alert that expires with the watch: whoever would be paged hears at once, outside hours too, that a person
    should call. Nothing is judged any more, but a red never ends in silence.
    """
    if move is None or move.reason not in LEFT_IN_RED or move.alert.level is not TriageLevel.RED:
        return ()
    plan = state.planned_at(state.now_ms) or state.planned_at(move.alert.evidence_ms)
    tier = max(RED_TIER, clock_of(move.alert))
    return () if plan is None else letter(state, plan, LEFT_IN_RED[move.reason], cause, context, tier=tier)


def came_after_the_end(state: PatientState, verdict: Verdict, cause: str, context: Context) -> tuple[Effect, ...]:
    """A red measured while the plan was in force and sent when none is any more: no alert can open, so the team of
    that plan gets a letter, by the tier of what was found: newer calm readings have made it a task (design.md 3.9).
    """
    if verdict.reading is None or not verdict.late or state.is_dead or state.plan_at(state.now_ms) is not None:
        return ()
    plan = state.plan_at(verdict.reading[1].at_ms)
    worst = max(verdict.late, key=lambda finding: finding.tier)
    return () if plan is None else letter(state, plan, worst.reason, cause, context, tier=worst.tier)


def lapsed(
    before: PatientState, before_ms: int, state: PatientState, cause: str, context: Context
) -> tuple[Effect, ...]:
    """When no device is bound any more for a kind that the plan expects: patient and team are told.

    before, before_ms: the state and the instant at which one still may have been.
    """
    plan = state.plan_at(state.now_ms)
    if plan is None or _bound(state, state.now_ms, plan) >= _bound(before, before_ms, plan):
        return ()
    return (
        *answer(state, "information.unbound", {"phone": phone(state, context)}, cause, context),
        *letter(state, plan, "binding.lapsed", cause, context),
    )


def disputed(before: PatientState, state: PatientState, cause: str, context: Context) -> tuple[Effect, ...]:
    """When the registry says that a device is somebody else's, or no longer is: team and whoever gives out devices
    are told, and the patient where nothing else measures what the plan expects.
    """
    plan = state.plan_at(state.now_ms)
    if plan is None or state.contested is before.contested:
        return ()
    news = state.contested[-1]
    silenced = _bound(before, before.now_ms, plan) - _bound(state, state.now_ms, plan)
    told = {"phone": phone(state, context)}
    return (
        *(answer(state, "information.unbound", told, cause, context) if silenced else ()),
        *letter(state, plan, "binding.contested" if news.lasts(state.now_ms) else "binding.released", cause, context),
    )


def _bound(state: PatientState, at_ms: int, plan: Plan) -> frozenset[str]:
    """Kinds that the plan expects and a device may send."""
    return frozenset([kind for kind in plan.expected if bound(state, kind, at_ms)])


def absences(state: PatientState, due_ms: int, cause: str, context: Context) -> tuple[Effect, ...]:
    """When a planned absence begins or ends the patient is told, with whom to call; the team when it begins."""
    plan = state.plan_at(state.now_ms)
    if plan is None:
        return ()
    for begins, ends in plan.absences:
        if due_ms == begins:
            zone = context.rules.zones.get(plan.contract.zone, ())
            said = {"at": local_text(zone, ends), "phone": phone(state, context)}
            told = answer(state, "information.absence", said, cause, context)
            return (*told, *letter(state, plan, "plan.absence", cause, context))
        if due_ms == ends:
            return answer(state, "information.back", {"phone": phone(state, context)}, cause, context)
    return ()


def phone(state: PatientState, context: Context) -> str:
    """The team's telephone for patients; 112 where coverage names none."""
    plan = state.planned_at(state.now_ms) or (parse_plan(state.plans[-1]) if state.plans else None)
    team = None if plan is None else context.teams.get(plan.contract.team)
    return "112" if team is None or team.patient_phone is None else team.patient_phone
