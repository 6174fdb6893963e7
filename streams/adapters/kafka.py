"""Producing to Kafka so that a record either is confirmed or ends the process."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from schemas.codec import Headers
from schemas.errors import DeliveryError
from streams.adapters.settings import Settings

MAX_BATCH_BYTES = 1_048_576
"""Kafka holds the whole batch against a topic's limit, and the lowest limit is 1 MiB. A larger record goes alone."""

MAX_REQUEST_BYTES = 4_718_592
"""The largest record of any topic (2 MiB) twice, with room for its batch."""

Batch = tuple["asyncio.Future[Any]", int]
"""The confirmation of a batch, and how many records it has."""


class OutRecord(NamedTuple):
    """One record to send. topic: with the deployment's prefix. at_ms: kept only by topics with CreateTime.

    A tuple, because each reading makes five of them.
    """

    topic: str
    partition: int
    key: bytes | None
    value: bytes | None
    headers: Headers
    at_ms: int


class Deliverer:
    """An idempotent acks=all producer that sends whole batches and awaits every delivery.

    Faust's own producer costs 5 to 10 times more per record and hides failed sends from `flush`.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._producer: AIOKafkaProducer | None = None
        self._turns: defaultdict[tuple[str, int], asyncio.Lock] = defaultdict(asyncio.Lock)
        self.on_failure: Callable[[], None] = lambda: None

    async def start(self) -> None:
        """Connect. Raises whatever aiokafka raises when no broker answers."""
        self._producer = AIOKafkaProducer(
            bootstrap_servers=self._settings.broker,
            client_id=f"{self._settings.group}-deliver",
            acks="all",
            enable_idempotence=True,
            max_batch_size=MAX_BATCH_BYTES,
            max_request_size=MAX_REQUEST_BYTES,
            request_timeout_ms=10_000,
            linger_ms=0,
            **self._settings.kafka_security(),
        )
        await self._producer.start()

    async def stop(self) -> None:
        """Disconnect; everything that was to be delivered has been awaited already."""
        if self._producer is not None:
            await self._producer.stop()

    async def deliver(self, records: Iterable[OutRecord]) -> dict[tuple[str, int], range | None]:
        """Send in the order given and wait until the broker has confirmed all of it.

        Gives the offsets written to each (topic, partition); None = somebody else's may lie between them.
        Raises DeliveryError, at the latest after the delivery limit, which is ours because aiokafka never gives an
        idempotent batch up; whoever calls must then end the process without acknowledging its input.
        """
        groups: dict[tuple[str, int], list[OutRecord]] = {}
        for record in records:
            groups.setdefault((record.topic, record.partition), []).append(record)
        try:
            async with asyncio.timeout(self._settings.delivery_limit_s):
                sent = {where: await self._send(*where, group) for where, group in groups.items()}
                await asyncio.gather(*(future for batches in sent.values() for future, _ in batches))
        except (KafkaError, TimeoutError) as error:
            self.on_failure()
            raise DeliveryError(
                f"Kafka did not confirm records ({type(error).__name__})",
                next_step="the process ends and is restarted by its supervisor; look at the broker",
            ) from error
        return {where: _written(batches) for where, batches in sent.items()}

    async def _send(self, topic: str, partition: int, group: Sequence[OutRecord]) -> list[Batch]:
        """Hand over; gives each batch's confirmation with its number of records."""
        producer = self._producer
        assert producer is not None, "start() first"
        batches = []
        batch = producer.create_batch()
        for record in group:
            if not self._append(batch, record):
                batches.append(await self._hand_over(batch, topic, partition))
                batch = producer.create_batch()
                if not self._append(batch, record):
                    raise DeliveryError(
                        f"a record for {topic} is larger than a batch may be",
                        next_step="report this as a defect: intake should have refused its input",
                    )
        batches.append(await self._hand_over(batch, topic, partition))
        return batches

    async def _hand_over(self, batch: Any, topic: str, partition: int) -> Batch:
        """One at a time to each partition, in the order of asking.

        aiokafka holds one batch back per partition; of several that wait for it each counts its whole waiting time
        anew at every turn and gives up after seconds, however healthy the broker is. Several deliveries meet where
        records do not go to their source's partition: device-claims.v1, examples.v1.
        """
        producer = self._producer
        assert producer is not None, "start() first"
        batch.close()
        count: int = batch.record_count()
        async with self._turns[topic, partition]:
            return await producer.send_batch(batch, topic, partition=partition), count

    @staticmethod
    def _append(batch: "object", record: OutRecord) -> bool:
        appended: object = batch.append(  # type: ignore[attr-defined]  # aiokafka's BatchBuilder has no stubs
            timestamp=record.at_ms, key=record.key, value=record.value, headers=list(record.headers)
        )
        return appended is not None


def _written(batches: Sequence[Batch]) -> range | None:
    """The offsets of these batches, when they follow each other without a gap."""
    begin: int = batches[0][0].result().offset
    end = begin
    for future, count in batches:
        if future.result().offset != end or end < 0:
            return None  # also where the broker knew the batch already and no longer says where it lies
        end += count
    return range(begin, end)
