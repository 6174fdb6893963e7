"""Withdraw: readings that were corrected or invalidated leave the series; the alert that rested on them is judged anew.

They are remembered, so that one that arrives after its correction changes nothing either.
"""

from collections.abc import Sequence

from streams.core.admission.identity import reviewed
from streams.core.context import Context
from streams.core.escalation.ladder import Trigger, is_legal
from streams.core.escalation.moves import Move, end
from streams.core.escalation.policy import terms
from streams.core.evolve import evolve
from streams.core.hindsight import supported
from streams.core.scoring import reteach
from streams.core.signal.series import Point
from streams.core.state import MAX_WITHDRAWN, PatientState, Withdrawn
from streams.core.triage import Triage


def is_withdrawn(state: PatientState, kind: str, point: Point) -> bool:
    """Has this reading been corrected or invalidated already, maybe before it came?"""
    return any(gone[:3] == (kind, point.at_ms, point.milli) for gone in state.withdrawn)


def withdraw(state: PatientState, kind: str, gone: Sequence[Point], context: Context) -> PatientState:
    """Without these readings: series, own normal, what models learned from this kind, and the readings remembered."""
    names = [Withdrawn(kind, point.at_ms, point.milli) for point in gone]
    kept = sorted({*state.withdrawn, *names}, key=lambda w: (w.at_ms, w.kind, w.milli))[-MAX_WITHDRAWN:]
    state = evolve(state, withdrawn=tuple(kept))
    away = {point[:2] for point in gone}
    points = state.series.get(kind, ())
    left = reviewed(state, kind, tuple(point for point in points if point[:2] not in away))
    if left == points:
        return state
    series = {**state.series, kind: left}
    if not left:
        del series[kind]
    after = evolve(state, series=series)
    return reteach(after, kind) if context.scoring else after


def reconsider(state: PatientState, why: str, triage: Triage, context: Context) -> tuple[PatientState, Move | None]:
    """The open alert after readings were withdrawn: it ends when nothing it rests on is left.

    What remains and still holds is raised at once as an alert of its own; where that would be less than what the
    alert carries from the past, it stays as it is, because a person has to close it.
    """
    alert = state.alert
    if alert is None or not is_legal(alert, Trigger.INVALIDATED):
        return state, None
    now = {finding.reason for finding in triage.concerns}
    left = set(alert.reasons) & (now | supported(state, alert.since_ms, context))
    same = any(f.tier >= alert.tier and f.reason in left for f in triage.concerns)
    if same or left - now:
        return state, None
    move = end(alert, Trigger.INVALIDATED, why, state.now_ms, terms(context, alert.team, None))
    return evolve(state, alert=None), move
