"""Header names that are not UTF-8: aiokafka cannot read such a record at all, and no sender may stop a worker.

Kafka's clients send names in UTF-8, but those written in C send any bytes, and the broker lets them through.
Here the batch is read again with `?` for each byte outside ASCII in such a name; key, value and the values of
headers stay as they are. Private parts of aiokafka are touched; agents/enginekit.py pins its version.
"""

import struct
from collections.abc import Iterator
from typing import Any

from aiokafka.consumer import fetcher
from aiokafka.record.memory_records import MemoryRecords
from aiokafka.record.util import decode_varint

BATCH_HEAD = 61
"""Bytes before the first record of a batch, message format 2."""

LENGTH_AT, LENGTH_END = 8, 12
CODEC_AT, CODEC_BITS = 22, 0x07
COUNT_AT = 57
ASCII_END = 0x80


def accept_any_name() -> None:
    """From now on every consumer of this process reads such records. Calling it again changes nothing."""
    fetcher.MemoryRecords = Batches


class Batches:
    """What one fetch gave for one partition, as aiokafka's fetcher walks through it."""

    def __init__(self, data: bytes) -> None:
        self._records = MemoryRecords(data)
        self._data = memoryview(data)
        self._at = 0

    def size_in_bytes(self) -> int:
        """All of it, a batch that is cut off at the end included."""
        size: int = self._records.size_in_bytes()
        return size

    def has_next(self) -> bool:
        """Is there another whole batch?"""
        more: bool = self._records.has_next()
        return more

    def next_batch(self) -> "Batch | None":
        """The next batch; None behind the last one."""
        batch = self._records.next_batch()
        if batch is None:
            return None
        begin = self._at
        (length,) = struct.unpack_from(">i", self._data, begin + LENGTH_AT)
        self._at = begin + LENGTH_END + length
        return Batch(batch, self._data[begin : self._at])


class Batch:
    """One batch. All that is asked of it aiokafka's own answers, except for its records."""

    def __init__(self, batch: Any, data: memoryview) -> None:
        self._batch = batch
        self._data = data

    def __getattr__(self, name: str) -> Any:
        return getattr(self._batch, name)

    def __next__(self) -> Any:
        return next(self._batch)

    def __iter__(self) -> Iterator[Any]:
        """The records; after a name that cannot be read all of them once more, and the fetcher skips what it has."""
        try:
            yield from self._batch
        except UnicodeDecodeError:
            if self._data[CODEC_AT] & CODEC_BITS:
                raise  # compressed: our topics hold no such batch, `topics check` sees to it
            yield from MemoryRecords(readable(self._data)).next_batch()


def readable(batch: bytes | memoryview) -> bytes:
    """The same batch, every length unchanged, with names that anybody can read. Its checksum no longer fits."""
    data = bytearray(batch)
    (count,) = struct.unpack_from(">i", data, COUNT_AT)
    at = BATCH_HEAD
    for _ in range(count):
        length, at = decode_varint(data, at)
        _mend(data, at)
        at += length
    return bytes(data)


def _mend(data: bytearray, at: int) -> None:
    """One record: attributes, time, offset, key, value, and then the headers."""
    at += 1
    for _ in ("time", "offset"):
        _, at = decode_varint(data, at)
    for _ in ("key", "value"):
        at = _behind(data, at)
    headers, at = decode_varint(data, at)
    for _ in range(headers):
        length, at = decode_varint(data, at)
        name = data[at : at + length]
        if not _is_utf8(name):
            data[at : at + length] = bytes(byte if byte < ASCII_END else ord("?") for byte in name)
        at = _behind(data, at + length)


def _behind(data: bytearray, at: int) -> int:
    """The place behind bytes with their length in front; -1 stands for null."""
    length, at = decode_varint(data, at)
    return int(at + max(0, length))


def _is_utf8(name: bytes | bytearray) -> bool:
    try:
        name.decode()
    except UnicodeDecodeError:
        return False
    return True
