"""Batches that no well-behaved client sends: foreign codecs, header names that are no text, headers without end."""

import asyncio
import struct
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.record.util import calc_crc32c

from streams.adapters.input_records import InputRecord
from streams.adapters.settings import Settings

CRC_AT, CRC_FROM = 17, 21
LENGTH_AT, LENGTH_FROM = 8, 12
ATTRIBUTES_AT = 21
HEAD = 61
ZSTD = 4
BLOCK = 100_000  # bytes of a zstd block; it may have 128 KiB

NAME, NO_TEXT = "\x01\x02\x03", b"\xe5\xff\x03"
"""A header name that `no_text` finds in a batch, and the bytes it puts there: Latin-1, and never UTF-8."""

Change = Callable[[bytearray], bytearray]


def send(settings: Settings, records: Sequence[InputRecord], change: Change | None = None, **client: Any) -> list[int]:
    """One batch to the partition of the first record, changed on its way; gives the offsets.

    Raises: KafkaError when the broker refuses it. client: other settings of the producer.
    """

    async def go() -> list[int]:
        producer = AIOKafkaProducer(
            bootstrap_servers=settings.broker, max_batch_size=20_000_000, max_request_size=40_000_000, **client
        )
        async with producer:
            batch = producer.create_batch()
            for one in records:
                added = batch.append(timestamp=one.at_ms, key=one.key, value=one.value, headers=list(one.headers))
                assert added is not None, "the batch is full"
            batch.close()
            if change is not None:
                batch._buffer = _whole(change(bytearray(batch._build())))
            topic, partition = settings.topic(records[0].topic), records[0].place(settings.partitions)
            first = await (await producer.send_batch(batch, topic, partition=partition))
            return [first.offset + n for n in range(len(records))]

    return asyncio.run(go())


def in_zstd(batch: bytearray) -> bytearray:
    """The records as a zstd frame of raw blocks: any zstd reader takes it, and no library is needed to make it."""
    body = bytes(batch[HEAD:])
    blocks = b"".join(_zstd_blocks(body))
    frame = b"\x28\xb5\x2f\xfd\xa0" + struct.pack("<I", len(body)) + blocks
    changed = batch[:HEAD] + frame
    struct.pack_into(">h", changed, ATTRIBUTES_AT, ZSTD)
    struct.pack_into(">i", changed, LENGTH_AT, len(changed) - LENGTH_FROM)
    return changed


def no_text(batch: bytearray) -> bytearray:
    """The header called NAME gets a name that is no UTF-8, as a client in C may send it."""
    assert NAME.encode() in batch
    return batch.replace(NAME.encode(), NO_TEXT)


def _zstd_blocks(body: bytes) -> Iterator[bytes]:
    for begin in range(0, len(body), BLOCK):
        part = body[begin : begin + BLOCK]
        last = begin + BLOCK >= len(body)
        yield struct.pack("<I", len(part) << 3 | last)[:3] + part


def _whole(batch: bytearray) -> bytearray:
    struct.pack_into(">I", batch, CRC_AT, calc_crc32c(bytes(batch[CRC_FROM:])))
    return batch
