"""The settings of our node, as its clients meet them."""

import asyncio

import pytest
from aiokafka.errors import KafkaError

from streams.adapters.broker import Broker
from tests.kafka import traffic

pytestmark = pytest.mark.kafka

SIX_YEARS_AGO_MS = 1_577_836_800_000  # 2020-01-01T00:00:00Z


def test_records_dated_years_ago_are_taken_and_stay(broker: Broker, prefix: str) -> None:
    """Stories are replayed with their own dates."""
    topic = f"{prefix}story"

    async def go() -> list[bytes]:
        await traffic.create(broker.address, topic, message_timestamp_type="CreateTime")
        await traffic.write(broker.address, topic, [b"old"], timestamp_ms=SIX_YEARS_AGO_MS)
        return await traffic.read(broker.address, topic, 1)

    assert [b"old"] == asyncio.run(go())


def test_a_topic_may_ask_for_records_of_two_mebibytes(broker: Broker, prefix: str) -> None:
    """The largest refused record must fit into the topic of the refused."""
    topic, largest = f"{prefix}rejected", bytes(2_097_152 - 200)  # 200: the batch's own header and fields

    async def go() -> list[bytes]:
        await traffic.create(broker.address, topic, max_message_bytes="2097152")
        await traffic.write(broker.address, topic, [largest])
        return await traffic.read(broker.address, topic, 1)

    assert [largest] == asyncio.run(go())


def test_a_topic_nobody_made_is_refused(broker: Broker, prefix: str) -> None:
    """A misspelt name must not become a topic."""

    async def go() -> None:
        await asyncio.wait_for(traffic.write(broker.address, f"{prefix}misspelt", [b"1"]), timeout=3)

    with pytest.raises((KafkaError, TimeoutError)):
        asyncio.run(go())


def test_each_test_has_topics_of_its_own(prefix: str, request: pytest.FixtureRequest) -> None:
    """The prefix is that of this test alone, and a legal beginning of a topic name."""
    assert prefix == request.getfixturevalue("prefix")
    assert prefix.startswith(request.getfixturevalue("run_mark"))
    assert set(prefix) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")
