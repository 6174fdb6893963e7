"""Identity: is the first reading after a change of binding the patient's own? Far from their normal, they are asked.

A function of the series, the bindings and what people have answered, so the order of arrival does not matter.
"""

from bisect import bisect_left
from typing import Final

from streams.core.admission.binding import devices
from streams.core.evolve import evolve
from streams.core.scoring import reteach
from streams.core.signal.baseline import own_normal
from streams.core.signal.series import IN_DOUBT, Point, Points
from streams.core.state import PatientState

FAR_SPREADS: Final = 5
"""Further than this from the own normal and it may be somebody else (our choice: at least 2.5 kg, or 10 points of
SpO2; whoever is nearer than that cannot be told apart by numbers)."""


def reviewed(state: PatientState, kind: str, points: Points) -> Points:
    """The readings of a kind with the doubt of each set anew; the same object where no binding has changed.

    In doubt: the first reading since a device for the kind was bound, when it is far from the own normal before it.
    A person's answer settles it, and so does a repeat: the next reading, nearer to it than to that normal.
    """
    changes = _changes(state, kind, points)
    if not changes:
        return points
    marked = points
    if any([flags & IN_DOUBT for _, _, flags in points]):  # noqa: C419 - asked at every reading after a binding
        marked = tuple([_with(point, doubt=False) for point in points])
    for at in sorted({bisect_left(points, (since,)) for since in changes}):
        if at < len(points) and _is_doubtful(state, kind, marked[: at + 2], at):
            marked = (*marked[:at], _with(marked[at], doubt=True), *marked[at + 1 :])
    return points if marked == points else marked


def review(state: PatientState, *, scoring: bool) -> PatientState:
    """The state once bindings or answers have changed: every kind, and what was learned of those that differ."""
    for kind, points in sorted(state.series.items()):
        again = reviewed(state, kind, points)
        if again is not points:
            state = evolve(state, series={**state.series, kind: again})
            state = reteach(state, kind) if scoring else state
    return state


def _changes(state: PatientState, kind: str, points: Points) -> list[int]:
    """When devices for the kind were bound, after the oldest reading that is remembered."""
    oldest = points[0].at_ms if points else 0
    return [one.from_ms for one in devices(state) if one.from_ms > oldest and one.covers(one.from_ms, kind)]


def _is_doubtful(state: PatientState, kind: str, points: Points, at: int) -> bool:
    point, normal = points[at], own_normal(kind, points[: at + 1])
    if normal is None or abs(point.milli - normal.level_milli) <= FAR_SPREADS * normal.spread_milli:
        return False
    said = [one.mine for one in state.identified if (one.kind, one.at_ms) == (kind, point.at_ms)]
    if said:
        return not said[-1]
    following = points[at + 1 :]
    away = abs(point.milli - normal.level_milli)
    return not following or 2 * abs(following[0].milli - point.milli) >= away


def _with(point: Point, *, doubt: bool) -> Point:
    flags = point.flags | IN_DOUBT if doubt else point.flags & ~IN_DOUBT
    return point if flags == point.flags else Point(point.at_ms, point.milli, flags)
