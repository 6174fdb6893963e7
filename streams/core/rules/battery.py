"""Battery: a device that is about to fall silent says so; that is a task for its supplier, not a colour."""

from schemas.triage import Finding, TriageLevel
from streams.core.rules.base import View


class LowBattery:
    """The last charge a device reported."""

    id = "battery"
    version = "1"
    source = "our choice; FUT CalibrationNeeded-like device task"
    summary = "a device reported a charge at or below the bundle's `battery.low_percent`"

    def evaluate(self, view: View, found: tuple[Finding, ...]) -> tuple[Finding, ...]:  # noqa: ARG002 - contract of a rule
        """One finding, tier 1, however many devices are low: the newest report decides its time."""
        low = [
            (at_ms, percent)
            for percent, at_ms in view.state.battery.values()
            if percent <= view.rules.battery.low_percent
        ]
        if not low:
            return ()
        at_ms, percent = max(low)
        evidence = {"percent": percent}
        return (Finding(self.id, self.version, TriageLevel.GREEN, 1, "battery.low", at_ms, evidence),)
