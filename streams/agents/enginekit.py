"""Faust 0.15.3, made to hand over one run of records of one partition at a time, and to lose nothing.

Measured reasons are in DECISIONS.md. Everything private of Faust that we touch is touched in this file,
and each touch has a contract test (tests/kafka/test_enginekit.py); another version refuses to start.
"""

import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from importlib.metadata import version
from typing import Any, NamedTuple

import faust
from aiokafka import AIOKafkaConsumer, ConsumerRecord
from aiokafka.errors import KafkaError
from faust.transport.drivers import aiokafka as drv
from faust.types import TP, Message

from schemas.errors import ConfigurationError, StateError
from streams.core.record import offset_of, partition_key

log = logging.getLogger(__name__)

PINS = {"faust-streaming": "0.15.3", "mode-streaming": "0.7.1", "aiokafka": "0.14.0"}
FETCH_MAX_WAIT_MS = 50
"""Faust has 1500 built in; a reading must not wait that long for the next one. Measured p99 11 -> 4 ms."""


class Chunk(NamedTuple):
    """A run of records of one partition, as fetched. generation: of the group's assignment at that moment."""

    topic: str
    partition: int
    records: list[ConsumerRecord]
    generation: int


def check_versions() -> None:
    """Refuse to run on anything but the versions whose private parts we know."""
    for package, wanted in PINS.items():
        found = version(package)
        if found != wanted:
            raise ConfigurationError(
                f"{package} {found} is installed, {wanted} is required",
                next_step="install from deploy/requirements.lock",
            )


class KitThread(drv.AIOKafkaConsumerThread):
    """The consumer thread with a short fetch wait."""

    def _create_worker_consumer(self, transport: Any) -> AIOKafkaConsumer:
        consumer = super()._create_worker_consumer(transport)
        consumer._fetch_max_wait_ms = FETCH_MAX_WAIT_MS
        return consumer


class ReadOffsets(dict[TP, int | None]):
    """How far Faust has handed over; of guarded topics it never knows: upstream would undo a seek in between."""

    def __init__(self, chunked: Callable[[str], bool]) -> None:
        self._chunked = chunked

    def __getitem__(self, tp: TP) -> int | None:
        """None = hand over whatever comes; the guard drops repeats. Recovery knows its places in changelogs itself."""
        return None if self._chunked(tp.topic) and not tp.topic.endswith("-changelog") else self.get(tp)


class KitConsumer(drv.Consumer):
    """Yields one message per partition run for chunk topics; commits last + 1, in order."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._read_offset = ReadOffsets(lambda topic: topic in self.app.chunk_topics)

    def _new_consumer_thread(self) -> KitThread:
        return KitThread(self, loop=self.loop, beacon=self.beacon)

    async def _add_gap(self, tp: TP, offset_from: int, offset_to: int) -> None:
        # Upstream counts the message itself as part of the gap before it (issue 606), which would commit it
        # unacked. Chunk topics have no gaps that may be skipped: the dense-offset guard looks for them.
        if tp.topic not in self.app.chunk_topics:
            await super()._add_gap(tp, offset_from, offset_to - 1)

    def _new_offset(self, tp: TP) -> int | None:
        if tp.topic not in self.app.chunk_topics:
            found: int | None = super()._new_offset(tp)
            return found
        acked = self._acked.get(tp)
        if not acked:
            return None
        last: int = max(acked)
        acked.clear()
        self._acked_index[tp].clear()
        return last + 1

    async def getmany(self, timeout: float) -> AsyncIterator[tuple[TP, Message]]:  # noqa: ASYNC109 - Faust's signature
        """As upstream, with runs instead of records for chunk topics."""
        records, active = await self._wait_next_records(timeout)
        generation = self.app.consumer_generation_id
        if records is None or self.should_stop:
            return
        if not self.flow_active:
            await self._seek_back()
            return
        for tp, run in records.items():
            if not self.flow_active or self.app.consumer_generation_id != generation:
                break
            if not (active is None or tp in active or tp in self._buffered_partitions):
                continue
            if tp.topic in self.app.chunk_topics:
                yield TP(tp.topic, tp.partition), chunk_message(tp, run, generation)
            else:
                for record in run:
                    yield TP(tp.topic, tp.partition), self._to_message(tp, record)

    async def _seek_back(self) -> None:
        """What was fetched while partitions move is read again; where they have moved already, recovery seeks."""
        try:
            await self.perform_seek()
        except KafkaError as error:
            log.info("seek skipped, partitions are moving", extra={"reason": type(error).__name__})


class KitProducer(drv.Producer):
    """Faust's own producer, which we send nothing with, at least made idempotent."""

    def _settings_extra(self) -> Mapping[str, Any]:
        return {**super()._settings_extra(), "enable_idempotence": True}


class KitTransport(drv.Transport):
    """Set as `app.transport`; Faust 0.15.3 ignores `producer_transport`."""

    Consumer = KitConsumer
    Producer = KitProducer


class ChunkSchema(faust.Schema):
    """Hands the chunk through: decoding is ours, so no poison message can be acked before it is audited."""

    def loads_key(self, app: Any, message: Message, *, loads: Any = None, serializer: Any = None) -> None:
        """No key: the records carry theirs."""

    def loads_value(self, app: Any, message: Message, *, loads: Any = None, serializer: Any = None) -> Chunk:  # noqa: ARG002 - Faust's signature
        """The chunk itself, made by `chunk_message`."""
        chunk: Chunk = message.value
        return chunk


