"""Header names that are not UTF-8: the batch is read with names that anybody can read, and nothing else changes."""

import pytest
from aiokafka.consumer.fetcher import PartitionRecords
from aiokafka.record.default_records import DefaultRecordBatchBuilder
from aiokafka.structs import TopicPartition

from streams.adapters.header_names import Batches

TP = TopicPartition("t", 0)
GOOD = ("ok", b"1")


def batch(*records: tuple[bytes | None, bytes | None, list[tuple[str, bytes | None]]], base: int = 0) -> bytes:
    """One batch of (key, value, headers), its first record at offset `base`."""
    builder = DefaultRecordBatchBuilder(2, 0, 0, -1, -1, 0, 1_000_000)
    for n, (key, value, headers) in enumerate(records):
        builder.append(n, 1_000 + n, key, value, headers)
    built = bytearray(builder.build())
    built[:8] = base.to_bytes(8)
    return bytes(built)


def read(data: bytes, since: int = 0) -> list[tuple[int, bytes | None, bytes | None, list[tuple[str, bytes | None]]]]:
    """What a consumer at offset `since` gets of it."""
    found = PartitionRecords(TP, Batches(data), [], since, None, None, False, 0)
    return [(one.offset, one.key, one.value, list(one.headers)) for one in found]


def test_readable_batches_come_through_as_they_are() -> None:
    """Null and empty are told apart everywhere."""
    first = batch((b"k", b"v", [GOOD, ("null", None), ("", b"")]), (None, b"", []))
    second = batch((b"k", None, [("åæø", b"\xff")]), base=2)
    assert [
        (0, b"k", b"v", [GOOD, ("null", None), ("", b"")]),
        (1, None, b"", []),
        (2, b"k", None, [("åæø", b"\xff")]),
    ] == read(first + second)


@pytest.mark.parametrize("since", [0, 1, 2])
def test_a_name_that_is_no_text_is_spelled_with_question_marks(since: int) -> None:
    """Every record comes once, whether the fetch began before the odd one or behind it."""
    headers = [GOOD, ("##x", b"\xff"), ("null", None), ("##y", None)]
    data = batch((b"a", b"1", [GOOD]), (b"b", b"2##", headers), (b"c", b"3", []))
    data = data.replace(b"##x", b"\xe5\xffx").replace(b"##y", b"\xc3(y")
    mended = [GOOD, ("??x", b"\xff"), ("null", None), ("?(y", None)]
    every = [(0, b"a", b"1", [GOOD]), (1, b"b", b"2##", mended), (2, b"c", b"3", [])]
    assert every[since:] == read(data, since)


def test_a_batch_behind_it_is_read_too() -> None:
    """The next batch does not suffer."""
    odd = batch((b"a", b"1", [("##", b"")])).replace(b"##", b"\xff\xff")
    assert [(0, b"a", b"1", [("??", b"")]), (1, b"b", b"2", [])] == read(odd + batch((b"b", b"2", []), base=1))


def test_a_batch_cut_off_at_the_end_of_a_fetch_is_left_for_the_next() -> None:
    """As Kafka does it: the last batch may come in part."""
    assert [(0, b"a", b"1", [])] == read(batch((b"a", b"1", [])) + batch((b"b", b"2", []), base=1)[:-3])
