"""Refused readings: what was sent but could not count is shown beside the silence it leaves."""

from schemas.triage import Finding, TriageLevel
from streams.core.rules.base import View

HOUR_MS = 3_600_000


class RefusedReading:
    """A refused input never fills a slot; until a good reading of its kind comes, the team sees why."""

    id = "refused"
    version = "1"
    source = "design.md section 4: a refused record is a finding, never data"
    summary = "an input of this patient was refused and no good reading of that kind has come since"

    def evaluate(self, view: View, found: tuple[Finding, ...]) -> tuple[Finding, ...]:  # noqa: ARG002 - contract of a rule
        """One finding per kind and outcome, tier 1: a task, not a colour. A good reading has taken its row away."""
        findings: dict[str, Finding] = {}
        since = view.now_ms - view.rules.missing.recent_hours * HOUR_MS
        for row in view.state.refused:
            if row.at_ms >= since:
                reason = f"refused.{row.kind or 'input'}.{row.outcome.partition('.')[2]}"
                findings[reason] = Finding(self.id, self.version, TriageLevel.GREEN, 1, reason, row.at_ms)
        return tuple(findings[reason] for reason in sorted(findings))
