"""The public holidays in the catalogue equal the library's; `python -m tests.contracts.test_holidays` writes them."""

import sys
from pathlib import Path

import holidays
import orjson

from schemas.catalog import default_bundle

CALENDARS = {"DK": "DK"}
YEARS = range(2020, 2046)
FILE = Path(__file__).parents[2] / "schemas" / "catalog" / "holidays.json"


def dates(country: str) -> list[str]:
    """Every public holiday of these years, rising. Sundays among them, as the library has them."""
    return sorted(day.isoformat() for day in holidays.country_holidays(country, years=YEARS))


def test_holidays_equal_the_library() -> None:
    """Also red when a parliament abolishes one and the library knows: then the file is written anew."""
    assert {name: tuple(dates(country)) for name, country in CALENDARS.items()} == default_bundle().holidays


def test_the_great_prayer_day_ended_in_2024() -> None:
    """Known by hand: abolished by law from 2024; Easter 2026 is 5 April."""
    days = default_bundle().days_off["DK"]

    assert "2023-05-05" in days
    assert "2024-04-26" not in days
    assert {"2026-04-02", "2026-04-03", "2026-04-05", "2026-04-06"} <= days


if __name__ == "__main__":
    FILE.write_bytes(orjson.dumps({name: dates(country) for name, country in CALENDARS.items()}) + b"\n")
    sys.stdout.write(f"{FILE.name} written\n")
