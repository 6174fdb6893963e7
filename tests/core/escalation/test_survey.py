"""Survey: a coverage with a gap or without people is taken with findings that name the uncovered hours."""

from typing import Any

import pytest
from pydantic import ValidationError

from schemas import texts
from schemas.coverage import TeamCoverage
from streams.core.escalation.survey import Gap, survey
from tests.builders import HOUR, rules
from tests.core.escalation.test_calendar import OFFICE, at

DUTY = {"outside_hours": "on_call", "on_call": {"id": "duty", "role": "on_call"}}
NURSE = [{"id": "n1", "role": "nurse"}]
MONDAY = at("2026-01-05T00:00")


def gaps(days: int = 7, **changed: Any) -> dict[str, Gap]:
    """Code -> what a survey of a week finds; one nurse in office hours and nobody on call unless told otherwise."""
    body = {"team": "lung", "version": 1, "shifts": [OFFICE], "recipients": NURSE, "patient_phone": "+4570203040"}
    found = survey(TeamCoverage.model_validate(body | changed), rules(), MONDAY, days)
    return {gap.code: gap for gap in found}


def test_a_team_with_somebody_on_call_has_no_gap() -> None:
    """Its nights and weekends are somebody's."""
    assert {} == gaps(**DUTY)


def test_uncovered_hours_are_named() -> None:
    """Five nights and a weekend of one week: 168 hours less 40."""
    gap = gaps()["coverage.no_route"]

    assert (True, 6) == (gap.is_red, len(gap.hours))
    assert (MONDAY, at("2026-01-05T08:00")) == gap.hours[0]
    assert (at("2026-01-09T16:00"), at("2026-01-12T00:00")) == gap.hours[-1]
    assert 128 * HOUR == sum(until - since for since, until in gap.hours)


def test_easter_is_a_gap() -> None:
    """Wednesday 16:00 to Tuesday 08:00, with a week that begins on the Monday before."""
    body = {"team": "lung", "version": 1, "shifts": [OFFICE], "recipients": NURSE}
    found = survey(TeamCoverage.model_validate(body), rules(), at("2026-03-30T00:00"), 14)

    assert (at("2026-04-01T16:00"), at("2026-04-07T08:00")) in found[0].hours


@pytest.mark.parametrize(
    ("changed", "code", "is_red"),
    [
        ({"recipients": []}, "coverage.no_recipient", True),
        ({"recipients": [], "shifts": [], **DUTY}, "coverage.no_recipient", False),
        ({"shifts": []}, "coverage.no_shifts", False),
        ({"patient_phone": None}, "coverage.no_phone", False),
    ],
)
def test_what_is_missing_is_a_finding_with_words(changed: dict[str, Any], code: str, is_red: bool) -> None:
    """In both languages."""
    gap = gaps(**changed)[code]

    assert is_red is gap.is_red
    assert texts.has_words(code)


def test_holidays_that_are_not_known_any_more_are_a_finding() -> None:
    """The bundle carries dates up to 2045; without a calendar of its own a team has none to run out of."""
    body = {"team": "lung", "version": 1, "shifts": [OFFICE], "recipients": NURSE}
    late = at("2045-12-20T00:00")

    assert "coverage.calendar_ends" in {g.code for g in survey(TeamCoverage.model_validate(body), rules(), late)}
    assert {"coverage.no_route", "coverage.no_phone"} == {
        g.code for g in survey(TeamCoverage.model_validate(body | {"calendar": "none"}), rules(), late)
    }


def test_round_the_clock_has_nothing_left_open() -> None:
    """Also without anybody on call."""
    always = {"days": [1, 2, 3, 4, 5, 6, 7], "start": "00:00", "until": "00:00", "on_holidays": True}

    assert {} == gaps(shifts=[always])


@pytest.mark.parametrize(
    "changed",
    [
        {"outside_hours": "on_call"},
        {"recipients": [*NURSE, *NURSE]},
        {"shifts": [OFFICE | {"recipients": ["stranger"]}]},
        {"closed": ["2026-13-01"]},
        {"patient_phone": "call me"},
        {"ladder": {"rungs_min": {"4": [10, 90]}}},
        {"ladder": {"rungs_min": {"1": [10]}}},
        {"ladder": {"acknowledged_min": {"4": 0}}},
    ],
)
def test_what_cannot_be_meant_is_refused(changed: dict[str, Any]) -> None:
    """Nobody on call who is to be called, a person twice, a shift with a stranger, a red that climbs for ever."""
    with pytest.raises(ValidationError):
        gaps(**changed)
