"""Whole topics from their beginning to where they end now, and later what has been added since; outside any group."""

from collections.abc import AsyncIterator, Iterable
from types import TracebackType
from typing import Self

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

from streams.adapters.cluster import connected
from streams.adapters.settings import Settings
from streams.adapters.topic_ids import describe

FETCH_MS = 200
"""Longest wait for the next records, which are known to exist."""


async def topics_named(settings: Settings, beginning: str) -> tuple[str, ...]:
    """Names (as in schemas.topics) of this installation's topics that begin like this, in code-point order."""
    async with connected(settings) as admin:
        names = await admin.list_topics()
    full = settings.topic(beginning)
    return tuple(sorted(settings.unprefixed(name) for name in names if name.startswith(full)))


class LogTail:
    """Reads whole topics partition by partition: `async with LogTail(settings, names) as tail`. names: unprefixed."""

    def __init__(self, settings: Settings, names: Iterable[str]) -> None:
        self._settings = settings
        self._names = tuple(names)
        self._tps: list[TopicPartition] = []
        self._consumer = AIOKafkaConsumer(
            bootstrap_servers=settings.broker,
            client_id=f"{settings.group}-tail",
            enable_auto_commit=False,
            fetch_max_wait_ms=100,
            **settings.kafka_security(),
        )

    async def __aenter__(self) -> Self:
        """Connect, and stand at the beginning of every partition."""
        async with connected(self._settings) as admin:
            there = await describe(admin, [self._settings.topic(name) for name in self._names])
        self._tps = [TopicPartition(name, part) for name, found in there.items() for part in range(found.partitions)]
        await self._consumer.start()
        self._consumer.assign(self._tps)
        await self._consumer.seek_to_beginning(*self._tps)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Disconnect."""
        await self._consumer.stop()

    async def read(self) -> AsyncIterator[ConsumerRecord]:
        """Everything from where the last call stopped to where the topics end now; in order per partition."""
        ends = await self._consumer.end_offsets(self._tps)
        while any([await self._consumer.position(tp) < ends[tp] for tp in self._tps]):
            for records in (await self._consumer.getmany(timeout_ms=FETCH_MS)).values():
                for record in records:
                    yield record
