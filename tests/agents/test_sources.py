"""At assignment the input topics must have grown from what has been applied of them."""

import pytest

from schemas.errors import StateError
from streams.agents.lifecycle import verify_sources
from streams.core.record import PartitionRecord

HELD = PartitionRecord(offset=9, topic_id="t", sources={"measurements.v1/3": 41, "commands.v1/0": 0})


def test_grown_topics_are_fine() -> None:
    """The last applied record is still there, or newer ones are."""
    verify_sources(HELD, {"measurements.v1/3": 42, "commands.v1/0": 5})


def test_a_recreated_input_topic_is_refused_by_name() -> None:
    """Else its first 41 readings would be dropped as copies, without an outcome."""
    with pytest.raises(StateError, match=r"measurements.v1\[3\]: offset 41 has been applied, the log ends at 41"):
        verify_sources(HELD, {"measurements.v1/3": 41, "commands.v1/0": 5})


def test_a_topic_that_is_no_input_any_more_says_nothing() -> None:
    """An older release may have read other inputs."""
    verify_sources(HELD, {"commands.v1/0": 1})
