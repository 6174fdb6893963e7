"""Play a story through a real Kafka with workers of its own, and compare with the same story without Kafka.

What demo, replay and crash runs have in common: topics of a fresh prefix, workers as processes, the feeder,
the account, and the digest of the decision stream both ways.
"""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import gettempdir
from typing import Any, Protocol

import orjson

from schemas.errors import NattevagtError
from schemas.topics import COVERAGE
from streams.adapters import admin
from streams.adapters.clock import steady_s
from streams.adapters.input_records import InputRecord
from streams.adapters.kafka import Deliverer
from streams.adapters.settings import Settings
from streams.core.intake.route import is_clock
from streams.replay.account import Account, await_account, read_alerts, read_scores
from streams.replay.decisions import Published, decision_stream, digest
from streams.replay.quiet import until_quiet
from streams.replay.run import PureRun
from streams.sim.feed import OnSent, feed, send_reference

COMMIT_S = 0.2
"""A player waits for commits wherever topics turn; the usual second would make most of its time (our choice)."""

STOP_S = 30.0
"""Longest wait for a worker to end by itself after SIGTERM: three times its delivery timeout (our choice)."""


class Playable(Protocol):
    """A story, or what a data set became: coverage first, then all records in order, then the last clock."""

    @property
    def reference(self) -> tuple[InputRecord, ...]:
        """To be published before all else."""

    @property
    def records(self) -> tuple[InputRecord, ...]:
        """Everything else, clock included."""

    @property
    def end_ms(self) -> int:
        """The last clock's time."""


@dataclass(frozen=True, slots=True)
class Played:
    """What came of it. sent: records without clocks. streams: decision streams, from Kafka and without it."""

    account: Account
    sent: int
    alerts: list[list[Published]]
    scores: list[Published]
    kafka_stream: bytes
    pure_stream: bytes
    patients: int
    seconds: float

    @property
    def is_good(self) -> bool:
        """Is everything accounted for, and are the decisions the same both ways?"""
        complete = self.account.is_balanced and self.account.received == self.sent
        return complete and self.kafka_stream == self.pure_stream

    def to_json(self) -> dict[str, Any]:
        """As a JSON object."""
        return {
            "sent": self.sent,
            "account": self.account.to_json(),
            "patients": self.patients,
            "alert_steps": decision_stream(*self.alerts).count(b"\n"),
            "scores": decision_stream(self.scores).count(b"\n"),
            "decision_stream_kafka": digest(self.kafka_stream),
            "decision_stream_pure": digest(self.pure_stream),
            "equal": self.kafka_stream == self.pure_stream,
            "seconds": round(self.seconds, 1),
        }


async def play(
    story: Playable,
    settings: Settings,
    *,
    workers: int = 1,
    speed: float | None = None,
    on_sent: OnSent | None = None,
    say: Callable[[str], None],
) -> Played:
    """Make topics, publish coverage, start workers, feed, wait until all is decided, compare.

    Raises NattevagtError when a worker ends on its own or nothing moves any more.
    """
    started = steady_s()
    await admin.apply(settings, teams_of(story.reference))
    deliverer = Deliverer(settings)
    await deliverer.start()
    try:
        await send_reference(story.reference, settings, deliverer)
        async with running(settings, workers) as log:
            say(f"{workers} worker(s), topics {settings.topic_prefix}*, log {log}")
            fed = await feed(story.records, settings, deliverer, speed=speed, on_sent=on_sent)
            say(f"sent {fed.total} records in {fed.seconds:.1f} s")
            patients = await until_quiet(settings, story.end_ms)
            account = await await_account(settings)
    finally:
        await deliverer.stop()
    alerts, scores = await read_alerts(settings), await read_scores(settings)
    return Played(
        account=account,
        sent=sum(1 for record in story.records if not is_clock(record.received(0, 0))),
        alerts=alerts,
        scores=scores,
        kafka_stream=decision_stream(*alerts, scores),
        pure_stream=pure(story, settings.partitions).decision_stream(),
        patients=patients,
        seconds=steady_s() - started,
    )


def pure(story: Playable, partitions: int) -> PureRun:
    """The same story without Kafka, to its end."""
    run = PureRun(partitions).feed_all(story.reference).feed_all(story.records)
    run.advance(story.end_ms)
    return run


def teams_of(reference: Sequence[InputRecord]) -> tuple[str, ...]:
    """The teams that coverage records name; each has an alerts topic."""
    return tuple(orjson.loads(record.value or b"{}")["team"] for record in reference if record.topic == COVERAGE)


def environment(settings: Settings) -> dict[str, str]:
    """What a worker of this player must be told; everything else it inherits."""
    told = {
        "BROKER": settings.broker,
        "TOPIC_PREFIX": settings.topic_prefix,
        "PARTITIONS": settings.partitions,
        "REPLICATION": settings.replication,
        "MIN_INSYNC": settings.min_insync,
        "SIMULATION": int(settings.simulation),
        "DEMO": int(settings.demo),
        "COMMIT_INTERVAL_S": COMMIT_S,
        "TIMEKEEPER_TICK_S": COMMIT_S,
    }
    return {**os.environ, **{f"NATTEVAGT_{name}": str(value) for name, value in told.items()}}


@asynccontextmanager
async def running(settings: Settings, workers: int) -> AsyncIterator[Path]:
    """Workers that run until the block ends; gives the file their logs go to. One that ends early ends the block."""
    path = Path(gettempdir()) / f"{settings.group}-worker.log"
    block = asyncio.current_task()
    assert block is not None, "runs inside a task"
    with path.open("ab") as log:
        started = [await _worker(settings, log.fileno()) for _ in range(workers)]
        ended: list[int] = []

        async def watch(process: asyncio.subprocess.Process) -> None:
            ended.append(await process.wait())
            block.cancel()

        watches = [asyncio.create_task(watch(process)) for process in started]
        try:
            yield path
        except asyncio.CancelledError:
            if not ended:
                raise
            raise NattevagtError(f"A worker ended with code {ended[0]}.", next_step=f"Read {path}.") from None
        finally:
            for one in watches:
                one.cancel()
            await asyncio.gather(*(_stop(process) for process in started))


async def _worker(settings: Settings, log: int) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        "from streams.cli import main; main()",
        "worker",
        env=environment(settings),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=log,
        stderr=log,
    )


async def _stop(process: asyncio.subprocess.Process) -> None:
    """SIGTERM, and SIGKILL when that is not enough: a player must never leave a worker behind."""
    if process.returncode is not None:
        return
    process.terminate()
    try:
        await asyncio.wait_for(process.wait(), STOP_S)
    except TimeoutError:
        process.kill()
        await process.wait()
