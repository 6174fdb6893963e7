"""Moves of an alert that findings and time bring about: each takes one row of the ladder's table."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from schemas.alert import AlertStepType
from schemas.ids import make_id
from schemas.triage import Finding, TriageLevel
from streams.core.escalation.ladder import HELD, TRANSITIONS, WAITING, Phase, Trigger, phase_of
from streams.core.escalation.policy import MINUTE_MS, Terms, first_rung, is_working, risen, rung_ends
from streams.core.evolve import evolve
from streams.core.state import AlertState

MAX_REASONS = 16

TEAM_CHANGED = "plan.team_changed"
"""Why an alert goes to another team without anybody having offered it."""


@dataclass(frozen=True, slots=True)
class Move:
    """One step taken. alert: as it stands after the step, also when it has ended (its phase says so).

    before: as it stood, None at the raise. at_ms: when. by, verdict: of a command. next_contact: whom to try next.
    """

    alert: AlertState
    before: AlertState | None
    step: AlertStepType
    reason: str
    at_ms: int
    by: str | None = None
    verdict: str | None = None
    next_contact: str | None = None

    @property
    def teams(self) -> tuple[str, ...]:
        """Whose topics get the step, the responsible one first."""
        after, before = self.alert, self.before or self.alert
        known = (after.team, before.team, after.to_team, before.to_team, after.from_team, before.from_team)
        return tuple(dict.fromkeys(team for team in known if team is not None))

    @property
    def is_unread(self) -> bool:
        """Has an automatic answer gone unread for too long, at this step?"""
        due = 0 if self.before is None else self.before.read_by_ms
        return self.step is AlertStepType.ESCALATED and 0 < due <= self.at_ms

    @property
    def alone_ms(self) -> int:
        """Red without a responsible reader, since the step before."""
        return self.alert.alone_ms - (0 if self.before is None else self.before.alone_ms)


def clock_of(alert: AlertState) -> int:
    """The tier whose clock runs: its own, or the one it has risen to."""
    return max(alert.tier, alert.clock_tier)


def moved(alert: AlertState, trigger: Trigger, now_ms: int, within: Terms, /, **changes: Any) -> AlertState:
    """The row's phase, the next sequence, and what every step counts. Raises KeyError where there is no row."""
    phase, _ = TRANSITIONS[phase_of(alert), trigger]
    since = max(alert.counted_ms, alert.raised_ms)
    red = alert.level is TriageLevel.RED and phase_of(alert) in WAITING
    alone = within.unattended_ms(since, now_ms) if red else 0
    content = {"evidence_ms": alert.evidence_ms, **changes}
    return evolve(
        alert,
        **content,
        sequence=alert.sequence + 1,
        phase=phase.value,
        told_ms=content["evidence_ms"],
        alone_ms=alert.alone_ms + alone,
        counted_ms=max(now_ms, since),
    )


def step_of(alert: AlertState | None, trigger: Trigger) -> AlertStepType:
    """The step people see when this happens to an alert that stands so."""
    return TRANSITIONS[phase_of(alert), trigger][1]


def open_alert(cause: str, concerns: Sequence[Finding], team: str, now_ms: int, within: Terms) -> Move:
    """RAISED. While every concern rests on an unconfirmed value only the paging waits, never the colour."""
    top = max(concerns, key=lambda f: (f.tier, f.level.severity))
    unconfirmed = all(finding.unconfirmed for finding in concerns)
    page_ms = now_ms + (within.hold_min * MINUTE_MS if unconfirmed else 0)
    reasons = _reasons((), concerns)
    evidence_ms = max(f.at_ms for f in concerns)
    alert = AlertState(
        id=make_id(cause, "alert"),
        sequence=1,
        phase=Phase.OPEN.value,
        level=max((f.level for f in concerns), key=lambda level: level.severity),
        tier=top.tier,
        reasons=reasons,
        unconfirmed=unconfirmed,
        team=team,
        raised_ms=now_ms,
        evidence_ms=evidence_ms,
        base_ms=page_ms,
        page_ms=page_ms,
        rung=0,
        deadline_ms=page_ms,
        brought=(1,) * len(reasons),
        since_ms=min(f.at_ms for f in concerns),
        told_ms=evidence_ms,
        found_ms=evidence_ms,
        plan_team=team,
        counted_ms=now_ms,
    )
    alert = evolve(alert, **_clock(within, top.tier, 0, page_ms))
    return Move(alert, None, step_of(None, Trigger.CONCERN), top.reason, now_ms)


