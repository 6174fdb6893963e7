"""From a red reading to a person on a real Kafka: a dead channel moves the ladder on, and one command tells it."""

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson
import pytest

from schemas.base import rfc3339
from schemas.coverage import TeamCoverage
from streams.adapters import admin, reference_log
from streams.adapters.broker import Broker
from streams.adapters.clock import wall_ms
from streams.adapters.input_records import InputRecord, bindings, measurement, plan
from streams.adapters.kafka import Deliverer
from streams.adapters.settings import Settings
from streams.sim.feed import outgoing
from tests.agents.test_health import free_port
from tests.builders import DEVICE, make_bindings, make_limit, make_plan
from tests.contracts.house import ROOT
from tests.kafka.test_notify import Process
from tests.kafka.workers import Worker, environment, settings_for
from tests.servers import Far, smtp_server

pytestmark = [pytest.mark.kafka, pytest.mark.slow]

HISTORY = (sys.executable, "-c", "from streams.cli import main; main()", "history", "--patient", "p1", "--json")


def settings_of(broker: Broker, prefix: str, folder: Path, mail: Far) -> Settings:
    """A nurse on a webhook where nobody listens, a doctor whose mail server does."""
    (folder / "secret").write_text("whsec_" + "a2tr" * 12, encoding="utf-8")
    hook = {"url": f"http://127.0.0.1:{free_port()}/hook", "secret_file": str(folder / "secret")}
    post = {"host": "127.0.0.1", "port": mail.port, "tls": "none", "sender": "watch@example.org"}
    book = {
        "webhook": {"recipients": {"nurse-1": hook}, "timeout_s": 1},
        "email": post | {"recipients": {"doctor-1": "doctor@example.org"}},
    }
    (folder / "channels.json").write_bytes(orjson.dumps(book))
    return settings_for(
        broker.address,
        prefix,
        simulation=False,
        partitions=2,
        channels_file=str(folder / "channels.json"),
        metrics_port=free_port(),
    )


def team() -> TeamCoverage:
    """Read around the clock by a nurse and a doctor."""
    people = [
        {"id": "nurse-1", "role": "nurse", "channels": ["webhook"]},
        {"id": "doctor-1", "role": "doctor", "channels": ["email"]},
    ]
    return TeamCoverage.model_validate({"team": "lung", "version": 1, "recipients": people})


async def send(settings: Settings, *records: InputRecord) -> None:
    """Confirmed by Kafka when it returns."""
    deliverer = Deliverer(settings)
    await deliverer.start()
    try:
        await deliverer.deliver(outgoing(records, settings))
    finally:
        await deliverer.stop()


@contextmanager
def running(settings: Settings) -> Iterator[None]:
    """A worker that watches, and notify."""
    with Worker(settings) as worker:
        worker.watching()
        notify = Process(settings.but(metrics_port=free_port()))
        try:
            yield
        finally:
            notify.kill()


def history(settings: Settings) -> tuple[int, list[dict[str, Any]]]:
    """`nattevagt history --patient p1 --json`: exit code and lines."""
    done = subprocess.run(HISTORY, env=environment(settings), cwd=ROOT, capture_output=True, check=False, timeout=120)
    return done.returncode, [orjson.loads(line) for line in done.stdout.splitlines()]


def test_a_dead_channel_moves_the_ladder_on_until_somebody_is_told(broker: Broker, prefix: str, tmp_path: Path) -> None:
    """The nurse's pager is dead: the doctor gets mail within a minute, not after the twenty that rungs take; and one
    command says who was told on which channel with what result."""
    mail = Far()
    settings = settings_of(broker, prefix, tmp_path, mail)

    async def go() -> None:
        await admin.apply(settings, ("lung",))
        await reference_log.publish_coverage(settings, team())
        now_ms = wall_ms()
        limits = [make_limit(red_below=88, yellow_below=90, red_tier=4)]
        since = {"valid_from": rfc3339(now_ms - 3_600_000)}
        devices = make_bindings(devices=[{"device": DEVICE, **since}])
        with running(settings):
            await send(settings, plan(make_plan(limits=limits, **since), now_ms), bindings(devices, now_ms))
            await asyncio.sleep(3)
            now_ms = wall_ms()
            await send(settings, measurement("p1", "spo2", 84, "%", now_ms, DEVICE, at_ms=now_ms))
            async with smtp_server(mail):
                await mail.has(1, 90)
                await asyncio.sleep(4)

    asyncio.run(go())
    code, lines = history(settings)
    told = {(line["who"], line["channel"]) for line in lines if line["kind"] == "told"}
    results = {(line["who"], line["result"]) for line in lines if line["kind"] == "delivery"}

    assert {("nurse-1", "webhook"), ("doctor-1", "email")} <= told
    assert {("nurse-1", "failed"), ("doctor-1", "delivered")} <= results
    assert "ladder.undelivered" in [line.get("detail") for line in lines if line["kind"] == "step"]
    assert code in (0, 1)  # 1: of the last rung's own page nothing has come back yet
