"""Outbox: many records at once are few deliveries, in order; what Kafka refuses is raised to each."""

import asyncio
from collections.abc import Iterable
from typing import Any, cast

import pytest

from schemas.errors import DeliveryError
from streams.adapters.kafka import Deliverer, OutRecord
from streams.agents.outbox import Outbox


class FakeDeliverer:
    """Takes a moment for each delivery; refuses records whose key says so."""

    def __init__(self) -> None:
        self.deliveries: list[list[bytes | None]] = []

    async def deliver(self, records: Iterable[OutRecord]) -> dict[Any, Any]:
        """One delivery."""
        keys = [record.key for record in records]
        self.deliveries.append(keys)
        await asyncio.sleep(0.01)
        if b"bad" in keys:
            raise DeliveryError("no", next_step="none")
        return {}


def record(key: bytes) -> OutRecord:
    """It says only which one it is."""
    return OutRecord("topic", 0, key, b"", (), 0)


def test_what_comes_while_one_is_under_way_goes_with_the_next() -> None:
    """A hundred at once are two deliveries, and in the order they came."""

    async def go() -> list[list[bytes | None]]:
        fake = FakeDeliverer()
        box = Outbox(cast("Deliverer", fake))
        keys = [str(n).encode() for n in range(100)]
        first = asyncio.create_task(box.deliver(record(b"first")))
        await asyncio.sleep(0.001)
        await asyncio.gather(*(box.deliver(record(key)) for key in keys))
        await first
        assert [[b"first"], keys] == fake.deliveries
        await box.deliver(record(b"later"))
        return fake.deliveries

    assert [b"later"] == asyncio.run(go())[-1]


def test_a_refusal_is_raised_to_everybody_it_concerns() -> None:
    """Those of the next delivery are not among them."""

    async def go() -> None:
        box = Outbox(cast("Deliverer", FakeDeliverer()))
        refused = await asyncio.gather(
            box.deliver(record(b"bad")), box.deliver(record(b"good")), return_exceptions=True
        )
        assert [DeliveryError, DeliveryError] == [type(one) for one in refused]
        await box.deliver(record(b"good"))

    asyncio.run(go())


def test_whoever_no_longer_waits_holds_nobody_up() -> None:
    """A lane that is forgotten."""

    async def go() -> None:
        box = Outbox(cast("Deliverer", FakeDeliverer()))
        gone = asyncio.create_task(box.deliver(record(b"gone")))
        await asyncio.sleep(0.001)
        gone.cancel()
        await box.deliver(record(b"good"))
        with pytest.raises(asyncio.CancelledError):
            await gone

    asyncio.run(go())
