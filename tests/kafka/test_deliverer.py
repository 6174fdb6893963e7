"""Deliveries on a real Kafka: what is confirmed lies where the producer says, in order, whatever its size."""

import asyncio

import pytest
from aiokafka.structs import RecordMetadata, TopicPartition

from streams.adapters.broker import Broker
from streams.adapters.kafka import Deliverer, OutRecord, _written
from tests.kafka import traffic
from tests.kafka.workers import settings_for

KIB = 1024
MANY = 1_500
"""More than aiokafka lets wait for one partition without giving some up."""


@pytest.mark.kafka
def test_a_delivery_says_where_it_lies(broker: Broker, prefix: str) -> None:
    """Also when it takes several batches: recovery may begin behind it."""
    one, other = f"{prefix}one", f"{prefix}other"
    small = [OutRecord(one, 0, None, b"%d" % n, (), 0) for n in range(5)]
    large = [OutRecord(other, 0, None, bytes(900 * KIB), (), 0) for _ in range(7)]

    async def go() -> None:
        for topic in (one, other):
            await traffic.create(broker.address, topic, max_message_bytes="2097152")
        deliverer = Deliverer(settings_for(broker.address, prefix))
        await deliverer.start()
        try:
            assert {} == await deliverer.deliver([])
            assert {(one, 0): range(5)} == await deliverer.deliver(small)
            both = await deliverer.deliver([*small, *large])
            assert {(one, 0): range(5, 10), (other, 0): range(7)} == both
        finally:
            await deliverer.stop()
        assert [record.value for record in small] * 2 == await traffic.read(broker.address, one, 10)

    asyncio.run(go())


@pytest.mark.kafka
def test_many_deliveries_to_one_partition_wait_for_each_other(broker: Broker, prefix: str) -> None:
    """As when thousands get their devices at once: every one is confirmed, in the order of asking."""
    topic = f"{prefix}shared"

    async def go() -> list[bytes]:
        await traffic.create(broker.address, topic)
        deliverer = Deliverer(settings_for(broker.address, prefix))
        await deliverer.start()
        try:
            asked = [[OutRecord(topic, 0, None, b"%d" % n, (), 0)] for n in range(MANY)]
            await asyncio.gather(*map(deliverer.deliver, asked))
        finally:
            await deliverer.stop()
        return [record.value for records in asked for record in records]

    sent = asyncio.run(go())
    assert sent == asyncio.run(traffic.read(broker.address, topic, MANY))


def confirmed(loop: asyncio.AbstractEventLoop, offset: int) -> "asyncio.Future[RecordMetadata]":
    """The answer to a batch that lies at this offset."""
    future: asyncio.Future[RecordMetadata] = loop.create_future()
    where = TopicPartition("topic", 0)
    future.set_result(RecordMetadata("topic", 0, where, offset, 0, 0, 0))
    return future


@pytest.mark.parametrize(
    ("batches", "lies"),
    [
        ([(3, 2), (5, 4)], range(3, 9)),
        ([(3, 2), (6, 4)], None),  # somebody else's record is at 5
        ([(-1, 2)], None),  # the broker knew the batch from an earlier try
    ],
)
def test_a_delivery_with_others_between_does_not_say_where_it_lies(
    batches: list[tuple[int, int]], lies: range | None
) -> None:
    """Then recovery reads all of it again."""

    async def go() -> range | None:
        loop = asyncio.get_running_loop()
        return _written([(confirmed(loop, offset), count) for offset, count in batches])

    assert lies == asyncio.run(go())
