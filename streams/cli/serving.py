"""Serving: a process beside the workers, with its pages for Prometheus and probes, until it is told to stop."""

import asyncio
import signal
from typing import Protocol

from streams.adapters.pages import Pages
from streams.adapters.settings import Settings


class Served(Protocol):
    """What such a process is. problems: start it again; missing: it does not work now."""

    async def run(self, told: asyncio.Event, /) -> None:
        """Work until told to stop."""

    def page(self) -> bytes:
        """What Prometheus reads."""

    def problems(self) -> list[str]:
        """Why this process should be started again."""

    def missing(self) -> list[str]:
        """Why it does not work now."""


async def serve(settings: Settings, process: Served) -> None:
    """Until SIGTERM or Ctrl-C. Raises what broke it."""
    pages, told = Pages(settings, process.page, process.problems, process.missing), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, told.set)
    await pages.start()
    try:
        await process.run(told)
    finally:
        await pages.stop()
