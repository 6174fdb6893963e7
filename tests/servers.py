"""Real servers for channels to speak to, in the test's own loop: HTTP and SMTP, with faults to choose from."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from typing import Any

from aiohttp import web
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.agents.test_health import free_port


@dataclass(slots=True)
class Received:
    """One message as it arrived. key: what the far end tells repeats by."""

    key: str
    text: str
    headers: dict[str, str]
    body: bytes


@dataclass(slots=True)
class Far:
    """The far end. fault: what it does instead of taking the message; None = nothing. taken: what it has taken.

    asked: tries that reached it, taken or not. heal_after: so many tries fail, the next ones do not.
    """

    port: int = field(default_factory=free_port)
    fault: str | None = None
    heal_after: int | None = None
    asked: int = 0
    taken: list[Received] = field(default_factory=list)
    over: asyncio.Event = field(default_factory=asyncio.Event)

    async def has(self, count: int, limit_s: float) -> None:
        """Wait until so many messages have been taken."""
        async with asyncio.timeout(limit_s):
            while len(self.taken) < count:  # noqa: ASYNC110 - what is waited for comes through a socket
                await asyncio.sleep(0.002)

    def fails(self) -> bool:
        """Is this try to fail? Counts it."""
        self.asked += 1
        return self.fault is not None and (self.heal_after is None or self.asked <= self.heal_after)


HTTP_FAULTS = ("hang", "500", "redirect", "flood", "cut", "400")
SMTP_FAULTS = ("hang", "cut", "flood", "450", "550")


@contextlib.asynccontextmanager
async def http_server(far: Far) -> AsyncIterator[None]:
    """A webhook receiver."""

    async def take(request: web.Request) -> web.StreamResponse:
        body = await request.read()
        if not far.fails():
            far.taken.append(Received(request.headers["webhook-id"], body.decode(), dict(request.headers), body))
            return web.Response(status=202)
        return await _http_fault(far, request)

    async def elsewhere(_: web.Request) -> web.Response:
        far.taken.append(Received("followed", "", {}, b""))
        return web.Response()

    app = web.Application()
    app.router.add_post("/hook", take)
    app.router.add_route("*", "/elsewhere", elsewhere)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", far.port).start()
    try:
        yield
    finally:
        far.over.set()
        await runner.cleanup()


async def _http_fault(far: Far, request: web.Request) -> web.StreamResponse:
    match far.fault:
        case "hang":
            await far.over.wait()
        case "redirect":
            return web.Response(status=307, headers={"Location": "/elsewhere"})
        case "cut":
            assert request.transport is not None
            request.transport.abort()
        case "flood":
            return await _flood(far, request)
        case str(code):
            return web.Response(status=int(code))
    return web.Response(status=503)


async def _flood(far: Far, request: web.Request) -> web.StreamResponse:
    """An answer without end."""
    answer = web.StreamResponse(status=200)
    await answer.prepare(request)
    with contextlib.suppress(ConnectionError):
        while not far.over.is_set():
            await answer.write(b"x" * 65_536)
    return answer


class _Mailbox:
    """What aiosmtpd asks when mail comes."""

    def __init__(self, far: Far) -> None:
        self._far = far

    async def handle_DATA(self, server: SMTP, _: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        if self._far.fails():
            return await self._fault(server)
        assert isinstance(envelope.content, bytes)
        mail = BytesParser(policy=default).parsebytes(envelope.content)
        assert isinstance(mail, EmailMessage)
        text = f"{mail['Subject']}\n{mail.get_content()}"
        self._far.taken.append(Received(str(mail["Message-ID"]), text, dict(mail.items()), envelope.content))
        return "250 OK"

    async def _fault(self, server: SMTP) -> str:
        match self._far.fault:
            case "hang":
                await self._far.over.wait()
            case "cut":
                server.transport.abort()
            case "flood":
                return "250 " + "x" * 2_000_000
            case str(code):
                return f"{code} not now"
        return "451 not now"


@contextlib.asynccontextmanager
async def smtp_server(far: Far) -> AsyncIterator[None]:
    """A mail server."""
    loop = asyncio.get_running_loop()

    def connection() -> Any:
        return SMTP(_Mailbox(far), loop=loop)

    server = await loop.create_server(connection, "127.0.0.1", far.port)
    try:
        yield
    finally:
        far.over.set()
        server.close()