class StateTable(faust.Table):
    """bytes -> bytes. In recovery the record with the highest applied offset wins, not the last one.

    A worker that was stalled and has lost its partition may still write: its records come later but
    stand for less. `stale`: keys for which there was such a record. `fault`: what recovery would have
    swallowed; the worker refuses to go on with it. `replayed`: changelog records read in recovery so far.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.recovery_buffer_size = 0  # each run is a batch; with 1 Faust would read our own writes back for ever
        self.fault: StateError | None = None
        self.stale: set[bytes] = set()
        self.replayed = 0
        self._marks: dict[int, tuple[int, int]] = {}  # partition -> (changelog offset read, watermark there)

    def _new_changelog_topic(self, **kwargs: Any) -> Any:
        topic = super()._new_changelog_topic(**kwargs)
        topic.schema = ChunkSchema()
        return topic

    def apply_changelog_batch(self, batch: Iterable[Any]) -> None:
        """Called by Faust's recovery, which turns every exception into a warning: so none leaves here."""
        try:
            for event in batch:
                self._apply(event.value)
        except StateError as error:
            self.fault = error

    def _apply(self, chunk: Chunk) -> None:
        """A run of the changelog: the highest offset wins, over what is in memory too."""
        held: dict[bytes, int] = {}
        data, partitions = self.data.data, self.data._key_partition
        for record in chunk.records:
            key, value = record.key, record.value
            if value is None:
                self._watch(record, -1)
                # Only `state rebuild` writes one: offsets before it count another log, so none of them wins.
                held.pop(key, None)
                data.pop(key, None)
                continue
            offset = _offset(value)
            self._watch(record, offset)
            before = held.get(key)
            if before is None and key in data:
                before = offset_of(data[key])
            if before is None or offset >= before:
                held[key] = offset
                data[key] = value
                partitions[key] = chunk.partition

    def _watch(self, message: ConsumerRecord, offset: int) -> None:
        """Whoever owns a partition writes states above its watermark, then the watermark: below it writes a zombie.

        Memory tells nothing here: after a rebalance our own records are read again, below what we hold.
        """
        self.replayed += 1
        read, watermark = self._marks.get(message.partition, (-1, -1))
        if message.offset <= read:
            watermark = -1  # lost and taken over again: read from the start
        if message.key == partition_key(message.partition):
            watermark = max(watermark, offset) if message.value is not None else -1
        elif message.value is not None and offset <= watermark:
            self.stale.add(message.key)
        self._marks[message.partition] = (message.offset, watermark)

    def persisted_offset(self, tp: TP) -> int | None:
        """Where recovery may begin: behind all that memory holds. Faust would read our own writes again each time."""
        mark = self._marks.get(tp.partition)
        return None if mark is None else mark[0]

    async def on_rebalance(
        self, assigned: set[TP], revoked: set[TP], newly_assigned: set[TP], generation_id: int = 0
    ) -> None:
        """What was elsewhere in the meantime is read from the start; Faust clears it from memory."""
        for tp in revoked | newly_assigned:
            if tp.topic == self.changelog_topic_name:
                self._marks.pop(tp.partition, None)
        await super().on_rebalance(assigned, revoked, newly_assigned, generation_id)

    def get_bytes(self, key: bytes) -> bytes | None:
        """One value, without Faust's sensors and partition checks."""
        value: bytes | None = self.data.data.get(key)
        return value

    def put_batch(self, partition: int, values: Mapping[bytes, bytes], written: range | None) -> None:
        """Memory follows the changelog, which has confirmed these values already, at these offsets."""
        read, _ = self._marks.get(partition, (-1, -1))
        if written is not None and written.start == read + 1:  # else somebody wrote between: read it all again
            self._marks[partition] = (written[-1], offset_of(values[partition_key(partition)]))
        store = self.data
        store.data.update(values)
        store._key_partition.update(dict.fromkeys(values, partition))

    def partition_items(self, partition: int) -> list[tuple[bytes, bytes]]:
        """All keys of one partition, for rebuilding the deadlines after recovery."""
        store = self.data
        return [(key, store.data[key]) for key, held in store._key_partition.items() if held == partition]


async def work_off(stream: Any, work: Callable[[Chunk], Awaitable[int | None]]) -> None:
    """The body of each agent: run after run, acknowledged as far as `work` says, or forgotten if it fails."""
    async for event in stream.noack().events():
        done: int | None = None
        try:
            done = await work(event.value)
        finally:
            acknowledge(event, done)


def acknowledge(event: Any, offset: int | None) -> None:
    """Let the run be committed up to here; what is behind it in the same run comes again. None = not at all.

    Faust waits at a rebalance, and at the end, until every message it has handed over is acknowledged or
    forgotten by everybody, and the agent itself holds on to its last one: so this one is forgotten here.
    """
    if offset is None:
        event.app.consumer._unacked_messages.discard(event.message)
    else:
        event.message.offset = offset
        event.ack()


def _offset(value: bytes) -> int:
    """The offset a changelog value stands for. Raises StateError for what no worker has written."""
    try:
        return offset_of(value)
    except (ValueError, KeyError, TypeError):
        raise StateError(
            "the changelog holds a record that no worker has written",
            next_step="find out who else writes to it; then `nattevagt state rebuild`",
        ) from None


def chunk_message(tp: TP, run: list[ConsumerRecord], generation: int) -> Message:
    """One Faust message that stands for a whole run; its offset is the last one, so that ack commits all."""
    last = run[-1]
    return drv.ConsumerMessage(
        *tp,
        last.offset,
        last.timestamp / 1000.0,
        last.timestamp_type,
        [],
        None,
        Chunk(tp.topic, tp.partition, run, generation),
        None,
        0,
        0,
        TP(tp.topic, tp.partition),
        generation_id=generation,
    )
