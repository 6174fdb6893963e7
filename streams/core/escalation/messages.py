"""Messages: what each step sends to people, as effects. Codes only; what a channel makes of them is its business."""

from collections.abc import Iterable

from schemas.alert import AlertStepType
from schemas.base import rfc3339
from schemas.notice import Notice, NoticeAction, Origin, notice_id
from schemas.plan import CarePlan
from schemas.triage import TriageLevel
from streams.core.context import Context
from streams.core.effects import Effect, SendNotice, SendReply
from streams.core.escalation.ladder import WAITING, phase_of
from streams.core.escalation.moves import Move, clock_of
from streams.core.escalation.origin import origin
from streams.core.escalation.policy import MINUTE_MS, Terms, terms
from streams.core.escalation.recipients import Addressee, device_owner, on_call, outside, parse, rung_addressees
from streams.core.evolve import evolve
from streams.core.plan import NEVER
from streams.core.replies import answer, local_text
from streams.core.state import AlertState, PatientState

MAX_TOLD = 24
"""Addressees remembered per alert, so that who was paged hears when somebody has it and when it is over."""

PAGES = frozenset({AlertStepType.RAISED, AlertStepType.UPGRADED, AlertStepType.ESCALATED})
FINDS = frozenset({AlertStepType.RAISED, AlertStepType.UPGRADED, AlertStepType.JOINED})
TAKEN = frozenset({AlertStepType.ACKNOWLEDGED, AlertStepType.TAKEN_OVER, AlertStepType.SNOOZED})
OVER = frozenset({AlertStepType.CLOSED, AlertStepType.WITHDRAWN, AlertStepType.EXPIRED})

KEEPS_SENDING = ".keeps_sending"
"""End of the reason code of a device that is not bound and sends on."""

TELLS_PATIENT_AT = 3
"""From this rung of a tier 4 or 5 the patient is told to call (escalation.json: with the duty lead, at 30 minutes)."""


def tell(move: Move, state: PatientState, cause: str, context: Context) -> tuple[AlertState, list[Effect]]:
    """The messages of one step, and the alert that remembers whom it has told. state: with the alert as it stands."""
    plan = state.plan_at(state.now_ms)
    contract = None if plan is None else plan.contract
    within = terms(context, move.alert.team, contract)
    effects: list[Effect] = []
    for action, addressees in _addressed(move, within, contract, context):
        to = [one for one in _once(addressees) if not _is_barred(one, action, state)]
        rests_on = origin(state, move.alert, context) if to and action is NoticeAction.TRIGGER else None
        effects += [SendNotice(move.at_ms, _notice(move, state, action, one, rests_on)) for one in to]
    effects += [SendNotice(move.at_ms, one) for one in _to_device_owner(move, within, state)]
    paged = [e.notice for e in effects if isinstance(e, SendNotice) and e.notice.action is NoticeAction.TRIGGER]
    told = [f"{notice.role}/{notice.recipient}/{notice.channel}" for notice in paged]
    alert = evolve(move.alert, told=tuple(dict.fromkeys((*move.alert.told, *told)))[:MAX_TOLD])
    if paged and move.step in PAGES:
        alert = evolve(alert, pending=tuple(notice.id for notice in paged))
    replies, alert = _replies(move, alert, state, cause, within, context)
    return alert, [*effects, *replies]


def _is_barred(one: Addressee, action: NoticeAction, state: PatientState) -> bool:
    """Has the patient blocked this person, or what they are told as? Who was paged still hears that it is over."""
    permit = state.permit
    return permit is not None and action is not NoticeAction.RESOLVE and permit.bars(one.role, one.id)


def _once(addressees: Iterable[Addressee]) -> Iterable[Addressee]:
    """Each person once on each channel, whatever brought them in."""
    return {str(one): one for one in addressees}.values()


Addressed = tuple[NoticeAction, list[Addressee]]


def _addressed(move: Move, within: Terms, plan: CarePlan | None, context: Context) -> Iterable[Addressed]:
    alert = move.alert
    before = [] if move.before is None else [parse(text) for text in move.before.told]
    match move.step:
        case step if step in PAGES:
            if phase_of(alert) in WAITING and not _is_held_back(move):
                yield NoticeAction.TRIGGER, _paged(move, within, plan)
        case step if step in TAKEN:
            yield NoticeAction.ACKNOWLEDGE, before
        case step if step in OVER:
            yield NoticeAction.RESOLVE, [parse(text) for text in alert.told]
            if step is AlertStepType.CLOSED and alert.level is TriageLevel.RED:
                yield NoticeAction.INFORM, outside(plan, "gp")
        case _:
            yield from _between_teams(move, within, plan, context)


