"""What no client library refuses to send must not end a worker: codecs, header names, headers, sizes of batches."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace

import pytest
from aiokafka.errors import MessageSizeTooLargeError

from schemas.topics import MEASUREMENTS, PATIENT_EVENTS, REJECTED
from streams.adapters.broker import Broker
from streams.adapters.input_records import InputRecord
from streams.adapters.kafka import Deliverer, OutRecord
from tests.kafka import hostile
from tests.kafka.ward import Ward
from tests.kafka.workers import Worker, settings_for

pytestmark = pytest.mark.kafka

MOST_HEADERS = 300_000
"""Without name and value a header has two bytes on the wire: so many are 600 kB."""


@pytest.fixture
def ward(broker: Broker, prefix: str) -> Iterator[tuple[Ward, Worker]]:
    """A ward with its worker, which has to live through the test."""
    ward = Ward(settings_for(broker.address, prefix, partitions=2))
    ward.open()
    with Worker(ward.settings) as worker:
        worker.watching()
        ward.enrol()
        yield ward, worker
        ward.send(ward.readings(12))
        assert ward.account().is_balanced
        assert worker.code is None, worker.last_words()


def reading(ward: Ward, *headers: tuple[str, bytes | None]) -> InputRecord:
    """A good reading with these headers."""
    return replace(ward.readings(1)[0], headers=headers)


def test_a_record_that_is_small_only_when_compressed_is_refused_by_the_broker(ward: tuple[Ward, Worker]) -> None:
    """10 MB of the same letter are 10 kB on the wire. Let in, its copy would have been too large for rejected.v1."""
    bomb = replace(reading(ward[0]), value=b"x" * 10_000_000)
    with pytest.raises(MessageSizeTooLargeError):
        hostile.send(ward[0].settings, [bomb], compression_type="gzip")


def test_a_codec_the_worker_does_not_know_is_undone_by_the_broker(ward: tuple[Ward, Worker]) -> None:
    """Java and C clients compress by one setting; a batch that aiokafka cannot open would stop its partition."""
    hostile.send(ward[0].settings, [reading(ward[0])], hostile.in_zstd)
    account = ward[0].account()
    assert {} == account.rejected
    assert account.is_balanced


def test_a_header_name_that_is_no_text_costs_no_reading(ward: tuple[Ward, Worker]) -> None:
    """The reading counts, and so do those in the same batch before and behind it."""
    one = ward[0].readings(1)[0]
    before, behind = replace(one, value=b"{"), replace(one, value=b"[")
    hostile.send(ward[0].settings, [before, replace(one, headers=((hostile.NAME, b"v"),)), behind], hostile.no_text)
    account = ward[0].account()
    assert {"rejected.malformed": 2} == account.rejected
    assert account.is_balanced


def test_headers_without_end_are_refused_whole(ward: tuple[Ward, Worker]) -> None:
    """Without name and value they weigh nothing by length alone, and would not fit into the patient's log."""
    hostile.send(ward[0].settings, [reading(ward[0], *[("", b"")] * MOST_HEADERS)])
    assert {"rejected.oversize": 1} == ward[0].account().rejected
    [kept] = [record for _, records in ward[0].evidence().of(REJECTED) for record in records]
    assert ([("", b"")] * MOST_HEADERS, 4) == (list(kept.headers[:-4]), len(kept.headers) - MOST_HEADERS)


def test_a_flood_of_refusals_is_sent_in_batches_that_kafka_takes(broker: Broker, prefix: str) -> None:
    """Kafka holds a batch, not a record, against the limit of a topic."""
    ward = Ward(settings_for(broker.address, prefix, partitions=1))
    ward.open()

    async def go() -> None:
        deliverer = Deliverer(ward.settings)
        await deliverer.start()
        try:
            for topic, size, count in (
                (PATIENT_EVENTS, 500, 5_000),
                (MEASUREMENTS, 500, 5_000),
                (REJECTED, 700_000, 3),
            ):
                await deliverer.deliver(
                    OutRecord(ward.settings.topic(topic), 0, b"k", b"x" * size, (), 0) for _ in range(count)
                )
        finally:
            await deliverer.stop()

    asyncio.run(go())
    assert [5_000, 5_000, 3] == [ward.end(topic, 0) for topic in (PATIENT_EVENTS, MEASUREMENTS, REJECTED)]
