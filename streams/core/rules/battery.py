"""Battery and faults: a device that is about to fall silent says so; a task for its supplier, not a colour."""

from schemas.triage import Finding, TriageLevel
from streams.core.rules.base import View


class LowBattery:
    """The last charge a device reported, and the fault of its newest heartbeat."""

    id = "battery"
    version = "2"
    source = "our choice; FUT CalibrationNeeded-like device task"
    summary = "a device reported a charge at or below the bundle's `battery.low_percent`, or a fault"

    def evaluate(self, view: View, found: tuple[Finding, ...]) -> tuple[Finding, ...]:  # noqa: ARG002 - contract of a rule
        """One finding of each, tier 1, however many devices are low or at fault: the newest report decides its time."""
        low = [
            (at_ms, percent)
            for percent, at_ms in view.state.battery.values()
            if percent <= view.rules.battery.low_percent
        ]
        said: tuple[Finding, ...] = ()
        if low:
            at_ms, percent = max(low)
            evidence = {"percent": percent}
            said = (Finding(self.id, self.version, TriageLevel.GREEN, 1, "battery.low", at_ms, evidence),)
        faults = [(one.told_ms, device, one.fault) for device, one in view.state.alive.items() if one.fault]
        if faults:
            at_ms, device, fault = max(faults)
            evidence_of = {"device": device, "fault": fault}
            said += (Finding(self.id, self.version, TriageLevel.GREEN, 1, "device.fault", at_ms, evidence_of),)
        return said
