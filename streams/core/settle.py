"""Settle: after any change, triage anew, move the alert accordingly, and write down what was decided and why."""

from collections.abc import Sequence
from dataclasses import dataclass

from schemas.alert import AlertStep, AlertStepType
from schemas.audit import AuditBody, Decision, Outcome, SourceRef
from schemas.base import rfc3339
from schemas.events import InputEvent
from schemas.ids import UNASSIGNED_TEAM, make_id
from schemas.triage import Finding
from streams.core.context import Context
from streams.core.effects import Effect, PublishAlert, RejectInput, WriteAudit
from streams.core.escalation.ladder import (
    MAX_REASONS,
    Move,
    Phase,
    Trigger,
    absorb,
    end,
    open_alert,
    phase_of,
    worsen,
)
from streams.core.evolve import evolve
from streams.core.state import AlertState, PatientState, Shown
from streams.core.triage import Triage, assess
from streams.core.verdict import Verdict
from streams.core.withdraw import reconsider

NEWS = frozenset({AlertStepType.RAISED, AlertStepType.UPGRADED})


@dataclass(frozen=True, slots=True)
class Settled:
    """state: with alert and `shown` in step with the triage. moves: steps taken. changed: the triage differs."""

    state: PatientState
    triage: Triage
    moves: tuple[Move, ...]
    effects: tuple[Effect, ...]
    changed: bool


def settle(verdict: Verdict, move: Move | None, cause: str, context: Context) -> Settled:
    """Bring triage and alert in step with the state. `move` is a step already taken by a command or a deadline."""
    state = verdict.state
    triage = assess(state, context)
    concerns = triage.concerns if verdict.late is None else (*triage.concerns, verdict.late)
    held = () if state.alert is None else state.alert.reasons
    ended = None
    if verdict.withdrew is not None:
        state, ended = reconsider(state, verdict.withdrew, triage, context)
    state, reaction = _react(state, _unanswered(state, held, concerns, verdict), cause, context)
    moves = tuple(m for m in (move, ended, reaction) if m is not None)
    shown = Shown(
        None if triage.level is None else triage.level.value,
        triage.tier,
        triage.reasons,
        tuple(sorted(triage.silence)),
    )
    changed = shown != state.shown
    if changed:
        state = evolve(state, shown=shown)
    if triage.recheck_ms != state.recheck_ms:
        state = evolve(state, recheck_ms=triage.recheck_ms)
    effects = tuple(_publish(m, state, cause, context) for m in moves)
    return Settled(state, triage, moves, effects, changed)


def _unanswered(
    state: PatientState, held: Sequence[str], concerns: Sequence[Finding], verdict: Verdict
) -> list[Finding]:
    """Concerns that no person has closed: part of the open alert, newer than what was closed, or just arrived.

    A reading may be measured before the evidence of a closed alert and arrive after it: nobody has seen it.
    """
    return [
        finding
        for finding in concerns
        if finding.at_ms > state.handled_ms or finding.reason in held or _just_arrived(finding, state, verdict)
    ]


def _just_arrived(finding: Finding, state: PatientState, verdict: Verdict) -> bool:
    """Does the finding rest on the reading or form that is being accounted for?"""
    if finding is verdict.late:
        return True
    if verdict.answers is not None:
        return finding.reason.startswith(f"pro.{verdict.answers}.")
    if verdict.reading is None:
        return False
    kind, point = verdict.reading
    if finding.reason == f"limits.{kind}.was_red" or finding.evidence.get("kind") == kind:
        return finding.at_ms == point.at_ms
    points = state.series.get(kind)
    return f"{kind}_milli" in finding.evidence and points is not None and points[-1] == point


def _react(
    state: PatientState, concerns: Sequence[Finding], cause: str, context: Context
) -> tuple[PatientState, Move | None]:
    """The alert's answer to the concerns of now."""
    plan = state.plan_at(state.now_ms)
    if plan is None:
        if state.alert is None:
            return state, None
        return _ended(state, end(state.alert, Trigger.PLAN_ENDED, "plan.ended"))
    if state.alert is None:
        if not concerns:
            return state, None
        move = open_alert(cause, concerns, plan.contract.team, state.now_ms, context.rules)
        return evolve(state, alert=move.alert, alerts=state.alerts + 1), move
    return _follow(state, state.alert, concerns, context)


