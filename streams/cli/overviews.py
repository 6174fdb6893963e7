"""What overview.v1 says now: per patient the record with the highest applied offset."""

from collections.abc import Mapping

from schemas.errors import ConfigurationError
from schemas.overview import OpenAlert, Overview
from schemas.topics import OVERVIEW
from streams.adapters.log_tail import LogTail
from streams.adapters.settings import Settings

SHORTEST = 6
"""Characters of an alert id that a person has to type at least (our choice: 24 bits)."""


async def overviews(settings: Settings) -> dict[str, Overview]:
    """Patient -> newest overview. A stalled worker's late record does not bring an old one back."""
    found: dict[str, Overview] = {}
    async with LogTail(settings, [OVERVIEW]) as tail:
        async for record in tail.read():
            if record.value is not None:
                take(found, Overview.model_validate_json(record.value))
    return found


def take(held: dict[str, Overview], new: Overview) -> bool:
    """Keep the higher applied offset. True = the new one was kept."""
    old = held.get(new.patient)
    if old is not None and old.applied_offset > new.applied_offset:
        return False
    held[new.patient] = new
    return True


def open_alert(found: Mapping[str, Overview], beginning: str) -> tuple[Overview, OpenAlert]:
    """The one open alert whose id begins like this. Raises: ConfigurationError when there is none, or more."""
    hits = [
        (overview, overview.alert)
        for overview in found.values()
        if overview.alert is not None and overview.alert.alert_id.startswith(beginning)
    ]
    if len(beginning) < SHORTEST or not hits:
        raise ConfigurationError(
            "no open alert has this id.",
            next_step=f"`nattevagt tail overview --from-start` shows open alerts; {SHORTEST} characters are enough.",
        )
    if len(hits) > 1:
        raise ConfigurationError(f"{len(hits)} open alerts begin like this.", next_step="Give more of the id.")
    return hits[0]
