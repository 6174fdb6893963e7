"""The answer to a form, decided on the whole patient: green only if nothing else waits, taken back if it must be."""

from collections.abc import Iterable
from typing import NamedTuple

from schemas.events import AnswersReceived, InputEvent
from schemas.triage import TriageLevel
from streams.core.context import Context
from streams.core.effects import SendReply
from streams.core.evolve import evolve
from streams.core.pro.held import RULE, Filled
from streams.core.replies import EMERGENCY, answer, local_text, phone
from streams.core.rules.refused import DEVICE_STATUS_KIND
from streams.core.state import PatientState
from streams.core.triage import Triage
from streams.core.verdict import Verdict

HOUR_MS, DAY_MS = 3_600_000, 86_400_000

OPEN_ALERT, CONCERN, UNCONFIRMED, UNSAID = "open_alert", "concern", "unconfirmed", "not_green"
OVERDUE, REFUSED, PENDING = "overdue", "refused", "pending"

OLD = "old"
"""The form came when it no longer spoke for the colour."""

WAITS = frozenset({OVERDUE, REFUSED, PENDING, UNSAID})
"""What the patient can mend: the green answer waits for it. Anything else has a person, who answers."""


class Told(NamedTuple):
    """state: knows what the patient was told. reason: for the audit of a form; None = nothing to say of it."""

    state: PatientState
    replies: tuple[SendReply, ...]
    reason: str | None


def obstacles(state: PatientState, triage: Triage, context: Context) -> tuple[str, ...]:
    """Why the patient may not be told that all is well; () = they may."""
    return tuple(
        name
        for name, stands in (
            (OPEN_ALERT, state.alert is not None),
            (CONCERN, bool(triage.concerns)),
            (UNCONFIRMED, any(finding.unconfirmed for finding in triage.findings)),
            (OVERDUE, bool(triage.silence)),
            (REFUSED, _is_refused(state, context)),
            (PENDING, bool(pending(state))),
            (UNSAID, triage.level is not TriageLevel.GREEN),
        )
        if stands
    )


def pending(state: PatientState) -> tuple[str, ...]:
    """Questionnaires that a form asked for and that have not been answered since."""
    asked: dict[str, int] = {}
    for filled in state.answers.values():
        if state.now_ms < filled.until_ms:
            for name in filled.asks:
                asked[name] = max(filled.at_ms, asked.get(name, 0))
    return tuple(name for name in sorted(asked) if not _answered_since(state.answers.get(name), asked[name]))


def _answered_since(filled: Filled | None, asked_ms: int) -> bool:
    """A form that asks for itself again is answered by a newer one only."""
    return filled is not None and (filled.at_ms > asked_ms or (filled.at_ms == asked_ms and not filled.asks))


def _is_refused(state: PatientState, context: Context) -> bool:
    """Was something sent lately that did not count? A good reading of its kind has taken its row away."""
    since = state.now_ms - context.rules.missing.recent_hours * HOUR_MS
    own = [row for row in state.refused if row.kind != DEVICE_STATUS_KIND]
    return any(row.at_ms >= since and row.at_ms > state.handled_ms for row in own)


def tell(state: PatientState, event: InputEvent, verdict: Verdict, triage: Triage, context: Context) -> Told:
    """Answer a form, give a green answer that had to wait, or take one back."""
    if not state.answers and not isinstance(event, AnswersReceived):
        return Told(state, (), None)
    state, taken_back = _take_back(state, event, triage, context)
    if isinstance(event, AnswersReceived):
        told = _form(state, event, verdict, triage, context)
    else:
        told = _held(state, event.id, triage, context)
    return Told(told.state, (*taken_back, *told.replies), told.reason)


def _form(state: PatientState, event: AnswersReceived, verdict: Verdict, triage: Triage, context: Context) -> Told:
    if verdict.answers is None:
        # Refused: a person has to look, and the patient may not believe that all is well. A repeat was answered.
        known = state.is_known and verdict.state is not state
        concerned = known and any(finding.reason == f"{RULE}.form.unreadable" for finding in triage.concerns)
        return Told(state, _yellow(state, event.id, context) if concerned else (), None)
    filled = state.answers[verdict.answers]
    level, tier = TriageLevel(filled.level), filled.tier
    if verdict.late:
        level, tier = verdict.late[0].level, verdict.late[0].tier
    match level:
        case TriageLevel.RED:
            phone = {"phone": _phone(state, context)}
            return Told(state, answer(state, "triage.red", phone, event.id, context, tier=tier), None)
        case TriageLevel.YELLOW:
            return Told(state, _yellow(state, event.id, context, tier), None)
        case TriageLevel.GREEN:
            return _green(state, verdict.answers, event.id, triage, context)


