"""TOBS as a rule: home nurses speak it. Acts on the lower bound, as NEWS2 does."""

from collections.abc import Mapping

from schemas.plan import CarePlan
from schemas.rules import News2Rules
from schemas.triage import Finding, TriageLevel
from streams.core.rules.base import View
from streams.core.rules.news2 import inputs_at_anchors
from streams.core.rules.tobs_score import KINDS, Tobs, score
from streams.core.signal.series import Point, Series

YELLOW_FROM, RED_FROM = 2, 3
"""At 2 a nurse is told (Skive); from 3 general practitioner, 1813 or 112, of which no full text was found: doubt goes
up to red, tier 3. A clinician signs both."""


def tobs_of(contract: CarePlan, series: Series, rules: News2Rules) -> tuple[Tobs, Mapping[str, Point]] | None:
    """The worst score of readings that belong together; None in pregnancy, under 16, or without a reading."""
    if contract.pregnant or contract.age_under_16:
        return None
    together = inputs_at_anchors(series, rules, KINDS)
    results = [(score(tuple([_milli(points, kind) for kind in KINDS])), points) for points in together]
    return max(results, key=lambda result: result[0].lower, default=None)


def _milli(points: Mapping[str, Point], kind: str) -> int | None:
    point = points.get(kind)
    return None if point is None else point.milli


class TobsRule:
    """Tidlig Opsporing af Begyndende Sygdom; partial as bounds, silence never 0."""

    id = "tobs"
    version = "1"
    source = "Holstebro, Kalundborg, Skive; holes closed by us; freshness as NEWS2; levels engineering"
    summary = "TOBS, or its lower bound while inputs are missing: yellow from 2, red from 3"

    def evaluate(self, view: View, found: tuple[Finding, ...]) -> tuple[Finding, ...]:  # noqa: ARG002 - contract of a rule
        """One finding from 2 on."""
        result = tobs_of(view.plan.contract, view.series, view.rules.news2)
        if result is None or result[0].lower < YELLOW_FROM:
            return ()
        tobs, points = result
        deciding = {kind: point for kind, point in points.items() if tobs.scores[kind]}
        evidence: dict[str, int | str] = {f"{kind}_milli": point.milli for kind, point in deciding.items()}
        evidence["lower"], evidence["upper"] = tobs.lower, tobs.upper
        red = tobs.lower >= RED_FROM
        level, tier, end = (TriageLevel.RED, 3, "high") if red else (TriageLevel.YELLOW, 2, "raised")
        newest = max(point.at_ms for point in deciding.values())
        return (Finding(self.id, self.version, level, tier, f"tobs.{end}", newest, evidence),)
