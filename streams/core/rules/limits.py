"""Personal limits: the newest reading of each kind against the plan's absolute red and yellow limits."""

from schemas.triage import Finding, TriageLevel
from streams.core.plan import Limits
from streams.core.rules.base import View
from streams.core.signal.series import Points, is_unconfirmed

CALM_READINGS = 2
"""A red kind is yellow until so many newer readings are inside their limits: hysteresis, so that one good
reading does not hide a red one, and a red one that arrives late is not overlooked (our choice; HeartLogic
leaves at a lower level than it enters for the same reason)."""


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


class PersonalLimits:
    """The plan's limits. Tiers come from the plan; a clinician signs them."""

    id = "limits"
    version = "1"
    source = "FUT reference ranges RAL/GAL; the care plan holds the numbers"
    summary = "newest reading of each kind against the plan's red and yellow limits"

    def evaluate(self, view: View, found: tuple[Finding, ...]) -> tuple[Finding, ...]:  # noqa: ARG002 - contract of a rule
        """At most one finding per kind with limits."""
        findings = []
        for kind in view.plan.limits:
            points = view.series.get(kind)
            if points:
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
        return Finding(
            self.id,
            self.version,
            level,
            limits.red_tier if level is TriageLevel.RED else limits.yellow_tier,
            f"limits.{kind}.{bound}",
            newest.at_ms,
            {f"{kind}_milli": newest.milli, "limit": getattr(limits, bound)},
            is_unconfirmed(kind, points),
        )

    def _was_red(self, kind: str, view: View, points: Points) -> Finding | None:
        """Red shortly before: CALM_READINGS newer readings inside the limits are needed to be green again.

        A red value of the confirm band that no repeat confirmed was a measuring fault.
        """
        calm = 0
        for last in range(len(points), 0, -1):
            point = points[last - 1]
            limits = view.limits(kind, point.at_ms)
            if limits is None:  # pragma: no cover - the kind is one of the plan's
                return None
            level, _ = side(limits, point.milli)
            calm += level is TriageLevel.GREEN
            if calm >= CALM_READINGS:
                return None
            if level is TriageLevel.RED and not is_unconfirmed(kind, points[:last]):
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