def _clock(within: Terms, tier: int, rung: int, from_ms: int) -> dict[str, Any]:
    """The clock of a tier begins, `rung` escalations into the alert."""
    index = first_rung(within, tier, from_ms)
    ends = rung_ends(within, tier, index, from_ms)
    return {"clock_tier": tier, "rung": rung, "rung0": rung - index, "base_ms": from_ms, "deadline_ms": ends}


FREE: dict[str, Any] = {"owner": None, "to_team": None, "snoozed": "", "tries": 0, "pending": ()}
"""Nobody has it any more."""


def worsen(
    alert: AlertState, trigger: Trigger, concerns: Sequence[Finding], now_ms: int, within: Terms, reason: str
) -> Move:
    """UPGRADED by WORSE or CONFIRMED: clinical news, so the ladder starts anew and pages at once.

    Only an unconfirmed worsening of an alert that nobody has been paged for yet keeps waiting.
    """
    waiting = alert.unconfirmed and alert.page_ms > now_ms
    unconfirmed = trigger is Trigger.WORSE and waiting and all(finding.unconfirmed for finding in concerns)
    page_ms = alert.page_ms if unconfirmed else now_ms
    tier = max(alert.tier, *(f.tier for f in concerns)) if concerns else alert.tier
    levels = [alert.level, *(f.level for f in concerns)]
    changes = {
        **FREE,
        **_clock(within, max(tier, clock_of(alert)), 0, page_ms),
        **_found(alert, concerns),
        "news_sequence": alert.sequence + 1,
        "level": max(levels, key=lambda level: level.severity),
        "tier": tier,
        "unconfirmed": unconfirmed,
        "page_ms": page_ms,
    }
    return Move(moved(alert, trigger, now_ms, within, **changes), alert, step_of(alert, trigger), reason, now_ms)


def join(alert: AlertState, concerns: Sequence[Finding], now_ms: int, within: Terms, reason: str) -> Move:
    """JOINED: a milder finding came along. The ladder goes on; who closes must have seen it."""
    after = moved(alert, Trigger.JOINED, now_ms, within, **_found(alert, concerns))
    return Move(after, alert, step_of(alert, Trigger.JOINED), reason, now_ms)


def _found(alert: AlertState, concerns: Sequence[Finding]) -> dict[str, Any]:
    """What a step that brings findings remembers of them."""
    held = absorb(alert, concerns)
    return {
        "reasons": held.reasons,
        "brought": (*held.brought, *(alert.sequence + 1 for _ in held.reasons[len(held.brought) :])),
        "evidence_ms": held.evidence_ms,
        "since_ms": held.since_ms,
        "found_ms": held.evidence_ms,
        "found_sequence": alert.sequence + 1,
    }


def absorb(alert: AlertState, concerns: Sequence[Finding]) -> AlertState:
    """More of the same: remembered by the open alert, no step, no noise."""
    return evolve(
        alert,
        reasons=_reasons(alert.reasons, concerns),
        evidence_ms=max([alert.evidence_ms, *(f.at_ms for f in concerns)]),
        since_ms=min([alert.since_ms, *(f.at_ms for f in concerns)]),
    )


_LAPSED = {
    Phase.ACKNOWLEDGED: "ladder.acknowledgement_lapsed",
    Phase.UNREACHED: "ladder.contact_lapsed",
    Phase.REACHED: "ladder.not_closed",
    Phase.SNOOZED: "ladder.snooze_over",
    Phase.OFFERED: "ladder.offer_not_taken",
}


def deadline_passed(alert: AlertState, now_ms: int, within: Terms) -> Move:
    """ESCALATED: nobody answered, or a hold ran out and the ladder resumes where it stood.

    A snooze or an offer that runs out asks the same rung again; a person's hold that does asks the next one.
    """
    phase = phase_of(alert)
    reason = _LAPSED.get(phase, "ladder.unanswered")
    if phase in WAITING and within.is_covered(now_ms) and not within.is_covered(alert.base_ms):
        reason = "coverage.begins"
    rung = alert.rung + (1 if phase in WAITING or phase in HELD else 0)
    return _escalate(alert, Trigger.DEADLINE, rung, now_ms, within, reason)


def undelivered(alert: AlertState, now_ms: int, within: Terms) -> Move | None:
    """ESCALATED: no message of this rung can arrive, so the next one is told now. None = there is none."""
    index = alert.rung - alert.rung0
    clock = clock_of(alert)
    rungs = within.ladder.rungs_min[str(max(clock, 2))]
    if index + 1 >= len(rungs) or risen(within.ladder, clock, index + 1) != clock:
        return None
    return _escalate(alert, Trigger.UNDELIVERED, alert.rung + 1, now_ms, within, "ladder.undelivered")


