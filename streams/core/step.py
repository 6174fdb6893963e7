"""The front door of the core: fold one event into one patient's state and say what the world should do."""

from typing import NamedTuple, assert_never

from schemas.audit import Outcome
from schemas.events import (
    AnswersReceived,
    BindingsReceived,
    CarePlanReceived,
    ClinicalOutcomeReceived,
    CommandReceived,
    ConsentReceived,
    DeviceStatusReceived,
    InputEvent,
    InputRefused,
    MeasurementReceived,
    PatientEvent,
    Resumed,
    TimerFired,
)
from schemas.topics import DEVICE_STATUS
from streams.core.asking import came_after_the_end, disputed, ended, lapsed, persons, repeats, unbound, unwatched
from streams.core.command import obey
from streams.core.consent import consent_received, not_watched, planned_without, seen_by, told_of, unconsented
from streams.core.contest import claims
from streams.core.context import Context, later
from streams.core.deadlines import advance, data_due, ladder_due
from streams.core.effects import Effect, PublishScore
from streams.core.enrol import bindings_received, plan_received
from streams.core.escalation.moves import Move, resume
from streams.core.escalation.policy import terms
from streams.core.evolve import evolve
from streams.core.heartbeat import status_received
from streams.core.learning.follow import followed
from streams.core.learning.judge import Judged, judge
from streams.core.learning.labels import ripen
from streams.core.learning.outcome import outcome_received
from streams.core.measure import receive, remember_refused
from streams.core.plan import CLOCK_ENDS_MS, NEVER
from streams.core.pro.receive import answers_received
from streams.core.pro.whole_patient import tell
from streams.core.replies import overruled
from streams.core.scoring import scores
from streams.core.settle import account, decided, settle
from streams.core.state import PatientState
from streams.core.summary import publish
from streams.core.triage import Triage, assess
from streams.core.verdict import Verdict

AS_BEFORE = -1
"""A due time of a step that failed: whatever was due stays due."""


class Step(NamedTuple):
    """state: after the event. due_data_ms, due_ladder_ms: when it next wants time to pass (NEVER = it does not)."""

    state: PatientState
    effects: tuple[Effect, ...]
    due_data_ms: int
    due_ladder_ms: int


def step(state: PatientState, event: PatientEvent, context: Context) -> Step:
    """Fold one event into one patient's state and say what the world should do.

    Total: for every state and event it returns. Time moves first: deadlines at or before the event's
    `now` fire in due order and as of their own due time, then the event is applied.
    """
    stamp = later(state.stamp, event.stamp)
    state = state if stamp is state.stamp else evolve(state, stamp=stamp)
    triage: Triage | None = None
    match event:
        case TimerFired():
            state = evolve(state, path_late=event.path_late)
            after, effects = advance(state, event.until_ms, _data_until(event.data_until_ms, context), context)
        case Resumed():
            after, effects = _resumed(state, event, context)
        case InputRefused():
            after, effects = _refused(state, event, context)
        case (
            MeasurementReceived()
            | AnswersReceived()
            | CommandReceived()
            | CarePlanReceived()
            | BindingsReceived()
            | ConsentReceived()
            | ClinicalOutcomeReceived()
            | DeviceStatusReceived()
        ):
            after, effects, triage = _input(state, event, context)
        case _:
            assert_never(event)
    if not after.is_known:
        return Step(after, tuple(effects), NEVER, NEVER)
    if context.scoring:
        after, examples = ripen(state, after, event.id)
        effects += examples
    if after != state:
        effects.append(publish(after, triage or assess(after, context), event.id, context.rules))
    return Step(after, tuple(effects), data_due(after), ladder_due(after))


def _input(state: PatientState, event: InputEvent, context: Context) -> tuple[PatientState, list[Effect], Triage]:
    now_ms = _later(state, event.received_ms)
    if state.is_known:
        state, effects = advance(_on_time(state), now_ms, _data_until(event.received_ms, context), context)
    else:
        state, effects = evolve(state, now_ms=now_ms), []
    verdict, move = _decide(state, event, context)
    whole, context = context, seen_by(verdict.state, context)
    judged: Judged | None = None
    if verdict.reading is not None and context.scoring:
        stood, judged = judge(verdict.state, context)
        verdict = verdict._replace(state=stood)
    settled = settle(verdict, move, event.id, context)
    after = settled.state
    scored: tuple[PublishScore, ...] = ()
    if context.scoring:
        if verdict.reading is not None:
            scored = scores(after, verdict.reading[0], settled.triage.silence, event.id, judged)
        after = followed(after, verdict, move, scored, event.id)
    told = tell(after, event, verdict, settled.triage, context)
    effects += [*(overruled(settled.effects) if told.replies else settled.effects), *scored, *told.replies]
    effects += _told_beside(state, event, verdict, after, whole if isinstance(event, ConsentReceived) else context)
    if told.reason is not None and verdict.reason is None:
        verdict = verdict._replace(reason=told.reason)
    effects += account(event, verdict, settled, context)
    return told.state, effects, settled.triage


