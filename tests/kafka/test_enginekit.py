"""One contract test for each private part of Faust 0.15.3 that the kit touches (engine.md, section 2).

When one of these turns red after an upgrade, the kit is wrong before any reading is.
"""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka import ConsumerRecord
from aiokafka.errors import IllegalStateError
from faust.transport.drivers import aiokafka as drv
from faust.types import TP

from schemas.errors import ConfigurationError
from schemas.topics import INPUTS, PATIENT_EVENTS
from streams.adapters.broker import Broker
from streams.adapters.offsets import offset_reader
from streams.adapters.settings import Settings
from streams.agents import enginekit
from streams.agents.enginekit import (
    FETCH_MAX_WAIT_MS,
    Chunk,
    ChunkSchema,
    KitThread,
    acknowledge,
    chunk_message,
    work_off,
)
from streams.app import WatchApp, create_app
from tests.kafka.ward import Ward
from tests.kafka.workers import Worker, settings_for

CHUNKED = TP("measurements.v1", 0)
SINGLE = TP("something.else", 0)
NOWHERE = Settings(broker="127.0.0.1:1", replication=1, min_insync=1, demo=True, partitions=4)


def record(tp: TP, offset: int) -> ConsumerRecord:
    """A record as aiokafka hands it over."""
    return ConsumerRecord(tp.topic, tp.partition, offset, 1_000, 0, b"key", b"value", None, 3, 5, ())


@asynccontextmanager
async def worker_app(settings: Settings = NOWHERE) -> AsyncIterator[WatchApp]:
    """The worker's app with its consumer and producer made, and not connected."""
    app = create_app(settings)
    assert isinstance(app.consumer, enginekit.KitConsumer), "app.transport is no longer what the app builds from"
    assert isinstance(app.producer, enginekit.KitProducer), "the producer is no longer built from app.transport"
    yield app


def in_app(test: Callable[[WatchApp], Any]) -> None:
    """Run a test inside the loop of an app that is not connected."""

    async def go() -> None:
        async with worker_app() as app:
            await test(app)

    asyncio.run(go())


def test_another_version_is_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """Package, what is there and what must be; and the pinned ones pass."""
    enginekit.check_versions()
    for package in ("faust-streaming", "mode-streaming", "aiokafka"):
        with monkeypatch.context() as patch:
            patch.setitem(enginekit.PINS, package, "9.9.9")
            with pytest.raises(ConfigurationError, match=rf"{package} \S+ is installed, 9\.9\.9 is required"):
                create_app(NOWHERE)


def test_a_run_of_a_chunk_topic_comes_as_one_message() -> None:
    """One message per partition run, its offset the last one; other topics record by record, as upstream."""

    async def test(app: WatchApp) -> None:
        consumer = app.consumer
        fetched = {tp: [record(tp, offset) for offset in (7, 8, 9)] for tp in (CHUNKED, SINGLE)}

        async def next_records(_: float) -> tuple[Any, Any]:
            return fetched, None

        consumer._wait_next_records = next_records
        consumer.flow_active = True
        got = [(tp, message.offset, message.value) async for tp, message in consumer.getmany(1.0)]
        assert [(CHUNKED, 9), (SINGLE, 7), (SINGLE, 8), (SINGLE, 9)] == [(tp, offset) for tp, offset, _ in got]
        assert Chunk(*CHUNKED, fetched[CHUNKED], app.consumer_generation_id) == got[0][2]

    in_app(test)


def test_a_run_of_an_older_generation_or_a_stopped_flow_is_not_handed_over() -> None:
    """Partitions have moved since it was fetched: it is somebody else's."""

    async def test(app: WatchApp) -> None:
        consumer = app.consumer

        async def next_records(_: float) -> tuple[Any, Any]:
            return {CHUNKED: [record(CHUNKED, 1)], SINGLE: [record(SINGLE, 1)]}, None

        consumer._wait_next_records = next_records
        consumer.flow_active = True
        got = []
        async for tp, _ in consumer.getmany(1.0):
            got.append(tp)
            app.consumer_generation_id += 1
        assert [CHUNKED] == got

    in_app(test)


