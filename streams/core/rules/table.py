"""Families of disease rules: the rows of the rule bundle's table, each evaluated by the general conditions."""

from dataclasses import dataclass

from schemas.base import to_ms
from schemas.rule_table import RuleRow
from schemas.triage import Finding, TriageLevel
from streams.core.plan import Plan
from streams.core.rules.base import Answer, Compiled, Judged, Remembering, View
from streams.core.rules.judging import NO, UNKNOWN
from streams.core.signal.series import Point, Points

DAY_MS = 86_400_000

ASK_TIER = 1
WAS_TIER = 2
"""Tiers of the two findings beside a row's own: a repeat that is awaited, and a red that is not forgotten yet."""

MARGIN_PERMILLE = 500
"""A reading is calm half a personal spread inside the limit (clinical/alert_mitigation.csv, hysteresis)."""


ALWAYS = frozenset({"gen"})
"""Families that no plan can switch off: emergency symptoms are everybody's business."""


@dataclass(frozen=True, slots=True)
class Family:
    """All rows of one family. A finding's reason is the row's id; `.ask` a repeat is awaited; `.was_red` red lately."""

    id: str
    summary: str
    version: str = "1"
    source: str = "rows of the rule bundle, each with its own source and status"

    def evaluate(self, view: View, found: tuple[Finding, ...]) -> tuple[Finding, ...]:  # noqa: ARG002 - contract of a rule
        """At most one finding per row, in the order of the table."""
        findings = []
        for one in view.table.chosen(self.id, view.plan, always=self.id in ALWAYS):
            judged = one.condition.judge(view)
            if (judged is NO or judged is UNKNOWN) and not one.remembered:
                continue
            finding = self._finding(one, judged, view)
            if finding is not None:
                findings.append(finding)
        return tuple(findings)

    def _finding(self, one: Compiled, judged: Judged, view: View) -> Finding | None:
        if judged.answer is Answer.FIRES and holds_since(one.row, view.plan, judged.at_ms):
            row = one.row
            doubt = row.confirm == "repeat" and not judged.repeated
            return self._made(one, row.level, row.tier, row.id, judged, unconfirmed=doubt)
        if judged.answer is Answer.WAITS and holds_since(one.row, view.plan, judged.at_ms):
            asked = Judged(Answer.WAITS, judged.at_ms, {"until_ms": judged.due_ms})
            return self._made(one, TriageLevel.GREEN, ASK_TIER, f"{one.row.id}.ask", asked)
        return self._lately(one, view) if one.remembered else None

    def _lately(self, one: Compiled, view: View) -> Finding | None:
        """Red shortly before: a few calm readings are needed until it is forgotten."""
        for part in one.remembered:
            own = view.state.aspects.get(part.kind)
            margin = 0 if own is None else own.spread_milli * MARGIN_PERMILLE // 1000
            point = _lately(part, view.series.get(part.kind, ()), one.row.calm, margin)
            if point is not None and holds_since(one.row, view.plan, point.at_ms):
                return was_red(one, part.kind, point)
        return None

    def _made(
        self, one: Compiled, level: TriageLevel, tier: int, reason: str, judged: Judged, *, unconfirmed: bool = False
    ) -> Finding:
        return Finding(self.id, str(one.row.version), level, tier, reason, judged.at_ms, judged.evidence, unconfirmed)


def was_red(one: Compiled, kind: str, point: Point) -> Finding:
    """Yellow: a reading that fired a red row stands behind newer ones."""
    row = one.row
    evidence: dict[str, int | str] = {"red": point.milli, "kind": kind}
    return Finding(
        row.family, str(row.version), TriageLevel.YELLOW, WAS_TIER, f"{row.id}.was_red", point.at_ms, evidence
    )


def holds_since(row: RuleRow, plan: Plan, at_ms: int) -> bool:
    """Is the evidence inside the days after the event that the row depends on?"""
    if row.since is None:
        return True
    event = getattr(plan.contract.circumstances, row.since.event)
    return event is not None and 0 <= at_ms - to_ms(event) <= row.since.days * DAY_MS


def _lately(part: Remembering, points: Points, calm: int, margin: int) -> Point | None:
    """The newest reading that fired and is not yet followed by `calm` calm ones; None = there is none."""
    seen = 0
    for at in range(len(points) - 1, -1, -1):
        if not part.is_calm(points[at].milli, margin):  # what is calm has not fired
            if part.fired(points, at):
                return points[at]
            continue
        seen += 1
        if seen >= calm:
            return None
    return None


FAMILIES = (
    Family("gen", "emergency symptoms, whatever the plan says"),
    Family("copd", "saturation against the target, falls from the own normal, Rome and Anthonisen criteria"),
    Family("hf", "weight gain in 3 days, and BEAT-HF: symptoms tighten the limits of pressure, pulse and weight"),
    Family("htn", "mean of the home series, very high and low pressure"),
    Family("dm", "levels of low and high glucose, ketones"),
    Family("preg", "pressure, protein and symptoms of pre-eclampsia, infection after waters broke"),
    Family("ca", "fever on chemotherapy without waiting, severe symptoms"),
    Family("pd", "saturation in the first 30 days after discharge"),
    Family("asthma", "peak flow in per cent of the personal best"),
)
"""One per family of schemas.rule_table, in its order."""
