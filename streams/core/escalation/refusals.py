"""Refusals: why a person's command does not move the alert now, and what to do instead."""

from collections.abc import Callable
from dataclasses import dataclass

from schemas.audit import Outcome
from schemas.base import rfc3339, to_ms
from schemas.command import (
    Acknowledge,
    AlertCommand,
    Close,
    Contacted,
    ContactFailed,
    HandOver,
    Note,
    Snooze,
    TakeOver,
)
from schemas.triage import TriageLevel
from streams.core.context import Context
from streams.core.escalation.ladder import HELD, Phase, Trigger, is_legal, phase_of
from streams.core.escalation.moves import clock_of
from streams.core.escalation.people import condition_of, unseen
from streams.core.escalation.policy import MINUTE_MS, Terms, held_until, row
from streams.core.state import AlertState, PatientState

TRIGGERS: dict[type[AlertCommand], Trigger] = {
    Acknowledge: Trigger.ACKNOWLEDGE,
    TakeOver: Trigger.TAKE_OVER,
    HandOver: Trigger.HAND_OVER,
    Snooze: Trigger.SNOOZE,
    Close: Trigger.CLOSE,
    ContactFailed: Trigger.CONTACT_FAILED,
    Contacted: Trigger.CONTACTED,
    Note: Trigger.NOTE,
}

OF_THE_OWNER = (ContactFailed, Contacted, Note)
"""Only who has the alert can say what came of it."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """What the audit says of a command that does not count."""

    outcome: Outcome
    reason: str
    next_step: str


def _state(reason: str, next_step: str) -> Refusal:
    return Refusal(Outcome.REJECTED_STATE, reason, next_step)


def acts_for(command: AlertCommand, context: Context) -> frozenset[str] | None:
    """The teams this person acts for: the one named, or those whose coverage names them. None = nobody can tell."""
    if command.team is not None:
        return frozenset({command.team})
    teams = {
        name
        for name, team in context.teams.items()
        if any(one is not None and one.id == command.by for one in (*team.recipients, team.on_call))
    }
    return frozenset(teams) or None


def trigger_of(alert: AlertState, command: AlertCommand, acts: frozenset[str] | None) -> Trigger:
    """What the command is to this alert: somebody of the team that was asked accepts by acknowledging."""
    trigger = TRIGGERS[type(command)]
    if trigger is Trigger.ACKNOWLEDGE and phase_of(alert) is Phase.OFFERED:
        mine = acts is not None and alert.to_team in acts and alert.team not in acts
        return Trigger.ACCEPT if mine else trigger
    return trigger


def decided_ms(command: AlertCommand, now_ms: int) -> int:
    """When the person decided, never later than now."""
    return now_ms if command.at is None else min(to_ms(command.at), now_ms)


def objection(
    state: PatientState, alert: AlertState, command: AlertCommand, within: Terms, context: Context
) -> Refusal | None:
    """The first thing that stands against the command; None = it may move the alert."""
    acts = acts_for(command, context)
    checks: tuple[Callable[[], Refusal | None], ...] = (
        lambda: _of_another_team(alert, command, acts),
        lambda: _owned(alert, command),
        lambda: _illegal(alert, trigger_of(alert, command, acts)),
        lambda: _not_seen(alert, command),
        lambda: _too_late(state, alert, command, within, context),
        lambda: _no_snooze(state, alert, command, within) if isinstance(command, Snooze) else None,
        lambda: _no_offer(alert, command, context) if isinstance(command, HandOver) else None,
    )
    return next((refusal for check in checks if (refusal := check()) is not None), None)


def _of_another_team(alert: AlertState, command: AlertCommand, acts: frozenset[str] | None) -> Refusal | None:
    allowed = {alert.team} | ({alert.to_team} if isinstance(command, Acknowledge) else set())
    if acts is None or acts & allowed:
        return None
    return Refusal(
        Outcome.REJECTED_ROLE,
        f"team {alert.team} is responsible, and this person acts for another one",
        "let that team do it, or have it handed over first",
    )


def _owned(alert: AlertState, command: AlertCommand) -> Refusal | None:
    held = phase_of(alert) in HELD
    if isinstance(command, Acknowledge | TakeOver) and held and alert.owner == command.by:
        return Refusal(Outcome.REJECTED_DUPLICATE, "this person has the alert already", "nothing")
    if isinstance(command, Acknowledge) and held:
        return _state("another person has it", "send take_over to take it from them")
    if isinstance(command, OF_THE_OWNER) and held and alert.owner != command.by:
        return _state("another person has it", "send take_over first")
    return None


def _illegal(alert: AlertState, trigger: Trigger) -> Refusal | None:
    if is_legal(alert, trigger):
        return None
    return _state(
        f"an alert that is {alert.phase} knows no {trigger}", "acknowledge it first, or look at its newest step"
    )


def _not_seen(alert: AlertState, command: AlertCommand) -> Refusal | None:
    """Taking it needs the newest step that paged; closing and snoozing need every finding, and say which is new."""
    if isinstance(command, Close | Snooze):
        seen = None if command.seen_until is None else to_ms(command.seen_until)
        fresh = unseen(alert, command.sequence, seen)
        if not fresh:
            return None
        named = ", ".join(fresh)
        return _state(
            f"not seen yet: {named}, measured up to {rfc3339(alert.evidence_ms)}, step {alert.sequence}",
            "look at it first; then name that step as sequence and that time as seen_until",
        )
    if command.sequence >= alert.news_sequence:
        return None
    return _state(
        f"step {alert.news_sequence} brought news that sequence {command.sequence} has not seen",
        "look at the newer step first",
    )


def _too_late(
    state: PatientState, alert: AlertState, command: AlertCommand, within: Terms, context: Context
) -> Refusal | None:
    """A command that says when it was decided: not before the alert, nor so long ago that its hold is over."""
    if command.at is None:
        return None
    since = decided_ms(command, state.now_ms)
    if since < alert.raised_ms - context.rules.intake.future_min * MINUTE_MS:
        return _state("it was decided before this alert was raised", "check the sender's clock")
    holds = within.ladder.acknowledged_min
    if isinstance(command, Acknowledge | TakeOver) and held_until(holds, clock_of(alert), since) <= state.now_ms:
        return _state("it was so long on its way that its hold is over", "take the alert now if you still have it")
    return None


def _no_snooze(state: PatientState, alert: AlertState, command: Snooze, within: Terms) -> Refusal | None:
    longest = held_until(within.ladder.snooze_max_min, clock_of(alert), state.now_ms)
    if alert.level is TriageLevel.RED or longest <= state.now_ms:
        return _state("a red, or a clock of its urgency, cannot be snoozed", "acknowledge it")
    if not state.now_ms < to_ms(command.until) <= longest:
        return _state(
            f"a snooze of tier {row(clock_of(alert))} ends in the future, by {rfc3339(longest)}",
            "choose an earlier end",
        )
    others = [one for one in alert.reasons if condition_of(one) != (command.condition, command.direction)]
    if others:
        return _state(f"the alert also rests on {', '.join(others)}", "acknowledge it: a snooze is for one condition")
    return None


def _no_offer(alert: AlertState, command: HandOver, context: Context) -> Refusal | None:
    if command.to_team == alert.team:
        return _state(f"team {alert.team} is responsible already", "name another team")
    if command.to_team not in context.teams:
        return _state("there is no such team", "publish its coverage first, or name another team")
    return None
