"""The newest record of each partition that fits, found from the end: a look at logs that may be years long."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

from streams.adapters.cluster import TIMEOUT_MS, connected
from streams.adapters.settings import Settings
from streams.adapters.topic_ids import describe

SPAN, WIDER = 200, 8
"""Offsets looked at first, and how much further back each next look goes (our choice: heartbeats are near)."""

FETCH_MS = 200
"""Longest wait for the next records, which are known to exist."""

Place = tuple[str, int]
"""(topic as named in schemas.topics, partition)."""

Fits = Callable[[ConsumerRecord], bool]


async def newest(settings: Settings, topics: Iterable[str], fits: Fits) -> dict[Place, ConsumerRecord | None]:
    """The last record of each partition that fits; None = none does. A topic that does not exist is left out.

    Raises: ConfigurationError when Kafka refuses or does not answer.
    """
    async with connected(settings) as admin:
        there = await describe(admin, [settings.topic(name) for name in topics])
        tps = [TopicPartition(name, number) for name, one in there.items() for number in range(one.partitions)]
        if not tps:  # as in times_at
            return {}
        async with _consumer(settings) as consumer:
            found = await _search(consumer, tps, fits)
    return {(settings.unprefixed(tp.topic), tp.partition): record for tp, record in found.items()}


async def times_at(settings: Settings, offsets: Mapping[Place, int]) -> dict[Place, int]:
    """Record time, epoch ms, of the first record at or behind each offset, which must lie before the log's end.

    Raises: ConfigurationError when Kafka does not answer, or no record is there any more.
    """
    places = {TopicPartition(settings.topic(topic), number): (topic, number) for topic, number in offsets}
    found: dict[Place, int] = {}
    if not places:  # aiokafka's consumer cannot be stopped before it has done anything
        return found
    async with connected(settings), _consumer(settings) as consumer:
        for tp, place in places.items():
            consumer.assign([tp])
            consumer.seek(tp, offsets[place])
            async with asyncio.timeout(TIMEOUT_MS / 1000):  # it could have been deleted in between
                found[place] = int((await consumer.getone(tp)).timestamp)
    return found


async def _search(
    consumer: AIOKafkaConsumer, tps: list[TopicPartition], fits: Fits
) -> dict[TopicPartition, ConsumerRecord | None]:
    found: dict[TopicPartition, ConsumerRecord | None] = dict.fromkeys(tps)
    starts, ends, span = await consumer.beginning_offsets(tps), await consumer.end_offsets(tps), SPAN
    until = {tp: ends[tp] for tp in tps if ends[tp] > starts[tp]}
    while until:
        since = {tp: max(starts[tp], ends[tp] - span) for tp in until}
        found |= {tp: record async for tp, record in _between(consumer, since, until) if fits(record)}
        until = {tp: since[tp] for tp in until if found[tp] is None and since[tp] > starts[tp]}
        span *= WIDER
    return found


async def _between(
    consumer: AIOKafkaConsumer, since: Mapping[TopicPartition, int], until: Mapping[TopicPartition, int]
) -> AsyncIterator[tuple[TopicPartition, ConsumerRecord]]:
    """Records from `since` up to before `until`, in order per partition."""
    consumer.assign(list(since))
    for tp, offset in since.items():
        consumer.seek(tp, offset)
    while any([await consumer.position(tp) < until[tp] for tp in since]):
        for tp, records in (await consumer.getmany(timeout_ms=FETCH_MS)).items():
            for record in records:
                if record.offset < until[tp]:
                    yield tp, record


@asynccontextmanager
async def _consumer(settings: Settings) -> AsyncIterator[AIOKafkaConsumer]:
    consumer = AIOKafkaConsumer(
        bootstrap_servers=settings.broker,
        client_id=f"{settings.group}-newest",
        enable_auto_commit=False,
        fetch_max_wait_ms=100,
        request_timeout_ms=TIMEOUT_MS,
        **settings.kafka_security(),
    )
    await consumer.start()
    try:
        yield consumer
    finally:
        await consumer.stop()
