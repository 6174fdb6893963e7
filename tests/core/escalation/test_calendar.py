"""Calendar: shifts, nights, public holidays and both changes of the clock; and the deadlines counted in it."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from schemas.base import to_ms
from schemas.coverage import TeamCoverage
from schemas.ladder import LadderRules
from streams.core.escalation.calendar import Calendar, calendar
from streams.core.escalation.policy import Terms, first_rung, rung_ends
from streams.core.plan import NEVER
from tests.builders import HOUR, MINUTE, rules

TZ = ZoneInfo("Europe/Copenhagen")
OFFICE = {"days": [1, 2, 3, 4, 5], "start": "08:00", "until": "16:00"}


def at(text: str, fold: int = 0) -> int:
    """Local time in Copenhagen as epoch milliseconds."""
    return to_ms(datetime.fromisoformat(text).replace(tzinfo=TZ, fold=fold))


def team(*shifts: dict[str, Any], **changed: Any) -> TeamCoverage:
    """Weekdays from eight to four, unless told otherwise."""
    return TeamCoverage.model_validate({"team": "lung", "version": 1, "shifts": list(shifts or (OFFICE,))} | changed)


def days(*shifts: dict[str, Any], **changed: Any) -> Calendar:
    """The calendar of such a team with the shipped holidays."""
    return calendar(team(*shifts, **changed), rules())


def within(*shifts: dict[str, Any], **changed: Any) -> Terms:
    """The shipped times in such a team's calendar."""
    made = team(*shifts, **changed)
    return Terms(LadderRules(), made, calendar(made, rules()))


@pytest.mark.parametrize(
    ("now", "covered_from"),
    [
        ("2026-01-05T07:59", "2026-01-05T08:00"),
        ("2026-01-05T08:00", "2026-01-05T08:00"),
        ("2026-01-05T15:59", "2026-01-05T15:59"),
        ("2026-01-05T16:00", "2026-01-06T08:00"),
        ("2026-01-09T16:00", "2026-01-12T08:00"),
        ("2026-04-01T16:00", "2026-04-07T08:00"),
        ("2025-12-24T16:00", "2025-12-29T08:00"),
    ],
    ids=["before", "begins", "last minute", "ends", "weekend", "Easter", "Christmas"],
)
def test_who_reads_when(now: str, covered_from: str) -> None:
    """Half-open, local, and with the public holidays: over Easter nobody reads from Wednesday to Tuesday."""
    assert at(covered_from) == days().covered_from(at(now))
    assert (now == covered_from) is days().is_covered(at(now))


def test_a_team_may_work_on_holidays_and_close_when_it_likes() -> None:
    """Two shifts of one week, and a day of the team's own."""
    open_always = OFFICE | {"on_holidays": True}

    assert days(open_always).is_covered(at("2026-04-02T10:00"))
    assert days(calendar="none").is_covered(at("2026-04-02T10:00"))
    assert not days(closed=["2026-01-06"]).is_covered(at("2026-01-06T10:00"))


def test_a_night_shift_belongs_to_the_day_it_begins_on() -> None:
    """From Friday 22:00 to Saturday 06:00; 00:00 is the end of the day."""
    night = days({"days": [5], "start": "22:00", "until": "06:00"})
    assert night.is_covered(at("2026-01-10T05:59"))
    assert not night.is_covered(at("2026-01-09T05:59"))
    evening = days({"days": [5], "start": "16:00", "until": "00:00"}, {"days": [6], "start": "00:00", "until": "08:00"})
    assert [(at("2026-01-09T16:00"), at("2026-01-10T08:00"))] == list(evening.windows(at("2026-01-09T18:00")))[:1]


def test_round_the_clock_has_no_gap_over_either_change_of_the_clock() -> None:
    """One stretch of 40 days, 23 and 25 hours included."""
    always = days({"days": [1, 2, 3, 4, 5, 6, 7], "start": "00:00", "until": "00:00", "on_holidays": True})
    for month in ("2026-03-20T12:00", "2026-10-20T12:00"):
        assert 0 == always.uncovered_ms(at(month), at(month) + 20 * 24 * HOUR)
        assert NEVER > always.covered_from(at(month))


@pytest.mark.parametrize(
    ("day", "hours"), [("2026-03-29", 7), ("2026-10-25", 9), ("2026-06-07", 8)], ids=["spring", "autumn", "any"]
)
def test_a_night_with_a_change_of_the_clock_has_its_true_length(day: str, hours: int) -> None:
    """Sunday 00:00 to 08:00 is seven, nine or eight hours of cover."""
    night = days({"days": [7], "start": "00:00", "until": "08:00"})
    start, until = next(night.windows(at(f"{day}T01:00")))

    assert (at(f"{day}T00:00"), hours * HOUR) == (start, until - start)


def test_a_shift_within_the_skipped_hour_covers_nothing() -> None:
    """02:00 to 03:00 does not exist on 29 March 2026."""
    skipped = days({"days": [7], "start": "02:00", "until": "03:00"})

    assert at("2026-04-05T02:00") == days(
        {"days": [7], "start": "02:00", "until": "03:00", "on_holidays": True}
    ).covered_from(at("2026-03-29T01:00"))
    assert at("2026-04-12T02:00") == skipped.covered_from(at("2026-03-29T01:00")), "5 April is Easter Sunday"


