"""Habitual values: beyond the absolute floor that a clinician has signed beside one, a reading is red."""

from collections.abc import Iterator
from typing import Final

from schemas.triage import Finding, TriageLevel
from streams.core.rules.base import View
from streams.core.rules.judging import repeated

TIER: Final = 3
"""As a personal red limit has it by default (clinical README section 9, GEN-06)."""


class HabitualFloor:
    """The floor holds as long as the plan names it, also when the habitual value has run out."""

    id = "habitual"
    version = "1"
    source = "clinical README section 9: a habitual value with an expiry and an absolute red floor; tier as GEN-06"
    summary = "newest reading lies beyond the absolute floor of a habitual value"

    def evaluate(self, view: View, found: tuple[Finding, ...]) -> tuple[Finding, ...]:  # noqa: ARG002 - contract of a rule
        """At most one finding per habitual value; its paging waits for a repeat where that of limits does."""
        return tuple(self._beyond(view)) if view.plan.habits else ()

    def _beyond(self, view: View) -> Iterator[Finding]:
        for habit in view.plan.habits:
            points = view.series.get(habit.kind)
            if not points or not habit.is_beyond(points[-1].milli):
                continue
            waits = "limits" in view.rules.mitigation.repeat and not repeated(points, habit.is_beyond, view.now_ms)
            reason = f"habitual.{habit.kind}.floor"
            evidence: dict[str, int | str] = {f"{habit.kind}_milli": points[-1].milli, "limit": habit.floor_milli}
            at_ms = points[-1].at_ms
            yield Finding(self.id, self.version, TriageLevel.RED, TIER, reason, at_ms, evidence, waits)