def _between_teams(move: Move, within: Terms, plan: CarePlan | None, context: Context) -> Iterable[Addressed]:
    """Who is asked elsewhere, and who may stop waiting here."""
    alert = move.alert
    before = [] if move.before is None else [parse(text) for text in move.before.told]
    match move.step:
        case AlertStepType.OFFERED:
            asked = terms(context, alert.to_team or alert.team, plan)
            yield NoticeAction.TRIGGER, rung_addressees(asked, clock_of(alert), 0, move.at_ms)
        case AlertStepType.HANDED_OVER:
            yield NoticeAction.RESOLVE if move.by is None else NoticeAction.ACKNOWLEDGE, before
            if move.by is None:
                yield NoticeAction.TRIGGER, _rung(move, within)
        case AlertStepType.CONTACT_FAILED:
            yield NoticeAction.TRIGGER, outside(plan, move.next_contact or "")
        case _:
            return


def _to_device_owner(move: Move, within: Terms, state: PatientState) -> Iterable[Notice]:
    """A letter at once to whoever gives out devices, about the device alone: nothing clinical is in it."""
    alert = move.alert
    fresh = [r for r, at in zip(alert.reasons, alert.brought, strict=False) if at == alert.sequence]
    about = tuple(reason for reason in fresh if reason.endswith(KEEPS_SENDING))
    owner = None if within.team is None else within.team.device_owner
    if owner is None or not about or move.step not in FINDS:
        return
    for one in device_owner(owner):
        notice = _notice(move, state, NoticeAction.INFORM, one, None)
        yield notice.model_copy(update={"reasons": about, "level": TriageLevel.YELLOW, "tier": 2, "unconfirmed": False})


def _is_held_back(move: Move) -> bool:
    """Only the paging of an unconfirmed value waits."""
    return move.alert.unconfirmed and move.alert.page_ms > move.at_ms


def _paged(move: Move, within: Terms, plan: CarePlan | None) -> list[Addressee]:
    unread: list[Addressee] = []
    if move.is_unread:
        unread = on_call(within) or outside(plan, "relative", "home_care")
    if move.reason == "reply.unread":
        return unread
    return [*_rung(move, within), *unread]


def _rung(move: Move, within: Terms) -> list[Addressee]:
    alert = move.alert
    return rung_addressees(within, clock_of(alert), alert.rung - alert.rung0, move.at_ms)


def _notice(move: Move, state: PatientState, action: NoticeAction, to: Addressee, rests_on: Origin | None) -> Notice:
    alert = move.alert
    waits = to.not_before_ms > move.at_ms and action is NoticeAction.TRIGGER
    return Notice(
        id=notice_id(alert.id, alert.sequence, action, to.id, to.channel),
        action=action,
        alert_id=alert.id,
        sequence=alert.sequence,
        patient=state.patient,
        team=alert.team,
        recipient=to.id,
        role=to.role,
        channel=to.channel,
        level=alert.level,
        tier=clock_of(alert),
        rung=alert.rung,
        reasons=alert.reasons,
        unconfirmed=alert.unconfirmed,
        at=rfc3339(move.at_ms),
        raised_at=rfc3339(alert.raised_ms),
        not_before=rfc3339(to.not_before_ms) if waits else None,
        deliver_by=rfc3339(alert.deadline_ms) if action is NoticeAction.TRIGGER else None,
        verdict=move.verdict,
        by=move.by,
        origin=rests_on,
    )


def _replies(
    move: Move, alert: AlertState, state: PatientState, cause: str, within: Terms, context: Context
) -> tuple[list[SendReply], AlertState]:
    """The automatic answer to the patient that belongs to this step. It is no action: nothing of the ladder stops."""
    key = _reply_key(move, within)
    if key is None or state.alert is None:
        return [], alert
    parameters = {}
    if key != "emergency.call_112":
        parameters["phone"] = (within.team.patient_phone if within.team is not None else None) or "112"
    if key == "unread.outside_hours" and within.calendar is not None:
        parameters["at"] = local_text(within.calendar.zone, within.reads_from(move.at_ms))
    waits = key != "information.contact" and phase_of(alert) in WAITING
    read_by_ms = move.at_ms + within.ladder.unread_min * MINUTE_MS if waits else None
    sent = answer(state, key, parameters, cause, context, tier=clock_of(alert), read_by_ms=read_by_ms)
    if sent and read_by_ms is not None:
        alert = evolve(alert, reply_id=sent[0].reply.id, read_by_ms=read_by_ms)
    return list(sent), alert


def _reply_key(move: Move, within: Terms) -> str | None:
    alert, clock = move.alert, clock_of(move.alert)
    if move.step is AlertStepType.CONTACT_FAILED:
        return {"patient": "information.contact", "emergency": "emergency.call_112"}.get(move.next_contact or "")
    if move.step not in PAGES or move.is_unread or _is_held_back(move) or alert.level is not TriageLevel.RED:
        return None
    if move.step is AlertStepType.ESCALATED:
        climbed = clock >= 4 and alert.rung - alert.rung0 == TELLS_PATIENT_AT
        return "unread.nobody_answers" if climbed else None
    if clock >= 5:
        return "emergency.call_112"
    if within.is_covered(move.at_ms):
        return None
    return "unread.outside_hours" if within.reads_from(move.at_ms) < NEVER else "unread.nobody_answers"
