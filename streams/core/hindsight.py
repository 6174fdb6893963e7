"""Hindsight: what triage would have said then, once a reading has come late or one that counted is withdrawn.

A reading that newer ones hide changes nothing about now; what would have been red then must still be seen.
"""

from bisect import bisect_right
from collections.abc import Mapping

from schemas.rules import RuleBundle
from schemas.triage import Finding, TriageLevel
from streams.core.context import Context
from streams.core.evolve import evolve
from streams.core.plan import NEVER
from streams.core.rules.news2 import KINDS as SCORED_TOGETHER
from streams.core.signal.features import Aspect, aspect
from streams.core.signal.series import Point, Points, Series
from streams.core.state import PatientState
from streams.core.triage import assess

HOUR_MS = 3_600_000

LATE_TIER = 2
"""A red that newer readings have overtaken is yellow: a person looks at it, nobody is woken (design.md 3.9)."""

WAS_RED = ".was_red"
"""End of the reason code of a finding that was red then and is not now."""

MAX_BETWEEN = 64
"""Readings of other kinds looked at between a late one and the next of its own kind, the nearest first."""

MAX_AFTER = 8
"""Newer readings of the same kind looked at: a trend over them may rest on the late one. Our choice, for the cost."""


def is_overtaken(series: Series, kind: str, point: Point, rules: RuleBundle) -> bool:
    """Could triage as of this reading's time differ from triage now? False for nearly every reading.

    It can when its kind has a newer reading, or when a newer reading of another kind took the place of one that
    would have been scored together with it, measured before it or since, or is so much newer that it is no longer
    scored together with it.
    """
    if series[kind][-1] != point:
        return True
    if kind not in SCORED_TOGETHER:
        return False
    # Too old for the newest score, but perhaps not for one in between.
    newest_ms = max(series[other][-1].at_ms for other in SCORED_TOGETHER if series.get(other))
    if newest_ms - point.at_ms > rules.news2.freshness_hours[kind] * HOUR_MS:
        return True
    for other in SCORED_TOGETHER:
        points = series.get(other)
        if points and points[-1].at_ms > point.at_ms:
            before = bisect_right(points, (point.at_ms, NEVER))
            fresh_ms = rules.news2.freshness_hours[other] * HOUR_MS
            if before and point.at_ms - points[before - 1].at_ms <= fresh_ms:
                return True
            if before < len(points) - 1:
                return True
    return False


def hidden_reds(
    before: PatientState, after: PatientState, kind: str, point: Point, context: Context
) -> tuple[Finding, ...]:
    """The reds that would have been found since `point` with the readings of `after`, not with those of `before`.

    As findings of today: yellow, with their own time, one for each reason, the most urgent first. Empty = there
    were none, or triage of now says them anyway.
    """
    found: dict[str, Finding] = {}
    for moment in _moments(after.series, kind, point.at_ms):
        cut = (kind, point) if moment == point.at_ms else None
        reds = [f for f in _concerns(after, moment, context, cut) if f.level is TriageLevel.RED]
        if reds:
            known = {f.reason for f in _concerns(before, moment, context, cut) if f.level is TriageLevel.RED}
            found |= {finding.reason: finding for finding in reds if finding.reason not in known}
    if not found:
        return ()
    said = {(f.reason, f.at_ms) for f in assess(after, context).concerns}
    hidden = [f for f in found.values() if not any(r == f.reason and at_ms >= f.at_ms for r, at_ms in said)]
    hidden.sort(key=lambda f: (-f.tier, f.reason))
    return tuple(evolve(f, level=TriageLevel.YELLOW, tier=LATE_TIER, reason=f.reason_then) for f in hidden)


def supported(state: PatientState, since_ms: int, context: Context) -> frozenset[str]:
    """Reasons that the remaining readings would have given at any time from `since_ms` on."""
    moments = sorted({p.at_ms for points in state.series.values() for p in points if p.at_ms >= since_ms})
    reasons: set[str] = set()
    for moment in moments[-2 * MAX_BETWEEN :]:
        for finding in _concerns(state, moment, context):
            reasons |= {finding.reason, finding.reason_then}
    return frozenset(reasons)


def _concerns(
    state: PatientState, at_ms: int, context: Context, cut: tuple[str, Point] | None = None
) -> tuple[Finding, ...]:
    """What a person would have had to answer at that moment: from readings alone, with the plan of then.

    cut: of that kind only the readings up to this one, so that of two of the same instant each is once the newest.
    """
    series: dict[str, Points] = {}
    aspects: dict[str, Aspect] = {}
    for kind, points in state.series.items():
        last = (at_ms, cut[1].milli, NEVER) if cut is not None and cut[0] == kind else (at_ms, NEVER)
        seen = points[: bisect_right(points, last)]
        if not seen:
            continue
        series[kind] = seen
        own = state.aspects.get(kind) if seen is points else aspect(kind, seen)
        if own is not None:
            aspects[kind] = own
    then = evolve(
        state,
        now_ms=at_ms,
        series=series,
        aspects=aspects,
        slots={},
        refused=(),
        battery={},
        path_late=False,
        consents=(),  # chosen by now, and now allows it
    )
    return assess(then, context).concerns


def _moments(series: Mapping[str, Points], kind: str, at_ms: int) -> list[int]:
    """When triage could have rested on a reading of that time: then, and at the readings that followed."""
    own = sorted({p.at_ms for p in series.get(kind, ()) if p.at_ms > at_ms})
    until = own[0] if own else NEVER
    others = {p.at_ms for points in series.values() for p in points if at_ms < p.at_ms < until}
    return sorted({at_ms, *sorted(others)[:MAX_BETWEEN], *own[:MAX_AFTER]})
