"""The examples for care teams, run as they stand: what a reader copies works."""

import asyncio
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence

import pytest

from schemas.alert import AlertStep, WatchAlive
from schemas.base import rfc3339
from schemas.codec import cloudevent
from schemas.made import Made, wire
from schemas.topics import alerts_topic
from streams.adapters import admin
from streams.adapters.broker import Broker
from streams.adapters.clock import wall_ms
from streams.adapters.kafka import Deliverer, OutRecord
from tests.builders import T0, Patient, alerts
from tests.contracts.house import ROOT
from tests.kafka.workers import settings_for

pytestmark = pytest.mark.kafka

EXAMPLES = ROOT / "deploy/examples"
LIMIT_S = 60


def steps() -> list[AlertStep]:
    """Raised, acknowledged, closed."""
    patient = Patient()
    patient.measures(86)
    patient.commands("acknowledge", minutes=1)
    patient.commands("close", minutes=1)
    return [effect.step for effect in alerts(patient.effects)]


def publish(broker: Broker, prefix: str, sent: Sequence[AlertStep]) -> str:
    """On the team's topic, with a repeat and a sign of life between; the topic's name in the cluster."""
    settings = settings_for(broker.address, prefix, simulation=False)
    topic = settings.topic(alerts_topic("lung"))

    def record(body: Made, key: str, kind: str) -> OutRecord:
        return OutRecord(topic, 0, b"p1", wire(body), cloudevent(key, kind, "test", rfc3339(T0)), wall_ms())

    async def go() -> None:
        await admin.apply(settings, ("lung",))
        deliverer = Deliverer(settings)
        await deliverer.start()
        try:
            records = [record(step, f"step-{step.sequence}", f"alert.{step.type}") for step in sent]
            alive = record(WatchAlive(partition=0, assessed_up_to=rfc3339(T0)), "alive", "watch_alive")
            await deliverer.deliver([records[0], alive, records[0], *records[1:]])
        finally:
            await deliverer.stop()

    asyncio.run(go())
    return topic


def lines_of(command: Sequence[str], last: str) -> list[str]:
    """What it prints, up to a line with `last` in it; then it is ended."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        found = []
        try:
            for line in process.stdout:
                found.append(line.rstrip("\n"))
                if last in line:
                    break
        finally:
            process.terminate()
    return found


def test_the_python_example_prints_each_step_once(broker: Broker, prefix: str) -> None:
    """In order, without the repeat and the sign of life; in fifteen lines."""
    sent = steps()
    topic = publish(broker, prefix, sent)
    printed = lines_of([sys.executable, str(EXAMPLES / "care_team.py"), broker.address, topic], " closed ")

    wanted = [f"{one.at} {one.level} {one.type} {one.alert_id} {one.sequence}" for one in sent]
    assert wanted == printed
    text = (EXAMPLES / "care_team.py").read_text(encoding="utf-8")
    assert 15 >= sum(bool(line.strip()) for line in text.splitlines())


def test_the_kcat_example_prints_every_record_with_its_key(broker: Broker, prefix: str) -> None:
    """Where kcat is installed."""
    if shutil.which("kcat") is None:
        pytest.skip(reason="no kcat on this machine; it comes with Debian's package `kcat`")
    topic = publish(broker, prefix, steps())
    printed = lines_of(["sh", str(EXAMPLES / "care_team.sh"), broker.address, topic], '"type":"closed"')

    assert all("ce_id=" in line and " p1 " in line for line in printed)
    assert ["raised", "acknowledged", "closed"] == list(
        dict.fromkeys(name for line in printed for name in re.findall(r'"type":"(raised|acknowledged|closed)"', line))
    )
