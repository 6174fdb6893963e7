"""Missing reference: a rule that the plan names and that cannot watch, because something is not stated or not there."""

from functools import lru_cache

from schemas.triage import Finding, TriageLevel
from streams.core.rules.base import View


class MissingReference:
    """A rule without its reference watches nothing; that must be a task, never silence (GEN-08)."""

    id = "reference"
    version = "3"
    source = "FUT task RefRangeNeeded; clinical README section 9: COPD without a target is a task"
    summary = (
        "a rule lacks what it compares with, or is not in the bundle; a device is somebody else's, or the team blocked"
    )

    def evaluate(self, view: View, found: tuple[Finding, ...]) -> tuple[Finding, ...]:  # noqa: ARG002 - contract of a rule
        """One finding per missing reference, tier 1, as old as the plan; a team that is blocked must be answered."""
        plan = view.plan
        missing = plan.lacking
        if plan.rows and not view.table.ids.issuperset(plan.rows):
            missing = (*missing, "rule")
        if plan.habits and any(view.now_ms >= habit.until_ms for habit in plan.habits):
            missing = (*missing, "habitual")
        if view.state.contested and _is_taken(view):
            missing = (*missing, "device")
        lacking = _findings(missing, plan.from_ms) if missing else ()
        permit = view.state.permit
        if permit is None or plan.contract.team not in permit.teams:
            return lacking
        return (*lacking, _blocked(max(permit.since_ms, plan.from_ms)))


def _blocked(since_ms: int) -> Finding:
    """Nobody but the readers of alerts.v1.unassigned sees this patient: that is somebody's task now."""
    rule = MissingReference
    return Finding(rule.id, rule.version, TriageLevel.YELLOW, 2, "consent.team_blocked", since_ms)


@lru_cache(maxsize=1024)
def _findings(missing: tuple[str, ...], since_ms: int) -> tuple[Finding, ...]:
    """The same at every reading while the plan stands."""
    rule = MissingReference
    return tuple(
        Finding(rule.id, rule.version, TriageLevel.GREEN, 1, f"reference.{what}", since_ms) for what in missing
    )


def _is_taken(view: View) -> bool:
    """Had somebody else one of the patient's devices first, now?"""
    spans = [span for row in view.state.contested for span in row.spans]
    return any(span.from_ms <= view.now_ms < span.until_ms for span in spans)
