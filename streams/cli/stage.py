"""A stage for a simulation: topics, coverage before any worker, supervised workers, and a clean way out.

The order is what makes it safe: coverage is published before the first worker reads it; on the way out the
sender stops first, then everything sent gets its outcome, then the workers end, and the broker goes last.
"""

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from schemas.errors import NattevagtError
from streams.adapters import admin
from streams.adapters.clock import steady_s
from streams.adapters.cluster import connected
from streams.adapters.input_records import InputRecord
from streams.adapters.kafka import Deliverer
from streams.adapters.settings import Settings
from streams.agents.room import EXIT_REFUSED
from streams.cli.play import STOP_S, environment, teams_of
from streams.sim.feed import send_reference

T = TypeVar("T")
Say = Callable[[str], None]

AGAIN_S, LONGEST_S, STEADY_S = 0.5, 8.0, 30.0
"""Pause before an ended worker is started again; it doubles up to the longest while none lives for steady_s,
so that one that cannot start does not use up the machine (our choice)."""

WORKER = (sys.executable, "-c", "from streams.cli import main; main()", "worker", "--until-stdin-closes")
"""`nattevagt worker` of this very program, wherever it is installed. It does not outlive us, however we end."""


class Crew:
    """Worker processes that are started again when they end, except after a refusal, which needs a person."""

    def __init__(self, settings: Settings, count: int, log: Path, say: Say) -> None:
        self._settings = settings
        self._count = count
        self._log = log
        self._say = say
        self._over = asyncio.Event()
        self._running: set[asyncio.subprocess.Process] = set()
        self._keepers: list[asyncio.Task[None]] = []
        self.restarts = 0

    @property
    def pids(self) -> list[int]:
        """Process ids of the workers of now."""
        return sorted(process.pid for process in self._running)

    def start(self) -> None:
        """Start them all and keep them running."""
        self._log.parent.mkdir(parents=True, exist_ok=True)
        self._keepers = [asyncio.create_task(self._keep()) for _ in range(self._count)]

    async def gave_up(self) -> None:
        """Ends only when a worker has refused to run. Raises NattevagtError then."""
        done, _ = await asyncio.wait(self._keepers, return_when=asyncio.FIRST_EXCEPTION)
        for keeper in done:
            keeper.result()

    async def stop(self) -> None:
        """SIGTERM, and SIGKILL to one that does not end: none is left behind."""
        self._over.set()
        for process in self._running:
            process.terminate()
        _, slow = await asyncio.wait(self._keepers, timeout=STOP_S) if self._keepers else (set(), set())
        for process in self._running if slow else ():
            process.kill()
        await asyncio.gather(*self._keepers, return_exceptions=True)

    async def _keep(self) -> None:
        pause_s = AGAIN_S
        while not self._over.is_set():
            began_s = steady_s()
            code = await self._run()
            if self._over.is_set():
                return
            if code == EXIT_REFUSED:
                raise NattevagtError(f"a worker refuses to run (code {code}).", next_step=f"Read {self._log}.")
            pause_s = AGAIN_S if steady_s() - began_s > STEADY_S else min(2 * pause_s, LONGEST_S)
            self.restarts += 1
            self._say(f"A worker ended with code {code}; another starts in {pause_s:.0f} s. Its log: {self._log}")
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._over.wait(), pause_s)

    async def _run(self) -> int:
        """One life of one worker. In a session of its own: Ctrl-C must not end it before it has drained."""
        with self._log.open("ab") as log:
            process = await asyncio.create_subprocess_exec(
                *WORKER,
                env=environment(self._settings),
                stdin=asyncio.subprocess.PIPE,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._running.add(process)
        if self._over.is_set():
            process.terminate()
        try:
            return await process.wait()
        finally:
            self._running.discard(process)


@dataclass(frozen=True, slots=True)
class Stage:
    """Where a story can be played. deliverer: sends to it. crew: decides on it."""

    settings: Settings
    deliverer: Deliverer
    crew: Crew

    async def hush(self) -> None:
        """Send nothing more; what was on its way is there when this returns."""
        await self.deliverer.stop()

    async def during(self, work: Coroutine[Any, Any, T]) -> T:
        """Do this while the workers run. Raises what the crew raises when it gives up first."""
        doing = asyncio.create_task(work)
        watching = asyncio.create_task(self.crew.gave_up())
        try:
            await asyncio.wait([doing, watching], return_when=asyncio.FIRST_COMPLETED)
            if not doing.done():
                await watching
            return await doing
        finally:
            for task in (doing, watching):
                task.cancel()
            await asyncio.gather(doing, watching, return_exceptions=True)


@contextlib.asynccontextmanager
async def staged(
    settings: Settings, reference: Sequence[InputRecord], *, workers: int, log: Path, say: Say
) -> AsyncIterator[Stage]:
    """Topics for the teams of `reference`, that reference data, then workers. They have ended when the block has.

    Whoever needs outcomes waits for them inside the block.
    """
    await admin.apply(settings, teams_of(reference))
    deliverer, crew = Deliverer(settings), Crew(settings, workers, log, say)
    await deliverer.start()
    try:
        await send_reference(reference, settings, deliverer)
        crew.start()
        yield Stage(settings, deliverer, crew)
    finally:
        await deliverer.stop()
        await crew.stop()


async def sweep(settings: Settings) -> int:
    """Delete all topics of this prefix: only for a prefix that we made up ourselves. Gives their number."""
    if not settings.topic_prefix:
        return 0
    async with connected(settings) as cluster:
        names = [name for name in await cluster.list_topics() if name.startswith(settings.topic_prefix)]
        if names:
            await cluster.delete_topics(names)
        return len(names)
