"""The bench of timers measures what it says: everybody who is due fires once, nobody else."""

import asyncio

import pytest

from streams.adapters.broker import Broker
from tests.bench.timers import WARM, measure


@pytest.mark.kafka
def test_who_is_due_fires_and_is_remembered(broker: Broker, prefix: str) -> None:
    """Small: 1,000 patients, 50 due. The warm ones, due an hour before, fire then and once more."""
    figures = asyncio.run(measure(broker.address, 1_000, 50, prefix, partitions=4))

    assert 50 + WARM == figures.fired
    assert figures.idle_cpu_ms_per_minute < 1_000
