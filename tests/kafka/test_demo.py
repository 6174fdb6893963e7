"""The demo as a person runs it: processes, a terminal, a second terminal, Ctrl-C."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import orjson
import pytest

from streams.adapters.broker import Broker
from tests.contracts.house import ROOT

pytestmark = [pytest.mark.kafka, pytest.mark.slow]

NATTEVAGT = (sys.executable, "-c", "from streams.cli import main; main()")
LIMIT_S = 120.0
"""For any one step; a busy machine takes ten times as long as a quiet one."""

FIRST_ALERT_S = 60.0
"""Promised are 20 s; a machine that runs other tests as well may take longer."""

KINDS_OF_REFUSAL = {
    "quarantined.flood",
    "rejected.duplicate",
    "rejected.implausible",
    "rejected.malformed",
    "rejected.oversize",
    "rejected.role",
    "rejected.schema",
    "rejected.state",
    "rejected.time",
    "rejected.unbound_device",
    "rejected.unit",
    "rejected.unknown_patient",
}


class Terminal(NamedTuple):
    """A shell whose commands find each other through one run folder."""

    environ: dict[str, str]
    folder: Path

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """One command, to its end."""
        return subprocess.run(
            [*NATTEVAGT, *words],
            env=self.environ,
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=LIMIT_S,
            check=False,
        )

    def entry(self) -> dict[str, Any]:
        """What the demo wrote to the run folder; empty = nothing yet."""
        try:
            found: dict[str, Any] = orjson.loads((self.folder / "demo.json").read_bytes())
        except FileNotFoundError:
            return {}
        return found


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    """A run folder of its own, and no setting from outside."""
    kept = {name: text for name, text in os.environ.items() if not name.startswith("NATTEVAGT_")}
    kept |= {name: os.environ[name] for name in ("NATTEVAGT_CACHE", "NATTEVAGT_BROKER_VIA") if name in os.environ}
    return Terminal({**kept, "NATTEVAGT_RUN_DIR": str(tmp_path), "COLUMNS": "80"}, tmp_path)


@contextmanager
def running(terminal: Terminal, *words: str) -> Iterator[subprocess.Popen[str]]:
    """`nattevagt demo` in the background; killed if the test has not ended it."""
    process = subprocess.Popen(
        [*NATTEVAGT, "demo", *words],
        env=terminal.environ,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait(LIMIT_S)


def wait_for(told: Callable[[], Any], what: str) -> Any:
    """Look until it is so."""
    end = time.monotonic() + LIMIT_S
    while time.monotonic() < end:
        if found := told():
            return found
        time.sleep(0.2)
    raise AssertionError(f"no {what} within {LIMIT_S} s")


def workers_of(prefix: str) -> list[int]:
    """Worker processes of this demo, whoever is their parent."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if f"NATTEVAGT_TOPIC_PREFIX={prefix}".encode() in (folder / "environ").read_bytes().split(b"\0"):
                found.append(int(folder.name))
        except OSError:  # it ended, or it is not ours to look at
            continue
    return found


def test_until_done_prints_one_json_object_in_which_everything_is_accounted_for(
    terminal: Terminal, broker: Broker
) -> None:
    """What a script, a colleague and a sceptic can check."""
    done = terminal.run("demo", "--until-done", "--json", "--broker", broker.address)
    facts = orjson.loads(done.stdout)

    assert 0 == done.returncode, done.stderr
    assert 1 == done.stdout.count("\n")
    assert 0 == facts["inputs_without_outcome"] == facts["inputs_with_conflicting_outcomes"]
    assert facts["received"] == facts["accepted"] + sum(facts["rejected"].values())
    assert set(facts["rejected"]) == KINDS_OF_REFUSAL
    assert (13, 8) == (facts["patients"], facts["alerts_raised"])
    assert facts["audit_records"] >= facts["received"] + facts["clock_records"]
    assert 0 < facts["first_alert_seconds"] <= FIRST_ALERT_S
    assert facts["first_alert_seconds"] <= facts["seconds"]
    assert facts["events_per_second"] > 0
    print(f"first alert {facts['first_alert_seconds']} s, {facts['events_per_second']} events/s")


