"""The notify process on a real Kafka: every notice is delivered or reported, whatever far end hangs or process dies."""

import asyncio
import contextlib
import signal
import subprocess
import sys
import time
from base64 import b64encode
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import orjson
import pytest

from schemas.codec import cloudevent
from schemas.made import wire
from schemas.notice import Notice
from schemas.topics import COMMANDS, NOTICES
from streams.adapters import admin
from streams.adapters.broker import Broker
from streams.adapters.clock import wall_ms
from streams.adapters.input_records import partition_of
from streams.adapters.kafka import Deliverer, OutRecord
from streams.adapters.log_tail import LogTail
from streams.adapters.settings import Settings
from tests.agents.test_health import free_port
from tests.contracts.house import ROOT
from tests.kafka.workers import environment, settings_for
from tests.messages import make_notice
from tests.servers import Far, http_server, smtp_server

pytestmark = [pytest.mark.kafka, pytest.mark.slow]

COMMAND = (sys.executable, "-c", "from streams.cli import main; main()", "notify")
LIMIT_S = 60.0


def made(broker: Broker, prefix: str, folder: Path, web: Far, dead: Far, mail: Far) -> Settings:
    """An installation in operation, with an address book: one webhook that works, one that may hang, one mailbox."""
    (folder / "secret").write_text("whsec_" + b64encode(b"k" * 32).decode(), encoding="utf-8")
    secret = str(folder / "secret")
    hooks = {
        "nurse-phone": {"url": f"http://127.0.0.1:{web.port}/hook", "secret_file": secret},
        "lead-phone": {"url": f"http://127.0.0.1:{dead.port}/hook", "secret_file": secret},
    }
    post = {"host": "127.0.0.1", "port": mail.port, "tls": "none", "sender": "watch@example.org"}
    book = {
        "webhook": {"recipients": hooks, "timeout_s": 1},
        "email": post | {"recipients": {"nurse-phone": "nurse@example.org"}},
    }
    (folder / "channels.json").write_bytes(orjson.dumps(book))
    return settings_for(
        broker.address, prefix, simulation=False, channels_file=str(folder / "channels.json"), metrics_port=free_port()
    )


def alerts_told(far: Far) -> set[str]:
    """The alerts that a webhook's receiver has heard of, alone or in a group."""
    events = [orjson.loads(one.body) for one in far.taken]
    return {
        alert_id
        for event in events
        for alert_id in event["payload"]["custom_details"].get("alert_ids", [event["dedup_key"]])
    }


def notices(count: int, **changed: Any) -> list[Notice]:
    """So many first pages, each of its own patient."""
    return [make_notice(patient=f"patient-{n}", alert_id=f"alert-{n}", **changed) for n in range(count)]


async def publish(settings: Settings, sent: Sequence[Notice]) -> None:
    """As a worker would."""
    deliverer = Deliverer(settings)
    await deliverer.start()
    try:
        await deliverer.deliver(
            OutRecord(
                settings.topic(NOTICES),
                partition_of(one.patient.encode(), settings.partitions),
                one.patient.encode(),
                wire(one),
                cloudevent(one.id, f"notice.{one.action}", "test", one.at),
                wall_ms(),
            )
            for one in sent
        )
    finally:
        await deliverer.stop()


async def reports(settings: Settings, wanted: set[str], limit_s: float = LIMIT_S) -> dict[str, dict[str, Any]]:
    """Notice id -> its newest report, once all of these are there."""
    found: dict[str, dict[str, Any]] = {}
    ends = time.monotonic() + limit_s
    async with LogTail(settings, [COMMANDS]) as tail:
        while not wanted <= found.keys():
            assert time.monotonic() < ends, f"{len(wanted - found.keys())} of {len(wanted)} notices have no report"
            async for record in tail.read():
                body = orjson.loads(record.value)
                assert (body["patient"].encode(), "delivery_reported") == (record.key, body["type"])
                assert partition_of(record.key, settings.partitions) == record.partition
                found[body["notice_id"]] = body
            await asyncio.sleep(0.1)
    return found