def _green(state: PatientState, name: str, cause: str, triage: Triage, context: Context) -> Told:
    filled = state.answers[name]
    if filled.green_ms:
        return Told(state, (), None)
    stands = obstacles(state, triage, context)
    if state.now_ms >= filled.until_ms:
        stands = (OLD, *stands)
    if stands:
        held = WAITS.issuperset(stands)
        state = _with(state, name, evolve(filled, held=held))
        replies = answer(state, "triage.received", {"phone": _phone(state, context)}, cause, context)
        reason = f"green, not answered automatically: {', '.join(stands)}"
        return Told(state, (*replies, *_missing(state, stands, cause, triage, context)), reason)
    return Told(*_answered(state, name, cause, context), "green, answered automatically")


def _answered(
    state: PatientState, name: str, cause: str, context: Context
) -> tuple[PatientState, tuple[SendReply, ...]]:
    filled = state.answers[name]
    state = _with(state, name, evolve(filled, held=False, green_ms=state.now_ms))
    if filled.next_ms > state.now_ms:
        at = {"at": _local(state, filled.next_ms, context)}
        return state, answer(state, "triage.green", at, cause, context)
    return state, answer(state, "triage.green_last", {}, cause, context)


def _missing(
    state: PatientState, stands: Iterable[str], cause: str, triage: Triage, context: Context
) -> tuple[SendReply, ...]:
    """What the patient can do about it: the first reading that is overdue, or the questionnaire that was asked for."""
    if OVERDUE in stands:
        return answer(state, "reminder.missing", {"kind": min(triage.silence)}, cause, context)
    return answer(state, "reminder.answers", {}, cause, context) if PENDING in stands else ()


def _held(state: PatientState, cause: str, triage: Triage, context: Context) -> Told:
    """A green answer that waited for a reading is given once nothing is in its way; an alert hands it to a person."""
    waiting = [name for name in sorted(state.answers) if state.answers[name].held]
    if not waiting:
        return Told(state, (), None)
    stands = obstacles(state, triage, context)
    replies: tuple[SendReply, ...] = ()
    for name in waiting:
        filled = state.answers[name]
        if not WAITS.issuperset(stands) or state.now_ms >= filled.until_ms:
            state = _with(state, name, evolve(filled, held=False))
        elif not stands:
            state, sent = _answered(state, name, cause, context)
            replies = replies or sent
    return Told(state, replies, None)


def _take_back(
    state: PatientState, event: InputEvent, triage: Triage, context: Context
) -> tuple[PatientState, tuple[SendReply, ...]]:
    """A green answer that would not have been given with what is known now, or that a new reading overtakes.

    The task for a person is the finding `corrected` of the rule, or the alert that the new reading raised.
    """
    replies: tuple[SendReply, ...] = ()
    for name in sorted(state.answers):
        filled = state.answers[name]
        if not filled.green_ms or filled.corrected_ms or not triage.concerns:
            continue
        wrong = f"{RULE}.{name}.corrected" in triage.reasons
        overtaken = not isinstance(event, AnswersReceived) and state.now_ms - filled.green_ms < DAY_MS
        if wrong or overtaken:
            state = _with(state, name, evolve(filled, corrected_ms=state.now_ms))
            blanks = {"at": _deadline(state, context), "phone": _phone(state, context)}
            replies = replies or answer(state, "triage.corrected", blanks, event.id, context, tier=triage.tier)
    return state, replies


def _yellow(state: PatientState, cause: str, context: Context, tier: int = 2) -> tuple[SendReply, ...]:
    blanks = {"at": _deadline(state, context), "phone": _phone(state, context)}
    return answer(state, "triage.yellow", blanks, cause, context, tier=tier)


def _with(state: PatientState, name: str, filled: Filled) -> PatientState:
    return evolve(state, answers={**state.answers, name: filled})


def _deadline(state: PatientState, context: Context) -> str:
    """By when somebody has to have looked; a closed concern has been looked at."""
    return _local(state, state.now_ms if state.alert is None else state.alert.deadline_ms, context)


def _local(state: PatientState, at_ms: int, context: Context) -> str:
    plan = state.plan_at(state.now_ms)
    zone = () if plan is None else context.rules.zones.get(plan.contract.zone, ())
    return local_text(zone, at_ms)


def _phone(state: PatientState, context: Context) -> str:
    """Whom the patient calls."""
    plan = state.plan_at(state.now_ms)
    return EMERGENCY if plan is None else phone(plan, context)
