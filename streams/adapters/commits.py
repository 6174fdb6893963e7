"""Waiting until the workers have let in what lies on the input topics, for whoever plays records in order."""

import asyncio

from schemas.errors import NattevagtError
from schemas.topics import INPUTS
from streams.adapters.clock import steady_s
from streams.adapters.offsets import OffsetReader
from streams.adapters.settings import Settings

LOOK_EVERY_S = 0.05
"""Pause between two looks at the commits; a worker commits at most a few times a second."""

PATIENCE_S = 60.0
"""Longest wait without any progress: a worker that restarts and recovers takes 10 to 20 s (our choice)."""


async def caught_up(settings: Settings, offsets: OffsetReader, *, patience_s: float = PATIENCE_S) -> None:
    """Wait until everything that is on the input topics now has been let in, in whole and in order.

    Raises NattevagtError when the group makes no progress for `patience_s`.
    """
    ends = {place: end for place, end in (await offsets.ends(INPUTS)).items() if end}
    left, since = await _behind(settings, offsets, ends), steady_s()
    while left:
        await asyncio.sleep(LOOK_EVERY_S)
        now = await _behind(settings, offsets, ends)
        if now != left:
            left, since = now, steady_s()
        elif steady_s() - since > patience_s:
            raise NattevagtError(
                f"Intake has let nothing in for {patience_s:.0f} s, and {left} records wait.",
                next_step="Start a worker with the same broker and prefix, or look at its log.",
            )


async def _behind(settings: Settings, offsets: OffsetReader, ends: dict[tuple[str, int], int]) -> int:
    """Input records below these ends that the group has not committed yet."""
    committed = await offsets.committed(settings.group, sorted({topic for topic, _ in ends}))
    return sum(max(0, end - (committed[place] or 0)) for place, end in ends.items())
