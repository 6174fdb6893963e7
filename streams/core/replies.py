"""Replies: automatic answers to the patient. They say what happens next; they are never an action on the alert.

Once per change of what the patient would be told, not once per reading: see `of_change`.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from schemas.base import rfc3339
from schemas.ids import make_id
from schemas.notice import Reply, ReplyKind
from schemas.replies import render
from schemas.reply_texts import REPLIES
from schemas.triage import TriageLevel
from schemas.vitals import VITALS
from streams.core.adherence.slots import MINUTE_MS, Zone, local_to_ms, next_occurrence, offset_s
from streams.core.context import Context
from streams.core.effects import Effect, SendReply
from streams.core.escalation.moves import Move
from streams.core.plan import NEVER, Plan
from streams.core.state import PatientState, Shown

WAKE_TIER = 3
"""Patients are woken for this tier and above; the rest waits for the morning. Issue text; our reading of Danish
telemonitoring practice, a clinician signs another."""

EMERGENCY_TIER, EMERGENCY = 5, "112"
"""clinical/escalation.json, tier 5: the patient or carer calls 112."""

QUIET_FROM, QUIET_UNTIL = "22:00", "07:00"
"""Local night, in the plan's zone. 07:00 is given; 22:00 is our choice, the usual start of quiet hours at home."""


def answer(
    state: PatientState,
    key: str,
    parameters: Mapping[str, str],
    cause: str,
    context: Context,
    *,
    tier: int = 0,
    read_by_ms: int | None = None,
    plan: Plan | None = None,
) -> tuple[SendReply, ...]:
    """One answer, rendered; empty without a plan in force, because then all messages to the patient stop.

    A plan that shows no colour gets `triage.received` instead of any answer with one, or nothing; so does a patient
    who wants none shown.
    key, parameters: a row of schemas.reply_texts and its blanks. cause: id of the event or deadline; with the key it
    makes the reply's id, so one cause gives each text once. tier: of what it is about, decides whether it may wake.
    plan: whose language and team to use when none is in force: to say that nobody watches any more.
    """
    plan = state.plan_at(state.now_ms) or plan
    if plan is None:
        return ()
    contract = plan.contract
    if REPLIES[key].kind is ReplyKind.TRIAGE and (shows := _shows(state, plan)) in ("off", "received"):
        if shows == "off":
            return ()
        key, parameters = "triage.received", {"phone": phone(plan, context)}
    row = REPLIES[key]
    waits_ms = state.now_ms if tier >= WAKE_TIER else after_night(_zone(plan, context), state.now_ms)
    body = Reply(
        id=make_id(cause, "reply", key),
        kind=row.kind,
        patient=state.patient,
        team=contract.team,
        level=row.level,
        text_key=key,
        parameters=dict(sorted(parameters.items())),
        language=contract.language,
        text_da=render(key, parameters, "da"),
        text_en=render(key, parameters, "en"),
        wants_read=row.wants_read,
        at=rfc3339(state.now_ms),
        plan_version=contract.version,
        alert_id=None if state.alert is None else state.alert.id,
        not_before=None if waits_ms == state.now_ms else rfc3339(waits_ms),
        read_by=None if read_by_ms is None else rfc3339(read_by_ms),
    )
    return (SendReply(state.now_ms, body),)


def of_triage(
    state: PatientState, before: Shown | None, moves: Sequence[Move], cause: str, context: Context
) -> tuple[SendReply, ...]:
    """The answer to a change of triage by readings or time; empty when the patient would be told nothing new.

    before: what was shown until now; `state.shown` is what is shown from now on. moves: steps the alert took.
    Forms are answered by `pro/whole_patient.py`. Blue says nothing here: what is missing is a reminder's matter.
    """
    plan = state.plan_at(state.now_ms)
    if plan is None or _shows(state, plan) != "all":
        return ()
    unconfirmed = state.alert is not None and state.alert.unconfirmed
    was_unconfirmed = any(move.reason.startswith("confirm.") for move in moves) or (not moves and unconfirmed)
    now = _said(state.shown, unconfirmed=unconfirmed)
    if now is None or now == _said(before, unconfirmed=was_unconfirmed):
        return ()
    return _filled_in(now, state, plan, cause, context)


