"""Who works in a crash run, and what is done to them: join, leave, die, stand still; and the broker's own deaths."""

import asyncio
import contextlib
from dataclasses import replace
from pathlib import Path
from random import Random

from streams.adapters.broker import Broker
from streams.adapters.clock import steady_s
from streams.adapters.settings import Settings
from tests.kafka.workers import Supervisor, Worker


class Crew:
    """The workers of a run, each under its supervisor, and the broker."""

    def __init__(self, settings: Settings, broker: Broker, logs: Path | None = None, *, static: bool = False) -> None:
        """static: each worker keeps its name in the group over restarts."""
        self._static = static
        self._settings = settings
        self._logs = logs
        self._made = 0
        self._broker = broker
        self.supervisors: list[Supervisor] = []
        self.left: list[Supervisor] = []
        self.back_s: list[float] = []
        self._leaves = 0

    def join(self) -> None:
        """One worker more, at work when this returns."""
        number = len(self.supervisors)
        name = f"worker-{number}" if self._static else None
        self.supervisors.append(Supervisor(lambda: self._worker(name)))
        self.supervisors[-1].at_work()

    def _worker(self, name: str | None) -> Worker:
        self._made += 1
        return Worker(
            replace(self._settings, instance_id=name), keep=self._logs and self._logs / f"worker-{self._made:03d}.log"
        )

    def stop(self) -> None:
        """The youngest goes: by SIGTERM, the next time by SIGKILL, and so on."""
        self._leaves += 1
        supervisor = self.supervisors.pop()
        supervisor.end(gently=self._leaves % 2 == 1)
        self.left.append(supervisor)

    def kill(self, dice: Random) -> None:
        """SIGKILL one of them while it is at work, and wait until its supervisor has it at work again."""
        supervisor = dice.choice(self.supervisors)
        supervisor.at_work()
        killed_s = steady_s()
        supervisor.kill()
        supervisor.at_work()
        self.back_s.append(round(steady_s() - killed_s, 1))

    async def kill_broker(self, seconds: float) -> None:
        """SIGKILL, a pause without any broker, and the same broker again."""
        await asyncio.to_thread(self._broker.kill)
        await asyncio.sleep(seconds)
        await asyncio.to_thread(self._broker.restart)

    async def away(self, seconds: float) -> None:
        """SIGKILL of the youngest, and nobody works for so long."""
        with self.supervisors[-1].away():
            await asyncio.sleep(seconds)

    async def stall(self, seconds: float) -> None:
        """The youngest stands still for so long, and goes on as if nothing had happened."""
        with self.supervisors[-1].now.stalled():
            await asyncio.sleep(seconds)

    def end(self) -> list[Supervisor]:
        """All go gently; gives everybody that ever was. Raises what the first one said that would not go."""
        with contextlib.ExitStack() as stack:
            for supervisor in self.supervisors:
                stack.callback(supervisor.end, gently=True)
        return [*self.left, *self.supervisors]
