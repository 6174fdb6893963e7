"""Instants: one spelling out, full RFC 3339 in, and nothing that is almost that."""

from datetime import UTC, datetime

import pytest
from pydantic import ValidationError

from schemas.base import rfc3339, to_ms
from tests.builders import T0, make_measurement


@pytest.mark.parametrize(
    ("text", "ms"),
    [
        ("2026-01-05T07:00:00Z", T0),
        ("2026-01-05T08:00:00+01:00", T0),
        ("2026-01-05t07:00:00z", T0),
        ("2026-01-05T07:00:00.1Z", T0 + 100),
        ("2026-01-05T07:00:00.123456789Z", T0 + 123),
        ("1969-12-31T23:59:59.999Z", -1),
    ],
)
def test_rfc3339_is_read(text: str, ms: int) -> None:
    """Every spelling of RFC 3339 that a device may use, rounded down to milliseconds."""
    assert ms == to_ms(make_measurement(measured_at=text).measured_at)


@pytest.mark.parametrize(
    "text",
    [
        "2026-01-05T07:00:00",
        "2026-01-05 07:00:00Z",
        "2026-01-05T070000+0000",
        "2026-W02-1T07:00:00Z",
        "2026-01-05T07:00Z",
        "2026-01-05T07:00:00,123Z",
        "2026-02-30T07:00:00Z",
        "2026-01-05T07:00:60Z",
        "٢٠٢٦-01-05T07:00:00Z",
        "2026-01-05T07:00:00Z\n",
        "",
        1767596400000,
        None,
        True,
    ],
)
def test_what_is_almost_an_instant_is_refused(text: object) -> None:
    """No zone, no seconds, other calendars, other digits and numbers are not guessed at."""
    with pytest.raises(ValidationError):
        make_measurement(measured_at=text)


@pytest.mark.parametrize("ms", [0, -1, -86_400_001, T0, T0 + 1, 253_402_300_799_999])
def test_milliseconds_survive_a_round_trip(ms: int) -> None:
    """One instant has one spelling, before 1970 too."""
    assert ms == to_ms(datetime.fromisoformat(rfc3339(ms)))
    assert "2026-01-05T07:00:00.000Z" == rfc3339(T0)


@pytest.mark.parametrize(
    ("ms", "text"),
    [(-(2**63), "0001-01-01T00:00:00.000Z"), (2**63 - 1, "9999-12-31T23:59:59.999Z")],
)
def test_a_broken_clock_is_still_written(ms: int, text: str) -> None:
    """Record times are 64-bit numbers of somebody else; the audit of such a record must not fail."""
    assert text == rfc3339(ms)


def test_microseconds_are_rounded_down() -> None:
    """Also before 1970, so that order is kept."""
    assert -1 == to_ms(datetime(1969, 12, 31, 23, 59, 59, 999_900, tzinfo=UTC))
