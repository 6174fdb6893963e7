"""Device clocks: a clock that is off is a finding for whoever looks after the device, not a colour."""

from schemas.triage import Finding, TriageLevel
from streams.core.admission.clock import is_ahead, is_behind, is_off
from streams.core.rules.base import View


class DeviceClocks:
    """measured_at chooses slot, plan and freshness, so a wrong clock must be known."""

    id = "clock"
    version = "1"
    source = "our choice; design.md section 3, point 9: freshness counts from measured_at"
    summary = "a device dates readings into the future, or all of them equally far into the past"

    def evaluate(self, view: View, found: tuple[Finding, ...]) -> tuple[Finding, ...]:  # noqa: ARG002 - contract of a rule
        """At most one finding for each side, tier 1, however many devices are off."""
        found_here = []
        clocks = [clock for clock in view.state.clocks.values() if is_off(clock)]
        for reason, is_so in (("clock.ahead", is_ahead), ("clock.behind", is_behind)) if clocks else ():
            off = [clock for clock in clocks if is_so(clock)]
            if off:
                worst = max(off, key=lambda clock: (clock.received_ms, abs(clock.lag_ms)))
                evidence = {"lag_s": worst.lag_ms // 1000}
                found_here.append(
                    Finding(self.id, self.version, TriageLevel.GREEN, 1, reason, worst.received_ms, evidence)
                )
        return tuple(found_here)
