"""Worker processes as tests need them: started, watched through their log, stalled, killed and started again."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any, Self

import orjson

from streams.adapters.settings import Settings
from streams.agents.room import EXIT_REFUSED
from tests.contracts.house import ROOT

LIMIT = 90.0  # seconds for any one step of a worker; they take one to ten
COMMAND = (sys.executable, "-c", "from streams.cli import main; main()", "worker")
"""`nattevagt worker` of this source tree, whatever is installed."""


def settings_for(broker: str, prefix: str, **changed: Any) -> Settings:
    """A worker's settings on a test broker: four partitions, one copy, quick looks at everything."""
    usual: dict[str, Any] = {
        "broker": broker,
        "topic_prefix": prefix,
        "partitions": 4,
        "replication": 1,
        "min_insync": 1,
        "demo": True,
        "simulation": True,
        "commit_interval_s": 0.3,
        "timekeeper_tick_s": 0.5,
        "session_timeout_s": 6.0,
    }
    return Settings(**{**usual, **changed})


def environment(settings: Settings) -> dict[str, str]:
    """This process's environment with exactly these settings in it."""
    kept = {name: text for name, text in os.environ.items() if not name.startswith("NATTEVAGT_")}
    for one in fields(settings):
        value = getattr(settings, one.name)
        if value is not None and value != one.default:
            kept[one.metadata["env"]] = str(int(value)) if isinstance(value, bool) else str(value)
    return kept


class Worker:
    """One worker process. `log`: its lines so far, as dicts; what is no JSON stands under `message`."""

    def __init__(
        self,
        settings: Settings,
        *,
        command: Sequence[str] = COMMAND,
        environ: Mapping[str, str] | None = None,
        keep: Path | None = None,
    ) -> None:
        """keep: a file that gets the log as well, line by line."""
        self._keep = keep
        self.log: list[dict[str, Any]] = []
        self._changed = threading.Condition()
        self._process = subprocess.Popen(
            command,
            env={**environment(settings), **(environ or {})},
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    @property
    def pid(self) -> int:
        """Process id."""
        return self._process.pid

    @property
    def code(self) -> int | None:
        """Exit code; None while it runs."""
        return self._process.poll()

    def said(self, message: str) -> list[dict[str, Any]]:
        """All lines whose message begins like this."""
        with self._changed:
            return [line for line in self.log if str(line.get("message", "")).startswith(message)]

    def wait_for(self, message: str, *, times: int = 1, limit: float = LIMIT) -> dict[str, Any]:
        """Wait until the log has `times` lines that begin like this, and give back the last of them."""
        found = self.wait_until(lambda: (lines := self.said(message))[times - 1 :] and lines, limit, message)
        return found[-1]

    def wait_until(self, told: Callable[[], Any], limit: float, what: str) -> Any:
        """Wait for anything that shows in the log."""
        with self._changed:
            done = self._changed.wait_for(lambda: told() or not self._reader.is_alive(), limit)
            if done and (found := told()):
                return found
        raise AssertionError(f"no '{what}' within {limit} s, exit code {self.code}: {self.last_words()}")

    def watching(self, *, times: int = 1) -> Self:
        """Wait until it has taken its partitions over (`times` counts rebalances)."""
        self.wait_for("watching", times=times)
        return self

    def last_words(self) -> str:
        """The end of the log, for messages of failed tests."""
        return " / ".join(orjson.dumps(line).decode()[:600] for line in self.log[-6:]) or "it said nothing"

    def kill(self) -> None:
        """SIGKILL, and wait."""
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()
        self._process.wait()
        self._reader.join(LIMIT)

    def terminate(self, *, limit: float = LIMIT) -> int:
        """SIGTERM, and the exit code. One that does not end says first what it is doing."""
        self._process.terminate()
        try:
            return self.wait(limit=limit)
        except subprocess.TimeoutExpired:
            self._process.send_signal(signal.SIGUSR1)  # the engine prints all its stacks
            self.wait_for("", times=len(self.log) + 1, limit=5.0)
            raise AssertionError(f"it does not end: {self.last_words()}") from None

    def wait(self, *, limit: float = LIMIT) -> int:
        """The exit code, when it ends by itself."""
        code = self._process.wait(limit)
        self._reader.join(LIMIT)
        return code

    @contextlib.contextmanager
    def stalled(self) -> Iterator[None]:
        """SIGSTOP inside, SIGCONT behind: a machine that stood still."""
        self._process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._process.send_signal(signal.SIGCONT)

    def _read(self) -> None:
        assert self._process.stderr is not None
        with (self._keep or Path(os.devnull)).open("wb") as copy:
            for line in self._process.stderr:
                copy.write(line)
                copy.flush()
                with self._changed:
                    self.log.append(_parsed(line))
                    self._changed.notify_all()
        with self._changed:
            self._changed.notify_all()


def _parsed(line: bytes) -> dict[str, Any]:
    try:
        found: dict[str, Any] = orjson.loads(line)
    except orjson.JSONDecodeError:
        return {"message": line.decode(errors="replace").rstrip()}
    return found


class Supervisor:
    """Starts a worker again whenever it ends, as a process manager would; a refusal (78) is final."""

    def __init__(self, make: Callable[[], Worker]) -> None:
        self._make = make
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._away = threading.Event()
        self.workers = [make()]
        self._thread = threading.Thread(target=self._keep, daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    @property
    def now(self) -> Worker:
        """The worker of now."""
        with self._lock:
            return self.workers[-1]

    @property
    def ends(self) -> list[int]:
        """Exit codes of those that have ended, oldest first; minus nine is our SIGKILL."""
        return [worker.code for worker in list(self.workers) if worker.code is not None]

    def said(self, message: str) -> list[dict[str, Any]]:
        """Lines of all its workers, oldest first."""
        return [line for worker in list(self.workers) for line in worker.said(message)]

    def at_work(self) -> None:
        """Wait until the worker of now watches, however many restarts that takes."""
        deadline = time.monotonic() + LIMIT
        while not self.now.said("watching"):
            assert time.monotonic() < deadline, f"nobody watches: {self.now.last_words()}"
            self._over.wait(0.05)

    def kill(self) -> None:
        """SIGKILL the worker of now; another one follows."""
        worker = self.now
        worker.kill()
        deadline = time.monotonic() + LIMIT
        while self.now is worker and time.monotonic() < deadline and not self._over.wait(0.01):
            pass

    @contextlib.contextmanager
    def away(self) -> Iterator[None]:
        """SIGKILL, and nobody starts it again inside."""
        self._away.set()
        try:
            self.now.kill()
            yield
        finally:
            gone = self.now
            self._away.clear()
            while self.now is gone and not self._over.wait(0.01):
                pass

    def settled(self) -> None:
        """Wait until it has given up, as it does on a refusal."""
        self._thread.join(LIMIT)
        assert not self._thread.is_alive(), "it goes on"

    def end(self, *, gently: bool = False) -> None:
        """No more restarts. gently: SIGTERM, so that the last commit is made."""
        self._over.set()
        self._thread.join(LIMIT)
        worker = self.now
        try:
            if gently and worker.code is None:
                worker.terminate()
        finally:
            worker.kill()

    def _keep(self) -> None:
        while not self._over.wait(0.05):
            code = self.now.code
            if code == EXIT_REFUSED:
                return
            if code is not None and not self._away.is_set():
                with self._lock:
                    self.workers.append(self._make())
