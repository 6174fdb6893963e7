"""The sender of a crash run: it outlives the broker, so that only the watch can lose anything."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
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
    async with patient_producer(settings) as producer:
        waiting, started = [], steady_s()
        step = max(1, int(per_second * BEAT_S))
        for begin in range(0, len(records), step):
            waiting += [await one(producer, record, settings) for record in records[begin : begin + step]]
            if on_sent is not None:
                await on_sent(begin + step)
            ahead_s = started + (begin + step) / per_second - steady_s()
            await asyncio.sleep(max(0.0, ahead_s))
        await asyncio.gather(*waiting)


@asynccontextmanager
async def patient_producer(settings: Settings, patient_ms: int = PATIENT_MS) -> AsyncIterator[AIOKafkaProducer]:
    """A sender that holds readings back while there is no broker."""
    producer = AIOKafkaProducer(
        bootstrap_servers=settings.broker,
        acks="all",
        enable_idempotence=True,
        linger_ms=5,
        request_timeout_ms=patient_ms,
        max_request_size=2_097_152,
    )
    await producer.start()
    try:
        yield producer
    finally:
        await producer.stop()


async def one(producer: AIOKafkaProducer, record: InputRecord, settings: Settings) -> "asyncio.Future[object]":
    """Hand one record over; the future is its confirmation."""
    sent: asyncio.Future[object] = await producer.send(
        settings.topic(record.topic),
        record.value,
        record.key,
        partition=record.place(settings.partitions),
        timestamp_ms=record.at_ms,
        headers=list(record.headers),
    )
    return sent
