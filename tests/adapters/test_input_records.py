"""Input records: canonical bytes, and partitions as every Kafka client chooses them."""

import pytest
from aiokafka.partitioner import DefaultPartitioner

from schemas.codec import loads
from schemas.measurement import Measurement
from schemas.topics import MEASUREMENTS
from streams.adapters.input_records import InputRecord, clocks, measurement, partition_of


@pytest.mark.parametrize("key", [b"a", b"lung-01", b"heart-05", b"load-00499", b"x" * 64])
@pytest.mark.parametrize("n", [1, 2, 12, 100])
def test_a_key_goes_where_the_default_partitioner_sends_it(key: bytes, n: int) -> None:
    """Ids name partitions, so a guess that is off by one would change every alert's id."""
    assert DefaultPartitioner()(key, list(range(n)), []) == partition_of(key, n)


@pytest.mark.parametrize(
    ("key", "java"), [(b"21", -973932308), (b"foobar", -790332482), (b"a-little-bit-long-string", -985981536)]
)
def test_the_hash_is_that_of_the_java_client(key: bytes, java: int) -> None:
    """Vectors of Kafka's own UtilsTest.testMurmur2; the sign bit is cleared, as toPositive does."""
    assert (java & 0x7FFFFFFF) % 12 == partition_of(key, 12)


def test_a_reading_fulfils_its_contract_and_is_the_same_bytes_each_time() -> None:
    """Canonical bytes, with a charge only where the device tells one."""
    first = measurement("p-1", "spo2", 93, "%", 1_771_488_000_000, "oximeter-1", at_ms=1_771_488_030_000)
    again = measurement("p-1", "spo2", 93, "%", 1_771_488_000_000, "oximeter-1", at_ms=1_771_488_030_000)
    assert first == again
    assert 1_771_488_030_000 == first.at_ms
    body = Measurement.model_validate_json(first.value or b"")
    assert (93, None) == (body.value, body.battery_percent)


def test_a_code_has_no_unit_field() -> None:
    """An enum kind has no unit, and null would be another spelling of the same."""
    record = measurement("p-1", "consciousness", "A", None, 0, "nurse", battery=7)
    body = loads(record.value or b"")
    assert "unit" not in body
    assert 7 == body["battery_percent"]


def test_a_record_without_a_key_needs_a_partition() -> None:
    """Chance would make another story of it."""
    with pytest.raises(ValueError, match="needs a partition"):
        InputRecord(MEASUREMENTS, None, b"{}", 0).place(12)


def test_the_clock_strikes_once_on_every_partition() -> None:
    """Only the slowest partition's time counts."""
    assert [0, 1, 2] == [record.place(12) for record in clocks(0, 3)]
