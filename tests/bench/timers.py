"""`python -m tests.bench.timers`: what the deadlines of 100,000 patients cost, and how fast 10,000 fire at once.

The worker's own timekeeper and monitor, a real broker behind them; only the consumer is left out (records go from the
delivery straight to the fold), so what is measured is the work between "due" and "told", delivered and remembered.
"""

import asyncio
import gc
import os
import resource
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
from aiokafka import ConsumerRecord

from schemas.coverage import TeamCoverage
from schemas.ids import make_id
from schemas.topics import COVERAGE, PATIENT_EVENTS
from streams.adapters import admin
from streams.adapters.broker import obtain
from streams.adapters.input_records import coverage, partition_of
from streams.adapters.kafka import Deliverer, OutRecord
from streams.adapters.references import ReferenceReader
from streams.adapters.settings import Settings
from streams.agents.enginekit import Chunk, StateTable
from streams.agents.monitor import Monitor
from streams.agents.progress import Progress
from streams.agents.room import Room
from streams.agents.timekeeper import Timekeeper
from streams.app import WatchApp, engine_settings
from streams.core.evolve import evolve
from streams.core.record import PartitionRecord, StateRecord, encode_partition, encode_state, partition_key
from streams.core.state import PatientState
from tests.builders import DAY, HOUR, T0, Patient, make_limit, make_slot

TEAM = TeamCoverage.model_validate(
    {
        "team": "lung",
        "version": 1,
        "shifts": [{"days": [1, 2, 3, 4, 5], "start": "08:00", "until": "16:00"}],
        "recipients": [{"id": "n1", "role": "nurse"}],
    }
)
TICKS = 600
WARM = 200


@dataclass(frozen=True, slots=True)
class Figures:
    """What was measured. cpu: of this process alone."""

    patients: int
    due: int
    state_bytes: int
    memory_mb: float
    taken_over_s: float
    idle_cpu_ms_per_minute: float
    fired: int
    fired_s: float
    fired_cpu_s: float

    def lines(self) -> str:
        """For a person."""
        return (
            f"{self.patients} patients, one state {self.state_bytes} B\n"
            f"deadlines and heap: {self.memory_mb:.1f} MB; built in {self.taken_over_s:.2f} s\n"
            f"idle watching: {self.idle_cpu_ms_per_minute:.1f} ms CPU a minute at one look a second\n"
            f"{self.due} due at once: {self.fired} fired, told and remembered in {self.fired_s:.2f} s"
            f" ({self.fired_cpu_s:.2f} s CPU)"
        )


def _prototypes() -> tuple[PatientState, PatientState]:
    """A calm patient with slots, and one with an open red that nobody has taken."""
    plan = {"limits": [make_limit(red_below=88, yellow_below=90, red_tier=4)], "slots": [make_slot()]}
    calm, red = Patient(**plan), Patient(**plan)
    for one, values in ((calm, [95, 96, 97] * 6), (red, [*[95, 96, 97] * 6, 86])):
        for value in values:
            one.measures(value)
    return calm.state, red.state


