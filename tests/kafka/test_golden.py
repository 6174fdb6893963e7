"""All golden stories at once on a real Kafka: what comes out is what has been committed, byte for byte."""

import asyncio

import pytest

from streams.adapters.broker import Broker
from streams.adapters.settings import Settings
from streams.cli.play import play
from tests.golden.engines import together, told_by_kafka
from tests.golden.files import cast_of, read_inputs, read_outputs
from tests.golden.kept import lines
from tests.golden.stories import STORIES
from tests.golden.telling import PARTITIONS

pytestmark = [pytest.mark.kafka, pytest.mark.slow]


def test_the_golden_stories_on_kafka(broker: Broker, prefix: str) -> None:
    """Side by side, each on its partition, with the worker's own timekeeper letting time pass."""
    settings = Settings(
        broker=broker.address,
        topic_prefix=prefix,
        partitions=PARTITIONS,
        replication=1,
        min_insync=1,
        demo=True,
        simulation=True,
    )
    told = together(read_inputs(name) for name in STORIES)
    played = asyncio.run(play(told, settings, say=print))
    assert played.is_good
    came_out = asyncio.run(told_by_kafka(settings))
    for number, name in enumerate(STORIES):
        assert read_outputs(name) == lines(came_out, cast_of(name), number), name
