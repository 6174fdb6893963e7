"""How far logs reach and how far a group has come, read from Kafka over one connection."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterable
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import GroupCoordinatorNotAvailableError, NotCoordinatorForGroupError

from schemas.errors import ConfigurationError
from streams.adapters.cluster import TIMEOUT_MS, connected
from streams.adapters.settings import Settings
from streams.adapters.topic_ids import describe

Offsets = dict[tuple[str, int], int]
"""(topic as named in schemas.topics, partition) -> offset."""

Committed = dict[tuple[str, int], int | None]
"""The same; None = the group has never committed there."""

TRIES, PAUSE_S = 50, 0.2
"""A cluster that has never had a group makes its offsets topic first, which takes some seconds."""


@contextlib.asynccontextmanager
async def offset_reader(settings: Settings) -> "AsyncIterator[OffsetReader]":
    """Open a reader: `async with offset_reader(settings) as offsets`.

    Raises: ConfigurationError when Kafka refuses or does not answer, then and later.
    """
    async with connected(settings) as admin:
        consumer = AIOKafkaConsumer(
            bootstrap_servers=settings.broker,
            client_id=f"{settings.group}-offsets",
            enable_auto_commit=False,
            request_timeout_ms=TIMEOUT_MS,
            **settings.kafka_security(),
        )
        await consumer.start()
        try:
            yield OffsetReader(settings, admin, consumer)
        finally:
            await consumer.stop()


class OffsetReader:
    """Answers while its connection is open. It never says `no commit` for a question that was not answered."""

    def __init__(self, settings: Settings, admin: AIOKafkaAdminClient, consumer: AIOKafkaConsumer) -> None:
        self._settings = settings
        self._admin = admin
        self._consumer = consumer

    async def ends(self, topics: Iterable[str]) -> Offsets:
        """The offset the next record of each partition will have."""
        partitions = await self._partitions(topics)
        return self._named(await self._consumer.end_offsets(partitions))

    async def starts(self, topics: Iterable[str]) -> Offsets:
        """The oldest offset each partition still has; equal to its end when it is empty."""
        partitions = await self._partitions(topics)
        return self._named(await self._consumer.beginning_offsets(partitions))

    async def committed(self, group: str, topics: Iterable[str]) -> Committed:
        """The offset from which the group would go on. group: its full name, such as `settings.group`."""
        partitions = await self._partitions(topics)
        answer = await self._ask_group(group, partitions)
        if lacking := [tp for tp in partitions if tp not in answer]:
            # aiokafka passes over an error that stands above the partitions, such as a right that is missing.
            raise ConfigurationError(
                f"Kafka does not say how far the group {group} has come in {lacking[0].topic}.",
                next_step="Look at the user's rights on the group, then ask again.",
            )
        found = self._named({tp: answer[tp].offset for tp in partitions})
        return {place: None if offset < 0 else offset for place, offset in found.items()}

    async def _ask_group(self, group: str, partitions: list[TopicPartition]) -> dict[TopicPartition, Any]:
        """Ask until the answer is about every partition: a coordinator that is still loading answers about none."""
        found: dict[TopicPartition, Any] | None = None
        for _ in range(TRIES):
            with contextlib.suppress(GroupCoordinatorNotAvailableError, NotCoordinatorForGroupError):
                found = await self._admin.list_consumer_group_offsets(group, partitions=partitions)
                if all(tp in found for tp in partitions):
                    return found
            await asyncio.sleep(PAUSE_S)
        if found is None:
            raise GroupCoordinatorNotAvailableError(group)
        return found

    async def _partitions(self, topics: Iterable[str]) -> list[TopicPartition]:
        names = [self._settings.topic(topic) for topic in topics]
        there = await describe(self._admin, names)
        for name in names:
            if name not in there:
                raise ConfigurationError(f"{name}: the topic is missing.", next_step="Run `nattevagt topics apply`.")
        return [TopicPartition(name, number) for name in names for number in range(there[name].partitions)]

    def _named(self, offsets: dict[TopicPartition, int]) -> Offsets:
        return {(self._settings.unprefixed(tp.topic), tp.partition): offset for tp, offset in offsets.items()}
