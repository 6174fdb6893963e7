"""The contract of a rule: it looks at the readings and the plan, and returns findings with reasons."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from schemas.rules import RuleBundle
from schemas.triage import Finding
from streams.core.plan import Limits, Plan
from streams.core.rules.news2_score import News2
from streams.core.signal.series import Point, Series
from streams.core.state import PatientState


@dataclass(frozen=True, slots=True)
class View:
    """What a rule may see. silence: kind -> epoch ms when its overdue slot had fallen due.
    news2: the score of the newest readings with the readings behind it; None where it is not computed.

    A rule must be a function of this alone: no memory, no order of arrival.
    """

    now_ms: int
    plan: Plan
    rules: RuleBundle
    series: Series
    silence: Mapping[str, int]
    state: PatientState
    news2: tuple[News2, Mapping[str, Point]] | None

    def limits(self, kind: str, at_ms: int) -> Limits | None:
        """The limits a reading is held against: of the plan in force when it was measured (design.md, Time).

        A kind that plan had no limits for, or a plan no longer remembered: those of now, because doubt goes up.
        """
        if at_ms < self.plan.from_ms:
            then = self.state.plan_at(at_ms)
            if then is not None and kind in then.limits:
                return then.limits[kind]
        return self.plan.limits.get(kind)

    @property
    def symptoms(self) -> Mapping[str, tuple[int, int]]:
        """Symptom (schemas.symptoms) -> (value, answered_at ms) of the newest form that asked; absent = never asked."""
        return self.state.symptoms

    def newest(self, kind: str) -> Point | None:
        """The reading of this kind that was measured last; None = there is none."""
        points = self.series.get(kind)
        return points[-1] if points else None


class Rule(Protocol):
    """One row of RULES. id: as plans name it; version: raised with every change of a decision.

    source: where the numbers come from. summary: one English sentence for the generated table.
    """

    id: str
    version: str
    source: str
    summary: str

    def evaluate(self, view: View, found: tuple[Finding, ...]) -> tuple[Finding, ...]:
        """Findings of this rule; `found` are those of the rules before it in RULES."""
        ...
