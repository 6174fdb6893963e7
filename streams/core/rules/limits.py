"""Personal limits: the newest reading of each kind against the plan's absolute red and yellow limits."""

from schemas.triage import Finding, TriageLevel
from streams.core.plan import Limits
from streams.core.rules.base import View
from streams.core.rules.judging import HOUR_MS, contradicted, repeated, run_start
from streams.core.signal.series import Points

HELD_TIER = 1
"""A yellow that waits for a second one is on the list and raises no alert."""

WAITING_TIER = 3
"""Highest tier whose paging waits for a repeat: a clinician who signs 4 or 5 wants no wait. Our choice."""


def side(limits: Limits, milli: int) -> tuple[TriageLevel, str]:
    """The band of a value and the bound that decided (`within` for green). Half-open, no gap."""
    if limits.red_below is not None and milli < limits.red_below:
        return TriageLevel.RED, "red_below"
    if limits.red_from is not None and milli >= limits.red_from:
        return TriageLevel.RED, "red_from"
    if limits.yellow_below is not None and milli < limits.yellow_below:
        return TriageLevel.YELLOW, "yellow_below"
    if limits.yellow_from is not None and milli >= limits.yellow_from:
        return TriageLevel.YELLOW, "yellow_from"
    return TriageLevel.GREEN, "within"


def _is_calm(recent: Points, limits: Limits, since_ms: int) -> bool:
    """Are all of these green, and measured under the plan of now? Then nothing is to be said, and no more looked at."""
    if recent[0].at_ms < since_ms:
        return False
    floor, ceiling = limits.green
    values = [milli for _, milli, _ in recent]
    return floor <= min(values) and max(values) < ceiling


class PersonalLimits:
    """The plan's limits. Tiers come from the plan; a clinician signs them."""

    id = "limits"
    version = "1"
    source = "FUT reference ranges RAL/GAL; the care plan holds the numbers"
    summary = "newest reading of each kind against the plan's red and yellow limits"

    def evaluate(self, view: View, found: tuple[Finding, ...]) -> tuple[Finding, ...]:  # noqa: ARG002 - contract of a rule
        """At most one finding per kind with limits."""
        findings = []
        calm, since_ms = view.rules.mitigation.calm_readings, view.plan.from_ms
        for kind, limits in view.plan.limits.items():
            points = view.series.get(kind)
            if not points or _is_calm(points[-calm:], limits, since_ms):
                continue
            finding = self._judge(kind, view, points)
            if finding is not None:
                findings.append(finding)
        return tuple(findings)

    def _judge(self, kind: str, view: View, points: Points) -> Finding | None:
        newest = points[-1]
        limits = view.limits(kind, newest.at_ms)
        if limits is None:  # pragma: no cover - the kind is one of the plan's
            return None
        level, bound = side(limits, newest.milli)
        if level is TriageLevel.GREEN:
            return self._was_red(kind, view, points)
        if level is TriageLevel.YELLOW and self.id in view.rules.mitigation.twice:
            return self._twice(kind, view, points, limits, bound)
        return Finding(
            self.id,
            self.version,
            level,
            limits.red_tier if level is TriageLevel.RED else limits.yellow_tier,
            f"limits.{kind}.{bound}",
            newest.at_ms,
            {f"{kind}_milli": newest.milli, "limit": getattr(limits, bound)},
            level is TriageLevel.RED and self._waits(limits, bound, view, points),
        )

    def _twice(self, kind: str, view: View, points: Points, limits: Limits, bound: str) -> Finding:
        """Yellow at once; an alert only when the reading before was no better, or none came in time."""
        newest = points[-1]
        first = points[run_start(points, lambda milli: side(limits, milli)[0] is not TriageLevel.GREEN)]
        due_ms = first.at_ms + view.rules.mitigation.twice_hours * HOUR_MS
        evidence: dict[str, int | str] = {f"{kind}_milli": newest.milli, "limit": getattr(limits, bound)}
        tier, at_ms = limits.yellow_tier, newest.at_ms
        if first is newest and view.now_ms < due_ms:
            tier, evidence = HELD_TIER, evidence | {"held": "twice", "until_ms": due_ms}
        elif first is newest:
            at_ms = due_ms
        return Finding(self.id, self.version, TriageLevel.YELLOW, tier, f"limits.{kind}.{bound}", at_ms, evidence)

    def _waits(self, limits: Limits, bound: str, view: View, points: Points) -> bool:
        """A red waits for its repeat, whatever its band; where the bundle says so, and no clinician signed a faster
        clock than tier 3 for it."""
        if self.id not in view.rules.mitigation.repeat or limits.red_tier > WAITING_TIER:
            return False
        return not repeated(points, lambda milli: side(limits, milli)[1] == bound, view.now_ms)

    def _was_red(self, kind: str, view: View, points: Points) -> Finding | None:
        """Red shortly before: a few newer readings inside the limits are needed to be green again (hysteresis).

        So one good reading does not hide a red one, and a red one that arrives late is not overlooked. A red that its
        repeat contradicted was a measuring fault.
        """
        calm = 0
        for last in range(len(points), 0, -1):
            point = points[last - 1]
            limits = view.limits(kind, point.at_ms)
            if limits is None:  # pragma: no cover - the kind is one of the plan's
                return None
            level, _ = side(limits, point.milli)
            calm += level is TriageLevel.GREEN
            if calm >= view.rules.mitigation.calm_readings:
                return None
            if level is TriageLevel.RED and not self._is_contradicted(limits, view, points, last - 1):
                return Finding(
                    self.id,
                    self.version,
                    TriageLevel.YELLOW,
                    limits.yellow_tier,
                    f"limits.{kind}.was_red",
                    point.at_ms,
                    {"red": point.milli},
                )
        return None

    def _is_contradicted(self, limits: Limits, view: View, points: Points, at: int) -> bool:
        """A lone red, and the reading that came within 15 minutes was none."""
        if self.id not in view.rules.mitigation.repeat or limits.red_tier > WAITING_TIER:
            return False
        return contradicted(points, lambda milli: side(limits, milli)[0] is TriageLevel.RED, at)
