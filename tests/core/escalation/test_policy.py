"""Policy: whose times hold. The bundle's, over them the team's, over them the plan's."""

import pytest

from schemas.coverage import TeamCoverage
from schemas.ladder import LadderTimes
from streams.core.context import Context
from streams.core.escalation.policy import terms
from tests.builders import MINUTE, Patient, make_limit, make_plan, rules

TEAM_TIMES = LadderTimes(rungs_min={"4": (5, 15)}, acknowledged_min={"4": 60})
PLAN_TIMES = LadderTimes(rungs_min={"4": (2, 4)})


def around(ladder: LadderTimes | None) -> Context:
    """lung with times of its own, or without."""
    return Context(rules(), {"lung": TeamCoverage(team="lung", version=1, ladder=ladder)}, "nattevagt/test")


@pytest.mark.parametrize(
    ("team", "plan", "rungs", "held"),
    [
        (None, None, (10, 20, 30), 240),
        (TEAM_TIMES, None, (5, 15), 60),
        (None, PLAN_TIMES, (2, 4), 240),
        (TEAM_TIMES, PLAN_TIMES, (2, 4), 60),
    ],
    ids=["bundle", "team", "plan", "plan over team"],
)
def test_the_nearest_times_hold(
    team: LadderTimes | None, plan: LadderTimes | None, rungs: tuple[int, ...], held: int
) -> None:
    """What one leaves out is the next one's; other tiers are untouched."""
    ladder = terms(around(team), "lung", make_plan(ladder=plan)).ladder

    assert (rungs, held) == (ladder.rungs_min["4"], ladder.acknowledged_min["4"])
    assert rules().ladder.rungs_min["3"] == ladder.rungs_min["3"]


def test_a_plans_own_times_reach_the_alert() -> None:
    """Two minutes for this patient, then the next rung."""
    times = {"rungs_min": {"4": [2, 4]}}
    limits = [make_limit(red_below=88, yellow_below=90, red_tier=4)]
    patient = Patient(limits=limits, rules=["limits"], ladder=times, surroundings=around(TEAM_TIMES))
    patient.measures(86)
    assert patient.now_ms + 2 * MINUTE == patient.state.alert.deadline_ms
    patient.commands("acknowledge")
    assert patient.now_ms + 60 * MINUTE == patient.state.alert.deadline_ms
