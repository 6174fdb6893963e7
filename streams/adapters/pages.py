"""The three pages of a process that is no worker: /metrics, /healthz and /readyz. No patient is on any of them."""

import logging
from collections.abc import Callable

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST

from schemas.errors import ConfigurationError
from streams.adapters.settings import Settings

log = logging.getLogger(__name__)


class Pages:
    """metrics: the text for Prometheus. problems: why to start it again. missing: why it does not work now."""

    def __init__(
        self,
        settings: Settings,
        metrics: Callable[[], bytes],
        problems: Callable[[], list[str]],
        missing: Callable[[], list[str]],
    ) -> None:
        self._settings = settings
        self._metrics = metrics
        self._problems = problems
        self._missing = missing
        self._runner: web.AppRunner | None = None

    async def start(self) -> None:
        """Open them; none when the port is 0. Raises ConfigurationError when it is taken, except in a demo."""
        if not self._settings.metrics_port:
            return
        app = web.Application()
        app.router.add_get("/metrics", self._show)
        app.router.add_get("/healthz", self._healthz)
        app.router.add_get("/readyz", self._readyz)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        try:
            await web.TCPSite(self._runner, self._settings.metrics_host, self._settings.metrics_port).start()
        except OSError:
            await self.stop()
            if not self._settings.toy:
                raise ConfigurationError(
                    f"NATTEVAGT_METRICS_PORT: {self._settings.metrics_port} cannot be opened.",
                    next_step="Give each process of a machine a port of its own, or 0 for none.",
                ) from None
            log.warning("no metrics: the port is taken", extra={"setting": "NATTEVAGT_METRICS_PORT"})

    async def stop(self) -> None:
        """Close them."""
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def _show(self, _: web.Request) -> web.Response:
        return web.Response(body=self._metrics(), headers={"Content-Type": CONTENT_TYPE_LATEST})

    async def _healthz(self, _: web.Request) -> web.Response:
        return _page(self._problems())

    async def _readyz(self, _: web.Request) -> web.Response:
        return _page(self._missing())


def _page(wrong: list[str]) -> web.Response:
    return web.Response(text="\n".join(wrong or ["ok"]) + "\n", status=503 if wrong else 200)
