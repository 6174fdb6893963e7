"""A broker as a process of this machine: Java and the jars, one KRaft node on loopback."""

import contextlib
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from schemas.errors import ConfigurationError

from . import answers, archive, guard, jars, ports, settings
from .archive import Archive
from .handle import Broker, How, Wish
from .java import Java

START_LIMIT = 90.0  # seconds; 2 s on a quiet machine, 9 s on a busy one, and CI machines are worse
STOP_LIMIT = 30.0  # seconds; 0.3 s is usual
# The quick compiler alone: start 2.8 to 2.1 s, CPU of a start 4.7 to 2.7 s. With the simple collector,
# 600,000 records of 300 bytes cost the broker 1.6 s of CPU instead of 4.3 s.
SWIFT = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC")


@dataclass(frozen=True, slots=True)
class Place:
    """The files of one node. `temporary` = they go when the broker stops."""

    home: Path
    temporary: bool

    @property
    def properties(self) -> Path:
        """Also the mark by which the process is known again."""
        return self.home / "server.properties"

    @property
    def log(self) -> Path:
        """The broker's own log."""
        return self.home / "broker.log"

    @property
    def output(self) -> Path:
        """What the JVM says before and beside the log."""
        return self.home / "broker.out"


@dataclass(frozen=True, slots=True)
class Machine:
    """The JVM with everything but the program it shall run.

    Learns: the broker may write the class archive at its orderly end, because we shall be there to keep it.
    """

    java: Java
    jars: list[Path]
    place: Place
    archive: Archive
    learns: bool

    def serve(self) -> list[str]:
        """The broker's command line."""
        flags = self.archive.learning() if self.learns else self.archive.reading()
        return self._command(*flags, "kafka.Kafka", str(self.place.properties))

    def tool(self, name: str, *arguments: str) -> list[str]:
        """The command line of one of Kafka's own tools."""
        return self._command(*self.archive.reading(), name, *arguments)

    def _command(self, *rest: str) -> list[str]:
        place, classes = self.place, os.pathsep.join(map(str, self.jars))
        logging = [f"-Dnattevagt.log={place.log}", f"-Dlog4j2.configurationFile={place.home / 'log4j2.yaml'}"]
        return [
            str(self.java.program), settings.HEAP, *SWIFT, *self.java.flags, *logging, "-cp", classes, *rest
        ]  # fmt: skip


class LocalNode:
    """The process, and how it is started again."""

    container: str | None = None

    def __init__(self, machine: Machine, address: str) -> None:
        self._machine = machine
        self._place = machine.place
        self._address = address
        self._process: subprocess.Popen[bytes] | None = None
        self._guard: guard.Guard | None = None

    @property
    def pid(self) -> int | None:
        """The JVM's; None when it was stopped or killed."""
        return self._process.pid if self._process else None

    def start(self) -> None:
        """Start the JVM and wait for an answer; a failure carries the broker's last lines."""
        with self._place.output.open("ab") as out:
            self._process = _launch(self._machine.serve(), out)
        process = self._process
        temporary = str(self._place.home) if self._place.temporary else ""
        self._guard = guard.over_process(process.pid, temporary=temporary)
        if not answers.wait(self._address, alive=lambda: process.poll() is None, timeout=START_LIMIT):
            raise ConfigurationError(
                f"Kafka did not start at {self._address}: {_last_lines(self._place)}",
                next_step="Read the line above; a taken port or data folder needs another one.",
            )

    def release(self) -> None:
        """Let the broker outlive this process."""
        if self._guard:
            self._guard.dismiss()

    def stop(self) -> None:
        """SIGTERM, and SIGKILL if it takes longer than STOP_LIMIT; temporary data go."""
        self._end_in_order()
        if self._place.temporary:
            shutil.rmtree(self._place.home, ignore_errors=True)

    def kill(self) -> None:
        """SIGKILL; the data stay for restart()."""
        if self._process:
            self._process.kill()
            self._reap()

    def restart(self) -> None:
        """Same data, same ports."""
        self._end_in_order()
        self.start()

    def _end_in_order(self) -> None:
        if self._process:
            self._process.terminate()
            self._reap()
            self._machine.archive.keep()

    def _reap(self) -> None:
        # The guard goes first: after wait() the process id may belong to somebody else.
        if self._guard:
            self._guard.dismiss()
        assert self._process is not None
        try:
            self._process.wait(STOP_LIMIT)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = self._guard = None


def start(java: Java, how: How, wish: Wish, say: Callable[[str], None]) -> Broker:
    """Get the jars, format the data folder if it is new, start, and wait for an answer."""
    files = jars.obtain(jars.cache() / f"kafka-{settings.VERSION}", say=say)
    port = ports.claim(wish.port)
    place = _prepare(wish.data, port)
    address = f"127.0.0.1:{port}"
    machine = Machine(java, files, place, archive.of(java, files, place.home), learns=not wish.detach)
    node = LocalNode(machine, address)
    begun = time.monotonic()
    with contextlib.ExitStack() as undo:
        undo.callback(node.stop)
        _format(machine)
        node.start()
        undo.pop_all()
    if wish.detach:
        node.release()
    say(
        f"Kafka {settings.VERSION} at {address} after {time.monotonic() - begun:.1f} s "
        f"(Java from {java.source}, pid {node.pid}, data {place.home}). {wish.farewell}"
    )
    return Broker(address, how, node, data=wish.data)


def _prepare(data: Path | None, port: int) -> Place:
    home = Path(tempfile.mkdtemp(prefix="nattevagt-kafka-")) if data is None else data.resolve()
    home.mkdir(parents=True, exist_ok=True)
    controller = next(candidate for candidate in ports.free(2) if candidate != port)
    place = Place(home, temporary=data is None)
    text = settings.properties(settings.local(data=home / "log", port=port, controller=controller))
    place.properties.write_text(text)
    (home / "log4j2.yaml").write_text(settings.LOGGING)
    return place


def _format(machine: Machine) -> None:
    place = machine.place
    if (place.home / "log" / "meta.properties").exists():
        return
    arguments = ["format", "--cluster-id", settings.CLUSTER_ID, "--config", str(place.properties)]
    command = machine.tool("kafka.tools.StorageTool", *arguments)
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own command
    if done.returncode != 0:
        raise ConfigurationError(
            f"Kafka could not format {place.home}: {(done.stderr or done.stdout).strip()[-300:]}",
            next_step="Give a folder that can be written.",
        )


def _launch(command: list[str], out: IO[bytes]) -> subprocess.Popen[bytes]:
    """In a session of its own: Ctrl-C must not end the broker before its owner has drained."""
    return subprocess.Popen(  # noqa: S603 - our own command, no shell
        command, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT, start_new_session=True
    )


def _last_lines(place: Place) -> str:
    lines = [line for file in (place.output, place.log) if file.exists() for line in _lines(file)]
    telling = [line for line in lines if any(word in line for word in ("ERROR", "FATAL", "Exception"))]
    return " / ".join((telling or lines)[-3:]) or "it said nothing."


def _lines(file: Path) -> list[str]:
    return [line for line in file.read_text(errors="replace").splitlines() if line and line[0] not in "\t "]
