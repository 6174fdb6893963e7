"""The dead-man's switch on a real Kafka: well when all is well, and paging for whatever is stopped."""

import asyncio
import contextlib
import re
import shlex
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest

from schemas.ids import UNASSIGNED_TEAM, WATCHDOG_TEAM
from schemas.topics import alerts_topic
from streams.adapters import admin
from streams.adapters.broker import Broker, obtain
from streams.adapters.clock import wall_ms
from streams.adapters.kafka import Deliverer, OutRecord
from streams.adapters.log_tail import LogTail
from streams.adapters.settings import Settings
from streams.watchdog import patients
from tests.agents.test_health import free_port
from tests.contracts.house import ROOT
from tests.kafka.workers import Worker, environment, settings_for

pytestmark = [pytest.mark.kafka, pytest.mark.slow, pytest.mark.nightly]

COMMAND = (sys.executable, "-c", "from streams.cli import main; main()", "watchdog")
MUTE = (sys.executable, "-m", "tests.kafka.mute", "worker")
QUICK = ("--every", "4", "--limit", "6")
LIMIT_S = 120.0
"""What the watchdog promises with its own defaults; here everything is ten times as quick, the machine is not."""

PAGER = "import os, sys; open(sys.argv[1], 'a').write(os.environ['PAGE_KIND'] + ' ' + repr(sys.stdin.read()) + chr(10))"


def settings_of(broker: str, prefix: str) -> Settings:
    """An installation in operation with two partitions, whose WatchAlive comes every 4 s: silent after 6 s."""
    made = settings_for(
        broker, prefix, simulation=False, partitions=2, watch_alive_s=4.0, metrics_port=free_port(), log_level="INFO"
    )
    asyncio.run(admin.apply(made))
    subprocess.run([*COMMAND, "--setup"], env=environment(made), cwd=ROOT, check=True, capture_output=True)
    return made


@pytest.fixture
def settings(broker: Broker, prefix: str) -> Settings:
    """With the team `watchdog` published before the worker starts."""
    return settings_of(broker.address, prefix)


