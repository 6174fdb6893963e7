"""Feeding: pace and addresses; that Kafka and the run without it agree is a test of its own."""

from streams.adapters.input_records import clock, measurement
from streams.adapters.settings import Settings
from streams.sim.feed import Pace, outgoing

AT_MS = 1_771_488_000_000


def test_full_speed_never_waits() -> None:
    """Whatever the records say."""
    pace = Pace(None)
    assert [0.0, 0.0] == [pace.ahead_s(AT_MS), pace.ahead_s(AT_MS + 86_400_000)]


def test_the_first_record_is_due_at_once_and_the_others_at_their_distance() -> None:
    """Two simulated hours at 3,600 times are two seconds; what is late is due now."""
    pace = Pace(3_600.0)
    assert 0.0 == pace.ahead_s(AT_MS)
    assert 1.5 < pace.ahead_s(AT_MS + 7_200_000) <= 2.0
    assert 0.0 == pace.ahead_s(AT_MS - 7_200_000)


def test_records_go_to_this_installations_topics_with_their_own_times() -> None:
    """Partition by key, or the one that the record names."""
    settings = Settings(topic_prefix="x-", partitions=4)
    read = measurement("p-1", "spo2", 93, "%", AT_MS, "oximeter-1")
    sent, told = outgoing([read, clock(AT_MS + 1, 3)], settings)
    assert ("x-measurements.v1", b"p-1", AT_MS) == (sent.topic, sent.key, sent.at_ms)
    assert read.place(4) == sent.partition
    assert (3, None, b"", AT_MS + 1) == (told.partition, told.key, told.value, told.at_ms)
