"""Missing readings: silence is data. An overdue slot is blue; after a recent concern it is a worry of its own."""

from schemas.triage import Finding, TriageLevel
from streams.core.rules.base import View

HOUR_MS = 3_600_000


class MissingReading:
    """Overdue slots. Quiet patients get a reminder and a place on the list (tier 1); quiet *worrying* ones an alert."""

    id = "missing"
    version = "1"
    source = "clinical README section 7: silent plus recent yellow or red is tier 3; FUT missing measurement"
    summary = "a slot's time and grace have passed without the reading"

    def evaluate(self, view: View, found: tuple[Finding, ...]) -> tuple[Finding, ...]:
        """One finding per silent kind, and one more when the silence follows a concern."""
        basis = {"path_late": 1} if view.state.path_late else {}
        findings = [
            Finding(self.id, self.version, TriageLevel.GREEN, 1, f"missing.{kind}", due_ms, basis)
            for kind, due_ms in sorted(view.silence.items())
        ]
        if findings and self._is_worrying(view, found):
            since = max(view.silence.values())
            tier = view.rules.missing.worried_tier
            findings.append(Finding(self.id, self.version, TriageLevel.YELLOW, tier, "missing.after_concern", since))
        return tuple(findings)

    @staticmethod
    def _is_worrying(view: View, found: tuple[Finding, ...]) -> bool:
        """Has a slot that opened after a recent concern gone by? Silence before it does not count."""
        since = view.now_ms - view.rules.missing.recent_hours * HOUR_MS
        latest = max(view.silence.values())
        return any(finding.tier >= 2 and since <= finding.at_ms < latest for finding in found)
