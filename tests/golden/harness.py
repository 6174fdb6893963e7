"""The worker's own rooms on Faust's test harness: agents and table as in life, a log in memory instead of Kafka."""

import asyncio
import math
from collections.abc import Iterable, Sequence
from typing import Any, cast

from aiokafka import ConsumerRecord

from schemas.topics import INPUTS, PATIENT_EVENTS
from streams.adapters.input_records import InputRecord
from streams.adapters.kafka import Deliverer, OutRecord
from streams.adapters.references import ReferenceReader
from streams.adapters.settings import Settings
from streams.agents import intake as intake_room
from streams.agents import monitor as monitor_room
from streams.agents.enginekit import Chunk, StateTable
from streams.agents.intake import Intake
from streams.agents.monitor import Monitor
from streams.agents.progress import Progress
from streams.agents.room import Room
from streams.agents.timekeeper import Timekeeper
from streams.app import WatchApp, engine_settings
from streams.core.record import PartitionRecord
from tests.golden.engines import kept_of
from tests.golden.kept import Kept
from tests.golden.telling import END_MS, PARTITIONS, reference


class MemoryLog:
    """All topics as lists; delivers at once. Stands where `Deliverer` stands."""

    def __init__(self) -> None:
        self.logs: dict[tuple[str, int], list[ConsumerRecord[bytes, bytes]]] = {}
        self.sent: list[OutRecord] = []

    async def deliver(self, records: Iterable[OutRecord]) -> dict[tuple[str, int], range | None]:
        """Append each record to its log; gives the offsets written, as the real one does."""
        written: dict[tuple[str, int], range | None] = {}
        for record in records:
            where = record.topic, record.partition
            offset = len(self.logs.setdefault(where, []))
            self.logs[where].append(_consumed(record, offset))
            before = written.get(where)
            written[where] = range(offset if before is None else before.start, offset + 1)
            self.sent.append(record)
        return written


class Watched:
    """A room that says when it has worked off a run: then the harness goes on."""

    def __init__(self, room: Intake | Monitor) -> None:
        self._room = room
        self.worked = asyncio.Event()

    async def work(self, chunk: Chunk) -> int | None:
        """The room's own work."""
        try:
            return await self._room.work(chunk)
        finally:
            self.worked.set()


class Harness:
    """One worker that owns every partition, fed by hand."""

    def __init__(self, settings: Settings) -> None:
        self.log = MemoryLog()
        self.app = WatchApp("golden", **engine_settings(settings))
        self.app.chunk_topics = frozenset()
        table: StateTable = self.app.Table("state", key_type=bytes, value_type=bytes, partitions=PARTITIONS)
        self.room = Room(self.app, settings, cast(Deliverer, self.log), ReferenceReader(settings))
        self.room.taken_over = self.app.rebalancing_count
        intake, monitor = Intake(self.room, Progress(settings)), Monitor(self.room, table)
        self.timekeeper = Timekeeper(self.room, monitor, Progress(settings))
        self.owned = monitor.owned
        intake.begin({(topic, part): 0 for topic in INPUTS for part in range(PARTITIONS)})
        for part in range(PARTITIONS):
            monitor.own(part, PartitionRecord())
        self.rooms = {"intake": Watched(intake), "monitor": Watched(monitor)}
        intake_room.attach(self.app, cast(Intake, self.rooms["intake"]), [self.app.topic(INPUTS[0])])
        monitor_room.attach(self.app, cast(Monitor, self.rooms["monitor"]), self.app.topic(PATIENT_EVENTS))
        self._folded = [0] * PARTITIONS

    def refer(self, records: Sequence[InputRecord]) -> None:
        """Coverage, read before anything flows."""
        references = self.room.references
        references.looked_s = math.inf  # all there is has been read, however slow the machine
        for offset, record in enumerate(records):
            references._take(_consumed(OutRecord(record.topic, 0, record.key, record.value, (), record.at_ms), offset))
        references.reachable = frozenset(references.reference.at(references.reference.stamp).teams)

    async def tell(self, records: Iterable[InputRecord]) -> None:
        """Each input through the intake agent, and what it made of it through the monitor agent; then the end."""
        agents = self.app.agents
        name = next(name for name in agents if name.startswith("intake"))
        async with agents[name].test_context() as intake, agents["monitor"].test_context() as monitor:
            for record in records:
                value, part = record.value, record.place(PARTITIONS)
                await self.log.deliver([OutRecord(record.topic, part, record.key, value, record.headers, record.at_ms)])
                await self._hand(intake, "intake", self.log.logs[record.topic, part][-1:])
                await self._fold(monitor)
            for owned in self.owned.values():
                for patient in sorted(owned.due):
                    timer = self.timekeeper._timer(owned.partition, patient, END_MS, END_MS, late=False)
                    await self.log.deliver([timer])
            await self._fold(monitor)

    async def _fold(self, monitor: Any) -> None:
        for part in range(PARTITIONS):
            fresh = self.log.logs.get((PATIENT_EVENTS, part), [])[self._folded[part] :]
            self._folded[part] += len(fresh)
            if fresh:
                await self._hand(monitor, "monitor", fresh)

    async def _hand(self, agent: Any, name: str, records: Sequence[Any]) -> None:
        first, worked = records[0], self.rooms[name].worked
        worked.clear()
        chunk = Chunk(first.topic, first.partition, list(records), self.app.consumer_generation_id)
        await agent.put(chunk)
        await worked.wait()


async def harnessed(records: Iterable[InputRecord]) -> list[Kept]:
    """By the worker's rooms on Faust's test harness."""
    settings = Settings(partitions=PARTITIONS, replication=1, min_insync=1, demo=True, simulation=True)
    harness = Harness(settings)
    harness.refer(reference())
    await harness.tell(records)
    return kept_of(harness.log.sent)


def _consumed(record: OutRecord, offset: int) -> Any:
    """The record as a consumer hands it over."""
    return ConsumerRecord(
        topic=record.topic,
        partition=record.partition,
        offset=offset,
        timestamp=record.at_ms,
        timestamp_type=0,
        key=record.key,
        value=record.value,
        checksum=None,
        serialized_key_size=len(record.key or b""),
        serialized_value_size=len(record.value or b""),
        headers=list(record.headers),
    )
