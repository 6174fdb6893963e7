"""Missing reference: a rule that the plan names and that cannot watch, because something is not stated or not there."""

from collections.abc import Iterator

from schemas.triage import Finding, TriageLevel
from streams.core.plan import Plan
from streams.core.rules.base import CompiledTable, View

NEEDED = {
    "copd": ("spo2_target", "target"),
    "asthma": ("pef_best", "best"),
    "ca": ("chemotherapy_at", "chemotherapy"),
    "pd": ("discharged_at", "discharge"),
}
"""Family -> the circumstance it asks for, and the end of the reason code."""


class MissingReference:
    """A rule without its reference watches nothing; that must be a task, never silence (GEN-08)."""

    id = "reference"
    version = "1"
    source = "FUT task RefRangeNeeded; clinical README section 9: COPD without a target is a task"
    summary = "a rule of the plan lacks what it compares with, or is not in the rule bundle"

    def evaluate(self, view: View, found: tuple[Finding, ...]) -> tuple[Finding, ...]:  # noqa: ARG002 - contract of a rule
        """One finding per missing reference, tier 1, as old as the plan."""
        return tuple(
            Finding(self.id, self.version, TriageLevel.GREEN, 1, f"reference.{what}", view.plan.from_ms)
            for what in _missing(view.plan, view.table)
        )


def _missing(plan: Plan, table: CompiledTable) -> Iterator[str]:
    named = plan.contract.rules
    for family, (field, what) in NEEDED.items():
        if family in named and getattr(plan.contract.circumstances, field) is None:
            yield what
    if "preg" in named and not plan.contract.pregnant:
        yield "pregnancy"
    if any("." in name and name not in table.ids for name in named):
        yield "rule"
