"""A broker that outlives the command which started it: its record on disk, and its orderly end.

The run folder is NATTEVAGT_RUN_DIR, else ~/.local/state/nattevagt. One record = one broker per folder.
"""

import contextlib
import os
import signal
import subprocess
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import orjson

from schemas.errors import ConfigurationError, StateError

from . import docker
from .handle import Broker, How

STOP_LIMIT = 30.0  # seconds; 0.3 s is usual, 6 s when the class archive is written


@dataclass(frozen=True, slots=True)
class Record:
    """What `start` knew. `pid` and `mark` for a process, `container` for Docker; None = not that kind.

    Data: a folder, or for Docker the name of a volume.
    Mark: the path of its server.properties, which stands on the broker's command line.
    """

    address: str
    how: How
    data: str
    pid: int | None = None
    mark: str | None = None
    container: str | None = None

    def runs(self) -> bool:
        """True only for the very broker that was started, not for a later owner of its process id."""
        if self.container is not None:
            return docker.runs(self.container)
        return self.pid is not None and self.mark is not None and self.mark in command_line(self.pid)

    def end(self) -> None:
        """In good order; StateError when it is still there after STOP_LIMIT."""
        if self.container is not None:
            docker.remove(self.container)
            return
        assert self.pid is not None
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGTERM)
        end = time.monotonic() + STOP_LIMIT
        while self.runs():
            if time.monotonic() > end:
                raise StateError(
                    f"the broker (pid {self.pid}) is still there after {STOP_LIMIT:.0f} s.",
                    next_step=f"Read its log in {self.data}, then end it with  kill -9 {self.pid}",
                )
            time.sleep(0.05)


def folder() -> Path:
    """Where the record and, by default, the data are."""
    return Path(os.environ.get("NATTEVAGT_RUN_DIR") or Path.home() / ".local" / "state" / "nattevagt")


def recorded() -> Record | None:
    """The record; None = nothing was started, or it was stopped."""
    try:
        return Record(**orjson.loads(_file().read_bytes()))
    except FileNotFoundError:
        return None
    except (orjson.JSONDecodeError, TypeError) as error:
        raise StateError(
            f"{_file()} is no record of a broker: {error}.",
            next_step="Look for a broker with  ps  or  docker ps, end it, and remove the file.",
        ) from error


def record(broker: Broker, data: Path) -> Record:
    """Write down what was started, by rename."""
    if broker.how == "given":
        raise ConfigurationError("a given broker is not ours.", next_step="Start one without an address.")
    mark = None if broker.container else str(data.resolve() / "server.properties")
    kept = docker.volume_of(data) if broker.container else str(data.resolve())
    written = Record(broker.address, broker.how, kept, broker.pid, mark, broker.container)
    _file().parent.mkdir(parents=True, exist_ok=True)
    fresh = _file().with_suffix(".new")
    fresh.write_bytes(orjson.dumps(asdict(written), option=orjson.OPT_INDENT_2))
    fresh.replace(_file())
    return written


def forget() -> None:
    """Remove the record; the data stay."""
    _file().unlink(missing_ok=True)


def command_line(pid: int) -> str:
    """The command line of a process, words apart by spaces; empty = no such process, or one that ended."""
    if Path("/proc/self").exists():
        try:
            return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            return ""
    asked = subprocess.run(  # noqa: S603 - fixed words, no shell
        ["/bin/ps", "-ww", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return asked.stdout


def _file() -> Path:
    return folder() / "kafka.json"