def test_what_is_fetched_while_the_flow_is_stopped_is_read_again_or_left_to_recovery() -> None:
    """A partition that is gone already cannot be sought; that must not end the worker."""

    async def test(app: WatchApp) -> None:
        consumer, sought = app.consumer, []

        async def next_records(_: float) -> tuple[Any, Any]:
            return {CHUNKED: [record(CHUNKED, 1)]}, None

        async def perform_seek() -> None:
            sought.append(1)
            raise IllegalStateError("No current assignment for partition")

        consumer._wait_next_records, consumer.perform_seek = next_records, perform_seek
        consumer.flow_active = False
        assert [] == [tp async for tp, _ in consumer.getmany(1.0)]
        assert [1] == sought

    in_app(test)


@pytest.mark.parametrize(("places", "handed"), [(None, [9, 4, 9]), (lambda _: defaultdict(lambda: None), [9, 9])])
def test_a_seek_while_a_run_is_handed_over_brings_it_back(places: Any, handed: list[int]) -> None:
    """Upstream's own memory of places, the second case, would drop the first run that the seek brings back."""

    async def test(app: WatchApp) -> None:
        consumer, got = app.consumer, []
        if places is not None:
            consumer._read_offset = places(app)
        stopped = SimpleNamespace(is_set=lambda: len(left) == 0)
        left = [(5, 10), (0, 5), (5, 10)]

        async def fetched(timeout: float) -> AsyncIterator[Any]:  # noqa: ASYNC109 - Faust's signature
            run = [record(CHUNKED, offset) for offset in range(*left.pop(0))]
            yield CHUNKED, chunk_message(CHUNKED, run, app.consumer_generation_id)

        async def sought(partition: TP, offset: int) -> None:
            assert (CHUNKED, 0) == (partition, offset)

        async def hand_over(message: Any) -> None:
            if not got:  # the guard sees a hole
                await consumer.seek(CHUNKED, 0)
            got.append(message.offset)

        consumer.getmany, consumer.callback, consumer._seek = fetched, hand_over, sought
        await consumer._drain_messages(SimpleNamespace(_stopped=stopped))
        assert handed == got

    in_app(test)


def test_a_commit_is_the_last_acknowledged_offset_plus_one() -> None:
    """Acks come in order, so nothing before the last one can be open; each is committed once."""

    async def test(app: WatchApp) -> None:
        consumer = app.consumer
        for offsets in ((0, 1), (2, 3, 4)):
            message = chunk_message(CHUNKED, [record(CHUNKED, offset) for offset in offsets], 0)
            consumer._acked[CHUNKED].append(message.offset)
            consumer._acked_index[CHUNKED].add(message.offset)
        assert 5 == consumer._new_offset(CHUNKED)
        assert consumer._new_offset(CHUNKED) is None
        assert [CHUNKED] == list(consumer._filter_tps_with_pending_acks())

    in_app(test)


def test_upstream_commits_only_one_run_at_a_time() -> None:
    """Why `_new_offset` is ours: with offsets that are not consecutive, upstream stops behind the first."""

    async def test(app: WatchApp) -> None:
        consumer = app.consumer
        consumer._acked[CHUNKED].extend([1, 4])
        assert 2 == drv.Consumer._new_offset(consumer, CHUNKED)

    in_app(test)


def test_a_gap_ends_before_the_message_that_shows_it() -> None:
    """Upstream (issue 606) counts the message itself as gap; chunk topics have no gap that may be skipped."""

    async def test(app: WatchApp) -> None:
        consumer = app.consumer
        await drv.Consumer._add_gap(consumer, SINGLE, 5, 7)
        assert consumer._gap[SINGLE].overlaps(7), "upstream is mended: the override can go"
        consumer._gap.clear()
        await consumer._add_gap(SINGLE, 5, 7)
        assert (True, False) == (consumer._gap[SINGLE].overlaps(6), consumer._gap[SINGLE].overlaps(7))
        await consumer._add_gap(CHUNKED, 5, 7)
        assert not consumer._gap[CHUNKED]

    in_app(test)


