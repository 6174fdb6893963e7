"""Health: three small pages of a worker, on loopback unless somebody decided otherwise. No patient is on any of them.

`/metrics` for Prometheus; `/healthz`: the loop answers and the timekeeper keeps looking at deadlines (else restart
it); `/readyz`: partitions are watched now. They run in the worker's own loop, so that a loop that hangs shows.
"""

import logging

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST

from schemas.errors import ConfigurationError
from streams.adapters import metrics
from streams.adapters.clock import steady_s, wall_ms
from streams.adapters.failures import FailureCount
from streams.agents.lifecycle import Lifecycle
from streams.agents.monitor import Monitor
from streams.agents.room import EXIT_REFUSED, Room, end_process
from streams.agents.timekeeper import Timekeeper

log = logging.getLogger(__name__)

TICK_LIMIT_S = 60.0
"""A timekeeper without a look at the deadlines for so long is broken: twice the stop that sets ladders anew."""

STALE_S = 30.0
"""So long without one, and the watch counts as having stood still (streams.core.standstill)."""


class Health:
    """One per worker. It answers from before recovery until after the last acknowledgement."""

    def __init__(self, room: Room, lifecycle: Lifecycle, monitor: Monitor, timekeeper: Timekeeper) -> None:
        self._room = room
        self._lifecycle = lifecycle
        self._monitor = monitor
        self._timekeeper = timekeeper
        self._failures = FailureCount(None)
        self._runner: web.AppRunner | None = None
        room.deliverer.on_failure = self._delivery_failed

    async def start(self) -> None:
        """Open the pages. A port that is taken ends the worker, except where no patient is watched."""
        settings = self._room.settings
        if not settings.metrics_port:
            return
        pages = web.Application()
        pages.router.add_get("/metrics", self._metrics)
        pages.router.add_get("/healthz", self._healthz)
        pages.router.add_get("/readyz", self._readyz)
        self._runner = web.AppRunner(pages, access_log=None)
        await self._runner.setup()
        try:
            await web.TCPSite(self._runner, settings.metrics_host, settings.metrics_port).start()
        except OSError:
            await self.stop()
            self._taken()
            return
        self._failures = FailureCount.of(settings)
        self._room.tally.metrics[metrics.DELIVERY_FAILURES].inc(self._failures.read())

    async def stop(self) -> None:
        """Close them."""
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    def problems(self) -> list[str]:
        """Why this worker should be started again; empty = it should not."""
        silent_s = steady_s() - self._timekeeper.ticked_s
        if self._lifecycle.is_watching and self._monitor.owned and silent_s > TICK_LIMIT_S:
            return [f"the timekeeper has not looked at deadlines for {silent_s:.0f} s"]
        return []

    def missing(self) -> list[str]:
        """Why this worker is not watching now; empty = it is."""
        if self._room.app.rebalancing or not self._lifecycle.is_watching:
            return ["partitions are moving, or states are being read"]
        silent_s = steady_s() - self._timekeeper.ticked_s
        if self._monitor.owned and silent_s > STALE_S:
            return [f"Kafka has not let the timekeeper look at deadlines for {silent_s:.0f} s"]
        return [] if self._monitor.owned else ["no partition is assigned"]

    def _taken(self) -> None:
        settings = self._room.settings
        if settings.toy:
            log.warning("no metrics: the port is taken", extra={"setting": "NATTEVAGT_METRICS_PORT"})
            return
        error = ConfigurationError(
            f"NATTEVAGT_METRICS_PORT: {settings.metrics_port} cannot be opened, and nobody could see how the watch is.",
            next_step="Give each worker of a machine a port of its own, or 0 for none.",
        )
        end_process(error, EXIT_REFUSED)

    def _delivery_failed(self) -> None:
        """The process ends right after this: the number is kept for the next life."""
        self._room.tally.metrics[metrics.DELIVERY_FAILURES].inc()
        self._failures.add()

    async def _metrics(self, _: web.Request) -> web.Response:
        tally = self._room.tally
        self._lifecycle.say_recovery()
        for partition, owned in self._monitor.owned.items():
            tally.metrics[metrics.PATIENTS].labels(partition).set(len(owned.due))
        tally.sample(self._timekeeper.now_ms if self._room.settings.simulation else wall_ms())
        return web.Response(body=tally.metrics.text(), headers={"Content-Type": CONTENT_TYPE_LATEST})

    async def _healthz(self, _: web.Request) -> web.Response:
        return _page(self.problems())

    async def _readyz(self, _: web.Request) -> web.Response:
        return _page(self.missing())


def _page(wrong: list[str]) -> web.Response:
    """200 and `ok`, or 503 and what is wrong."""
    return web.Response(text="\n".join(wrong or ["ok"]) + "\n", status=503 if wrong else 200)
