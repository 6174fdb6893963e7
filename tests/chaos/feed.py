"""The sender of a crash run: it outlives the broker, so that only the watch can lose anything."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from random import Random

from aiokafka import AIOKafkaProducer

from schemas.topics import MEASUREMENTS
from streams.adapters.clock import steady_s
from streams.adapters.input_records import InputRecord
from streams.adapters.settings import Settings

BEAT_S = 0.05  # records of so much time are handed over together
PATIENT_MS = 120_000  # a broker that is killed comes back within seconds


def with_repeats(records: Sequence[InputRecord], share: float, random: Random) -> Iterator[InputRecord]:
    """The records, and behind some readings the same bytes again: what a sender does that lost an answer."""
    for record in records:
        yield record
        if record.topic == MEASUREMENTS and record.key is not None and random.random() < share:
            yield record


async def send(
    records: Sequence[InputRecord],
    settings: Settings,
    *,
    per_second: float,
    on_sent: Callable[[int], Awaitable[None]] | None = None,
) -> None:
    """All records in order, at this rate. on_sent: awaited with the number handed over so far, once per beat."""
    producer = AIOKafkaProducer(
        bootstrap_servers=settings.broker,
        acks="all",
        enable_idempotence=True,
        linger_ms=5,
        request_timeout_ms=PATIENT_MS,
        max_request_size=2_097_152,
    )
    await producer.start()
    try:
        waiting, started = [], steady_s()
        step = max(1, int(per_second * BEAT_S))
        for begin in range(0, len(records), step):
            waiting += [await _one(producer, record, settings) for record in records[begin : begin + step]]
            if on_sent is not None:
                await on_sent(begin + step)
            ahead_s = started + (begin + step) / per_second - steady_s()
            await asyncio.sleep(max(0.0, ahead_s))
        await asyncio.gather(*waiting)
    finally:
        await producer.stop()


async def _one(producer: AIOKafkaProducer, record: InputRecord, settings: Settings) -> "asyncio.Future[object]":
    sent: asyncio.Future[object] = await producer.send(
        settings.topic(record.topic),
        record.value,
        record.key,
        partition=record.place(settings.partitions),
        timestamp_ms=record.at_ms,
        headers=list(record.headers),
    )
    return sent
