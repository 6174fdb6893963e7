"""React: how the alert follows the concerns of now, by rows of the ladder's table."""

from collections.abc import Sequence

from schemas.triage import Finding
from streams.core.context import Context
from streams.core.escalation.ladder import WAITING, Phase, Trigger, phase_of
from streams.core.escalation.moves import MAX_REASONS, Move, absorb, end, join, open_alert, plan_moved, worsen
from streams.core.escalation.people import waits
from streams.core.escalation.policy import Terms, terms
from streams.core.evolve import evolve
from streams.core.state import AlertState, PatientState
from streams.core.verdict import Verdict


def unanswered(
    state: PatientState,
    held: Sequence[str],
    concerns: Sequence[Finding],
    verdict: Verdict,
    crowded: AlertState | None = None,
) -> list[Finding]:
    """Concerns that no person has closed: part of the open alert, newer than what was closed, or just arrived.

    A reading may be measured before the evidence of a closed alert and arrive after it: nobody has seen it.
    crowded: an alert just closed that had no room to show all it carried; what it did not show still holds.
    """
    return [
        finding
        for finding in concerns
        if finding.at_ms > state.handled_ms
        or finding.reason in held
        or just_arrived(finding, state, verdict)
        or (crowded is not None and finding.reason not in crowded.reasons and finding.at_ms >= crowded.since_ms)
    ]


def just_arrived(finding: Finding, state: PatientState, verdict: Verdict) -> bool:
    """Does the finding rest on the reading or form that is being accounted for?"""
    if any(finding is late for late in verdict.late):
        return True
    if verdict.answers is not None:
        return finding.reason.startswith(f"pro.{verdict.answers}.")
    if verdict.reading is None:
        return False
    kind, point = verdict.reading
    if finding.reason == f"limits.{kind}.was_red" or finding.evidence.get("kind") == kind:
        return finding.at_ms == point.at_ms
    points = state.series.get(kind)
    newest = f"{kind}_milli" in finding.evidence and points is not None and points[-1] == point
    return newest and finding.at_ms >= point.at_ms  # else it is a red that this reading is too weak to clear


def react(
    state: PatientState, concerns: Sequence[Finding], cause: str, context: Context
) -> tuple[PatientState, Move | None]:
    """The alert's answer to the concerns of now."""
    plan, alert, now_ms = state.plan_at(state.now_ms), state.alert, state.now_ms
    if alert is None and (plan is None or not concerns):
        return state, None
    if plan is None:
        assert alert is not None
        return _ended(
            state,
            end(
                alert,
                Trigger.PLAN_ENDED,
                over(state),
                now_ms,
                terms(context, alert.team, None),
            ),
        )
    team = plan.contract.team
    if alert is None:
        move = open_alert(cause, concerns, team, now_ms, terms(context, team, plan.contract))
        return evolve(state, alert=move.alert, alerts=state.alerts + 1), move
    if alert.plan_team != team:
        moved = _plan_moved(alert, team, now_ms, terms(context, team, plan.contract))
        if moved is not None:
            return evolve(state, alert=moved.alert), moved
        state = evolve(state, alert=evolve(alert, plan_team=team))
    return _follow(state, concerns, context) if concerns or alert.unconfirmed else (state, None)


def over(state: PatientState) -> str:
    """Why nobody watches, where no plan does: a death before the plan's end, that before a consent withdrawn."""
    if state.is_dead:
        return "patient.died"
    return "plan.ended" if state.planned_at(state.now_ms) is None else "consent.withdrawn"


def _plan_moved(alert: AlertState, team: str, now_ms: int, within: Terms) -> Move | None:
    """The plan names another team than before: the alert goes there, unless it is there already."""
    return None if not alert.plan_team or alert.team == team else plan_moved(alert, team, now_ms, within)


def _follow(state: PatientState, concerns: Sequence[Finding], context: Context) -> tuple[PatientState, Move | None]:
    """An open alert meets the concerns of now: worse, confirmed, contradicted, joined, or more of the same."""
    alert, now_ms, plan = state.alert, state.now_ms, state.plan_at(state.now_ms)
    assert alert is not None
    within = terms(context, alert.team, None if plan is None else plan.contract)
    news = [finding for finding in concerns if _is_news(finding, alert)]
    if news:
        top = max(news, key=lambda finding: (finding.tier, finding.level.severity))
        move = worsen(alert, Trigger.WORSE, concerns, now_ms, within, top.reason)
        return evolve(state, alert=move.alert), move
    if alert.unconfirmed and phase_of(alert) in WAITING:
        if not concerns:
            return _ended(state, end(alert, Trigger.REMEASURED, "confirm.remeasured", now_ms, within))
        if any(not finding.unconfirmed for finding in concerns):
            move = worsen(alert, Trigger.CONFIRMED, concerns, now_ms, within, "confirm.agreed")
            return evolve(state, alert=move.alert), move
    fresh = [f for f in concerns if f.reason not in alert.reasons] if len(alert.reasons) < MAX_REASONS else []
    if fresh:
        move = join(alert, concerns, now_ms, within, max(fresh, key=lambda f: f.tier).reason)
        return evolve(state, alert=move.alert), move
    return (evolve(state, alert=absorb(alert, concerns)) if concerns else state), None


def _is_news(finding: Finding, alert: AlertState) -> bool:
    """A higher tier, a worse colour, or another reason of the same urgency; milder ones join without paging.

    Behind a snooze any reason that it does not cover is news. Reasons that the alert has no room for are none: else
    they would start the ladder anew for ever.
    """
    if finding.tier > alert.tier or finding.level.severity > alert.level.severity:
        return True
    if finding.reason in alert.reasons or len(alert.reasons) >= MAX_REASONS:
        return False
    return finding.tier == alert.tier or (phase_of(alert) is Phase.SNOOZED and not waits(alert, finding.reason))


def _ended(state: PatientState, move: Move) -> tuple[PatientState, Move]:
    """Over, and handled by nobody: a red that its repeat contradicted is red again if the repeat is withdrawn, and what
    expired with its plan is raised anew if it still holds under the next one."""
    return evolve(state, alert=None), move
