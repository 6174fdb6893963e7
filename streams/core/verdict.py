"""Verdict: what a handler concluded about one input, before it is written down as outcome and effects."""

from typing import NamedTuple

from schemas.audit import Outcome
from schemas.triage import Finding
from streams.core.signal.series import Point
from streams.core.state import PatientState


class Verdict(NamedTuple):
    """state: after the input. outcome: None = it depends on the triage (accepted.no_alert, .alert, .suppressed).

    reason, next_step: for the audit; None where an accepted input needs none. by: staff id of a command.
    reading: (kind, point) of an accepted measurement. late: concerns that newer readings or forms hide.
    withdrew: why readings were withdrawn by it, as a reason code; None = none were.
    answers: the questionnaire of an accepted form.
    """

    state: PatientState
    outcome: Outcome | None
    reason: str | None = None
    next_step: str | None = None
    by: str | None = None
    reading: tuple[str, Point] | None = None
    late: tuple[Finding, ...] = ()
    withdrew: str | None = None
    answers: str | None = None


def refuse(state: PatientState, outcome: Outcome, reason: str, next_step: str, by: str | None = None) -> Verdict:
    """The input does not count; `state` may still remember that it came."""
    return Verdict(state, outcome, reason, next_step, by)
