"""The crew: workers that end are started again, a refusal is final, and none is left behind."""

import asyncio
import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from schemas.errors import NattevagtError
from streams.cli import stage
from streams.cli.stage import Crew
from tests.cli import night

SLEEPS = "import time; time.sleep(60)"
STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(flush=True); time.sleep(60)"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pauses made for machines are too long for tests."""
    monkeypatch.setattr(stage, "AGAIN_S", 0.01)
    monkeypatch.setattr(stage, "LONGEST_S", 0.05)
    monkeypatch.setattr(stage, "STOP_S", 0.5)


def crew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, program: str, said: list[str]) -> Crew:
    """One worker that runs this program."""
    monkeypatch.setattr(stage, "WORKER", (sys.executable, "-c", program))
    return Crew(night.SETTINGS, 1, tmp_path / "run" / "worker.log", said.append)


async def until(told: Callable[[], bool]) -> None:
    """Look until it is so: what processes do wakes no event of ours."""
    async with asyncio.timeout(20):
        while not told():  # noqa: ASYNC110 - another process changes it
            await asyncio.sleep(0.01)


async def running(made: Crew) -> int:
    """The worker's process id, once there is one."""
    await until(lambda: bool(made.pids))
    return made.pids[0]


def test_a_worker_that_ends_is_started_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And every time it is said, with the code and where to read."""
    said: list[str] = []
    made = crew(tmp_path, monkeypatch, "raise SystemExit(70)", said)

    async def go() -> None:
        made.start()
        await until(lambda: len(said) >= 3)
        await made.stop()

    asyncio.run(go())
    assert made.restarts >= 3
    assert "code 70" in said[0]
    assert str(tmp_path) in said[0]


def test_a_refusal_is_final(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A restart would refuse again."""
    said: list[str] = []
    made = crew(tmp_path, monkeypatch, "raise SystemExit(78)", said)

    async def go() -> None:
        made.start()
        try:
            await made.gave_up()
        finally:
            await made.stop()

    with pytest.raises(NattevagtError, match="refuses to run"):
        asyncio.run(go())
    assert [] == said


@pytest.mark.parametrize("program", [SLEEPS, STUBBORN])
def test_stopping_leaves_no_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, program: str) -> None:
    """Also not one that does not listen."""
    said: list[str] = []
    made = crew(tmp_path, monkeypatch, program, said)

    async def go() -> int:
        made.start()
        pid = await running(made)
        await made.stop()
        return pid

    pid = asyncio.run(go())
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    assert 0 == made.restarts


def test_work_ends_with_what_the_crew_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A story must not wait for ever for workers that will never come."""
    made = crew(tmp_path, monkeypatch, "raise SystemExit(78)", [])

    async def go() -> None:
        made.start()
        try:
            await stage.Stage(night.SETTINGS, None, made).during(asyncio.sleep(60))  # type: ignore[arg-type]  # unused
        finally:
            await made.stop()

    with pytest.raises(NattevagtError, match="refuses to run"):
        asyncio.run(go())


def test_work_that_ends_leaves_the_crew_running(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The account is read while they still decide."""
    made = crew(tmp_path, monkeypatch, SLEEPS, [])

    async def go() -> tuple[str, list[int]]:
        made.start()
        await running(made)
        result = await stage.Stage(night.SETTINGS, None, made).during(asyncio.sleep(0, "done"))  # type: ignore[arg-type]  # unused
        pids = made.pids
        await made.stop()
        return result, pids

    result, pids = asyncio.run(go())
    assert "done" == result
    assert 1 == len(pids)
