"""Replies: automatic answers to the patient. They say what happens next; they are never an action on the alert."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from schemas.base import rfc3339
from schemas.ids import make_id
from schemas.notice import Reply
from schemas.replies import REPLIES, render
from streams.core.adherence.slots import Zone, local_to_ms, offset_s
from streams.core.context import Context
from streams.core.effects import SendReply
from streams.core.plan import Plan
from streams.core.state import PatientState

WAKE_TIER = 3
"""Patients are woken for this tier and above; the rest waits for the morning. Issue text; our reading of Danish
telemonitoring practice, a clinician signs another."""

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

    key, parameters: a row of schemas.replies and its blanks. cause: id of the event or deadline; with the key it
    makes the reply's id, so one cause gives each text once. tier: of what it is about, decides whether it may wake.
    plan: whose language and team to use when none is in force: to say that nobody watches any more.
    """
    plan = state.plan_at(state.now_ms) or plan
    if plan is None:
        return ()
    contract, row = plan.contract, REPLIES[key]
    zone = context.rules.zones.get(contract.zone, ())
    waits_ms = state.now_ms if tier >= WAKE_TIER else after_night(zone, state.now_ms)
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
