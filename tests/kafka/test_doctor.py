"""The doctor beside a real Kafka: all well, nobody there, a topic missing, a changelog emptied."""

import asyncio
import os
from typing import Any

import orjson
import pytest
from click.testing import CliRunner

from schemas.topics import AUDIT, PATIENT_EVENTS, STATE
from streams.adapters import admin
from streams.adapters.broker import Broker
from streams.adapters.settings import Settings
from streams.cli.doctor import CLUSTER, LOCAL, command
from streams.cli.doctor_log import reach
from tests.kafka.test_topic_ids import delete, until
from tests.kafka.ward import Ward
from tests.kafka.workers import Worker, environment, settings_for

pytestmark = pytest.mark.kafka


@pytest.fixture
def settings(broker: Broker, prefix: str) -> Settings:
    """In operation, so that times are Kafka's; signs of life come every second."""
    return settings_for(
        broker.address, prefix, partitions=2, simulation=False, watch_alive_s=1, partition_alive_s=0.5, metrics_port=0
    )


class Told:
    """What the doctor said of these settings."""

    def __init__(self, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
        for name in [name for name in os.environ if name.startswith("NATTEVAGT_")]:
            monkeypatch.delenv(name)
        for name, text in environment(settings).items():
            if name.startswith("NATTEVAGT_"):
                monkeypatch.setenv(name, text)
        result = CliRunner().invoke(command, ["--json"], catch_exceptions=False)
        said: dict[str, Any] = orjson.loads(result.stdout)
        self.code = result.exit_code
        self.remarks: list[dict[str, str]] = said["remarks"]
        self.not_asked: list[str] = said["not_asked"]

    def of(self, check: str) -> dict[str, str]:
        """The first remark of this check."""
        return next(one for one in self.remarks if one["check"] == check)

    @property
    def wrong(self) -> list[tuple[str, str]]:
        """Check and text of what is not ok."""
        return [(one["check"], one["text"]) for one in self.remarks if one["verdict"] != "ok"]


def emptied(settings: Settings) -> None:
    """Delete the changelog and make it anew, as somebody tidying up would."""
    asyncio.run(delete(settings, STATE))
    asyncio.run(admin.apply(settings, only=[STATE]))


async def committed(settings: Settings) -> bool:
    """Has the group come anywhere in each partition of the record?"""
    found = (await reach(settings)).committed
    return all(offset for (topic, _), offset in found.items() if topic == PATIENT_EVENTS)


def watched(ward: Ward) -> None:
    """A worker has lived here, heard of no patient, committed its heartbeats and gone."""
    with Worker(ward.settings) as worker:
        worker.watching()
        asyncio.run(until(lambda: committed(ward.settings)))
        assert 0 == worker.terminate(), worker.last_words()


def test_a_healthy_watch_gets_no_remark(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every check is asked and ok; no patient's name is said."""
    ward = Ward(settings)
    ward.open()
    with Worker(settings) as worker:
        worker.watching()
        ward.enrol()
        told = Told(settings, monkeypatch)
        for _ in range(20):  # the first sign of life comes within a second or two
            if not told.wrong:
                break
            told = Told(settings, monkeypatch)

    assert ([], 0, []) == (told.wrong, told.code, told.not_asked)
    assert {*LOCAL, *CLUSTER} == {one["check"] for one in told.remarks}
    assert "1 worker for 2 partitions" in told.of("group")["text"]
    assert "2 teams: heart, lung" == told.of("coverage")["text"]
    assert "2 of 2 partitions have a watermark" in told.of("state")["text"]
    assert not [one for one in told.remarks if "ward-" in one["text"]]


def test_a_broker_that_is_down_is_one_failure(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the setting that names it; nothing else is guessed."""
    told = Told(settings.but(broker="127.0.0.1:1"), monkeypatch)

    assert (2, ["broker"]) == (told.code, [check for check, _ in told.wrong])
    assert "NATTEVAGT_BROKER" in told.of("broker")["next_step"]
    assert [*CLUSTER[1:]] == told.not_asked


def test_a_missing_topic_is_named(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """First none is there, then one has gone."""
    nothing = Told(settings, monkeypatch)
    asyncio.run(admin.apply(settings))
    asyncio.run(delete(settings, AUDIT))
    told = Told(settings, monkeypatch)

    assert (2, [*CLUSTER[2:]]) == (nothing.code, nothing.not_asked)
    assert (2, [*CLUSTER[2:]]) == (told.code, told.not_asked)
    assert f"{settings.topic(AUDIT)}: missing" == told.of("topics")["text"]
    assert "topics apply" in told.of("topics")["next_step"]


def test_an_emptied_changelog_is_foretold(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """The doctor says what the worker then says."""
    ward = Ward(settings)
    ward.open()
    watched(ward)
    before = Told(settings, monkeypatch)
    emptied(settings)
    after = Told(settings, monkeypatch)

    assert "ok" == before.of("state")["verdict"]
    assert {"group"} == {check for check, _ in before.wrong}
    assert (2, "fail") == (after.code, after.of("state")["verdict"])
    with Worker(settings) as worker:
        ended = worker.wait_for("worker ends")
    assert f"a worker would refuse: {ended['reason']}" == after.of("state")["text"].split(" (")[0]
    assert ended["next_step"] == after.of("state")["next_step"]
