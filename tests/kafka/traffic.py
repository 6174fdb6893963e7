"""The least traffic that proves a broker: make a topic, write, read back."""

import asyncio

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

LIMIT = 30.0  # seconds for any one of these; they take tenths


async def create(address: str, topic: str, **configs: str) -> None:
    """One partition, one copy. Config names with dots written as underscores."""
    admin = AIOKafkaAdminClient(bootstrap_servers=address)
    await admin.start()
    try:
        settings = {name.replace("_", "."): value for name, value in configs.items()}
        answer = await admin.create_topics([NewTopic(topic, 1, 1, topic_configs=settings)])
        assert [0] == [error[1] for error in answer.topic_errors], answer
    finally:
        await admin.close()


async def write(address: str, topic: str, values: list[bytes], *, timestamp_ms: int | None = None) -> None:
    """All confirmed when it returns."""
    producer = AIOKafkaProducer(
        bootstrap_servers=address, acks="all", enable_idempotence=True, max_request_size=3_000_000
    )
    await producer.start()
    try:
        sent = [await producer.send(topic, value, timestamp_ms=timestamp_ms) for value in values]
        await asyncio.wait_for(asyncio.gather(*sent), LIMIT)
    finally:
        await producer.stop()


async def read(address: str, topic: str, count: int, *, group: str | None = None) -> list[bytes]:
    """The first `count` values of the topic."""
    consumer = AIOKafkaConsumer(topic, bootstrap_servers=address, group_id=group, auto_offset_reset="earliest")
    await consumer.start()
    try:
        async with asyncio.timeout(LIMIT):
            return [(await consumer.getone()).value for _ in range(count)]
    finally:
        await consumer.stop()


def round_trip(address: str, topic: str, *, count: int = 1000) -> None:
    """Write `count` records to a new topic and read them back as a group."""
    values = [b"%d" % number for number in range(count)]

    async def go() -> list[bytes]:
        await create(address, topic)
        await write(address, topic, values)
        return await read(address, topic, count, group=f"{topic}-group")

    assert values == asyncio.run(go())


def first(address: str, topic: str, count: int) -> list[bytes]:
    """The first `count` values, for tests that are not asynchronous themselves."""
    return asyncio.run(read(address, topic, count))
