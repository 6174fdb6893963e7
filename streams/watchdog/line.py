"""The watchdog's own line to Kafka: it sends, hears its alerts topic, and says plainly when it cannot."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Collection
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import orjson
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaError

from schemas.audit import AuditBody
from schemas.errors import NattevagtError
from schemas.ids import WATCHDOG_TEAM
from schemas.topics import AUDIT, alerts_topic
from streams.adapters import reference_log
from streams.adapters.clock import wall_ms
from streams.adapters.input_records import InputRecord
from streams.adapters.settings import Settings
from streams.watchdog import patients

T = TypeVar("T")

Place = tuple[str, int, int]
"""(topic as named in schemas.topics, partition, offset) of an input."""

ANSWER_S = 10.0
"""Longest wait for one answer of Kafka: the worker gives a delivery up after the same time."""

BACK_MS = 180_000
"""How far back a new line listens: three WatchAlive of the default distance."""

HEAR_MS = 250


class LineError(NattevagtError):
    """Kafka did not answer, or did not do what was asked."""


class Line:
    """One connection. Any error on it is a LineError; then the watch opens another one."""

    def __init__(self, settings: Settings, producer: AIOKafkaProducer, consumer: AIOKafkaConsumer) -> None:
        self._settings = settings
        self._producer = producer
        self._consumer = consumer
        self._topic = settings.topic(alerts_topic(WATCHDOG_TEAM))
        self._tps = [TopicPartition(self._topic, partition) for partition in range(settings.partitions)]

    async def listen(self) -> None:
        """Stand where the last minutes begin: a watchdog that restarts hears what it left open."""
        self._consumer.assign(self._tps)
        since = wall_ms() - BACK_MS
        found = await within(self._consumer.offsets_for_times(dict.fromkeys(self._tps, since)))
        ends = await within(self._consumer.end_offsets(self._tps))
        for tp in self._tps:
            self._consumer.seek(tp, ends[tp] if found[tp] is None else found[tp].offset)

    async def hear(self) -> list[ConsumerRecord]:
        """What has come on the alerts topic; empty when nothing has, and when Kafka is away (see `answers`)."""
        batches = await within(self._consumer.getmany(timeout_ms=HEAR_MS))
        return [record for batch in batches.values() for record in batch]

    async def answers(self) -> None:
        """Raises LineError unless Kafka answers for every partition of the alerts topic."""
        await within(self._consumer.end_offsets(self._tps))

    async def send(self, record: InputRecord) -> Place:
        """Where the record lies, once Kafka has confirmed it."""
        sent = self._producer.send_and_wait(
            self._settings.topic(record.topic), record.value, key=record.key, timestamp_ms=record.at_ms
        )
        done = await within(sent)
        return record.topic, done.partition, done.offset

    async def outcomes(self, inputs: Collection[Place], since_ms: int) -> dict[Place, AuditBody]:
        """What the audit says of these inputs so far. Reads their partitions from `since_ms` on."""
        tps = [TopicPartition(self._settings.topic(AUDIT), number) for number in {place[1] for place in inputs}]
        found: dict[Place, AuditBody] = {}
        async with _consumer(self._settings) as consumer:
            consumer.assign(tps)
            starts = await within(consumer.offsets_for_times(dict.fromkeys(tps, since_ms)))
            ends = await within(consumer.end_offsets(tps))
            for tp in tps:
                consumer.seek(tp, ends[tp] if starts[tp] is None else starts[tp].offset)
            while any([await within(consumer.position(tp)) < ends[tp] for tp in tps]):
                for records in (await within(consumer.getmany(timeout_ms=HEAR_MS))).values():
                    found |= _about(inputs, records)
        return found


def _about(inputs: Collection[Place], records: list[ConsumerRecord]) -> dict[Place, AuditBody]:
    found: dict[Place, AuditBody] = {}
    for record in records:
        source = orjson.loads(record.value).get("source") or {"topic": "", "partition": -1, "offset": -1}
        place = (str(source["topic"]), int(source["partition"]), int(source["offset"]))
        if place in inputs:
            found[place] = AuditBody.model_validate_json(record.value)
    return found


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Line]:
    """A line that is up: team and patients are known to Kafka, and the alerts topic is heard."""
    await within(prepare(settings), 3 * ANSWER_S)
    producer = AIOKafkaProducer(
        bootstrap_servers=settings.broker,
        client_id=f"{settings.group}-watchdog",
        acks="all",
        enable_idempotence=True,
        request_timeout_ms=int(ANSWER_S * 1000),
        **settings.kafka_security(),
    )
    try:
        await within(producer.start())
        async with _consumer(settings) as consumer:
            line = Line(settings, producer, consumer)
            await line.listen()
            yield line
    finally:
        await _ended(producer.stop())


async def prepare(settings: Settings) -> None:
    """Publish the team's coverage, unless it is in force already; its topic is made and checked first."""
    reference = await reference_log.in_force(settings)
    held = reference.at(reference.stamp).teams.get(WATCHDOG_TEAM)
    if held is None or held.version < patients.VERSION:
        await reference_log.publish_coverage(settings, patients.coverage())


async def within(work: Awaitable[T], limit_s: float = ANSWER_S) -> T:
    """The answer, or LineError: nothing that Kafka does may stop or stall the watchdog.

    In a task of its own, because the library cancels what waits when its connection dies: measured, a watchdog
    that awaited it directly ended with the broker.
    """
    task = asyncio.ensure_future(work)
    try:
        await asyncio.wait({task}, timeout=limit_s)
        if task.done():
            return task.result()
        raise _down(f"no answer within {limit_s:.0f} s")
    except (KafkaError, OSError, TimeoutError, NattevagtError) as error:
        raise _down(str(error.args[0]) if isinstance(error, NattevagtError) else type(error).__name__) from None
    except asyncio.CancelledError:
        if task.cancelled():
            raise _down("the connection was cut") from None
        raise
    finally:
        task.cancel()


def _down(words: str) -> LineError:
    return LineError(words, next_step="look at the brokers, at the network, and at the watchdog's rights")


@asynccontextmanager
async def _consumer(settings: Settings) -> AsyncIterator[AIOKafkaConsumer]:
    consumer = AIOKafkaConsumer(
        bootstrap_servers=settings.broker,
        client_id=f"{settings.group}-watchdog",
        enable_auto_commit=False,
        request_timeout_ms=int(ANSWER_S * 1000),
        fetch_max_wait_ms=100,
        **settings.kafka_security(),
    )
    try:
        await within(consumer.start())
        yield consumer
    finally:
        await _ended(consumer.stop())


async def _ended(stopping: Awaitable[Any]) -> None:
    """A client of a broker that is away may take long to stop; nothing of it is needed any more."""
    with contextlib.suppress(LineError):
        await within(stopping, 2)
