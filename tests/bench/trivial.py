"""The same trivial job on each engine: a backlog, one process on one core, a fresh set of topics each."""

import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from tests.bench.cluster import Sender, lengths, make_topics, remove_topics, sender
from tests.bench.job import ALERTS, AUDIT, PARTITIONS, READINGS, STATE, readings
from tests.bench.processes import Tested
from tests.bench.rate import Rate, drain
from tests.contracts.house import ROOT


@dataclass(frozen=True, slots=True)
class Row:
    """One engine. module: run with (broker, prefix). needs: what must be importable; empty = nothing but ours."""

    name: str
    module: str
    needs: tuple[str, ...] = ()


OURS = Row("nattevagt's engine", "tests.bench.engine")
PLAIN = Row("plain confluent-kafka", "tests.bench.peer_plain", ("confluent_kafka",))
ROWS = (
    OURS,
    PLAIN,
    Row("bytewax", "tests.bench.peer_bytewax", ("bytewax", "confluent_kafka")),
    Row("quixstreams", "tests.bench.peer_quixstreams", ("quixstreams",)),
)


def missing(row: Row, python: str) -> tuple[str, ...]:
    """What the row needs and this interpreter does not have."""
    return tuple(name for name in row.needs if _lacks(name, python))


def _lacks(name: str, python: str) -> bool:
    found = subprocess.run([python, "-W", "ignore", "-c", f"import {name}"], capture_output=True, check=False)
    return found.returncode != 0


async def measure(row: Row, broker: str, prefix: str, backlog: Sequence[tuple[bytes, bytes]], python: str) -> Rate:
    """One row once."""
    names = [READINGS, AUDIT, ALERTS, STATE if row is not OURS else "bench-state-changelog"]
    await make_topics(broker, [f"{prefix}{name}" for name in names])
    async with sender(broker) as feeder:
        await _fill(feeder, prefix, backlog)
    interpreter = sys.executable if row is OURS else python
    command = [interpreter, "-W", "ignore", "-m", row.module, broker, prefix, str(PARTITIONS)]
    try:
        async with lengths(broker) as seen:
            with Tested(command, {"PYTHONPATH": str(ROOT)}) as process:
                return await drain(process, seen, f"{prefix}{AUDIT}", PARTITIONS, len(backlog))
    finally:
        await remove_topics(broker, prefix)


async def _fill(feeder: Sender, prefix: str, backlog: Sequence[tuple[bytes, bytes]]) -> None:
    await feeder.fill(f"{prefix}{READINGS}", backlog)


def backlog(count: int) -> list[tuple[bytes, bytes]]:
    """The readings, the same for all."""
    return list(readings(count))
