"""Settle: after any change, triage anew, move the alert accordingly, and write down what was decided and why."""

from typing import NamedTuple

from schemas.alert import AlertStep, AlertStepType
from schemas.audit import AuditBody, Decision, Outcome, SourceRef
from schemas.base import rfc3339
from schemas.events import InputEvent
from schemas.ids import UNASSIGNED_TEAM, make_id
from schemas.triage import Finding
from streams.core.adherence.absence import called_back
from streams.core.asking import red_left_open
from streams.core.context import Context
from streams.core.effects import Effect, PublishAlert, RejectInput, SendReply, WriteAudit
from streams.core.escalation.ladder import Phase, phase_of
from streams.core.escalation.letters import device_letter
from streams.core.escalation.messages import tell
from streams.core.escalation.moves import MAX_REASONS, TEAM_CHANGED, Move, clock_of
from streams.core.evolve import evolve
from streams.core.react import just_arrived, react, unanswered
from streams.core.replies import of_triage
from streams.core.state import AlertState, PatientState, Shown
from streams.core.triage import Triage, assess
from streams.core.verdict import Verdict
from streams.core.withdraw import reconsider

NEWS = frozenset({AlertStepType.RAISED, AlertStepType.UPGRADED})


class Settled(NamedTuple):
    """state: with alert and `shown` in step with the triage. moves: steps taken. changed: the triage differs."""

    state: PatientState
    triage: Triage
    moves: tuple[Move, ...]
    effects: tuple[Effect, ...]
    changed: bool


def settle(verdict: Verdict, move: Move | None, cause: str, context: Context) -> Settled:
    """Bring triage and alert in step with the state. `move` is a step already taken by a command or a deadline."""
    state = verdict.state
    state, effects = _told(state, move, cause, context)
    triage = assess(state, context)
    concerns = (*triage.concerns, *verdict.late)
    held = () if state.alert is None else state.alert.reasons
    crowded = _crowded(move)
    ended = None
    if verdict.withdrew is not None:
        state, ended = reconsider(state, verdict.withdrew, triage, context)
    state, more = _told(state, ended, cause, context)
    effects += more
    state, reactions, last = _reacted(state, unanswered(state, held, concerns, verdict, crowded), cause, context)
    effects += last
    moves = tuple(m for m in (move, ended, *reactions) if m is not None)
    shown = Shown(
        None if triage.level is None else str(triage.level),
        triage.tier,
        triage.reasons,
        tuple(sorted(triage.silence)) if triage.silence else (),
    )
    state = called_back(state, triage)
    before, changed = state.shown, shown != state.shown
    if changed:
        state = evolve(state, shown=shown)
        effects += device_letter(state, before, cause, context)
    if verdict.answers is None and not any(isinstance(effect, SendReply) for effect in effects):
        effects += of_triage(state, before, moves, cause, context)
    if triage.recheck_ms != state.recheck_ms:
        state = evolve(state, recheck_ms=triage.recheck_ms)
    return Settled(state, triage, moves, tuple(effects), changed)


def _reacted(
    state: PatientState, concerns: list[Finding], cause: str, context: Context
) -> tuple[PatientState, list[Move], list[Effect]]:
    """What the alert does about the concerns, and all that is told. A plan that gives it to another team may bring
    limits with it: then it follows these too, and does not wait for the next input."""
    reactions: list[Move] = []
    effects: list[Effect] = []
    for _ in range(2):
        state, move = react(state, concerns, cause, context)
        state, told = _told(state, move, cause, context)
        effects += [*told, *red_left_open(state, move, cause, context)]
        reactions += [] if move is None else [move]
        if move is None or move.reason != TEAM_CHANGED:
            break
    return state, reactions, effects


def _crowded(move: Move | None) -> AlertState | None:
    """The alert that a person has just closed, where it had no room for more reasons: some were never shown."""
    if move is None or move.step is not AlertStepType.CLOSED or len(move.alert.reasons) < MAX_REASONS:
        return None
    return move.alert


def _told(state: PatientState, move: Move | None, cause: str, context: Context) -> tuple[PatientState, list[Effect]]:
    """The step to the teams, the messages to people, and the alert that remembers whom it has told."""
    if move is None:
        return state, []
    alert, messages = tell(move, state, cause, context)
    effects: list[Effect] = [*_publish(move, state, cause, context), *messages]
    return state if state.alert is None else evolve(state, alert=alert), effects


