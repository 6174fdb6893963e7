"""NEWS2 as a rule: the newest readings that belong together, scored as joint bounds; acts on the lower bound."""

from collections.abc import Callable, Mapping
from functools import lru_cache

from schemas.rules import News2Rules
from schemas.triage import Finding, TriageLevel
from schemas.vitals import VITALS
from streams.core.plan import Plan
from streams.core.rules.base import View
from streams.core.rules.judging import repeated
from streams.core.rules.news2_score import RISKS, SINGLE, News2, News2Inputs, Risk, Scale, score
from streams.core.signal.series import Point, Series

HOUR_MS = 3_600_000
KINDS = ("resp_rate", "spo2", "supplemental_o2", "sbp", "pulse", "consciousness", "temp")
HABITUAL = (TriageLevel.GREEN, 1)
"""A single 3 that is the patient's own is shown and raises nothing (clinical README section 9)."""

_SCORED = {"supplemental_o2": "air_or_oxygen"}
_CALM = frozenset({"none", "low"})
"""Bands that ask for nothing but the next score (RCP 2017)."""


def inputs_at_anchors(series: Series, rules: News2Rules, kinds: tuple[str, ...] = KINDS) -> list[dict[str, Point]]:
    """The readings that count together, newest first: anchored at a reading, each inside its own freshness window.

    Anchored at readings, not at now, so that a bad score does not turn green by waiting. A newest reading that
    has become too old for the newest anchor keeps an anchor of its own: a missing input never lowers a band
    already reached (clinical/news2.json).
    """
    newest = {kind: series[kind][-1] for kind in kinds if series.get(kind)}
    together: list[dict[str, Point]] = []
    left, hours = newest, rules.freshness_hours
    while left:
        anchor = max([point.at_ms for point in left.values()])
        inside = {k: p for k, p in newest.items() if 0 <= anchor - p.at_ms <= hours[k] * HOUR_MS}
        together.append(inside)
        left = {kind: point for kind, point in left.items() if kind not in inside}
    return together


def scored(plan: Plan, series: Series, rules: News2Rules) -> tuple[News2, dict[str, Point]] | None:
    """The score and the readings behind it; None where it must not be computed (RCP 2017) or nothing is known."""
    contract = plan.contract
    if contract.pregnant or contract.age_under_16:
        return None
    results = [(_score(points, contract.news2_scale), points) for points in inputs_at_anchors(series, rules)]
    if len(results) == 1:
        return results[0]
    # The first of the worst: `max` keeps the newest anchor among equals. What is habitual comes behind its equals.
    return max(results, key=lambda r: (RISKS.index(r[0].risk_lower), not is_habitual(plan, *r)), default=None)


def is_habitual(plan: Plan, news2: News2, points: Mapping[str, Point]) -> bool:
    """Is the risk nothing but single 3s at values that a clinician has signed as this patient's own?"""
    if not plan.habits or news2.risk_lower != "single3":
        return False
    habits = {habit.kind: habit for habit in plan.habits}
    three = [kind for kind in points if news2.scores.get(_SCORED.get(kind, kind)) == SINGLE]
    return all(kind in habits and habits[kind].covers(points[kind].milli, points[kind].at_ms) for kind in three)


def _score(points: Mapping[str, Point], scale: Scale) -> News2:
    return _remembered(tuple([points[kind].milli if kind in points else None for kind in KINDS]), scale)


@lru_cache(maxsize=65_536)
def _remembered(values: tuple[int | None, ...], scale: Scale) -> News2:
    """Values in the order of KINDS. The same ones are scored again and again; a pure function's result may be kept."""
    resp_rate, spo2, oxygen, sbp, pulse, alert, temp = values
    inputs = News2Inputs(
        resp_rate=resp_rate,
        spo2=spo2,
        on_oxygen=None if oxygen is None else oxygen > 0,
        sbp=sbp,
        pulse=pulse,
        consciousness=None if alert is None else VITALS["consciousness"].codes[alert],
        temp=temp,
    )
    return score(inputs, scale)


class News2Rule:
    """National Early Warning Score 2 (Royal College of Physicians, 2017), acknowledged; partial as bounds."""

    id = "news2"
    version = "2"
    source = "Royal College of Physicians, NEWS2, December 2017; tiers from clinical/escalation.json"
    summary = "NEWS2 complete, or its lower bound while inputs are missing; never zeros for missing ones"

    def evaluate(self, view: View, found: tuple[Finding, ...]) -> tuple[Finding, ...]:  # noqa: ARG002 - contract of a rule
        """One finding when the lower bound's band asks for action; a missing input can only understate it."""
        if view.news2 is None:
            return ()
        news2, points = view.news2
        if news2.risk_lower in _CALM:
            return ()
        own = is_habitual(view.plan, news2, points)
        level, tier = HABITUAL if own else _severity(news2.risk_lower, view.rules.news2)
        # Only the readings that score decide: their time is the finding's, their doubt its doubt.
        deciding = {kind: point for kind, point in points.items() if news2.scores.get(_SCORED.get(kind, kind), 0)}
        evidence: dict[str, int | str] = {f"{kind}_milli": point.milli for kind, point in deciding.items()}
        evidence["lower"], evidence["upper"] = news2.lower_total, news2.upper_total
        return (
            Finding(
                self.id,
                self.version,
                level,
                tier,
                f"news2.{'habitual' if own else news2.risk_lower}",
                max(point.at_ms for point in deciding.values()),
                evidence,
                news2.risk_lower == "single3" and not own and _waits(view),
            ),
        )


def _waits(view: View) -> bool:
    """A single 3 waits for its repeat (GEN-04), but never one of consciousness; 5 and more never do.

    Every kind whose newest reading scores 3 counts, also one too old for the newest score: else a second, fresh 3
    would be answered later than the first alone.
    """
    if "news2" not in view.rules.mitigation.repeat:
        return False
    three = [kind for kind in KINDS if view.series.get(kind) and _scores_three(kind, view)(view.series[kind][-1].milli)]
    if "consciousness" in three:
        return False
    return not any(repeated(view.series[kind], _scores_three(kind, view), view.now_ms) for kind in three)


def _scores_three(kind: str, view: View) -> Callable[[int], bool]:
    scale = view.plan.contract.news2_scale
    return lambda milli: _score({kind: Point(0, milli)}, scale).max_single_lower == SINGLE


def _severity(risk: Risk, rules: News2Rules) -> tuple[TriageLevel, int]:
    return {
        "single3": (TriageLevel.YELLOW, rules.single3_tier),
        "medium": (TriageLevel.RED, rules.medium_tier),
        "high": (TriageLevel.RED, rules.high_tier),
    }[risk]