def _follow(
    state: PatientState, alert: AlertState, concerns: Sequence[Finding], context: Context
) -> tuple[PatientState, Move | None]:
    """An open alert meets the concerns of now: worse, confirmed, contradicted, or more of the same."""
    news = [finding for finding in concerns if _is_news(finding, alert)]
    if news:
        top = max(news, key=lambda finding: (finding.tier, finding.level.severity))
        move = worsen(alert, Trigger.WORSE, concerns, state.now_ms, context.rules, top.reason)
        return evolve(state, alert=move.alert), move
    if alert.unconfirmed and phase_of(alert) is Phase.OPEN:
        if not concerns:
            return _ended(state, end(alert, Trigger.REMEASURED, "confirm.remeasured"))
        if any(not finding.unconfirmed for finding in concerns):
            move = worsen(alert, Trigger.CONFIRMED, concerns, state.now_ms, context.rules, "confirm.agreed")
            return evolve(state, alert=move.alert), move
    return (evolve(state, alert=absorb(alert, concerns)) if concerns else state), None


def _is_news(finding: Finding, alert: AlertState) -> bool:
    """A higher tier, a worse colour, or another reason of the same urgency; milder ones are carried along.

    Reasons that the alert has no room for are no news: else they would start the ladder anew for ever.
    """
    return (
        finding.tier > alert.tier
        or finding.level.severity > alert.level.severity
        or (finding.tier == alert.tier and finding.reason not in alert.reasons and len(alert.reasons) < MAX_REASONS)
    )


def _ended(state: PatientState, move: Move) -> tuple[PatientState, Move]:
    """Over for good. What a repeat contradicted is not handled: it is red again if the repeat is withdrawn."""
    if move.step is AlertStepType.WITHDRAWN:
        return evolve(state, alert=None), move
    handled = max(state.handled_ms, move.alert.evidence_ms)
    return evolve(state, alert=None, handled_ms=handled), move


def _publish(move: Move, state: PatientState, cause: str, context: Context) -> PublishAlert:
    alert = move.alert
    ended = phase_of(alert) is Phase.ENDED
    known = alert.team in context.teams
    plan = state.plan_at(alert.evidence_ms) or state.plan_at(state.now_ms)
    step = AlertStep(
        type=move.step,
        alert_id=alert.id,
        sequence=alert.sequence,
        patient=state.patient,
        team=alert.team,
        level=alert.level,
        tier=alert.tier,
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
    )
    step_id = make_id(cause, "alert", alert.id, alert.sequence)
    return PublishAlert(step_id, alert.team if known else UNASSIGNED_TEAM, state.now_ms, step)


def account(event: InputEvent, verdict: Verdict, settled: Settled, context: Context) -> list[Effect]:
    """The input's one terminal outcome, and its bytes on rejected.v1 when it does not count."""
    state = settled.state
    outcome = verdict.outcome or _outcome(verdict, settled)
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


def _outcome(verdict: Verdict, settled: Settled) -> Outcome:
    if any(move.step in NEWS for move in settled.moves):
        return Outcome.ACCEPTED_ALERT
    alert = settled.state.alert
    if alert is None:
        return Outcome.ACCEPTED_NO_ALERT
    late, reading = verdict.late, verdict.reading
    carried = late is not None and late.reason in alert.reasons
    if reading is not None:
        carried = carried or any(f"{reading[0]}_milli" in finding.evidence for finding in settled.triage.concerns)
    if verdict.answers is not None:
        carried = carried or any(_just_arrived(finding, settled.state, verdict) for finding in settled.triage.concerns)
    return Outcome.ACCEPTED_SUPPRESSED if carried else Outcome.ACCEPTED_NO_ALERT


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
        level=None if triage.level is None else triage.level.value,
        tier=triage.tier,
        reasons=triage.reasons,
        alert_id=None if alert is None else alert.id,
        alert_sequence=None if alert is None else alert.sequence,
        plan_version=None if plan is None else plan.contract.version,
        stamp=(stamp.coverage, stamp.rules, stamp.models),
        rules_digest=context.rules.digest,
        code=context.code,
    )