def test_no_shift_in_sight_is_never() -> None:
    """A team whose only shift is on days that are all closed."""
    closed = [f"2026-01-{number:02}" for number in range(1, 32)] + [f"2026-02-{number:02}" for number in range(1, 29)]
    gone = days({"days": [1], "start": "08:00", "until": "16:00"}, closed=closed)

    assert NEVER == gone.covered_from(at("2026-01-05T10:00"))
    assert NEVER == gone.next_working_day_ends(at("2026-01-05T10:00"))
    assert 10 * HOUR == gone.uncovered_ms(at("2026-01-05T10:00"), at("2026-01-05T20:00"))


def test_on_duty_are_those_whom_the_shift_names() -> None:
    """Nobody named means everybody; the night's list holds past midnight."""
    people = [{"id": "n1", "role": "nurse"}, {"id": "n2", "role": "nurse"}]
    two = days(
        OFFICE | {"recipients": ["n1"]},
        {"days": [1], "start": "22:00", "until": "06:00", "recipients": ["n2"]},
        recipients=people,
    )

    assert [{"n1"}, {"n2"}, {"n2"}, set()] == [
        set(two.on_duty(at(text)))
        for text in ("2026-01-05T10:00", "2026-01-05T23:00", "2026-01-06T05:00", "2026-01-05T20:00")
    ]


@pytest.mark.parametrize(
    ("raised", "ends"),
    [
        ("2026-01-05T09:00", "2026-01-06T16:00"),
        ("2026-01-09T09:00", "2026-01-12T16:00"),
        ("2026-01-10T03:00", "2026-01-12T16:00"),
        ("2026-04-01T15:00", "2026-04-07T16:00"),
    ],
    ids=["Monday", "Friday", "Saturday night", "before Easter"],
)
def test_a_yellow_is_seen_by_the_next_working_day(raised: str, ends: str) -> None:
    """QS-V: viewed on the next working day, so it may wait until the end of that day's cover."""
    assert at(ends) == rung_ends(within(), 2, 0, at(raised))


@pytest.mark.parametrize(
    ("raised", "rung", "ends"),
    [
        ("2026-01-05T09:00", 0, "2026-01-05T13:00"),
        ("2026-01-05T06:00", 0, "2026-01-05T12:00"),
        ("2026-01-05T14:30", 0, "2026-01-05T16:00"),
        ("2026-01-05T16:30", 1, "2026-01-05T17:30"),
        ("2026-01-09T15:30", 0, "2026-01-09T16:00"),
        ("2026-01-10T12:00", 1, "2026-01-10T13:00"),
    ],
    ids=["four hours", "before the shift", "end of the day's cover", "too late", "Friday", "weekend"],
)
def test_an_orange_never_waits_over_night_unread(raised: str, rung: int, ends: str) -> None:
    """Four working hours or the end of the day; where nobody reads before that, out of hours applies at once."""
    terms = within(outside_hours="on_call", on_call={"id": "duty", "role": "on_call"})

    assert rung == first_rung(terms, 3, at(raised))
    assert at(ends) == rung_ends(terms, 3, rung, at(raised))


def test_without_anybody_on_call_a_rung_ends_when_the_shift_begins() -> None:
    """However far the ladder had climbed in the night: at eight the team is asked."""
    terms = within()
    assert at("2026-01-06T08:00") == rung_ends(terms, 4, 9, at("2026-01-06T06:30"))
    assert at("2026-01-06T02:10") == rung_ends(terms, 4, 0, at("2026-01-06T02:00"))


def test_a_team_without_shifts_has_plain_minutes() -> None:
    """Nothing is known of when it reads, so nothing is counted in it."""
    terms = Terms(LadderRules(), TeamCoverage(team="lung", version=1))

    assert (240 * MINUTE, 0) == (rung_ends(terms, 3, 0, 0), first_rung(terms, 3, 0))
    assert (0, 0) == (terms.reads_from(0), terms.unattended_ms(0, HOUR))


def test_working_hours_end_where_cover_does() -> None:
    """Four hours in a team that closes for good after two more; cover of a day ends at midnight at the latest."""
    closed = [f"2026-01-{number:02}" for number in range(6, 32)] + [f"2026-02-{number:02}" for number in range(1, 29)]
    closing = days(closed=closed)
    night = days({"days": [1], "start": "22:00", "until": "06:00"})

    assert NEVER == closing.after_working(at("2026-01-05T14:00"), 240)
    assert at("2026-01-06T00:00") == night.cover_ends_today(at("2026-01-05T12:00"))
    assert night.cover_ends_today(at("2026-01-06T12:00")) is None


def test_a_calendar_is_made_once_for_the_same_hours() -> None:
    """Whatever else of the coverage changes; other hours are another one."""
    assert days() is days(version=2)
    assert days() != days(closed=["2026-01-06"])
