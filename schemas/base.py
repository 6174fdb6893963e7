"""What all contracts share: frozen, closed for what we read, open for what we produce."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Annotated, Any, Self

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, PlainSerializer

from schemas.made import Made


class Closed(BaseModel):
    """A contract of a topic we read: an unknown field is refused, because it could change the meaning."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """As pydantic's, but what was worked out for the original (a digest) is worked out anew for the copy."""
        copy = super().model_copy(update=update, deep=deep)
        for name in copy.__dict__.keys() - type(self).model_fields.keys():
            del copy.__dict__[name]
        return copy


class Open(Made):
    """A contract of a topic we produce: readers ignore fields they do not know, so that we may add some."""

    model_config = ConfigDict(frozen=True, extra="ignore", strict=True, allow_inf_nan=False)


def to_ms(instant: datetime) -> int:
    """Epoch milliseconds, rounded down; exact integer arithmetic."""
    delta = instant - _EPOCH
    return (delta.days * 86_400 + delta.seconds) * 1000 + delta.microseconds // 1000


def instant_ms(text: str) -> int:
    """A full RFC 3339 text, as `Instant` lets in, as epoch milliseconds."""
    return to_ms(datetime.fromisoformat(text.upper()))


@lru_cache(maxsize=4096)
def rfc3339(ms: int) -> str:
    """Epoch milliseconds as RFC 3339 in UTC with three decimals: one spelling for one instant.

    Total: what lies outside the years 1 to 9999, which RFC 3339 cannot say, becomes the nearest it can.
    Remembered, because one step says the patient's clock half a dozen times.
    """
    minutes, milli = divmod(min(max(ms, FIRST_MS), LAST_MS), 60_000)
    return f"{_minute(minutes)}:{milli // 1000:02d}.{milli % 1000:03d}Z"


@lru_cache(maxsize=4096)
def _minute(minutes: int) -> str:
    """Date and time so many minutes after 1970-01-01T00:00."""
    return (_EPOCH + timedelta(minutes=minutes)).isoformat()[:16]


def _parse_instant(value: object) -> object:
    """Strict models take no strings for datetimes; JSON has nothing else. Only full RFC 3339 texts pass."""
    if isinstance(value, str) and _RFC3339.fullmatch(value):
        return datetime.fromisoformat(value.upper())
    return value


_RFC3339 = re.compile(r"\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?:[Zz]|[+-]\d{2}:\d{2})", re.ASCII)
DAY_MS = 86_400_000
FIRST_MS, LAST_MS = -62_135_596_800_000, 253_402_300_799_999
"""0001-01-01T00:00:00.000Z and 9999-12-31T23:59:59.999Z."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Instant = Annotated[
    AwareDatetime,
    BeforeValidator(_parse_instant),
    PlainSerializer(lambda value: rfc3339(to_ms(value)), return_type=str),
]
"""An instant: RFC 3339 text with offset or Z in JSON, an aware datetime in Python."""
