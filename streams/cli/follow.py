"""Topics as they grow, for commands that wait or watch: from now on, or from their beginning."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from types import TracebackType
from typing import Self

import orjson
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

from schemas.audit import AuditBody, Decision
from schemas.errors import ConfigurationError, NattevagtError
from schemas.topics import AUDIT
from streams.adapters.cluster import connected
from streams.adapters.settings import Settings
from streams.adapters.topic_ids import describe

Coordinates = tuple[str, int, int]
"""(topic as named in schemas.topics, partition, offset) of an input record."""

OUTCOME_LIMIT_S = 30.0
"""Longest wait for an outcome: a worker that is just starting takes 5 to 10 s (our choice)."""


def audit_body(value: bytes) -> AuditBody:
    """One record of audit.v1. Fields without a value are left out there; here they are None again."""
    body = dict.fromkeys(AuditBody.model_fields) | {"v": 1} | orjson.loads(value)
    if body["decision"] is not None:
        body["decision"] = dict.fromkeys(Decision.model_fields) | body["decision"]
    return AuditBody.model_validate_json(orjson.dumps(body))


class Follower:
    """A consumer outside any group: `async with Follower(settings, names) as follower`. names: unprefixed.

    from_start: also what is there already.
    """

    def __init__(self, settings: Settings, names: Iterable[str], *, from_start: bool = False) -> None:
        self._settings = settings
        self._names = tuple(names)
        self._from_start = from_start
        self.partitions: tuple[TopicPartition, ...] = ()
        self._consumer = AIOKafkaConsumer(
            bootstrap_servers=settings.broker,
            client_id=f"{settings.group}-follow",
            enable_auto_commit=False,
            fetch_max_wait_ms=100,
            **settings.kafka_security(),
        )

    async def __aenter__(self) -> Self:
        """Connect and take a place in every partition. Raises ConfigurationError for a topic that is missing."""
        async with connected(self._settings) as admin:
            there = await describe(admin, [self._settings.topic(name) for name in self._names])
        for name in self._names:
            if self._settings.topic(name) not in there:
                raise ConfigurationError(
                    f"{self._settings.topic(name)}: the topic is missing.",
                    next_step="Start `nattevagt demo`, or set NATTEVAGT_BROKER and NATTEVAGT_TOPIC_PREFIX.",
                )
        self.partitions = tuple(
            TopicPartition(name, part) for name, found in there.items() for part in range(found.partitions)
        )
        await self._consumer.start()
        self._consumer.assign(self.partitions)
        if self._from_start:
            await self._consumer.seek_to_beginning(*self.partitions)
        else:
            await self._consumer.seek_to_end(*self.partitions)
            for tp in self.partitions:
                await self._consumer.position(tp)  # the seek is lazy; what comes after this must not be missed
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Disconnect."""
        await self._consumer.stop()

    async def some(self, timeout_ms: int = 200) -> list[ConsumerRecord]:
        """What has come, oldest first by record time; empty when nothing came in this time."""
        batches = await self._consumer.getmany(timeout_ms=timeout_ms, max_records=5000)
        return sorted((record for batch in batches.values() for record in batch), key=lambda record: record.timestamp)

    async def records(self) -> AsyncIterator[ConsumerRecord]:
        """Everything that comes, without end."""
        while True:
            for record in await self.some(timeout_ms=1000):
                yield record


class Outcomes:
    """The audit from now on; opened before an input is sent, it cannot miss what becomes of it."""

    def __init__(self, settings: Settings) -> None:
        self._follower = Follower(settings, [AUDIT])

    async def __aenter__(self) -> Self:
        """Connect."""
        await self._follower.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Disconnect."""
        await self._follower.__aexit__(kind, error, trace)

    async def of(self, inputs: Iterable[Coordinates], limit_s: float = OUTCOME_LIMIT_S) -> AsyncIterator[AuditBody]:
        """The outcome of each of these inputs, as they are told.

        Raises: NattevagtError when one is not told within the limit.
        """
        waiting = set(inputs)
        try:
            async with asyncio.timeout(limit_s):
                while waiting:
                    for record in await self._follower.some():
                        body = audit_body(record.value)
                        if body.source is None or body.outcome is None:
                            continue
                        where = (body.source.topic, body.source.partition, body.source.offset)
                        if where in waiting:
                            waiting.remove(where)
                            yield body
        except TimeoutError:
            raise NattevagtError(
                f"{len(waiting)} records were taken by Kafka, but no outcome was told within {limit_s:.0f} s.",
                next_step="Look whether a worker runs; nothing is lost, and `nattevagt tail audit` shows what comes.",
            ) from None