def test_two_workers_share_the_night(terminal: Terminal, broker: Broker) -> None:
    """The account does not depend on how many decide."""
    done = terminal.run("demo", "--until-done", "--json", "--workers", "2", "--broker", broker.address)
    facts = orjson.loads(done.stdout)

    assert 0 == done.returncode, done.stderr
    assert 0 == facts["inputs_without_outcome"] == facts["inputs_with_conflicting_outcomes"]
    assert 8 == facts["alerts_raised"]


def test_a_second_terminal_can_join_and_ctrl_c_ends_with_an_account(terminal: Terminal, broker: Broker) -> None:
    """Produce, acknowledge, explain; then nothing is left running and nothing is lost."""
    with running(terminal, "--json", "--speed", "20000", "--broker", broker.address) as demo:
        prefix = wait_for(terminal.entry, "entry")["topic_prefix"]
        assert wait_for(lambda: workers_of(prefix), "worker")
        wait_for(lambda: terminal.run("explain", "--patient", "lung-01").returncode == 0, "alert of lung-01")

        at = "2026-02-19T08:00:00Z"  # nothing was measured then
        wrong = terminal.run("correct", "lung-03", "spo2", at, "--withdraw", "wrong_value", "--by", "nurse-1")
        assert "rejected.state" in wrong.stdout, wrong.stderr

        sent = terminal.run("produce", "--patient", "lung-03", "--kind", "spo2", "--value", "82")
        assert 0 == sent.returncode, sent.stderr
        assert "accepted.alert" in sent.stdout
        alert_id = re.search(r"alert ([0-9a-f]{32})", sent.stdout)
        assert alert_id is not None

        refused = terminal.run("produce", "--raw", "hello", "--patient", "lung-03")
        assert "rejected.malformed" in refused.stdout
        assert "next step: send UTF-8 JSON" in refused.stdout

        taken = terminal.run("acknowledge", alert_id[1][:8], "--by", "nurse-1")
        assert "accepted.recorded" in taken.stdout, taken.stderr

        explained = terminal.run("explain", alert_id[1][:8])
        assert 0 == explained.returncode, explained.stdout + explained.stderr
        for part in ("SpO2 82 %", "The limit is 88 %", "by nurse-1", "nurse-1 has it", "Replayed: equal"):
            assert part in explained.stdout

        demo.send_signal(signal.SIGINT)
        out, err = demo.communicate(timeout=LIMIT_S)

    facts = orjson.loads(out)
    assert 0 == demo.returncode, err
    assert 0 == facts["inputs_without_outcome"] == facts["inputs_with_conflicting_outcomes"]
    assert facts["rejected"]["rejected.malformed"] >= 1
    assert [] == workers_of(prefix)
    assert {} == terminal.entry()


def test_killing_the_demo_takes_its_workers_with_it(terminal: Terminal, broker: Broker) -> None:
    """Nobody leaves a worker behind, however the demo ends."""
    with running(terminal, "--json", "--broker", broker.address) as demo:
        prefix = wait_for(terminal.entry, "entry")["topic_prefix"]
        wait_for(lambda: workers_of(prefix), "worker")
        demo.kill()
        demo.wait(LIMIT_S)

        wait_for(lambda: not workers_of(prefix), "end of the workers")


def test_a_killed_worker_is_replaced_and_nothing_is_lost(terminal: Terminal, broker: Broker) -> None:
    """The account stays whole; the demo says that it happened."""
    with running(terminal, "--json", "--until-done", "--broker", broker.address) as demo:
        prefix = wait_for(terminal.entry, "entry")["topic_prefix"]
        time.sleep(3.0)  # into the story; whenever it hits, the account must be whole
        os.kill(wait_for(lambda: workers_of(prefix), "worker")[0], signal.SIGKILL)
        out, err = demo.communicate(timeout=LIMIT_S)

    facts = orjson.loads(out)
    assert 0 == demo.returncode, err
    assert 0 == facts["inputs_without_outcome"] == facts["inputs_with_conflicting_outcomes"]
    assert "A worker ended with code -9" in err
