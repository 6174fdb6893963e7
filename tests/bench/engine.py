"""The trivial job on our engine: the worker's own transport, chunks, density guard, delivery and state table.

What is not here is the core: `step`, contracts, intake, timekeeper. So this row says what the engine itself costs.
"""

import sys
from typing import Any

import faust

from streams.adapters.kafka import Deliverer, OutRecord
from streams.adapters.settings import Settings
from streams.agents.density import Expected, examine
from streams.agents.enginekit import Chunk, ChunkSchema, KitTransport, StateTable, check_versions
from streams.agents.room import EXIT_FAILED, end_process
from streams.app import CHUNK_QUEUE, engine_settings
from streams.cli.worker import spare_collector
from streams.core.record import PartitionRecord, decode_partition, encode_partition, partition_key
from tests.bench.job import ALERTS, AUDIT, READINGS, decode, encode, judge, parse

TABLE = "state"
STATE_TOPIC = "bench-state-changelog"


class BenchApp(faust.App):
    """A Faust app with one connection of its own."""

    chunk_topics: frozenset[str] = frozenset()
    deliverer: Deliverer

    async def on_start(self) -> None:
        """Connect first."""
        await self.deliverer.start()
        await super().on_start()


class Job:
    """The monitor's order: outputs, state and watermark, memory, acknowledgement."""

    def __init__(self, app: BenchApp, settings: Settings, table: StateTable) -> None:
        self._app = app
        self._deliver = app.deliverer.deliver
        self._table = table
        self._audit, self._alerts = settings.topic(AUDIT), settings.topic(ALERTS)
        self._state = f"{settings.group}-{TABLE}-changelog"
        self.expected: dict[int, Expected] = {}

    async def begin(self, *_: Any, **__: Any) -> None:
        """A new assignment: every partition from its own watermark."""
        self.expected = {}
        for tp in self._app.consumer.assignment():
            held = self._table.get_bytes(partition_key(tp.partition))
            offset = -1 if held is None else decode_partition(held).offset
            self.expected[tp.partition] = Expected(offset + 1)

    async def work(self, chunk: Chunk) -> bool:
        """One fetched run. True = acknowledge it."""
        expected = self.expected.get(chunk.partition)
        if expected is None or chunk.generation != self._app.consumer_generation_id:
            return False
        run = examine(expected, chunk.records)
        if run.seek is not None or run.gap is not None:
            end_process(RuntimeError("a hole in a bench"), EXIT_FAILED)
        if run.records:
            await self._run(chunk.partition, run.records, expected)
        return True

    async def _run(self, partition: int, records: list[Any], expected: Expected) -> None:
        outputs, states = self._fold(partition, records)
        await self._deliver(outputs)
        last = records[-1]
        states[partition_key(partition)] = encode_partition(PartitionRecord(last.offset))
        at_ms, topic = last.timestamp, self._state
        changelog = [OutRecord(topic, partition, key, value, (), at_ms) for key, value in states.items()]
        (written,) = (await self._deliver(changelog)).values()
        self._table.put_batch(partition, states, written)
        expected.offset = last.offset + 1

    def _fold(self, partition: int, records: list[Any]) -> tuple[list[OutRecord], dict[bytes, bytes]]:
        """States are decoded on touch; there is no cache beside the table."""
        outputs: list[OutRecord] = []
        states: dict[bytes, bytes] = {}
        for record in records:
            key, at_ms = record.key, record.timestamp
            done = judge(decode(states.get(key) or self._table.get_bytes(key)), parse(record.value))
            states[key] = encode(done.state, record.offset)
            outputs.append(OutRecord(self._audit, partition, key, done.audit, (), at_ms))
            if done.alert is not None:
                outputs.append(OutRecord(self._alerts, partition, key, done.alert, (), at_ms))
        return outputs, states


def create(settings: Settings) -> BenchApp:
    """As `streams.app.create_app`, with the trivial job in place of the rooms."""
    check_versions()
    app = BenchApp(settings.group, **engine_settings(settings))
    app.transport = KitTransport(app.conf.broker_consumer, app)
    app.deliverer = Deliverer(settings)
    app.chunk_topics = frozenset({settings.topic(READINGS), f"{settings.group}-{TABLE}-changelog"})
    table: StateTable = app.Table(TABLE, key_type=bytes, value_type=bytes, partitions=settings.partitions)
    job = Job(app, settings, table)

    async def agent(stream: Any) -> None:
        async for event in stream.noack().events():
            if await job.work(event.value):
                event.ack()

    source = app.topic(settings.topic(READINGS), schema=ChunkSchema(), maxsize=CHUNK_QUEUE)
    app.agent(source, name="trivial", isolated_partitions=True)(agent)
    app.on_rebalance_complete.connect(job.begin, weak=False)
    return app


def main(broker: str, prefix: str, partitions: str) -> None:
    """Run until killed."""
    settings = Settings(
        broker=broker,
        topic_prefix=prefix,
        app="bench",
        partitions=int(partitions),
        replication=1,
        min_insync=1,
        demo=True,
    )
    spare_collector()
    faust.Worker(create(settings), loglevel="WARN", redirect_stdouts=False, quiet=True).execute_from_commandline()


if __name__ == "__main__":
    arguments, sys.argv[1:] = sys.argv[1:], []
    main(*arguments)
