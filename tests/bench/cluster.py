"""Kafka as the bench needs it: topics, many records fast, and how long a topic is."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterable, Sequence
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from streams.adapters.input_records import partition_of
from tests.bench.job import PARTITIONS

BATCH_BYTES = 262_144


async def make_topics(broker: str, names: Iterable[str], partitions: int = PARTITIONS) -> None:
    """Topics with one copy; the state's is compacted."""
    admin = AIOKafkaAdminClient(bootstrap_servers=broker)
    await admin.start()
    try:
        await admin.create_topics([NewTopic(name, partitions, 1, topic_configs=_configs(name)) for name in names])
    finally:
        await admin.close()


def _configs(name: str) -> dict[str, str]:
    return {"cleanup.policy": "compact"} if name.endswith("changelog") else {}


async def remove_topics(broker: str, prefix: str) -> None:
    """Every topic that begins like this, so that one row's records do not fill the page cache of the next."""
    admin = AIOKafkaAdminClient(bootstrap_servers=broker)
    await admin.start()
    try:
        names = [name for name in await admin.list_topics() if name.startswith(prefix)]
        if names:
            await admin.delete_topics(names)
    finally:
        await admin.close()


class Sender:
    """Whole batches per partition: a feeder that costs little, because it shares a core with the broker."""

    def __init__(self, producer: AIOKafkaProducer, partitions: int) -> None:
        self._producer = producer
        self._partitions = partitions

    async def send(self, topic: str, records: Iterable[tuple[bytes, bytes]]) -> list["asyncio.Future[Any]"]:
        """(key, value) by key, as every Kafka client would. Await the futures to be sure."""
        groups: dict[int, list[tuple[bytes, bytes]]] = {}
        for key, value in records:
            groups.setdefault(partition_of(key, self._partitions), []).append((key, value))
        return [await self.send_to(topic, partition, group) for partition, group in groups.items()]

    async def fill(self, topic: str, records: Sequence[tuple[bytes, bytes]], run: int = 4_000) -> None:
        """All of them, confirmed."""
        for begin in range(0, len(records), run):
            await asyncio.gather(*await self.send(topic, records[begin : begin + run]))

    async def send_to(self, topic: str, partition: int, group: list[tuple[bytes, bytes]]) -> "asyncio.Future[Any]":
        """One batch to one partition."""
        batch = self._producer.create_batch()
        for key, value in group:
            if batch.append(timestamp=None, key=key, value=value) is None:
                raise RuntimeError("a run of the feeder is larger than a batch")
        batch.close()
        sent: asyncio.Future[Any] = await self._producer.send_batch(batch, topic, partition=partition)
        return sent


@contextlib.asynccontextmanager
async def sender(broker: str, partitions: int = PARTITIONS) -> AsyncIterator[Sender]:
    """A connected feeder."""
    producer = AIOKafkaProducer(
        bootstrap_servers=broker,
        enable_idempotence=True,
        max_batch_size=8 * BATCH_BYTES,
        max_request_size=16 * BATCH_BYTES,
    )
    await producer.start()
    try:
        yield Sender(producer, partitions)
    finally:
        await producer.stop()


class Lengths:
    """How many records topics hold: what a process has delivered, seen from outside."""

    def __init__(self, consumer: AIOKafkaConsumer) -> None:
        self._consumer = consumer

    async def of(self, topic: str, partitions: int = PARTITIONS) -> int:
        """End offsets, added up."""
        tps = [TopicPartition(topic, partition) for partition in range(partitions)]
        return int(sum((await self._consumer.end_offsets(tps)).values()))


@contextlib.asynccontextmanager
async def lengths(broker: str) -> AsyncIterator[Lengths]:
    """A connected reader of lengths."""
    consumer = AIOKafkaConsumer(bootstrap_servers=broker, enable_auto_commit=False)
    await consumer.start()
    try:
        yield Lengths(consumer)
    finally:
        await consumer.stop()
