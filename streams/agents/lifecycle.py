"""Partitions come and go: what is checked, forgotten and made anew each time, before any reading flows."""

import logging
from collections.abc import Mapping

from aiokafka import TopicPartition
from aiokafka.errors import KafkaError

from schemas.errors import DeliveryError, NattevagtError, StateError, UnavailableError
from schemas.ids import make_id
from schemas.topics import INPUTS, PATIENT_EVENTS
from streams.adapters import metrics
from streams.adapters.clock import steady_s
from streams.adapters.topic_ids import topic_ids
from streams.agents.density import SEEKS, Expected, tail_missing
from streams.agents.enginekit import StateTable
from streams.agents.intake import Intake
from streams.agents.monitor import Monitor
from streams.agents.progress import Progress
from streams.agents.room import EXIT_FAILED, EXIT_REFUSED, Room, end_process
from streams.agents.timekeeper import Timekeeper
from streams.core.record import PARTITION_PREFIX, PartitionRecord, decode_state
from streams.core.summary import publish
from streams.core.triage import assess

log = logging.getLogger(__name__)

REBUILD = "find out who did it; then `nattevagt state rebuild`"


class Lifecycle:
    """Faust tells when partitions move; the flow of records is stopped while these run."""

    def __init__(
        self,
        room: Room,
        table: StateTable,
        intake: Intake,
        monitor: Monitor,
        timekeeper: Timekeeper,
        progress: Progress,
    ) -> None:
        self._room = room
        self._table = table
        self._intake = intake
        self._monitor = monitor
        self._timekeeper = timekeeper
        self._progress = progress
        self._moving_s: float | None = steady_s()

    @property
    def is_watching(self) -> bool:
        """Are our partitions taken over, and do records flow?"""
        return self._moving_s is None

    def on_revoked(self) -> None:
        """Whatever was known of partitions no longer holds."""
        self._moving_s = steady_s()
        self._room.tally.forget()
        self._forget()

    def _forget(self) -> None:
        self._monitor.forget()
        self._timekeeper.forget()
        self._intake.begin({})

    async def on_assigned(self) -> None:
        """After recovery, before the flow resumes: verify, take over, begin. Refusals end the process by name."""
        try:
            await self._take_over()
        except (KafkaError, UnavailableError, DeliveryError) as error:
            end_process(error, EXIT_FAILED)
        except NattevagtError as error:
            end_process(error, EXIT_REFUSED)

    async def _take_over(self) -> None:
        if self._table.fault is not None:
            raise self._table.fault
        self._room.taken_over = self._room.app.rebalancing_count
        self._forget()  # partitions may have moved while an earlier take-over was still under way
        commits = await self._progress.commits()
        await self._own(commits)
        await self._begin_intake(commits)
        await self._republish_stale()
        self.say_recovery()
        self._moving_s = None
        self._room.tally.metrics[metrics.OWNED].set(len(self._monitor.owned))
        replayed, self._table.replayed = self._table.replayed, 0
        log.info("recovered", extra={"count": replayed})
        log.info("watching", extra={"count": len(self._monitor.owned)})

    def say_recovery(self) -> None:
        """How long partitions have been moving, while they do."""
        if self._moving_s is not None:
            self._room.tally.metrics[metrics.RECOVERY].set(steady_s() - self._moving_s)

    async def _own(self, commits: dict[TopicPartition, int]) -> None:
        name = self._room.settings.topic(PATIENT_EVENTS)
        tps = [TopicPartition(name, p) for p in self._room.assigned(PATIENT_EVENTS)]
        topic_id = (await topic_ids(self._room.settings, [PATIENT_EVENTS]))[PATIENT_EVENTS]
        ends, starts = await self._progress.log_ends(tps), await self._progress.log_starts(tps)
        inputs = await self._input_ends()
        for tp in tps:
            held = self._monitor.held_record(tp.partition)
            record = verify(tp.partition, held, topic_id, commits.get(tp), (starts[tp], ends[tp]))
            verify_sources(record, inputs)
            self._monitor.own(tp.partition, record)

    async def _input_ends(self) -> dict[str, int]:
        """`topic/partition` of each input -> the offset its next record will get."""
        names = {self._room.settings.topic(name): name for name in INPUTS}
        tps = [TopicPartition(full, p) for full in names for p in range(self._room.settings.partitions)]
        ends = await self._progress.log_ends(tps)
        return {f"{names[tp.topic]}/{tp.partition}": end for tp, end in ends.items()}

    async def _begin_intake(self, commits: dict[TopicPartition, int]) -> None:
        tps = [
            TopicPartition(self._room.settings.topic(name), partition)
            for name in INPUTS
            for partition in self._room.assigned(name)
        ]
        starts = await self._progress.log_starts(tps)
        self._intake.begin({(tp.topic, tp.partition): commits.get(tp, starts[tp]) for tp in tps})

    async def _republish_stale(self) -> None:
        """A zombie may have published an overview as well: the true one goes out again, last."""
        stale, self._table.stale = self._table.stale, set()
        reference = self._room.references.reference
        records = []
        for key in sorted(stale):
            value = self._table.get_bytes(key)
            if value is None or key.startswith(PARTITION_PREFIX.encode()):
                continue
            held = decode_state(value)
            await self._room.references.ensure(held.state.stamp)
            context = reference.at(held.state.stamp)
            triage = assess(held.state, context)
            effect = publish(held.state, triage, make_id(held.state.patient, "stale", held.offset), context.rules)
            partition = self._room.partition_of(held.state.patient)
            records += self._room.interpreter().records(partition, [(held.offset, effect)])
        self._room.tally.metrics[metrics.STALE].inc(len(records))
        if records:
            log.warning("stale records of another worker ignored", extra={"count": len(records)})
        await self._room.deliverer.deliver(records)

    async def watch_tails(self) -> None:
        """One look at all quiet partitions: has the consumer read past what was worked on?"""
        name = self._room.settings.topic(PATIENT_EVENTS)
        watched = {(name, p): owned.expected for p, owned in self._monitor.owned.items()}
        for (topic, partition), expected in {**watched, **self._intake.expected}.items():
            await self._watch_tail(topic, partition, expected)

    async def _watch_tail(self, topic: str, partition: int, expected: Expected) -> None:
        tp = TopicPartition(topic, partition)
        if tp not in self._room.app.consumer.assignment():
            return
        position = await self._room.app.consumer.position(tp)
        if not tail_missing(expected, position) or expected.gone:
            return
        if expected.tails >= SEEKS and (await self._progress.log_starts([tp]))[tp] > expected.offset:
            expected.gone = True
            log.critical("inputs lost", extra={"topic": topic, "partition": partition, "offset": expected.offset})
        else:
            expected.tails += 1
            self._room.tally.metrics[metrics.TAILS_FOUND].inc()
            log.warning("tail lost", extra={"topic": topic, "partition": partition, "offset": expected.offset})
            await self._room.seek(topic, partition, expected.offset)


