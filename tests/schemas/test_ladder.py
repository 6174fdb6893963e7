"""The ladder's numbers: every tier has a way up, nothing holds for no time, nobody sets a red to climb for ever."""

from typing import Any

import pytest
from pydantic import ValidationError

from schemas.ladder import LadderRules, LadderTimes

SHIPPED = LadderRules()


@pytest.mark.parametrize(
    "changed",
    [
        {"rungs_min": {"2": (10,)}},
        {"rungs_min": SHIPPED.rungs_min | {"4": ()}},
        {"rungs_min": SHIPPED.rungs_min | {"4": (10, 10)}},
        {"rungs_min": SHIPPED.rungs_min | {"5": (10, 61)}},
        {"acknowledged_min": SHIPPED.acknowledged_min | {"4": 0}},
        {"reached_min": SHIPPED.reached_min | {"4": 0}},
        {"offered_min": {"4": 10}},
        {"working": {"1": "next_day"}},
        {"rises": {"3": {"rungs": 1, "to": 3}}},
        {"roles": SHIPPED.roles | {"4": ((),)}},
        {"contact": SHIPPED.contact | {"4": ()}},
    ],
)
def test_what_would_strand_an_alert_is_refused(changed: dict[str, Any]) -> None:
    """By name, before it is published."""
    with pytest.raises(ValidationError):
        LadderRules(**changed)


@pytest.mark.parametrize("changed", [{"rungs_min": {"4": (30, 90)}}, {"rungs_min": {"0": (30,)}}])
def test_a_team_is_held_to_the_same(changed: dict[str, Any]) -> None:
    """Its own times climb, and a red is at its last rung within the hour."""
    with pytest.raises(ValidationError):
        LadderTimes(**changed)


def test_what_a_team_leaves_out_is_not_set() -> None:
    """Nothing has a hidden default."""
    assert (LadderTimes().rungs_min, LadderTimes().acknowledged_min) == ({}, {})


def test_every_tier_reaches_a_person_and_the_top_in_time() -> None:
    """The shipped numbers: total time to the top of a red is half an hour, and the clocks of 2 and 3 lead there."""
    assert {30} == {SHIPPED.rungs_min[tier][-1] for tier in ("4", "5")}
    assert (3, 4) == (SHIPPED.rises["2"].to, SHIPPED.rises["3"].to)
    assert all(SHIPPED.roles[tier] and SHIPPED.contact[tier] for tier in SHIPPED.rungs_min)