def _told_beside(
    state: PatientState, event: InputEvent, verdict: Verdict, after: PatientState, context: Context
) -> list[Effect]:
    """What the patient hears of an input beside the colour."""
    if verdict.outcome is Outcome.REJECTED_CONSENT:
        return [*not_watched(state, after, event.id, context)]
    if isinstance(event, ConsentReceived):
        return [*told_of(state.permit, state.alert, after, event.id, context)]
    if isinstance(event, AnswersReceived):
        return [*unwatched(after, verdict, event.id, context)]
    if isinstance(event, BindingsReceived):
        return [*lapsed(state, after.now_ms, after, event.id, context), *claims(state, after, event.id)]
    if isinstance(event, CommandReceived):
        return [*disputed(state, after, event.id, context)]
    if isinstance(event, MeasurementReceived):
        return _told_of_reading(state, verdict, after, event.id, context)
    if isinstance(event, CarePlanReceived):
        told_end = ended(state.clocked_plan, after, event.id, context)
        return [*told_end, *planned_without(state, after, event.id, context)]
    return []


def _told_of_reading(
    state: PatientState, verdict: Verdict, after: PatientState, cause: str, context: Context
) -> list[Effect]:
    refused = verdict.outcome is not None and not verdict.outcome.is_accepted
    if not refused:
        return [*persons(verdict, after, cause, context), *came_after_the_end(after, verdict, cause, context)]
    told = unwatched(after, verdict, cause, context) or unbound(after, verdict, cause, context)
    return [*told] or [*repeats(state, after, cause, context)]


def _decide(state: PatientState, event: InputEvent, context: Context) -> tuple[Verdict, Move | None]:
    match event:
        case MeasurementReceived():
            return receive(state, event, context), None
        case AnswersReceived():
            return answers_received(state, event, context), None
        case CommandReceived():
            return obey(state, event, context)
        case DeviceStatusReceived():
            return status_received(state, event, context), None
        case _:
            return _stated(state, event, context), None


def _stated(
    state: PatientState,
    event: CarePlanReceived | BindingsReceived | ConsentReceived | ClinicalOutcomeReceived,
    context: Context,
) -> Verdict:
    """What its owner says of the patient."""
    match event:
        case CarePlanReceived():
            return plan_received(state, event, context)
        case BindingsReceived():
            return bindings_received(state, event, context)
        case ConsentReceived():
            return consent_received(state, event, context)
        case ClinicalOutcomeReceived():
            return outcome_received(state, event)
        case _:
            assert_never(event)


def _refused(state: PatientState, event: InputRefused, context: Context) -> tuple[PatientState, list[Effect]]:
    """Intake has audited it; here it only becomes something the team sees. An unknown pseudonym makes no state."""
    if not state.is_known:
        return state, []
    now_ms = _later(state, event.received_ms)
    state, effects = advance(_on_time(state), now_ms, _data_until(event.received_ms, context), context)
    if event.source.topic == DEVICE_STATUS:
        return state, effects  # a heartbeat that cannot be read is no reading; quiet is found by its slot
    refusal = unconsented(state)
    if refusal is not None:  # nothing of theirs is looked at
        return refusal.state, [*effects, *not_watched(state, refusal.state, event.id, context)]
    context = seen_by(state, context)
    remembered = remember_refused(state, event.kind or "", event.outcome, event.measured_ms, event.milli)
    settled = settle(Verdict(remembered, None), None, event.id, context)
    asked = repeats(state, settled.state, event.id, context)
    return settled.state, [*effects, *settled.effects, *asked, *decided(settled, event.id, context, "input.refused")]


def _resumed(state: PatientState, event: Resumed, context: Context) -> tuple[PatientState, list[Effect]]:
    """Up to where the watch stood still the ladder moves as always; the gap is given back to its clock.

    Data deadlines wait: what was sent meanwhile may still be on its way.
    """
    if not state.is_known:
        return state, []
    before = max(state.now_ms, min(event.from_ms, event.to_ms))
    state, effects = advance(state, before, 0, context)
    now_ms = _later(state, event.to_ms)
    alert, plan = state.alert, state.plan_at(now_ms)
    if alert is not None:
        context = seen_by(state, context)
        within = terms(context, alert.team, None if plan is None else plan.contract)
        alert = resume(alert, event.from_ms, now_ms, within)
    return evolve(state, alert=alert, now_ms=now_ms), effects


def _data_until(at_ms: int, context: Context) -> int:
    """How far data deadlines may fire: not at all while readings that were held back may be on their way."""
    return 0 if context.resting else at_ms


def _later(state: PatientState, at_ms: int) -> int:
    """The patient's clock when something of this time comes: it never goes back."""
    return max(state.now_ms, min(at_ms, CLOCK_ENDS_MS))


def _on_time(state: PatientState) -> PatientState:
    """An input of the patient's own: what falls due before it does so with all that had arrived."""
    return evolve(state, path_late=False) if state.path_late else state
