"""Slots: when a reading is expected, when it is overdue, and what ends the silence; across DST and weekdays."""

from datetime import UTC, date, datetime, timedelta

import pytest

from schemas.base import rfc3339
from schemas.catalog import default_bundle
from schemas.plan import Slot
from streams.core.adherence.slots import local_to_ms, next_due, next_occurrence, offset_s
from streams.core.plan import NEVER
from tests.builders import (
    DAY,
    HOUR,
    MINUTE,
    T0,
    Patient,
    make_event,
    make_measurement,
    make_plan,
    make_refusal,
    make_slot,
    make_timer,
)

COPENHAGEN = default_bundle().zones["Europe/Copenhagen"]
SPRING, AUTUMN = date(2026, 3, 29), date(2026, 10, 25)


def slot(**changed: object) -> Slot:
    """SpO2 every day at 08:00, from 04:00, until 10:00 local time."""
    return Slot.model_validate(make_slot(**changed))


def ms(text: str) -> int:
    """Epoch milliseconds of an ISO text."""
    return round(datetime.fromisoformat(text).timestamp() * 1000)


@pytest.mark.parametrize(
    ("day", "time", "utc"),
    [
        (date(2026, 1, 5), "08:00", "2026-01-05T07:00Z"),
        (date(2026, 7, 6), "08:00", "2026-07-06T06:00Z"),
        (SPRING, "01:59", "2026-03-29T00:59Z"),
        (SPRING, "02:00", "2026-03-29T01:00Z"),
        (SPRING, "02:30", "2026-03-29T01:30Z"),
        (SPRING, "03:00", "2026-03-29T01:00Z"),
        (SPRING, "08:00", "2026-03-29T06:00Z"),
        (SPRING, "23:59", "2026-03-29T21:59Z"),
        (AUTUMN, "01:59", "2026-10-24T23:59Z"),
        (AUTUMN, "02:30", "2026-10-25T00:30Z"),
        (AUTUMN, "03:00", "2026-10-25T02:00Z"),
        (AUTUMN, "08:00", "2026-10-25T07:00Z"),
    ],
)
def test_local_times_become_instants(day: date, time: str, utc: str) -> None:
    """A skipped time is read with the offset before it; a repeated one is the first of the two."""
    assert ms(utc) == local_to_ms(COPENHAGEN, day, time)


def test_without_rules_a_zone_is_utc() -> None:
    """No rows: UTC; before the first row: the first row."""
    assert 0 == offset_s((), T0)
    assert 3600 == offset_s(((T0, 3600), (T0 + 1, 7200)), T0 - DAY)


@pytest.mark.parametrize(("before", "hours"), [(SPRING, 23), (AUTUMN, 25), (date(2026, 1, 5), 24)])
def test_a_day_lasts_as_long_as_it_does(before: date, hours: int) -> None:
    """Two daily due times are 23, 24 or 25 hours apart; none is lost and none comes twice."""
    noon = slot(at=["12:00"], grace_min=0)
    yesterday = next_occurrence(noon, COPENHAGEN, ms(f"{before - timedelta(1)}T00:00Z"))[1]

    assert hours * HOUR == next_occurrence(noon, COPENHAGEN, yesterday)[1] - yesterday


@pytest.mark.parametrize("grace", [0, 120, 1440])
def test_every_occurrence_of_a_year_comes_once(grace: int) -> None:
    """Four times a day for a year: 1460 due times, rising, in both changes of the clock too."""
    many = slot(at=["23:59", "00:00", "02:30", "03:00"], grace_min=grace)
    at_ms, seen = ms("2026-01-01T00:00Z") - HOUR - 1 + grace * MINUTE, []
    while (due := next_occurrence(many, COPENHAGEN, at_ms)[1]) < ms("2026-12-31T23:00Z") + grace * MINUTE:
        seen.append(due)
        at_ms = due

    assert sorted(set(seen)) == seen
    assert 4 * 365 == len(seen)


def test_a_weekday_slot_skips_the_other_days() -> None:
    """Only Sunday: six days are nobody's business."""
    opens, due = next_occurrence(slot(days=[7]), COPENHAGEN, T0)

    assert ms("2026-01-11T03:00Z") == opens
    assert ms("2026-01-11T09:00Z") == due