class Process:
    """A running `nattevagt notify`."""

    def __init__(self, settings: Settings) -> None:
        self._process = subprocess.Popen(
            COMMAND, env=environment(settings), cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )

    def end(self, number: int = signal.SIGTERM) -> int:
        """Signal and exit code."""
        self._process.send_signal(number)
        return self._process.wait(30)

    def kill(self) -> None:
        """However it stands."""
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()
        self._process.wait(30)


@contextlib.asynccontextmanager
async def world(broker: Broker, prefix: str, folder: Path) -> AsyncIterator[tuple[Settings, Far, Far, Far]]:
    """Topics, two webhook receivers and a mail server."""
    web, dead, mail = Far(), Far(), Far()
    settings = made(broker, prefix, folder, web, dead, mail)
    await admin.apply(settings)
    async with http_server(web), http_server(dead), smtp_server(mail):
        yield settings, web, dead, mail


def test_a_hanging_channel_holds_nobody_up_and_is_reported(broker: Broker, prefix: str, tmp_path: Path) -> None:
    """One receiver hangs: its pages fail with a reason; everybody else's arrive long before that, on every channel."""

    async def go() -> None:
        async with world(broker, prefix, tmp_path) as (settings, web, dead, mail):
            dead.fault = "hang"
            stuck = notices(6, channel="webhook", recipient="lead-phone")
            good = [*notices(40, channel="webhook"), *notices(10, channel="email")]
            await publish(settings, [*stuck, *good])
            process = Process(settings)
            try:
                begun = time.monotonic()
                found = await reports(settings, {one.id for one in good})
                good_s = time.monotonic() - begun
                found = await reports(settings, {one.id for one in stuck})
                stuck_s = time.monotonic() - begun
            finally:
                code = process.end()
                dead.over.set()

        assert {"delivered"} == {found[one.id]["result"] for one in good}
        assert {("failed", "timeout"), ("failed", "down")} >= {
            (found[one.id]["result"], found[one.id].get("detail")) for one in stuck
        }
        assert good_s < stuck_s
        assert {one.alert_id for one in good[:40]} == alerts_told(web)
        assert all(any(one.alert_id in mail_.text for mail_ in mail.taken) for one in good[40:])
        assert 0 == code

    asyncio.run(go())


def test_a_killed_process_loses_no_notice_and_repeats_by_the_same_key(
    broker: Broker, prefix: str, tmp_path: Path
) -> None:
    """SIGKILL in the middle, three times: every notice is told and reported; those that go alone by the same key."""

    async def go() -> None:
        async with world(broker, prefix, tmp_path) as (settings, web, _, _):
            sent = notices(300, channel="webhook")
            await publish(settings, sent)
            for enough in (3, 7, 11):  # messages: some alone, then a group of what is left
                process = Process(settings)
                try:
                    await web.has(enough, LIMIT_S)
                finally:
                    process.kill()
            process = Process(settings)
            try:
                found = await reports(settings, {one.id for one in sent})
            finally:
                process.end()

        assert {one.alert_id for one in sent} == alerts_told(web)
        assert {"delivered"} == {body["result"] for body in found.values()}
        assert 300 == len({body["id"] for body in found.values()})

    asyncio.run(go())


def test_what_is_no_notice_is_passed_over(broker: Broker, prefix: str, tmp_path: Path) -> None:
    """And counted; the one behind it arrives."""

    async def go() -> None:
        async with world(broker, prefix, tmp_path) as (settings, web, _, _):
            good = make_notice(channel="webhook")
            deliverer = Deliverer(settings)
            await deliverer.start()
            partition = partition_of(good.patient.encode(), settings.partitions)
            await deliverer.deliver([OutRecord(settings.topic(NOTICES), partition, b"p1", b'{"v":1}', (), wall_ms())])
            await deliverer.stop()
            await publish(settings, [good])
            process = Process(settings)
            try:
                assert "delivered" == (await reports(settings, {good.id}))[good.id]["result"]
            finally:
                process.end()
        assert [good.id] == [one.key for one in web.taken]

    asyncio.run(go())
