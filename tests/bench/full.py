"""The full job: a worker with the real `step` empties a backlog; how large the states have become."""

from typing import Any

from schemas.topics import STATE
from streams.adapters.log_tail import LogTail
from streams.core.record import PARTITION_PREFIX
from tests.bench.cluster import Lengths, Sender
from tests.bench.rate import Rate, drain
from tests.bench.ward import PARTITIONS, Ward, measurements, sizes

RED_SHARE = 0.01


async def backlog(ward: Ward, feeder: Sender, seen: Lengths, readings: int) -> Rate:
    """Fill while nobody reads, then let one worker loose on it."""
    already = await seen.of(ward.audit, PARTITIONS)
    await feeder.fill(measurements(ward), list(ward.readings(readings, red_share=RED_SHARE)))
    with ward.worker() as process:
        return await drain(process, seen, ward.audit, PARTITIONS, readings, already=already)


async def state_bytes(ward: Ward) -> dict[str, Any]:
    """Median and largest state as the changelog has it now."""
    held: dict[bytes, bytes] = {}
    async with LogTail(ward.settings, [STATE]) as tail:
        async for record in tail.read():
            if not record.key.startswith(PARTITION_PREFIX.encode()):
                held[record.key] = record.value
    return {"patients": len(held), **sizes(list(held.values()))}
