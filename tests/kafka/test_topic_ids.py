"""Topic ids: Kafka's own, and another one after the topic was made anew."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from aiokafka.admin import NewTopic

from schemas.topics import AUDIT, MEASUREMENTS
from streams.adapters.broker import Broker
from streams.adapters.cluster import connected
from streams.adapters.settings import Settings
from streams.adapters.topic_ids import Described, describe, topic_ids

pytestmark = pytest.mark.kafka

LOOKS, PAUSE_S = 400, 0.05  # 20 s; making a topic anew takes tenths, the deletion goes first


async def until(look: Callable[[], Awaitable[bool]]) -> None:
    """Look until it is so."""
    for _ in range(LOOKS):
        if await look():
            return
        await asyncio.sleep(PAUSE_S)
    raise TimeoutError("it does not come to pass")


async def make(settings: Settings, name: str) -> str:
    """Make the topic, as soon as its name is free, and return its id."""
    full = settings.topic(name)
    async with connected(settings) as client:

        async def made() -> bool:
            answer = await client.create_topics([NewTopic(full, 3, 1)])
            return answer.topic_errors[0][1] == 0

        async def there() -> bool:
            return full in await describe(client, [full])

        await until(made)
        await until(there)
        return (await describe(client, [full]))[full].topic_id


async def delete(settings: Settings, name: str) -> None:
    """Delete the topic and wait until nobody knows it."""
    full = settings.topic(name)
    async with connected(settings) as client:

        async def gone() -> bool:
            return not await describe(client, [full])

        await client.delete_topics([full])
        await until(gone)


def test_a_recreated_topic_has_another_id(broker: Broker, prefix: str) -> None:
    """The name, the partitions and the settings are the same; the records are not."""
    settings = Settings(broker=broker.address, topic_prefix=prefix)

    async def go() -> tuple[str, dict[str, str], str]:
        before = await make(settings, MEASUREMENTS)
        asked = await topic_ids(settings, [MEASUREMENTS, AUDIT])
        await delete(settings, MEASUREMENTS)
        return before, asked, await make(settings, MEASUREMENTS)

    before, asked, after = asyncio.run(go())
    assert {MEASUREMENTS: before} == asked
    assert 22 == len(before) == len(after)
    assert before != after


def test_a_topic_is_described_with_partitions_and_copies(broker: Broker, prefix: str) -> None:
    """What is missing is left out, and is still missing afterwards."""
    settings = Settings(broker=broker.address, topic_prefix=prefix)

    async def go() -> list[dict[str, Described]]:
        topic_id = await make(settings, MEASUREMENTS)
        names = [settings.topic(MEASUREMENTS), settings.topic(AUDIT)]
        async with connected(settings) as client:
            twice = [await describe(client, names) for _ in range(2)]
        assert {topic_id} == {found[names[0]].topic_id for found in twice}
        return [{name: Described("", one.partitions, one.copies) for name, one in found.items()} for found in twice]

    assert [{settings.topic(MEASUREMENTS): Described("", 3, 1)}] * 2 == asyncio.run(go())