class Ward:
    """A worker's rooms that own every partition, with these patients in their table."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.deliverer = Deliverer(settings)
        self.app = WatchApp("timers", **engine_settings(settings))
        self.table: StateTable = self.app.Table(
            "state", key_type=bytes, value_type=bytes, partitions=settings.partitions
        )
        self.room = Room(self.app, settings, self.deliverer, ReferenceReader(settings))
        self.room.taken_over = self.app.rebalancing_count
        self.monitor = Monitor(self.room, self.table)
        self.timekeeper = Timekeeper(self.room, self.monitor, Progress(settings))
        self.folded = dict.fromkeys(range(settings.partitions), 0)

    def fill(self, patients: int, due: int) -> int:
        """Put the states where recovery would. Gives a state's size.

        The first `due` are red and due at T0 + a day; WARM more an hour before, for a broker that has just been made.
        """
        references = self.room.references
        record = coverage(TEAM, T0)
        out = OutRecord(self.settings.topic(COVERAGE), 0, record.key, record.value, (), T0)
        references._take(_consumed(out, 0))
        references.reachable = frozenset({TEAM.team})
        calm, red = _prototypes()
        values: dict[int, dict[bytes, bytes]] = {p: {} for p in self.folded}
        size = 0
        for number in range(patients):
            name = f"p{number:06}"
            if number < due + WARM:
                assert red.alert is not None
                at_ms = T0 + DAY - (HOUR if number >= due else 0)
                alert = evolve(red.alert, id=make_id(name), deadline_ms=at_ms)
                held = StateRecord(0, T0 + 9 * DAY, at_ms, evolve(red, patient=name, alert=alert))
            else:
                held = StateRecord(0, T0 + 9 * DAY + number, T0 + 99 * DAY, evolve(calm, patient=name))
            data = encode_state(held)
            size = max(size, len(data))
            values[partition_of(name.encode(), self.settings.partitions)][name.encode()] = data
        for part, states in values.items():
            states[partition_key(part)] = encode_partition(PartitionRecord(offset=0))
            self.table.put_batch(part, states, None)
        return size

    def take_over(self) -> None:
        """As after recovery."""
        for part in self.folded:
            self.monitor.own(part, PartitionRecord(offset=0, topic_id="timers"))

    def look(self, at_ms: int) -> dict[int, list[str]]:
        """Who is due, by partition."""
        return {p: self.timekeeper._due(owned, at_ms, 0) for p, owned in self.monitor.owned.items()}

    async def fire(self, at_ms: int) -> int:
        """Ticks until nobody is due any more; each timer goes to Kafka, is folded, told and remembered."""
        fired = 0
        while any((due := self.look(at_ms)).values()):
            for part, patients in due.items():
                timers = [self.timekeeper._timer(part, one, at_ms, 0, late=False) for one in patients]
                await self.deliverer.deliver(timers)
                first = self.folded[part] + 1
                records = [_consumed(timer, first + index) for index, timer in enumerate(timers)]
                self.folded[part] += len(records)
                topic = self.settings.topic(PATIENT_EVENTS)
                for begin in range(0, len(records), 500):
                    run = records[begin : begin + 500]
                    await self.monitor.work(Chunk(topic, part, run, self.app.consumer_generation_id))
                fired += len(records)
        return fired


def _consumed(record: OutRecord, offset: int) -> Any:
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


def _resident_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize() / 1e6


async def measure(broker: str, patients: int, due: int, prefix: str, partitions: int = 12) -> Figures:
    """One run on this broker."""
    settings = Settings(
        broker=broker, topic_prefix=prefix, partitions=partitions, replication=1, min_insync=1, demo=True
    )
    await admin.apply(settings, [TEAM.team])
    ward = Ward(settings)
    size = ward.fill(patients, due)
    gc.collect()
    before_mb, begun = _resident_mb(), time.perf_counter()
    ward.take_over()
    ward.look(T0)
    taken_s, memory_mb = time.perf_counter() - begun, _resident_mb() - before_mb
    cpu = time.process_time()
    for tick in range(TICKS):
        assert not any(ward.look(T0 + tick * 1000).values())
    idle_ms = (time.process_time() - cpu) * 60_000 / TICKS
    await ward.deliverer.start()
    try:
        await ward.fire(T0 + DAY - HOUR)
        begun, cpu = time.perf_counter(), time.process_time()
        fired = await ward.fire(T0 + DAY)
        fired_s, fired_cpu_s = time.perf_counter() - begun, time.process_time() - cpu
    finally:
        await ward.deliverer.stop()
    return Figures(patients, due, size, memory_mb, taken_s, idle_ms, fired, fired_s, fired_cpu_s)


@click.command()
@click.option("--patients", default=100_000, show_default=True)
@click.option("--due", default=10_000, show_default=True, help="Open reds whose rung ends at the same instant.")
def main(patients: int, due: int) -> None:
    """Measure on a broker of our own."""
    with obtain(os.environ.get("NATTEVAGT_TEST_BROKER") or None, say=lambda _: None) as broker:
        figures = asyncio.run(measure(broker.address, patients, due, f"timers-{os.getpid()}-"))
    sys.stdout.write(figures.lines() + "\n")


if __name__ == "__main__":
    main()
