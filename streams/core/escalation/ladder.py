"""The whole life of an alert as one table: (phase, trigger) -> (phase, step). What is not in it is illegal.

Every phase but ENDED has a deadline, so an alert can never be in a state with neither a next step nor an end.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from schemas.alert import AlertStepType
from schemas.ids import make_id
from schemas.rules import RuleBundle
from schemas.triage import Finding
from streams.core.escalation.policy import MINUTE_MS, acknowledged_until, rung_deadline, rung_length
from streams.core.evolve import evolve
from streams.core.state import AlertState


class Phase(StrEnum):
    """ENDED also stands for `there is no alert`."""

    ENDED = "ended"
    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"


class Trigger(StrEnum):
    """What can happen to an alert."""

    CONCERN = "concern"
    WORSE = "worse"
    CONFIRMED = "confirmed"
    REMEASURED = "remeasured"
    DEADLINE = "deadline"
    ACKNOWLEDGE = "acknowledge"
    CLOSE = "close"
    PLAN_ENDED = "plan_ended"
    INVALIDATED = "invalidated"


TRANSITIONS: dict[tuple[Phase, Trigger], tuple[Phase, AlertStepType]] = {
    (Phase.ENDED, Trigger.CONCERN): (Phase.OPEN, AlertStepType.RAISED),
    (Phase.OPEN, Trigger.WORSE): (Phase.OPEN, AlertStepType.UPGRADED),
    (Phase.OPEN, Trigger.CONFIRMED): (Phase.OPEN, AlertStepType.UPGRADED),
    (Phase.OPEN, Trigger.REMEASURED): (Phase.ENDED, AlertStepType.WITHDRAWN),
    (Phase.OPEN, Trigger.DEADLINE): (Phase.OPEN, AlertStepType.ESCALATED),
    (Phase.OPEN, Trigger.ACKNOWLEDGE): (Phase.ACKNOWLEDGED, AlertStepType.ACKNOWLEDGED),
    (Phase.OPEN, Trigger.CLOSE): (Phase.ENDED, AlertStepType.CLOSED),
    (Phase.OPEN, Trigger.PLAN_ENDED): (Phase.ENDED, AlertStepType.EXPIRED),
    (Phase.OPEN, Trigger.INVALIDATED): (Phase.ENDED, AlertStepType.WITHDRAWN),
    (Phase.ACKNOWLEDGED, Trigger.WORSE): (Phase.OPEN, AlertStepType.UPGRADED),
    (Phase.ACKNOWLEDGED, Trigger.DEADLINE): (Phase.OPEN, AlertStepType.ESCALATED),
    (Phase.ACKNOWLEDGED, Trigger.ACKNOWLEDGE): (Phase.ACKNOWLEDGED, AlertStepType.ACKNOWLEDGED),
    (Phase.ACKNOWLEDGED, Trigger.CLOSE): (Phase.ENDED, AlertStepType.CLOSED),
    (Phase.ACKNOWLEDGED, Trigger.PLAN_ENDED): (Phase.ENDED, AlertStepType.EXPIRED),
    (Phase.ACKNOWLEDGED, Trigger.INVALIDATED): (Phase.ENDED, AlertStepType.WITHDRAWN),
}


@dataclass(frozen=True, slots=True)
class Move:
    """One step taken. alert: as it stands after the step, also when it has ended (`phase` says so)."""

    alert: AlertState
    step: AlertStepType
    reason: str
    by: str | None = None
    verdict: str | None = None


def phase_of(alert: AlertState | None) -> Phase:
    """The phase, ENDED when there is no alert."""
    return Phase.ENDED if alert is None else Phase(alert.phase)


def is_legal(alert: AlertState | None, trigger: Trigger) -> bool:
    """Is there a row for this?"""
    return (phase_of(alert), trigger) in TRANSITIONS


def open_alert(cause: str, concerns: Sequence[Finding], team: str, now_ms: int, rules: RuleBundle) -> Move:
    """RAISED. While every concern rests on an unconfirmed value only the paging waits, never the colour."""
    top = max(concerns, key=lambda f: (f.tier, f.level.severity))
    unconfirmed = all(finding.unconfirmed for finding in concerns)
    page_ms = now_ms + (rules.confirm.hold_min * MINUTE_MS if unconfirmed else 0)
    phase, step = TRANSITIONS[Phase.ENDED, Trigger.CONCERN]
    alert = AlertState(
        id=make_id(cause, "alert"),
        sequence=1,
        phase=phase.value,
        level=max((f.level for f in concerns), key=lambda level: level.severity),
        tier=top.tier,
        reasons=_reasons((), concerns),
        unconfirmed=unconfirmed,
        team=team,
        raised_ms=now_ms,
        evidence_ms=max(f.at_ms for f in concerns),
        since_ms=min(f.at_ms for f in concerns),
        base_ms=page_ms,
        page_ms=page_ms,
        rung=0,
        deadline_ms=rung_deadline(rules.ladder, top.tier, 0, page_ms),
    )
    return Move(alert, step, top.reason)


def worsen(
    alert: AlertState,
    trigger: Trigger,
    concerns: Sequence[Finding],
    now_ms: int,
    rules: RuleBundle,
    reason: str,
) -> Move:
    """UPGRADED by WORSE or CONFIRMED: clinical news, so the ladder starts anew and pages at once.

    Only an unconfirmed worsening of an alert that nobody has been paged for yet keeps waiting.
    """
    phase, step = TRANSITIONS[phase_of(alert), trigger]
    waiting = alert.unconfirmed and alert.page_ms > now_ms
    unconfirmed = trigger is Trigger.WORSE and waiting and all(finding.unconfirmed for finding in concerns)
    page_ms = alert.page_ms if unconfirmed else now_ms
    tier = max(alert.tier, *(f.tier for f in concerns)) if concerns else alert.tier
    levels = [alert.level, *(f.level for f in concerns)]
    return Move(
        evolve(
            alert,
            sequence=alert.sequence + 1,
            news_sequence=alert.sequence + 1,
            phase=phase.value,
            level=max(levels, key=lambda level: level.severity),
            tier=tier,
            reasons=_reasons(alert.reasons, concerns),
            unconfirmed=unconfirmed,
            evidence_ms=max([alert.evidence_ms, *(f.at_ms for f in concerns)]),
            since_ms=min([alert.since_ms, *(f.at_ms for f in concerns)]),
            base_ms=page_ms,
            page_ms=page_ms,
            rung=0,
            deadline_ms=rung_deadline(rules.ladder, tier, 0, page_ms),
            owner=None,
        ),
        step,
        reason,
    )


def deadline_passed(alert: AlertState, now_ms: int, rules: RuleBundle) -> Move:
    """ESCALATED: nobody answered, or the acknowledgement ran out and the ladder resumes where it stood."""
    lapsed = phase_of(alert) is Phase.ACKNOWLEDGED
    phase, step = TRANSITIONS[phase_of(alert), Trigger.DEADLINE]
    rung = alert.rung + 1
    base_ms = alert.base_ms if not lapsed else now_ms - rung_deadline(rules.ladder, alert.tier, alert.rung, 0)
    return Move(
        evolve(
            alert,
            sequence=alert.sequence + 1,
            phase=phase.value,
            rung=rung,
            unconfirmed=False,
            base_ms=base_ms,
            deadline_ms=rung_deadline(rules.ladder, alert.tier, rung, base_ms),
            owner=None,
        ),
        step,
        "ladder.acknowledgement_lapsed" if lapsed else "ladder.unanswered",
    )


def acknowledge(alert: AlertState, by: str, now_ms: int, rules: RuleBundle) -> Move:
    """ACKNOWLEDGED: a person has it, until the acknowledgement runs out."""
    phase, step = TRANSITIONS[phase_of(alert), Trigger.ACKNOWLEDGE]
    until = acknowledged_until(rules.ladder, alert.tier, now_ms)
    changed = evolve(
        alert,
        sequence=alert.sequence + 1,
        phase=phase.value,
        owner=by,
        deadline_ms=until,
    )
    return Move(changed, step, "command.acknowledge", by=by)


def end(alert: AlertState, trigger: Trigger, reason: str, *, by: str | None = None, verdict: str | None = None) -> Move:
    """WITHDRAWN, CLOSED or EXPIRED."""
    phase, step = TRANSITIONS[phase_of(alert), trigger]
    return Move(evolve(alert, sequence=alert.sequence + 1, phase=phase.value), step, reason, by=by, verdict=verdict)


def resume(alert: AlertState, to_ms: int, rules: RuleBundle) -> AlertState:
    """After the watch itself stood still: the current clock starts anew, nothing runs through at once.

    A hold of the paging that ended meanwhile ends now; one that lasts longer keeps its end.
    """
    if phase_of(alert) is Phase.ACKNOWLEDGED:
        return evolve(alert, deadline_ms=max(alert.deadline_ms, to_ms))
    page_ms = max(alert.page_ms, to_ms) if alert.unconfirmed else alert.page_ms
    deadline = max(to_ms, page_ms) + rung_length(rules.ladder, alert.tier, alert.rung)
    base = deadline - rung_deadline(rules.ladder, alert.tier, alert.rung, 0)
    return evolve(alert, base_ms=base, deadline_ms=deadline, page_ms=page_ms)


def absorb(alert: AlertState, concerns: Sequence[Finding]) -> AlertState:
    """The same or milder concerns: remembered by the open alert, no step, no noise."""
    return evolve(
        alert,
        reasons=_reasons(alert.reasons, concerns),
        evidence_ms=max([alert.evidence_ms, *(f.at_ms for f in concerns)]),
        since_ms=min([alert.since_ms, *(f.at_ms for f in concerns)]),
    )


MAX_REASONS = 16


def _reasons(held: tuple[str, ...], concerns: Sequence[Finding]) -> tuple[str, ...]:
    ranked = sorted(concerns, key=lambda f: (-f.tier, f.reason))
    return tuple(dict.fromkeys((*held, *(f.reason for f in ranked))))[:MAX_REASONS]
