"""Monitor: patient-events -> step -> alerts, overviews, audit; then state. The order is the safety argument."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from aiokafka import ConsumerRecord
from aiokafka.errors import KafkaError
from pydantic import ValidationError

from schemas.errors import NattevagtError, StateError
from schemas.events import EVENT, LogEvent, MeasurementReceived
from schemas.topics import PATIENT_EVENTS, STATE
from streams.adapters.clock import busy_s, steady_s
from streams.adapters.kafka import OutRecord
from streams.agents.density import Expected, done, examine
from streams.agents.enginekit import Chunk, StateTable, work_off
from streams.agents.guard import guarded_step
from streams.agents.room import EXIT_FAILED, EXIT_REFUSED, LOOK_EVERY, SLICE_S, Room, end_process
from streams.core.context import BehindError
from streams.core.fold import PartitionFold, Slice
from streams.core.record import (
    PartitionRecord,
    StateRecord,
    decode_partition,
    decode_state,
    encode_partition,
    encode_state,
    glance,
    partition_key,
)

log = logging.getLogger(__name__)

HOT = 1_000
"""Decoded states kept per worker: a patient's devices send within a minute of each other, and a full state takes
0.14 ms to decode (measured). About 30 kB each at most."""


@dataclass(slots=True)
class Owned:
    """One assigned partition. due: patient -> (data, ladder) deadline; fed to the timekeeper's heap by `touched`.

    assessed_ms: everything that had arrived before it has been folded.
    """

    partition: int
    record: PartitionRecord
    expected: Expected
    due: dict[str, tuple[int, int]] = field(default_factory=dict)
    touched: list[str] = field(default_factory=list)
    assessed_ms: int = 0


class Monitor:
    """One per worker. Everything it remembers of a partition is made anew at each assignment."""

    def __init__(self, room: Room, table: StateTable) -> None:
        self._room = room
        self._table = table
        self._interpret = room.interpreter()
        self._fold = PartitionFold(guarded_step, room.references.reference, self._lookup)
        self.owned: dict[int, Owned] = {}
        self._hot: dict[str, StateRecord] = {}

    def forget(self) -> None:
        """Partitions are moving: nothing that was known of them holds."""
        self.owned = {}
        self._hot = {}

    def own(self, partition: int, record: PartitionRecord) -> Owned:
        """Take a partition over at its watermark, and find out what is due in it."""
        owned = Owned(partition, record, Expected(record.offset + 1), assessed_ms=record.alive_ms)
        for key, value in self._table.partition_items(partition):
            if key != partition_key(partition):
                held = glance(value)
                owned.due[held.patient] = (held.due_data_ms, held.due_ladder_ms)
                self._room.tally.open.note(partition, held.patient, held.alert)
        owned.touched = list(owned.due)
        self.owned[partition] = owned
        return owned

    def held_record(self, partition: int) -> PartitionRecord | None:
        """The partition record the changelog held; None = there has never been one."""
        value = self._table.get_bytes(partition_key(partition))
        return None if value is None else decode_partition(value)

    def state_of(self, patient: str) -> StateRecord | None:
        """One patient's state as last confirmed by the changelog."""
        return self._lookup(patient)

    def _lookup(self, patient: str) -> StateRecord | None:
        hot = self._hot.get(patient)
        if hot is not None:
            return hot
        value = self._table.get_bytes(patient.encode())
        return None if value is None else decode_state(value)

    async def work(self, chunk: Chunk) -> int | None:
        """One fetched run. Gives the offset to acknowledge; None = nothing. Never raises: what fails ends us."""
        owned = self.owned.get(chunk.partition)
        if owned is None or not self._room.is_ours(chunk):
            return None
        owned.expected.busy = True
        try:
            return await self._work(chunk, owned)
        except StateError as error:
            end_process(error, EXIT_REFUSED)
        except (NattevagtError, KafkaError) as error:
            end_process(error, EXIT_FAILED)
        finally:
            owned.expected.busy = False
            owned.expected.handled_s = steady_s()

    async def _work(self, chunk: Chunk, owned: Owned) -> int | None:
        run = examine(owned.expected, chunk.records)
        if run.seek is not None:
            self._room.tally.hole(PATIENT_EVENTS)
            log.warning("hole", extra={"topic": chunk.topic, "partition": chunk.partition, "offset": run.seek})
            await self._room.seek(chunk.topic, chunk.partition, run.seek)
        if run.gap is not None:
            # Not a refusal: a start checks the log's beginning, and reads again what only seemed to be gone.
            raise NattevagtError(
                f"patient-events[{chunk.partition}] lacks offsets {run.gap[0]} to {run.gap[1]}",
                next_step="if it says so again: find out who deleted them, then `nattevagt state rebuild`",
            )
        rest: Sequence[ConsumerRecord] = run.records
        while rest and not self._room.is_moving:
            rest = await self._slice(rest, owned)
        return done(owned.expected, chunk.records)

    async def _slice(self, records: Sequence[ConsumerRecord], owned: Owned) -> Sequence[ConsumerRecord]:
        """Fold until the slice is full; outputs, then state, then memory. The ack is the caller's."""
        started = steady_s()
        work, received_ms, count = await self._folded(records, owned.record)
        outputs = self._interpret.records(owned.partition, work.effects)
        await self._room.deliverer.deliver(outputs)
        self._room.tally.delivered(work.effects, received_ms)
        values = {patient.encode(): encode_state(state) for patient, state in work.states.items()}
        values[partition_key(owned.partition)] = encode_partition(work.partition)
        changelog = self._changelog(owned.partition, values, records[count - 1].timestamp)
        (written,) = (await self._room.deliverer.deliver(changelog)).values()
        self._table.put_batch(owned.partition, values, written)
        self._keep_hot(work.states)
        owned.record = work.partition
        owned.expected.offset = work.partition.offset + 1
        for patient, state in work.states.items():
            due = (state.due_data_ms, state.due_ladder_ms)
            if owned.due.get(patient) != due:
                owned.due[patient] = due
                owned.touched.append(patient)
        for since, until in work.stood_still:
            log.warning("watch stood still", extra={"partition": owned.partition, "duration_ms": until - since})
        self._room.tally.folded(owned.partition, work, next(iter(values.values())), steady_s() - started)
        return records[count:]

    def _keep_hot(self, states: Mapping[str, StateRecord]) -> None:
        """What has just been written, the oldest of it given up first. Nothing is kept that the table does not hold."""
        for patient, state in states.items():
            self._hot.pop(patient, None)
            self._hot[patient] = state
        for patient in list(islice(self._hot, max(0, len(self._hot) - HOT))):
            del self._hot[patient]

    async def _folded(
        self, records: Sequence[ConsumerRecord], held: PartitionRecord
    ) -> tuple[Slice, dict[int, int], int]:
        """A slice of at most SLICE_S, when its readings were received (by offset), and its length in records.

        Reference data that an event or a state names and we lack is read first.
        """
        received_ms: dict[int, int] = {}
        while True:
            work, count = Slice(held), 0
            begun = busy_s()
            for record in records:
                event = _read(record)
                try:
                    self._fold.apply(work, record.offset, event, record.timestamp)
                except BehindError:
                    break  # nothing of this event has been applied
                if isinstance(event, MeasurementReceived):
                    received_ms[record.offset] = event.received_ms
                count += 1
                if count % LOOK_EVERY == 0 and busy_s() - begun > SLICE_S:
                    break
            if count:
                return work, received_ms, count
            await self._room.references.catch_up()

    def _changelog(self, partition: int, values: Mapping[bytes, bytes], at_ms: int) -> list[OutRecord]:
        """States first, the partition record last, in one batch: it may never be ahead of a state."""
        topic = self._room.settings.topic(STATE)
        return [OutRecord(topic, partition, key, value, (), at_ms) for key, value in values.items()]


def _read(record: ConsumerRecord) -> LogEvent:
    """Only workers write here; what this release cannot read must stop it, for its meaning could be a red."""
    try:
        return EVENT.validate_json(record.value or b"")
    except ValidationError:
        raise StateError(
            f"{record.topic}[{record.partition}]@{record.offset} is no event that this release can read",
            next_step="run the newer release, or find out who else writes to this topic",
        ) from None


def attach(app: Any, monitor: Monitor, topic: Any) -> None:
    """One agent, one instance per partition."""

    async def agent(stream: Any) -> None:
        await work_off(stream, monitor.work)

    app.agent(topic, name="monitor", isolated_partitions=True)(agent)
