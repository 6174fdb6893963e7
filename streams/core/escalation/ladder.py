"""The whole life of an alert as one table: (phase, trigger) -> (phase, step). What is not in it is illegal.

Every phase but ENDED has a deadline, so an alert can never be in a state with neither a next step nor an end.
The functions that walk it are in `moves.py`; the diagram in README.md is drawn from here.
"""

from collections.abc import Mapping
from enum import StrEnum

from schemas.alert import AlertStepType
from streams.core.state import AlertState


class Phase(StrEnum):
    """ENDED also stands for `there is no alert`.

    OPEN: nobody is known to have been told yet at this rung. DELIVERED: a message of this rung has arrived.
    ACKNOWLEDGED: a person has it. UNREACHED: that person could not reach the patient; the next attempt has a time.
    REACHED: work has begun. SNOOZED: one condition waits. OFFERED: another team is asked, this one is responsible.
    """

    ENDED = "ended"
    OPEN = "open"
    DELIVERED = "delivered"
    ACKNOWLEDGED = "acknowledged"
    UNREACHED = "unreached"
    REACHED = "reached"
    SNOOZED = "snoozed"
    OFFERED = "offered"


class Trigger(StrEnum):
    """What can happen to an alert. The second group is what people do."""

    CONCERN = "concern"
    JOINED = "joined"
    WORSE = "worse"
    CONFIRMED = "confirmed"
    REMEASURED = "remeasured"
    DEADLINE = "deadline"
    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"
    UNREAD = "unread"
    PLAN_MOVED = "plan_moved"
    PLAN_ENDED = "plan_ended"
    INVALIDATED = "invalidated"

    ACKNOWLEDGE = "acknowledge"
    TAKE_OVER = "take_over"
    HAND_OVER = "hand_over"
    ACCEPT = "accept"
    CONTACT_FAILED = "contact_failed"
    CONTACTED = "contacted"
    NOTE = "note"
    SNOOZE = "snooze"
    CLOSE = "close"


WAITING = (Phase.OPEN, Phase.DELIVERED)
"""Nobody has it; the rung's clock runs."""

HELD = (Phase.ACKNOWLEDGED, Phase.UNREACHED, Phase.REACHED)
"""A person has it, until the hold runs out."""

LIVE = tuple(phase for phase in Phase if phase is not Phase.ENDED)

Row = tuple[Phase, AlertStepType]


def _rows(
    phases: tuple[Phase, ...], trigger: Trigger, after: Phase | None, step: AlertStepType
) -> Mapping[tuple[Phase, Trigger], Row]:
    """The same row for several phases; after None = the phase stays."""
    return {(phase, trigger): (phase if after is None else after, step) for phase in phases}


TRANSITIONS: Mapping[tuple[Phase, Trigger], Row] = {
    (Phase.ENDED, Trigger.CONCERN): (Phase.OPEN, AlertStepType.RAISED),
    **_rows(LIVE, Trigger.WORSE, Phase.OPEN, AlertStepType.UPGRADED),
    **_rows(LIVE, Trigger.JOINED, None, AlertStepType.JOINED),
    **_rows(WAITING, Trigger.CONFIRMED, Phase.OPEN, AlertStepType.UPGRADED),
    **_rows(WAITING, Trigger.REMEASURED, Phase.ENDED, AlertStepType.WITHDRAWN),
    (Phase.OPEN, Trigger.DELIVERED): (Phase.DELIVERED, AlertStepType.DELIVERED),
    (Phase.OPEN, Trigger.UNDELIVERED): (Phase.OPEN, AlertStepType.ESCALATED),
    **_rows(WAITING, Trigger.UNREAD, None, AlertStepType.ESCALATED),
    **_rows(LIVE, Trigger.DEADLINE, Phase.OPEN, AlertStepType.ESCALATED),
    **_rows(
        (*WAITING, Phase.SNOOZED, Phase.OFFERED), Trigger.ACKNOWLEDGE, Phase.ACKNOWLEDGED, AlertStepType.ACKNOWLEDGED
    ),
    **_rows(HELD, Trigger.TAKE_OVER, Phase.ACKNOWLEDGED, AlertStepType.TAKEN_OVER),
    **_rows(HELD, Trigger.CONTACT_FAILED, Phase.UNREACHED, AlertStepType.CONTACT_FAILED),
    **_rows(HELD, Trigger.CONTACTED, Phase.REACHED, AlertStepType.CONTACTED),
    **_rows((Phase.ACKNOWLEDGED, Phase.REACHED), Trigger.NOTE, None, AlertStepType.NOTED),
    **_rows((*WAITING, *HELD, Phase.SNOOZED), Trigger.SNOOZE, Phase.SNOOZED, AlertStepType.SNOOZED),
    **_rows((*WAITING, *HELD, Phase.SNOOZED), Trigger.HAND_OVER, Phase.OFFERED, AlertStepType.OFFERED),
    (Phase.OFFERED, Trigger.ACCEPT): (Phase.ACKNOWLEDGED, AlertStepType.HANDED_OVER),
    **_rows(LIVE, Trigger.PLAN_MOVED, Phase.OPEN, AlertStepType.HANDED_OVER),
    **_rows(LIVE, Trigger.CLOSE, Phase.ENDED, AlertStepType.CLOSED),
    **_rows(LIVE, Trigger.PLAN_ENDED, Phase.ENDED, AlertStepType.EXPIRED),
    **_rows(LIVE, Trigger.INVALIDATED, Phase.ENDED, AlertStepType.WITHDRAWN),
}


def phase_of(alert: AlertState | None) -> Phase:
    """The phase, ENDED when there is no alert."""
    return Phase.ENDED if alert is None else Phase(alert.phase)


def is_legal(alert: AlertState | None, trigger: Trigger) -> bool:
    """Is there a row for this?"""
    return (phase_of(alert), trigger) in TRANSITIONS