def test_due_is_later_than_after() -> None:
    """An occurrence that falls due in this very millisecond has passed."""
    due = T0 + 2 * HOUR

    assert due == next_occurrence(slot(), COPENHAGEN, due - 1)[1]
    assert due + DAY == next_occurrence(slot(), COPENHAGEN, due)[1]


def test_no_slots_are_never_due() -> None:
    """NEVER, not an error."""
    assert NEVER == next_due({})


def silent(patient: Patient) -> list[str]:
    """Kinds that are overdue."""
    return sorted(patient.triage.silence)


def test_a_slot_is_overdue_when_its_grace_has_passed() -> None:
    """At 09:59:59.999 there is still time, at 10:00 there is not."""
    patient = Patient(slots=[make_slot()])
    assert T0 + 2 * HOUR == patient.last.due_data_ms
    patient.feed(make_timer(T0 + 2 * HOUR - 1))
    assert [] == silent(patient)
    patient.feed(make_timer(T0 + 2 * HOUR))
    assert ["spo2"] == silent(patient)


@pytest.mark.parametrize(
    ("measured_ms", "counts"), [(T0 - 4 * HOUR, True), (T0 - 4 * HOUR - 1, False), (T0 + 2 * HOUR - 1, True)]
)
def test_a_reading_counts_from_when_the_slot_opens(measured_ms: int, *, counts: bool) -> None:
    """From 04:00 on, to the millisecond."""
    patient = Patient(slots=[make_slot()])
    patient.feed(make_event(make_measurement(at_ms=measured_ms), received_ms=T0 + HOUR))
    patient.waits(hours=3)

    assert ([] if counts else ["spo2"]) == silent(patient)


def test_a_late_reading_ends_the_silence() -> None:
    """A reading measured in time that arrives late, and one measured late, both do."""
    for ago in (0, 200):
        patient = Patient(slots=[make_slot()])
        patient.waits(hours=3)
        assert ["spo2"] == silent(patient)
        patient.measures(96, ago=ago)
        assert [] == silent(patient)


def test_a_refused_reading_never_fills_a_slot() -> None:
    """It is shown beside the silence instead."""
    patient = Patient(slots=[make_slot()])
    patient.feed(make_refusal(received_ms=T0 + HOUR))
    patient.waits(hours=3)

    assert ["spo2"] == silent(patient)
    assert {"missing.spo2", "refused.spo2.unit"} <= set(patient.triage.reasons)


def test_several_times_a_day_are_told_apart() -> None:
    """The morning's reading does not fill the evening; the silence is as old as the last overdue time."""
    patient = Patient(slots=[make_slot(at=["20:00", "08:00"])])
    patient.measures(96)
    patient.waits(hours=13.9)
    assert [] == silent(patient)
    patient.waits(hours=0.1)
    assert ["spo2"] == silent(patient)
    assert {"spo2": T0 + 14 * HOUR} == patient.triage.silence


def test_each_kind_of_a_slot_is_expected() -> None:
    """One that came does not excuse the other."""
    patient = Patient(slots=[make_slot(kinds=["spo2", "pulse"])])
    patient.measures(96)
    patient.waits(hours=3)

    assert ["pulse"] == silent(patient)


def test_green_becomes_blue_not_older_green() -> None:
    """When the slot's grace has passed, nothing may be said any more; and the overview had said so before."""
    patient = Patient(slots=[make_slot()])
    patient.measures(96, minutes=-300)
    assert "green" == patient.triage.level
    assert rfc3339(T0 + 2 * HOUR) == patient.effects[-1].overview.expires_at
    patient.now_ms = T0
    patient.waits(hours=2)

    assert patient.triage.level is None
    assert 1 == patient.triage.tier


def test_nothing_before_the_plan_is_expected() -> None:
    """A plan that arrives at 11:00 asks for nothing at 08:00."""
    patient = Patient(known=False)
    patient.now_ms = T0 + 3 * HOUR
    patient.gets(make_plan(slots=[make_slot()]))

    assert T0 + DAY + 2 * HOUR == patient.last.due_data_ms


def test_the_zone_of_the_plan_decides() -> None:
    """08:00 UTC is an hour later than 08:00 in Copenhagen."""
    assert T0 + 3 * HOUR == Patient(slots=[make_slot()], zone="UTC").last.due_data_ms


def test_times_are_utc_inside() -> None:
    """T0 is what the builders say it is."""
    assert datetime(2026, 1, 5, 7, tzinfo=UTC) == datetime.fromtimestamp(T0 / 1000, UTC)
