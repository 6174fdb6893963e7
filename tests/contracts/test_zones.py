"""The time zones in the catalogue equal the tz database; `python -m tests.contracts.test_zones` writes them anew."""

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import orjson

from schemas.catalog import default_bundle
from streams.core.adherence.slots import local_to_ms, offset_s

NAMES = ("Europe/Copenhagen", "UTC")
FILE = Path(__file__).parents[2] / "schemas" / "catalog" / "zones.json"
START, END = datetime(2010, 1, 1, tzinfo=UTC), datetime(2041, 1, 1, tzinfo=UTC)


def transitions(name: str) -> list[tuple[int, int]]:
    """Every change of offset, found hour by hour: slow, and independent of how the database is stored."""
    zone = ZoneInfo(name)
    rows: list[tuple[int, int]] = []
    at = START
    while at < END:
        offset = at.astimezone(zone).utcoffset()
        assert offset is not None
        seconds = int(offset.total_seconds())
        if not rows or rows[-1][1] != seconds:
            rows.append((int(at.timestamp()) * 1000, seconds))
        at += timedelta(hours=1)
    return rows


def test_zones_equal_the_tz_database() -> None:
    """Also red when the EU abolishes summer time and tzdata knows: then the file is written anew."""
    assert {name: list(map(tuple, rows)) for name, rows in default_bundle().zones.items()} == {
        name: transitions(name) for name in NAMES
    }


def test_local_times_of_a_year_equal_zoneinfo() -> None:
    """Every half hour of 2026, both changes included; fold=0 is our reading of the repeated hour."""
    zone = default_bundle().zones["Europe/Copenhagen"]
    tz = ZoneInfo("Europe/Copenhagen")
    day = datetime(2026, 1, 1)  # noqa: DTZ001 - a local wall-clock date
    while day.year == 2026:
        for minutes in range(0, 1440, 30):
            wall = (day + timedelta(minutes=minutes)).replace(tzinfo=tz)
            expected = int(wall.astimezone(UTC).timestamp()) * 1000
            actual = local_to_ms(zone, day.date(), f"{minutes // 60:02d}:{minutes % 60:02d}")
            assert expected == actual, wall
            assert offset_s(zone, actual) == int(
                datetime.fromtimestamp(actual / 1000, tz).utcoffset().total_seconds()  # type: ignore[union-attr]  # aware
            )
        day += timedelta(days=1)


if __name__ == "__main__":
    FILE.write_bytes(orjson.dumps({name: transitions(name) for name in NAMES}) + b"\n")
    sys.stdout.write(f"{FILE.name} written\n")
