"""What lies on rejected.v1: one refused input with its reason, apart from what its sender had sent."""

import re
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, replace
from typing import Any

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

from schemas.codec import Headers
from schemas.errors import ConfigurationError
from schemas.ids import is_pseudonym
from schemas.topics import REJECTED
from streams.adapters.log_tail import LogTail
from streams.adapters.offsets import offset_reader
from streams.adapters.settings import Settings
from streams.cli.follow import Coordinates
from streams.core.intake.route import NEXT_STEP_HEADER, OUTCOME_HEADER, REASON_HEADER, SOURCE_HEADER
from streams.replay.rebuild import read_partition

ADDED = (OUTCOME_HEADER, REASON_HEADER, NEXT_STEP_HEADER, SOURCE_HEADER)
"""The headers behind the original ones, in this order. A sender's own headers of these names stand before them."""

FETCH_LIMIT_MS = 10_000
"""Longest wait for a record that is known to exist."""

_COORDINATES = re.compile(r"(?P<topic>[\w.-]+)(?:\[(\d{1,6})\]@|/(\d{1,6})/)(\d{1,18})")


@dataclass(frozen=True, slots=True)
class Refusal:
    """at: where it lies. source: where it came from. at_ms: when it was received.

    key, value, headers: as received, without what the worker added.
    """

    at: Coordinates
    source: Coordinates
    outcome: str
    reason: str
    next_step: str
    at_ms: int
    key: bytes | None
    value: bytes | None
    headers: Headers

    @property
    def patient(self) -> str | None:
        """The pseudonym it was sent under; None when the key is none."""
        name = (self.key or b"").decode(errors="replace")
        return name if is_pseudonym(name) else None


def spelled(where: Coordinates) -> str:
    """`topic[partition]@offset`, as logs and outcomes name a record."""
    return f"{where[0]}[{where[1]}]@{where[2]}"


def coordinates(text: str) -> Coordinates:
    """`topic[partition]@offset`, or topic/partition/offset as headers spell it. Raises ConfigurationError."""
    found = _COORDINATES.fullmatch(text)
    if found is None:
        raise ConfigurationError(
            "these are no coordinates of a record.",
            next_step=f"Write them as `nattevagt rejected list` does: {REJECTED}[3]@17.",
        )
    return found["topic"], int(found[2] or found[3]), int(found[4])


def refusal(topic: str, record: ConsumerRecord) -> Refusal | None:
    """One record of rejected.v1; None = no worker wrote it. topic: unprefixed."""
    added = record.headers[-len(ADDED) :]
    if tuple(name for name, _ in added) != ADDED:
        return None
    outcome, reason, next_step, source = ((value or b"").decode(errors="replace") for _, value in added)
    if _COORDINATES.fullmatch(source) is None:
        return None
    return Refusal(
        (topic, record.partition, record.offset),
        coordinates(source),
        outcome,
        reason,
        next_step,
        record.timestamp,
        record.key,
        record.value,
        tuple(record.headers[: -len(ADDED)]),
    )


async def refusals(settings: Settings) -> AsyncIterator[Refusal]:
    """Everything that lies there now, without the bytes, oldest first in each partition.

    A crash may have written a refusal twice; each input comes once.
    """
    seen: set[Coordinates] = set()
    async with LogTail(settings, [REJECTED]) as tail:
        async for record in tail.read():
            one = refusal(REJECTED, record)
            if one is not None and one.source not in seen:
                seen.add(one.source)
                yield replace(one, value=None)


async def fetched(settings: Settings, wanted: Iterable[Coordinates]) -> AsyncIterator[Refusal]:
    """These refusals whole, by where they lie or by the input they are about, in the order asked for.

    Raises: ConfigurationError for one that is not there.
    """
    consumer = AIOKafkaConsumer(
        bootstrap_servers=settings.broker, enable_auto_commit=False, fetch_max_wait_ms=100, **settings.kafka_security()
    )
    await consumer.start()
    try:
        async with offset_reader(settings) as offsets:
            starts, ends = await offsets.starts([REJECTED]), await offsets.ends([REJECTED])
        for where in wanted:
            place = where[:2]
            if where[0] != REJECTED:
                yield await _about(settings, where)
            elif starts.get(place, 0) <= where[2] < ends.get(place, 0):
                yield await _read(consumer, settings, where)
            else:
                raise _not_there(where)
    finally:
        await consumer.stop()


async def _read(consumer: Any, settings: Settings, where: Coordinates) -> Refusal:
    tp = TopicPartition(settings.topic(REJECTED), where[1])
    consumer.assign([tp])
    consumer.seek(tp, where[2])
    for records in (await consumer.getmany(tp, timeout_ms=FETCH_LIMIT_MS, max_records=1)).values():
        one = refusal(REJECTED, records[0])
        if one is not None and records[0].offset == where[2]:
            return one
    raise _not_there(where)


async def _about(settings: Settings, source: Coordinates) -> Refusal:
    """Refusals go to the partition number of their input, so only that one is read."""
    if source[1] < settings.partitions:
        async for record in read_partition(settings, REJECTED, source[1]):
            one = refusal(REJECTED, record)
            if one is not None and one.source == source:
                return one
    raise _not_there(source)


def _not_there(where: Coordinates) -> ConfigurationError:
    return ConfigurationError(
        f"there is no refused record {spelled(where)}.",
        next_step="`nattevagt rejected list` shows what is there; it is kept for 90 days.",
    )
