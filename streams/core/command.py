"""Commands: what people ask for. What the table of the ladder does not know is refused, changes nothing, is audited."""

from typing import assert_never

from schemas.audit import Outcome
from schemas.base import to_ms
from schemas.command import (
    COMMAND,
    Acknowledge,
    AlertCommand,
    AnyCommand,
    Close,
    Contacted,
    ContactFailed,
    ContestBinding,
    DeliveryReported,
    HandOver,
    Identify,
    Invalidate,
    Note,
    RequestContact,
    Snooze,
    TakeOver,
)
from schemas.events import CommandReceived
from streams.core.consent import contract_seen, unconsented
from streams.core.contest import contest
from streams.core.context import Context
from streams.core.escalation.ladder import Trigger, is_legal
from streams.core.escalation.moves import Move, delivered, end, undelivered
from streams.core.escalation.people import (
    accept,
    acknowledge,
    contact_failed,
    contacted,
    note,
    offer,
    snooze,
    take_over,
)
from streams.core.escalation.policy import Terms, terms
from streams.core.escalation.refusals import acts_for, decided_ms, objection, trigger_of
from streams.core.evolve import evolve
from streams.core.identify import identify
from streams.core.invalidate import invalidate
from streams.core.state import AlertState, PatientState
from streams.core.verdict import Verdict, refuse

MAY_TREAT = frozenset({"nurse", "doctor"})
"""Roles that may take, move or close an alert. An assistant sees lists, a citizen their own data, a system neither."""

MAY_ASK = frozenset({"citizen", "assistant", "nurse", "doctor"})
"""Roles that may ask for contact: the patient, or somebody who has heard the wish."""

Obeyed = tuple[Verdict, Move | None]


def obey(state: PatientState, event: CommandReceived, context: Context) -> Obeyed:
    """The verdict on the command, and the step it takes on the ladder (None = it takes none)."""
    command = COMMAND.validate_json(event.payload)
    if isinstance(command, Invalidate):
        return invalidate(state, command, context), None
    if not state.is_known:
        reason = "nothing is known of this patient"
        return refuse(state, Outcome.REJECTED_UNKNOWN_PATIENT, reason, "check the pseudonym", command.by), None
    if isinstance(command, RequestContact):
        return _requested(state, command), None
    if isinstance(command, ContestBinding):
        return contest(state, command), None
    if isinstance(command, Identify):
        return identify(state, command, context), None
    if isinstance(command, DeliveryReported):
        return _reported(state, command, context)
    return _act(state, command, context)


def _role(state: PatientState, command: AnyCommand, who: str) -> Verdict:
    reason = f"role {command.role} may not {command.type}"
    return refuse(state, Outcome.REJECTED_ROLE, reason, f"let {who} do it", command.by)


def _requested(state: PatientState, command: RequestContact) -> Verdict:
    if command.role not in MAY_ASK:
        return _role(state, command, "the patient or the team")
    refusal = unconsented(state, tells="always")
    if refusal is not None:
        return refusal._replace(by=command.by)
    return Verdict(evolve(state, requested_ms=state.now_ms), None, by=command.by)


def _reported(state: PatientState, command: DeliveryReported, context: Context) -> Obeyed:
    """A report about no open alert is recorded: messages outlive alerts."""
    if command.role != "system":
        return _role(state, command, "the process that sends"), None
    alert = state.alert
    done = Verdict(state, Outcome.ACCEPTED_RECORDED, by=command.by)
    if alert is None or command.alert_id not in (None, alert.id):
        return done, None
    if command.result == "read" and command.notice_id == alert.reply_id:
        read = evolve(alert, read_by_ms=0, reply_id="")
        return Verdict(evolve(state, alert=read), Outcome.ACCEPTED_RECORDED, by=command.by), None
    if command.notice_id not in alert.pending:
        return done, None
    return _arrived(state, alert, command, context)


