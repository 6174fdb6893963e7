"""How far intake is, seen from Kafka itself: so that time never passes over readings that already lie there."""

import asyncio

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import GroupLoadInProgressError, KafkaTimeoutError

from schemas.topics import INPUTS, MEASUREMENTS, PATIENT_EVENTS
from streams.adapters.settings import Settings

SKEW_MS = 2_000
"""The broker's clock may run behind ours by this much: time passes for data only up to here before now."""

LATE_MS = 600_000
"""Data deadlines wait for intake at most this long, then fire with the basis `path_late` (design.md, point 2)."""

LOOK_MS = 30_000
"""Nobody has waited while nobody could look for longer than this: after an outage the ten minutes begin anew."""


RECORD_S = 10.0
"""Longest wait for a record that is known to exist; without a broker there is none (our choice)."""


class Progress:
    """Watches the commits of the group on all input topics, with connections of its own."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._tps = [
            TopicPartition(settings.topic(name), partition)
            for name in INPUTS
            for partition in range(settings.partitions)
        ]
        events = settings.topic(PATIENT_EVENTS)
        self._committed = [*self._tps, *(TopicPartition(events, number) for number in range(settings.partitions))]
        self._admin: AIOKafkaAdminClient | None = None
        self._consumer: AIOKafkaConsumer | None = None
        self._drained_ms: dict[TopicPartition, int] = {}
        self._waiting_ms: dict[TopicPartition, int] = {}
        self._looked_ms = 0
        self._record_ms: dict[TopicPartition, tuple[int, int]] = {}
        self._behind: dict[TopicPartition, int] = {}
        self._reading = asyncio.Lock()

    async def start(self) -> None:
        """Connect."""
        security = self._settings.kafka_security()
        self._admin = AIOKafkaAdminClient(bootstrap_servers=self._settings.broker, **security)
        self._consumer = AIOKafkaConsumer(
            bootstrap_servers=self._settings.broker,
            enable_auto_commit=False,
            fetch_max_wait_ms=100,
            max_partition_fetch_bytes=4096,
            auto_offset_reset="earliest",
            **security,
        )
        await self._admin.start()
        await self._consumer.start()

    async def stop(self) -> None:
        """Disconnect."""
        if self._admin is not None:
            await self._admin.close()
        if self._consumer is not None:
            await self._consumer.stop()

    async def commits(self) -> dict[TopicPartition, int]:
        """Committed offsets of the group; partitions without one are not in it.

        Raises KafkaError when Kafka does not say, which must never look like a group that has not begun.
        """
        assert self._admin is not None, "start() first"
        found = await self._admin.list_consumer_group_offsets(self._settings.group, partitions=self._committed)
        if len(found) < len(self._committed):
            # aiokafka passes over an error that stands above the partitions: a coordinator that is still loading.
            raise GroupLoadInProgressError(self._settings.group)
        return {tp: meta.offset for tp, meta in found.items() if meta.offset >= 0}

    async def log_starts(self, tps: list[TopicPartition]) -> dict[TopicPartition, int]:
        """First offsets that still exist."""
        assert self._consumer is not None, "start() first"
        return dict(await self._consumer.beginning_offsets(tps))

    async def log_ends(self, tps: list[TopicPartition]) -> dict[TopicPartition, int]:
        """Offsets the next records will get."""
        assert self._consumer is not None, "start() first"
        return dict(await self._consumer.end_offsets(tps))

    async def passed_until(self, now_ms: int) -> int:
        """The instant before which every input that Kafka has taken has been let in. In operation.

        Ends are read before commits, so what came later can only be younger than `now_ms`. Of a partition never
        seen drained the first record that waits tells: all before it has been let in, by whoever worked before us.
        """
        ends = await self.log_ends(self._tps)
        starts = await self.log_starts([tp for tp in self._tps if ends[tp]])
        commits = await self.commits()
        if now_ms - self._looked_ms > LOOK_MS:
            self._waiting_ms.clear()
        self._looked_ms = now_ms
        for tp in self._tps:
            passed = max(commits.get(tp, 0), starts.get(tp, 0))  # what was deleted can no longer be let in
            self._behind[tp] = max(0, ends[tp] - passed)
            if not self._behind[tp]:
                self._drained_ms[tp] = now_ms
                self._waiting_ms.pop(tp, None)
                continue
            self._waiting_ms.setdefault(tp, now_ms)
            if tp not in self._drained_ms:
                self._drained_ms[tp] = await self._time_of(tp, passed)
        return min(self._drained_ms.values()) - SKEW_MS

    def is_late(self, now_ms: int) -> bool:
        """Have readings been waiting for so long, while we looked, that data deadlines may no longer wait for them?"""
        return any(now_ms - since_ms > LATE_MS for since_ms in self._waiting_ms.values())

    def lags(self) -> dict[TopicPartition, tuple[int, int]]:
        """Per input partition, as `passed_until` last saw it: records not let in, and since when there are any (ms)."""
        return {tp: (behind, self._drained_ms[tp]) for tp, behind in self._behind.items()}

    async def simulated_until(self) -> int | None:
        """The lowest record time that all partitions of measurements.v1 have passed; None = not all have begun."""
        commits = await self.commits()
        tps = [tp for tp in self._tps if tp.topic == self._settings.topic(MEASUREMENTS)]
        if any(commits.get(tp, 0) == 0 for tp in tps):
            return None
        for tp in tps:
            last = commits[tp] - 1
            if self._record_ms.get(tp, (-1, 0))[0] != last:
                self._record_ms[tp] = (last, await self._time_of(tp, last))
        return min(self._record_ms[tp][1] for tp in tps)

    async def can_be_read(self, topic: str, partition: int, offset: int) -> bool:
        """Does another reader find this record, or only a later one? Asked before a hole is called a loss."""
        record = await self._record_at(TopicPartition(topic, partition), offset)
        return bool(record.offset == offset)

    async def _time_of(self, tp: TopicPartition, offset: int) -> int:
        record = await self._record_at(tp, offset)
        return int(record.timestamp)

    async def _record_at(self, tp: TopicPartition, offset: int) -> ConsumerRecord:
        """The first record at or behind an offset; there must be one. Raises KafkaError when it does not come."""
        consumer = self._consumer
        assert consumer is not None, "start() first"
        try:
            async with self._reading, asyncio.timeout(RECORD_S):
                consumer.assign([tp])
                consumer.seek(tp, offset)
                return await consumer.getone(tp)
        except TimeoutError:
            raise KafkaTimeoutError from None