def _escalate(alert: AlertState, trigger: Trigger, rung: int, now_ms: int, within: Terms, reason: str) -> Move:
    clock = clock_of(alert)
    index = rung - alert.rung0
    tier = risen(within.ladder, clock, index)
    if tier != clock:
        timing = _clock(within, tier, rung, now_ms)
    else:
        ends = rung_ends(within, clock, index, now_ms)
        timing = {"rung": rung, "base_ms": now_ms, "deadline_ms": ends}
    waits = now_ms < alert.read_by_ms
    read = {} if waits else {"read_by_ms": 0, "reply_id": ""}
    after = moved(alert, trigger, now_ms, within, **FREE, **timing, **read, unconfirmed=False)
    return Move(after, alert, step_of(alert, trigger), reason, now_ms)


def delivered(alert: AlertState, now_ms: int, within: Terms, by: str) -> Move:
    """DELIVERED: somebody of this rung has the message. Its clock runs on: told is not taken."""
    after = moved(alert, Trigger.DELIVERED, now_ms, within, pending=())
    return Move(after, alert, step_of(alert, Trigger.DELIVERED), "notice.delivered", now_ms, by=by)


def unread(alert: AlertState, now_ms: int, within: Terms) -> Move:
    """ESCALATED: the patient has not read the automatic answer, so somebody else is told. The rung's clock runs on."""
    after = moved(alert, Trigger.UNREAD, now_ms, within, read_by_ms=0, reply_id="")
    return Move(after, alert, step_of(alert, Trigger.UNREAD), "reply.unread", now_ms)


def plan_moved(alert: AlertState, team: str, now_ms: int, within: Terms) -> Move:
    """HANDED_OVER: the plan names another team. It is theirs at once, from the first rung; the old one hears on."""
    changes = {
        **FREE,
        **_clock(within, clock_of(alert), 0, max(now_ms, alert.page_ms)),
        "team": team,
        "plan_team": team,
        "from_team": alert.team,
        "told": (),
        "news_sequence": alert.sequence + 1,
    }
    after = moved(alert, Trigger.PLAN_MOVED, now_ms, within, **changes)
    return Move(after, alert, step_of(alert, Trigger.PLAN_MOVED), TEAM_CHANGED, now_ms)


def end(
    alert: AlertState,
    trigger: Trigger,
    reason: str,
    now_ms: int,
    within: Terms,
    *,
    by: str | None = None,
    verdict: str | None = None,
) -> Move:
    """WITHDRAWN, CLOSED or EXPIRED."""
    after = moved(alert, trigger, now_ms, within)
    return Move(after, alert, step_of(alert, trigger), reason, now_ms, by=by, verdict=verdict)


def resume(alert: AlertState, from_ms: int, to_ms: int, within: Terms) -> AlertState:
    """The watch stood still from `from_ms` to `to_ms`: the clock of a rung is given back that time, and no more.

    So nothing runs through at once, and restarts however frequent cannot keep a rung from ending. A person's hold and
    a clock in working time keep their end; what ended meanwhile ends now, and what follows begins now. A hold of the
    paging that ended meanwhile ends now.
    """
    phase = phase_of(alert)
    page_ms = max(alert.page_ms, to_ms) if alert.unconfirmed else alert.page_ms
    if phase not in (*WAITING, Phase.OFFERED) or (
        phase in WAITING and alert.rung == alert.rung0 and is_working(within, clock_of(alert))
    ):
        return evolve(alert, deadline_ms=max(alert.deadline_ms, to_ms), page_ms=page_ms)
    stood = to_ms - max(from_ms, alert.base_ms, alert.credited_ms)
    if stood <= 0:
        return alert
    return evolve(
        alert,
        deadline_ms=alert.deadline_ms + stood,
        page_ms=page_ms,
        read_by_ms=alert.read_by_ms + stood if alert.read_by_ms else 0,
        credited_ms=to_ms,
    )


def _reasons(held: tuple[str, ...], concerns: Sequence[Finding]) -> tuple[str, ...]:
    ranked = sorted(concerns, key=lambda f: (-f.tier, f.reason))
    return tuple(dict.fromkeys((*held, *(f.reason for f in ranked))))[:MAX_REASONS]