class Watched:
    """A running watchdog. `pages`: what it has said to its command."""

    def __init__(self, settings: Settings, folder: Path) -> None:
        self._file = folder / "pages"
        pager = shlex.join([sys.executable, "-c", PAGER, str(self._file)])
        self._process = subprocess.Popen(
            [*COMMAND, *QUICK, "--page-command", pager],
            env=environment(settings),
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    @property
    def pages(self) -> list[str]:
        """One line per page, oldest first."""
        return self._file.read_text(encoding="utf-8").splitlines() if self._file.exists() else []

    def wait_for(self, pattern: str, limit_s: float = LIMIT_S) -> float:
        """Seconds until a page says this."""
        begun = time.monotonic()
        while time.monotonic() - begun < limit_s:
            if any(re.search(pattern, page) for page in self.pages):
                return time.monotonic() - begun
            assert self._process.poll() is None, "the watchdog itself has ended"
            time.sleep(0.1)
        raise AssertionError(f"no page says {pattern!r} within {limit_s} s: {self.pages}")

    def end(self) -> int:
        """SIGTERM and its exit code."""
        self._process.terminate()
        return self._process.wait(30)


@contextlib.contextmanager
def watched(settings: Settings, folder: Path) -> Iterator[Watched]:
    """A watchdog that has seen the watch well: it says nothing for two rounds."""
    one = Watched(settings, folder)
    try:
        time.sleep(12)
        assert [] == one.pages
        yield one
        assert 0 == one.end()
    finally:
        one._process.kill()
        one._process.wait()


def once(settings: Settings) -> tuple[int, dict[str, object]]:
    """`nattevagt watchdog --once`: exit code and report."""
    done = subprocess.run(
        [*COMMAND, "--once", "--limit", "20"], env=environment(settings), cwd=ROOT, capture_output=True, check=False
    )
    return done.returncode, orjson.loads(done.stdout)


def metrics_of(settings: Settings) -> str:
    """What the worker tells Prometheus."""
    with urllib.request.urlopen(f"http://127.0.0.1:{settings.metrics_port}/metrics") as answer:
        text: str = answer.read().decode()
    return text


async def steps(settings: Settings, team: str) -> list[str]:
    """Steps of alerts on one team's topic, without the signs of life."""
    async with LogTail(settings, [alerts_topic(team)]) as tail:
        found = [orjson.loads(record.value)["type"] async for record in tail.read()]
    return [kind for kind in found if kind != "watch_alive"]


async def leave_open(settings: Settings) -> None:
    """A reading of the watchdog's patient that nobody closes the alert of."""
    record = patients.reading(patients.patients(settings.partitions)[0], wall_ms())
    deliverer = Deliverer(settings)
    await deliverer.start()
    await deliverer.deliver([OutRecord(settings.topic(record.topic), 0, record.key, record.value, (), record.at_ms)])
    await deliverer.stop()


def test_a_round_goes_through_every_partition_and_is_counted_apart(settings: Settings) -> None:
    """Also when an earlier watchdog left an alert open. No care team sees any of it."""
    with Worker(settings) as worker:
        worker.watching()
        first = once(settings)
        asyncio.run(leave_open(settings))
        second = once(settings)
        text = metrics_of(settings)

    assert [(0, []), (0, [])] == [(code, report["missing"]) for code, report in (first, second)]
    assert {"0", "1"} == set(second[1]["trip_s"])  # type: ignore[call-overload]  # a JSON object
    told = asyncio.run(steps(settings, WATCHDOG_TEAM))
    assert ["closed", "raised"] == sorted(set(told))
    assert 5 == told.count("raised") == told.count("closed")
    assert [] == asyncio.run(steps(settings, UNASSIGNED_TEAM))
    assert 'nattevagt_synthetic_inputs_total{outcome="accepted.alert"} 5.0' in text
    assert not re.search(r"^nattevagt_inputs_total\{.*\} [1-9]", text, re.MULTILINE)
    assert "nattevagt_reading_to_alert_seconds_count 0.0" in text
    assert not re.search(r"^nattevagt_open_alerts\{.*\} [1-9]", text, re.MULTILINE)
    assert "nattevagt-watchdog" not in text


def test_once_is_unwell_without_a_worker(settings: Settings) -> None:
    """For checks by other programs."""
    code, report = once(settings)

    assert (1, [0, 1]) == (code, report["missing"])


def test_a_killed_worker_is_paged_and_its_return_too(settings: Settings, tmp_path: Path) -> None:
    """SIGKILL; the next worker ends it."""
    with Worker(settings) as worker:
        worker.watching()
        with watched(settings, tmp_path) as dog:
            worker.kill()
            took_s = dog.wait_for("page .*(alert|timekeeper)")
            with Worker(settings) as again:
                again.watching()
                dog.wait_for("^resolved")
    assert took_s < LIMIT_S


def test_a_stalled_worker_is_paged(settings: Settings, tmp_path: Path) -> None:
    """SIGSTOP: the process is there and does nothing."""
    with Worker(settings) as worker:
        worker.watching()
        with watched(settings, tmp_path) as dog, worker.stalled():
            dog.wait_for("page .*alert")


def test_a_silent_timekeeper_is_paged_though_readings_become_alerts(settings: Settings, tmp_path: Path) -> None:
    """Otherwise nobody would notice that nothing is missed any more."""
    mute = tmp_path / "mute"
    with Worker(settings, command=MUTE, environ={"MUTE_WHEN": str(mute)}) as worker:
        worker.watching()
        with watched(settings, tmp_path) as dog:
            mute.touch()
            dog.wait_for("page .*timekeeper")
            time.sleep(15)
            assert not [page for page in dog.pages if "- alert" in page]


def test_a_dead_broker_is_paged(tmp_path: Path, prefix: str) -> None:
    """The watchdog lives on without it, and names it alone."""
    with obtain(say=print) as own:
        made = settings_of(own.address, prefix)
        with Worker(made) as worker:
            worker.watching()
            with watched(made, tmp_path) as dog:
                own.kill()
                dog.wait_for("page .*broker")


def test_a_watchdog_that_starts_without_kafka_pages(tmp_path: Path) -> None:
    """It is no crash and no silence."""
    nowhere = Settings(broker="127.0.0.1:1", demo=True, replication=1, min_insync=1, partitions=2)
    dog = Watched(nowhere, tmp_path)
    try:
        dog.wait_for("page .*broker")
        assert 0 == dog.end()
    finally:
        dog._process.kill()
