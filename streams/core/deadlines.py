"""Time moves first: fire all deadlines up to an instant, in due order, each as of its own due time."""

from itertools import chain

from schemas.ids import make_id
from streams.core.adherence.absence import absent_until
from streams.core.adherence.slots import next_due, pass_due
from streams.core.asking import absences, ended, lapsed, reminders
from streams.core.consent import planned_without, seen_by, told_of
from streams.core.context import Context
from streams.core.effects import Effect
from streams.core.enrol import reconcile
from streams.core.escalation.ladder import WAITING, Trigger, phase_of
from streams.core.escalation.moves import Move, deadline_passed, unread, worsen
from streams.core.escalation.policy import terms
from streams.core.evolve import evolve
from streams.core.permit import edges as permit_edges
from streams.core.permit import in_force
from streams.core.plan import CLOCK_ENDS_MS, NEVER, binding_ends, parse_plan
from streams.core.pro.held import answers_end
from streams.core.settle import decided, settle
from streams.core.state import AlertState, PatientState
from streams.core.verdict import Verdict


def data_due(state: PatientState) -> int:
    """Earliest deadline about data: a slot falls due, a form ceases to speak, a rule has waited long enough for
    another reading, a plan or a consent begins or ends, a device ceases to be bound. NEVER = none.

    An edge that time has passed while data had to wait is still due: the slots clocked are not those of the
    plan in force.
    """
    now_ms, due = state.now_ms, min(next_due(state.slots), answers_end(state.answers, state.now_ms))
    if 0 < state.recheck_ms < due:
        due = state.recheck_ms
    edges = [edge for plan in map(parse_plan, state.plans) for edge in (plan.from_ms, plan.until_ms)]
    if state.consents:
        edges += permit_edges(state.consents)
    plan = state.plan_at(now_ms)
    for edge in edges:
        if now_ms < edge < due:
            due = edge
    if plan is not None and plan.absences:
        due = min([due, *[edge for edge in chain.from_iterable(plan.absences) if edge > now_ms]])
    if state.bindings is not None and (ends := binding_ends(state.bindings)):
        due = min([due, *[edge for edge in ends if edge > now_ms]])
    if state.slots_plan != (0 if plan is None else plan.contract.version):
        return min(due, max(edge for edge in edges if edge <= now_ms))
    return due


def ladder_due(state: PatientState) -> int:
    """Earliest deadline of the open alert: paging held back, an answer unread, or the rung. NEVER = no alert."""
    alert = state.alert
    if alert is None:
        return NEVER
    due = alert.deadline_ms
    if phase_of(alert) in WAITING:
        if alert.unconfirmed:
            due = min(due, alert.page_ms)
        if alert.read_by_ms:
            due = min(due, alert.read_by_ms)
    return due


def advance(
    state: PatientState, until_ms: int, data_until_ms: int, context: Context
) -> tuple[PatientState, list[Effect]]:
    """Let time pass. Ladder deadlines up to `until_ms` fire, data deadlines up to `data_until_ms`, never beyond."""
    until_ms = min(until_ms, CLOCK_ENDS_MS)
    data_until_ms = min(data_until_ms, until_ms)
    effects: list[Effect] = []
    while True:
        data, ladder = data_due(state), ladder_due(state)
        if ladder <= until_ms and ladder <= data:
            state, fired = _ladder_fires(state, ladder, context)
        elif data <= data_until_ms:
            state, fired = _data_fires(state, data, context)
        elif ladder <= until_ms:
            state, fired = _ladder_fires(state, ladder, context)
        else:
            moved = state if state.now_ms >= until_ms else evolve(state, now_ms=until_ms)
            return moved, effects
        effects += fired


def _ladder_fires(state: PatientState, due_ms: int, context: Context) -> tuple[PatientState, list[Effect]]:
    alert = state.alert
    assert alert is not None
    state = evolve(state, now_ms=max(state.now_ms, due_ms))
    context = seen_by(state, context)
    cause = make_id(state.patient, "deadline", "ladder", due_ms)
    plan = state.plan_at(state.now_ms)
    within = terms(context, alert.team, None if plan is None else plan.contract)
    if due_ms == alert.deadline_ms:
        move = deadline_passed(alert, due_ms, within)
    elif alert.unconfirmed and due_ms == alert.page_ms:
        move = worsen(alert, Trigger.CONFIRMED, (), due_ms, within, "confirm.hold_over")
    else:
        move = unread(alert, due_ms, within)
    return _fired(evolve(state, alert=move.alert), move, cause, context)


def _data_fires(state: PatientState, due_ms: int, context: Context) -> tuple[PatientState, list[Effect]]:
    now_ms = max(state.now_ms, due_ms)
    before, alert = state.clocked_plan, state.alert
    state = reconcile(evolve(state, now_ms=now_ms), context.rules.zones)
    whole, context = context, seen_by(state, context)
    plan = state.plan_at(now_ms)
    if plan is not None:
        absent = absent_until(state, plan, due_ms) is not None
        state = evolve(state, slots=pass_due(plan, context.rules.zones, state.slots, due_ms, absent=absent))
    cause = make_id(state.patient, "deadline", "data", due_ms)
    settled = settle(Verdict(state, None), None, cause, context)
    told = (
        *reminders(state, settled.triage, cause, context),
        *ended(before, settled.state, cause, context),
        *absences(settled.state, due_ms, cause, context),
        *(_asked(settled.state, due_ms, alert, cause, whole) if state.consents else ()),
        *(lapsed(state, due_ms - 1, settled.state, cause, context) if _lapses(state, due_ms) else ()),
    )
    return settled.state, [*settled.effects, *told, *decided(settled, cause, context)]


def _asked(
    state: PatientState, due_ms: int, alert: AlertState | None, cause: str, context: Context
) -> tuple[Effect, ...]:
    """What is told where a consent begins or ends at this instant, or a plan for somebody who has withdrawn it."""
    if due_ms not in permit_edges(state.consents):
        return planned_without(evolve(state, now_ms=due_ms - 1), state, cause, context)
    return told_of(in_force(state.consents, due_ms - 1), alert, state, cause, context)


def _lapses(state: PatientState, at_ms: int) -> bool:
    return state.bindings is not None and at_ms in binding_ends(state.bindings)


def _fired(state: PatientState, move: Move | None, cause: str, context: Context) -> tuple[PatientState, list[Effect]]:
    settled = settle(Verdict(state, None), move, cause, context)
    return settled.state, [*settled.effects, *decided(settled, cause, context)]
