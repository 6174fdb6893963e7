"""Moves of an alert that people bring about: each takes one row of the ladder's table and names who did it."""

from typing import Any

from schemas.ladder import Attempt, Tried
from schemas.plan import CarePlan
from streams.core.escalation.ladder import Phase, Trigger, phase_of
from streams.core.escalation.moves import Move, clock_of, moved, step_of
from streams.core.escalation.policy import MINUTE_MS, Terms, held_until, row
from streams.core.state import AlertState

TAKEN: dict[str, Any] = {"to_team": None, "from_team": None, "snoozed": "", "pending": (), "read_by_ms": 0}
"""Somebody has it: no offer, snooze or message is open any more."""


def acknowledge(alert: AlertState, by: str, from_ms: int, now_ms: int, within: Terms) -> Move:
    """ACKNOWLEDGED: a person has it, until the acknowledgement runs out. from_ms: when they took it."""
    return _take(alert, Trigger.ACKNOWLEDGE, by, from_ms, now_ms, within)


def take_over(alert: AlertState, by: str, from_ms: int, now_ms: int, within: Terms) -> Move:
    """TAKEN_OVER: a colleague has it now, with a hold of their own."""
    return _take(alert, Trigger.TAKE_OVER, by, from_ms, now_ms, within)


def accept(alert: AlertState, by: str, from_ms: int, now_ms: int, within: Terms) -> Move:
    """HANDED_OVER: somebody of the team that was asked has it; only now is that team responsible."""
    return _take(alert, Trigger.ACCEPT, by, from_ms, now_ms, within, team=alert.to_team, told=())


def _take(
    alert: AlertState, trigger: Trigger, by: str, from_ms: int, now_ms: int, within: Terms, **changes: Any
) -> Move:
    until = held_until(within.ladder.acknowledged_min, clock_of(alert), from_ms)
    timing = {"owner": by, "base_ms": from_ms, "deadline_ms": until}
    after = moved(alert, trigger, now_ms, within, **{**TAKEN, **timing, **changes})
    return Move(after, alert, step_of(alert, trigger), f"command.{trigger}", now_ms, by=by)


def offer(alert: AlertState, to_team: str, by: str, now_ms: int, within: Terms) -> Move:
    """OFFERED: another team is asked; whoever asks keeps it until somebody there takes it or the offer runs out."""
    until = held_until(within.ladder.offered_min, clock_of(alert), now_ms)
    timing = {"owner": by, "to_team": to_team, "base_ms": now_ms, "deadline_ms": until}
    after = moved(alert, Trigger.HAND_OVER, now_ms, within, **{**TAKEN, **timing})
    return Move(after, alert, step_of(alert, Trigger.HAND_OVER), "command.hand_over", now_ms, by=by)


def snooze(alert: AlertState, snoozed: str, until_ms: int, by: str, now_ms: int, within: Terms) -> Move:
    """SNOOZED: one condition in one direction waits until then, and for nothing else."""
    timing = {"owner": None, "snoozed": snoozed, "base_ms": now_ms, "deadline_ms": until_ms}
    after = moved(alert, Trigger.SNOOZE, now_ms, within, **{**TAKEN, **timing})
    return Move(after, alert, step_of(alert, Trigger.SNOOZE), "command.snooze", now_ms, by=by)


def contact_failed(alert: AlertState, by: str, now_ms: int, within: Terms, plan: CarePlan | None) -> Move:
    """CONTACT_FAILED: acknowledged is not reached. Whom to try next, and until when, follows from tier and plan."""
    attempts = _attempts(within, clock_of(alert), plan)
    following = attempts[min(alert.tries, len(attempts) - 1)]
    timing = {"tries": alert.tries + 1, "base_ms": now_ms, "deadline_ms": now_ms + following.minutes * MINUTE_MS}
    after = moved(alert, Trigger.CONTACT_FAILED, now_ms, within, **timing)
    step = step_of(alert, Trigger.CONTACT_FAILED)
    return Move(after, alert, step, "command.contact_failed", now_ms, by=by, next_contact=following.who)


def _attempts(within: Terms, tier: int, plan: CarePlan | None) -> tuple[Attempt, ...]:
    """The tier's attempts without those that this plan names nobody for; never none."""
    named: frozenset[str] = frozenset() if plan is None else frozenset(contact.role for contact in plan.contacts)
    able: frozenset[Tried] = frozenset({"patient", "emergency"})
    every = within.ladder.contact[row(tier)]
    return tuple(one for one in every if one.who in able or one.who in named) or every


def contacted(alert: AlertState, by: str, now_ms: int, within: Terms) -> Move:
    """CONTACTED: work has begun; the alert waits for its closure, longer than an acknowledgement holds."""
    until = held_until(within.ladder.reached_min, clock_of(alert), now_ms)
    after = moved(alert, Trigger.CONTACTED, now_ms, within, tries=0, base_ms=now_ms, deadline_ms=until)
    return Move(after, alert, step_of(alert, Trigger.CONTACTED), "command.contacted", now_ms, by=by)


def note(alert: AlertState, by: str, now_ms: int, within: Terms) -> Move:
    """NOTED: something was written down elsewhere, so the hold that runs begins anew."""
    holds = within.ladder.reached_min if phase_of(alert) is Phase.REACHED else within.ladder.acknowledged_min
    until = held_until(holds, clock_of(alert), now_ms)
    after = moved(alert, Trigger.NOTE, now_ms, within, base_ms=now_ms, deadline_ms=until)
    return Move(after, alert, step_of(alert, Trigger.NOTE), "command.note", now_ms, by=by)


def condition_of(reason: str) -> tuple[str, str]:
    """A reason code as (condition, direction): what a snooze names. `limits.spo2.red_below` is limits.spo2, below."""
    condition, _, tail = reason.rpartition(".")
    colour, _, side = tail.partition("_")
    if condition and colour in ("red", "yellow") and side in ("below", "from"):
        return condition, "below" if side == "below" else "above"
    return reason, "none"


def waits(alert: AlertState, reason: str) -> bool:
    """Does the snooze of this alert cover the reason?"""
    return phase_of(alert) is Phase.SNOOZED and "/".join(condition_of(reason)) == alert.snoozed


def unseen(alert: AlertState, sequence: int, seen_until_ms: int | None) -> tuple[str, ...]:
    """Reasons of the findings that somebody who has seen step `sequence` has not seen; empty = all are seen.

    seen_until_ms: the newest evidence they have seen; None = what that step told of.
    """
    if sequence < alert.found_sequence:
        fresh = tuple(r for r, at in zip(alert.reasons, alert.brought, strict=False) if at > sequence)
        return fresh or alert.reasons[:1]
    if seen_until_ms is None:
        seen_until_ms = alert.told_ms if sequence >= alert.sequence else alert.found_ms
    return () if alert.evidence_ms <= seen_until_ms else (alert.reasons or ("evidence",))