def test_the_fetch_wait_is_short() -> None:
    """Faust has 1500 ms built in; the kit sets the consumer's own field after it was made."""

    async def test(app: WatchApp) -> None:
        thread = app.consumer._thread
        assert isinstance(thread, KitThread)
        made = thread._create_worker_consumer(app.transport)
        assert FETCH_MAX_WAIT_MS == made._fetch_max_wait_ms
        await made.stop()

    in_app(test)


def test_a_chunk_is_handed_through_undecoded() -> None:
    """No codec touches it, so no poison can be acknowledged before it is audited."""

    async def test(app: WatchApp) -> None:
        message = chunk_message(CHUNKED, [record(CHUNKED, 3)], 5)
        event = await app.topic(CHUNKED.topic, schema=ChunkSchema()).decode(message)
        assert (None, message.value) == (event.key, event.value)
        assert 5 == message.generation_id

    in_app(test)


@pytest.mark.parametrize(("acknowledged", "committed"), [(None, None), (4, 5), (5, 6)])
def test_a_run_may_be_acknowledged_in_part_or_not_at_all(acknowledged: int | None, committed: int | None) -> None:
    """Faust commits the message's own offset plus one, and never waits for it again, at no rebalance."""

    async def test(app: WatchApp) -> None:
        consumer = app.consumer
        app.topics._acking_topics.add(CHUNKED.topic)
        message = chunk_message(CHUNKED, [record(CHUNKED, offset) for offset in (3, 4, 5)], 0)
        message.incref()
        consumer.track_message(message)
        event = await app.topic(CHUNKED.topic, schema=ChunkSchema()).decode(message)
        assert 1 == len(consumer._unacked_messages)
        acknowledge(event, acknowledged)
        assert (committed, 0) == (consumer._new_offset(CHUNKED), len(consumer._unacked_messages))

    in_app(test)


def test_a_run_that_fails_is_waited_for_by_nobody() -> None:
    """Else a rebalance, and the end of the worker, would wait for it for ever."""

    async def test(app: WatchApp) -> None:
        consumer = app.consumer
        message = chunk_message(CHUNKED, [record(CHUNKED, 3)], 0)
        consumer.track_message(message)
        event = await app.topic(CHUNKED.topic, schema=ChunkSchema()).decode(message)

        async def events() -> AsyncIterator[Any]:
            yield event

        async def work(_: Chunk) -> int | None:
            raise RuntimeError("a defect of ours")

        stream = SimpleNamespace(noack=lambda: SimpleNamespace(events=events))
        with pytest.raises(RuntimeError, match="a defect of ours"):
            await work_off(stream, work)
        assert 0 == len(consumer._unacked_messages)

    in_app(test)


@pytest.mark.kafka
def test_both_producers_are_idempotent_on_a_real_broker(broker: Broker, prefix: str) -> None:
    """The transaction manager is what aiokafka numbers batches with; without it a retry could double or swap."""

    async def go() -> None:
        async with worker_app(settings_for(broker.address, prefix)) as app:
            await app.producer.start()
            await app.room.deliverer.start()
            try:
                assert app.producer._producer._txn_manager is not None
                assert app.room.deliverer._producer._txn_manager is not None
            finally:
                await app.room.deliverer.stop()
                await app.producer.stop()

    asyncio.run(go())


@pytest.mark.kafka
def test_commits_reach_the_end_of_every_log(broker: Broker, prefix: str) -> None:
    """Nothing stays uncommitted behind a quiet worker: the next one would do it again."""
    ward = Ward(settings_for(broker.address, prefix, partitions=2))
    ward.open()

    async def behind() -> dict[tuple[str, int], int]:
        async with offset_reader(ward.settings) as offsets:
            topics = (*INPUTS, PATIENT_EVENTS)
            ends, commits = await offsets.ends(topics), await offsets.committed(ward.settings.group, topics)
        return {place: end - (commits[place] or 0) for place, end in ends.items() if end > (commits[place] or 0)}

    with Worker(ward.settings) as worker:
        worker.watching()
        ward.enrol()
        for _ in range(5):
            ward.send(ward.readings(30))
            assert ward.account().is_balanced
        assert 0 == worker.terminate(), worker.last_words()
    assert {} == asyncio.run(behind())