def verify(
    partition: int, held: PartitionRecord | None, topic_id: str, committed: int | None, log_span: tuple[int, int]
) -> PartitionRecord:
    """Does the kept state belong to this log? Returns the record to go on from; raises StateError by name.

    log_span: (first, next) offset of the partition. committed: None = the group has no commit here.
    """
    start, end = log_span
    where = f"{PATIENT_EVENTS}[{partition}]"
    if held is None:
        if committed:
            raise StateError(
                f"{where}: the group has committed offset {committed} but the changelog has no watermark:"
                " it was emptied or is another one",
                next_step=REBUILD,
            )
        return PartitionRecord(offset=start - 1, topic_id=topic_id)
    if held.topic_id != topic_id:
        raise StateError(
            f"{where}: the state belongs to topic id {held.topic_id}, the topic is {topic_id}: it was recreated",
            next_step=REBUILD,
        )
    if held.offset + 1 < start:
        raise StateError(
            f"{where}: the log begins at {start}, the state stands at {held.offset}: events were deleted in between",
            next_step="restore the topic from its archive: no state can be rebuilt from part of the record",
        )
    if held.offset + 1 > end:
        raise StateError(
            f"{where}: the watermark {held.offset} is beyond the log's end {end}: the log was cut", next_step=REBUILD
        )
    return held


def verify_sources(held: PartitionRecord, ends: Mapping[str, int]) -> None:
    """Have the input topics grown from what has been applied of them? Raises StateError by name.

    ends: `topic/partition` -> next offset. A recreated input topic counts from 0 again: its records would
    look like copies of old ones and be dropped without an outcome.
    """
    for where, offset in sorted(held.sources.items()):
        if where in ends and offset >= ends[where]:
            topic, _, partition = where.rpartition("/")
            raise StateError(
                f"{topic}[{partition}]: offset {offset} has been applied, the log ends at {ends[where]}:"
                " the topic was recreated or cut",
                next_step="restore the topic: its coordinates are the ids of the record; "
                "or begin anew under another NATTEVAGT_TOPIC_PREFIX",
            )
