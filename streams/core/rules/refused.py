"""Refused readings: what was sent but could not count is shown beside the silence it leaves."""

from collections.abc import Iterator

from schemas.audit import Outcome
from schemas.triage import Finding, TriageLevel
from streams.core.rules.base import View
from streams.core.rules.limits import side
from streams.core.state import Refused

HOUR_MS = 3_600_000
DEVICE_STATUS_KIND = "device_status"
"""Under which name the heartbeat of an unbound device is remembered: the device owner's matter, and no task of a nurse,
because nothing was measured."""

UNBOUND = Outcome.REJECTED_UNBOUND_DEVICE.value


IN_A_ROW = 3
"""So many refused readings of a kind without a good one between them: a person looks. The tier is our choice."""

AGAIN = 2
"""So often the same kind from a device that is not bound: it keeps sending. Not three, because whoever gives out
devices is to hear of it within 15 minutes, and a device at home is seldom tried three times. Our choice."""

TASK_TIER = 2


class RefusedReading:
    """A refused input never fills a slot; until a good reading of its kind comes, the team sees why."""

    id = "refused"
    version = "2"
    source = "design.md section 4: a refused record is a finding, never data"
    summary = "an input of this patient was refused and no good reading of that kind has come since"

    def evaluate(self, view: View, found: tuple[Finding, ...]) -> tuple[Finding, ...]:  # noqa: ARG002 - contract of a rule
        """One finding per kind and outcome, tier 1, and a task where a person has to look. A good reading ends them."""
        findings: dict[str, Finding] = {}
        since = view.now_ms - view.rules.missing.recent_hours * HOUR_MS
        for row in view.state.refused:
            if row.at_ms >= since:
                reason = f"refused.{row.kind or 'input'}.{row.outcome.partition('.')[2]}"
                findings[reason] = Finding(self.id, self.version, TriageLevel.GREEN, 1, reason, row.at_ms)
                if row.kind == DEVICE_STATUS_KIND:
                    continue
                findings |= {task.reason: task for task in self._tasks(row, view)}
        return tuple(findings[reason] for reason in sorted(findings))

    def _tasks(self, row: Refused, view: View) -> Iterator[Finding]:
        """What makes it more than a remark: it keeps coming, or it would have been red."""
        name = f"refused.{row.kind or 'input'}"
        held = [one for one in view.state.refused if one.kind == row.kind]
        if any(one.outcome == UNBOUND and one.count >= AGAIN for one in held):
            if row.outcome == UNBOUND:
                yield Finding(self.id, self.version, TriageLevel.YELLOW, TASK_TIER, f"{name}.keeps_sending", row.at_ms)
        elif sum(one.count for one in held) >= IN_A_ROW:
            yield Finding(self.id, self.version, TriageLevel.YELLOW, TASK_TIER, f"{name}.repeated", row.at_ms)
        asked_ms = row.at_ms if row.measured_ms is None else row.measured_ms
        limits = None if row.milli is None else view.limits(row.kind, asked_ms)
        if limits is not None and row.milli is not None and side(limits, row.milli)[0] is TriageLevel.RED:
            yield Finding(self.id, self.version, TriageLevel.YELLOW, TASK_TIER, f"{name}.beyond_red", row.at_ms)