def overruled(effects: Iterable[Effect]) -> list[Effect]:
    """The effects without answers to a triage: a form, or the green that waited for this reading, says it better."""
    return [one for one in effects if not isinstance(one, SendReply) or one.reply.kind is not ReplyKind.TRIAGE]


def _said(shown: Shown | None, *, unconfirmed: bool) -> str | None:
    """Which text a triage calls for; None = none."""
    if shown is None or shown.level is None:
        return None
    if shown.level == TriageLevel.GREEN:
        return "triage.green"
    if shown.tier >= EMERGENCY_TIER:
        return "emergency.call_112"
    if unconfirmed:
        return "repeat.measure"
    return f"triage.{shown.level}"


def _filled_in(key: str, state: PatientState, plan: Plan, cause: str, context: Context) -> tuple[SendReply, ...]:
    """The text with its blanks, or the one that needs fewer of them."""
    assert state.shown is not None, "there is a colour"
    parameters: dict[str, str] = {}
    zone = _zone(plan, context)
    match key:
        case "triage.green":
            at_ms = next_time(plan, zone, state)
            key = "triage.green_last" if at_ms is None else key
            parameters = {} if at_ms is None else {"at": local_text(zone, at_ms)}
        case "triage.yellow" if state.alert is not None:
            parameters = {"phone": phone(plan, context), "at": local_text(zone, state.alert.deadline_ms)}
        case "triage.yellow" | "triage.red":
            key = "triage.yellow_known" if key == "triage.yellow" else key
            parameters = {"phone": phone(plan, context)}
        case "repeat.measure":
            parameters = {"kind": _extreme_kind(state.shown)}
        case _:
            pass
    return answer(state, key, parameters, cause, context, tier=state.shown.tier)


def _shows(state: PatientState, plan: Plan) -> str:
    """What automatic answers say: as the plan has it, without the colour where the patient has withdrawn that."""
    said = plan.contract.replies
    return "received" if said in ("all", "forms") and state.withholds("showing") else said


def _zone(plan: Plan, context: Context) -> Zone:
    return context.rules.zones.get(plan.contract.zone, ())


def phone(plan: Plan, context: Context) -> str:
    """Whom the plan's patients call; 112 where coverage names nobody, because that one always answers."""
    team = context.teams.get(plan.contract.team)
    return EMERGENCY if team is None or team.patient_phone is None else team.patient_phone


def next_time(plan: Plan, zone: Zone, state: PatientState) -> int | None:
    """When something is next expected of the patient: the slot's own time, not the end of its grace. None = never."""
    found = []
    for slot in plan.contract.slots:
        clock = state.slots.get(slot.id)
        if clock is None:
            continue
        grace_ms, due_ms = slot.grace_min * MINUTE_MS, clock.due_ms
        while due_ms - grace_ms <= state.now_ms and due_ms < NEVER:
            due_ms = next_occurrence(slot, zone, due_ms)[1]
        if due_ms < NEVER:
            found.append(due_ms - grace_ms)
    return min(found, default=None)


def _extreme_kind(shown: Shown) -> str:
    """The kind to measure again: the first that a reason names. `input` where none does."""
    parts = (part for code in shown.reasons for part in code.split("."))
    return next((part for part in parts if part in VITALS), "input")


def after_night(zone: Zone, now_ms: int) -> int:
    """`now_ms` by day; in the local night the end of it."""
    local = datetime.fromtimestamp(now_ms // 1000 + offset_s(zone, now_ms), UTC)
    clock = f"{local:%H:%M}"
    if clock >= QUIET_FROM:
        return local_to_ms(zone, local.date() + timedelta(1), QUIET_UNTIL)
    return local_to_ms(zone, local.date(), QUIET_UNTIL) if clock < QUIET_UNTIL else now_ms


def local_text(zone: Zone, at_ms: int) -> str:
    """An instant as the blank {at} takes it: local date and time to the minute."""
    return f"{datetime.fromtimestamp(at_ms // 1000 + offset_s(zone, at_ms), UTC):%Y-%m-%dT%H:%M}"