def _arrived(state: PatientState, alert: AlertState, command: DeliveryReported, context: Context) -> Obeyed:
    """One of this rung's messages has arrived, or cannot; when none can, the next rung is told now.

    Where somebody of the rung has been told already (a page went out again because an answer was unread), a report
    only takes its notice off the list.
    """
    within = _within(state, alert, context)
    left = evolve(alert, pending=tuple(one for one in alert.pending if one != command.notice_id))
    state, move = evolve(state, alert=left), None
    if command.result != "failed":
        if is_legal(alert, Trigger.DELIVERED):
            move = delivered(alert, state.now_ms, within, command.by)
    elif not left.pending and is_legal(left, Trigger.UNDELIVERED):
        move = undelivered(left, state.now_ms, within)
    after = state if move is None else evolve(state, alert=move.alert)
    return Verdict(after, Outcome.ACCEPTED_RECORDED, by=command.by), move


def _within(state: PatientState, alert: AlertState, context: Context) -> Terms:
    plan = state.plan_at(state.now_ms)
    return terms(context, alert.team, None if plan is None else plan.contract)


def _act(state: PatientState, command: AlertCommand, context: Context) -> Obeyed:
    if command.role not in MAY_TREAT:
        return _role(state, command, "a nurse or a doctor"), None
    alert = state.alert
    if alert is None or alert.id != command.alert_id:
        next_step = "look at the patient's overview for the open one"
        return refuse(state, Outcome.REJECTED_STATE, "this alert is not open", next_step, command.by), None
    if _is_blocked(state, command, context):
        reason = "the patient has blocked this person or team"
        return refuse(state, Outcome.REJECTED_ROLE, reason, "let somebody else do it", command.by), None
    within = _within(state, alert, context)
    refusal = objection(state, alert, command, within, context)
    if refusal is not None:
        return refuse(state, refusal.outcome, refusal.reason, refusal.next_step, command.by), None
    move = _move(state, alert, command, within, context)
    if isinstance(command, Close):
        after = evolve(state, alert=None, handled_ms=max(state.handled_ms, alert.evidence_ms))
    else:
        after = evolve(state, alert=move.alert)
    return Verdict(after, Outcome.ACCEPTED_RECORDED, by=command.by), move


def _is_blocked(state: PatientState, command: AlertCommand, context: Context) -> bool:
    """Is it somebody, somebody of a team, or an offer to a team that may get nothing about the patient?"""
    permit = state.permit
    if permit is None:
        return False
    teams = {command.to_team} if isinstance(command, HandOver) else set()
    acts = teams | (acts_for(command, context) or frozenset())
    return command.by in permit.recipients or not acts.isdisjoint(permit.teams)


def _move(state: PatientState, alert: AlertState, command: AlertCommand, within: Terms, context: Context) -> Move:
    """The one move of each command; the table has allowed it."""
    by, now_ms, since_ms = command.by, state.now_ms, decided_ms(command, state.now_ms)
    match command:
        case Acknowledge():
            accepts = trigger_of(alert, command, acts_for(command, context)) is Trigger.ACCEPT
            return (accept if accepts else acknowledge)(alert, by, since_ms, now_ms, within)
        case TakeOver():
            return take_over(alert, by, since_ms, now_ms, within)
        case HandOver():
            return offer(alert, command.to_team, by, now_ms, within)
        case Snooze():
            what = f"{command.condition}/{command.direction}"
            return snooze(alert, what, to_ms(command.until), by, now_ms, within)
        case Close():
            return end(alert, Trigger.CLOSE, "command.close", now_ms, within, by=by, verdict=command.verdict)
        case _:
            return _worked(alert, command, now_ms, within, state)


def _worked(
    alert: AlertState, command: ContactFailed | Contacted | Note, now_ms: int, within: Terms, state: PatientState
) -> Move:
    """What its owner did."""
    match command:
        case ContactFailed():
            return contact_failed(alert, command.by, now_ms, within, contract_seen(state))
        case Contacted():
            return contacted(alert, command.by, now_ms, within)
        case Note():
            return note(alert, command.by, now_ms, within)
        case _:
            assert_never(command)