def _publish(move: Move, state: PatientState, cause: str, context: Context) -> list[Effect]:
    """The step, once to each team it concerns, under one id: who reads two topics still sees it once."""
    alert = move.alert
    ended = phase_of(alert) is Phase.ENDED
    known = alert.team in context.teams
    plan = state.planned_at(alert.evidence_ms) or state.planned_at(state.now_ms)
    step = AlertStep(
        type=move.step,
        alert_id=alert.id,
        sequence=alert.sequence,
        patient=state.patient,
        team=alert.team,
        level=alert.level,
        tier=clock_of(alert),
        reasons=alert.reasons if known else (*alert.reasons, "team.unknown"),
        unconfirmed=alert.unconfirmed,
        at=rfc3339(state.now_ms),
        raised_at=rfc3339(alert.raised_ms),
        measured_at=rfc3339(alert.evidence_ms),
        page_from=None if ended else rfc3339(alert.page_ms),
        next_deadline=None if ended else rfc3339(alert.deadline_ms),
        rung=alert.rung,
        plan_version=None if plan is None else plan.contract.version,
        reason=move.reason,
        by=move.by,
        verdict=move.verdict,
        owner=None if ended else alert.owner,
        to_team=alert.to_team,
        next_contact=move.next_contact,
        unattended_s=alert.alone_ms // 1000,
    )
    step_id = make_id(cause, "alert", alert.id, alert.sequence)
    topics = dict.fromkeys(team if team in context.teams else UNASSIGNED_TEAM for team in move.teams)
    return [
        PublishAlert(step_id, team, state.now_ms, step, move.alone_ms if first else 0)
        for team, first in zip(topics, (True, *(False for _ in topics)), strict=False)
    ]


def account(event: InputEvent, verdict: Verdict, settled: Settled, context: Context) -> list[Effect]:
    """The input's one terminal outcome, and its bytes on rejected.v1 when it does not count."""
    state = settled.state
    carried = _carried(verdict, settled)
    outcome = verdict.outcome or _outcome(settled, carried)
    measured_ms = None if verdict.reading is None else verdict.reading[1].at_ms
    suppressed = outcome is Outcome.ACCEPTED_SUPPRESSED and state.alert is not None
    source = event.source
    body = AuditBody(
        id=make_id(event.id, "outcome"),
        type="outcome",
        source=SourceRef(topic=source.topic, partition=source.partition, offset=source.offset),
        patient=event.patient,
        outcome=outcome,
        reason=verdict.reason,
        next_step=verdict.next_step,
        at=rfc3339(max(state.now_ms, event.received_ms)),
        decision=decision(settled, context, measured_ms) if outcome.is_accepted else None,
        carried_by=state.alert.id if suppressed and state.alert else None,
        until=rfc3339(state.alert.deadline_ms) if suppressed and state.alert else None,
        suppressed=carried if suppressed else None,
        by=verdict.by,
    )
    effects: list[Effect] = [WriteAudit(max(state.now_ms, event.received_ms), body)]
    if not outcome.is_accepted:
        effects.append(
            RejectInput(
                make_id(event.id, "rejected"),
                event,
                outcome.value,
                verdict.reason or "",
                verdict.next_step or "",
            )
        )
    return effects


def _outcome(settled: Settled, carried: tuple[str, ...]) -> Outcome:
    if any(move.step in NEWS for move in settled.moves):
        return Outcome.ACCEPTED_ALERT
    return Outcome.ACCEPTED_SUPPRESSED if carried else Outcome.ACCEPTED_NO_ALERT


def _carried(verdict: Verdict, settled: Settled) -> tuple[str, ...]:
    """Reasons of the concerns that rest on this input and are part of the open alert; empty = none, or no alert."""
    alert, reading = settled.state.alert, verdict.reading
    if alert is None:
        return ()
    found = [late.reason for late in verdict.late if late.reason in alert.reasons]
    if reading is not None:
        key, at_ms = f"{reading[0]}_milli", reading[1].at_ms
        found += [one.reason for one in settled.triage.concerns if key in one.evidence and one.at_ms >= at_ms]
    if verdict.answers is not None:
        found += [one.reason for one in settled.triage.concerns if just_arrived(one, settled.state, verdict)]
    return tuple(dict.fromkeys(found))


def decided(settled: Settled, cause: str, context: Context, why: str = "time.passed") -> list[Effect]:
    """What time alone, or a refused input, brought about; nothing is written when nothing changed.

    why: the reason code where no step of an alert has one.
    """
    if not settled.moves and not settled.changed:
        return []
    state = settled.state
    body = AuditBody(
        id=make_id(cause, "decision"),
        type="decision",
        source=None,
        patient=state.patient,
        outcome=None,
        reason=settled.moves[0].reason if settled.moves else why,
        next_step=None,
        at=rfc3339(state.now_ms),
        decision=decision(settled, context),
    )
    return [WriteAudit(state.now_ms, body)]


def decision(settled: Settled, context: Context, at_ms: int | None = None) -> Decision:
    """Colour, reasons and everything needed to decide it again.

    at_ms: when the reading that counts was measured, which chooses the plan; None = there is none.
    """
    state, triage = settled.state, settled.triage
    plan = state.plan_at(state.now_ms if at_ms is None else at_ms)
    alert = settled.moves[-1].alert if settled.moves else state.alert
    stamp = state.stamp
    return Decision(
        level=None if triage.level is None else str(triage.level),
        tier=triage.tier,
        reasons=triage.reasons,
        alert_id=None if alert is None else alert.id,
        alert_sequence=None if alert is None else alert.sequence,
        plan_version=None if plan is None else plan.contract.version,
        stamp=(stamp.coverage, stamp.rules, stamp.models),
        rules_digest=context.rules.digest,
        code=context.code,
        model_digest=None if context.models.may_colour is None else context.models.may_colour.digest,
        held=tuple(finding.reason for finding in triage.findings if "held" in finding.evidence) or None,
    )
