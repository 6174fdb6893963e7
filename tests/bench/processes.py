"""One process under test on one core, everything else on the others; CPU time and memory as the kernel counts them."""

import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryFile
from typing import Self

from tests.contracts.house import ROOT

TICK_S = 1 / os.sysconf("SC_CLK_TCK")
CORES = sorted(os.sched_getaffinity(0))
TESTED, OTHERS = CORES[-1], CORES[:-1] or CORES
"""The last core is the tested process's own; with one core only, everything shares it."""


def stand_aside() -> None:
    """This process, and whatever it starts from now on (the broker too), leaves the tested core alone."""
    os.sched_setaffinity(0, OTHERS)


def machine() -> dict[str, object]:
    """What was measured on, without its name."""
    model = "unknown"
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            model = line.partition(":")[2].strip()
            break
    return {"cpu": model, "cores": len(CORES), "kernel": os.uname().release.split("-")[0]}


class Tested:
    """A process on the tested core, killed at the end of the block."""

    def __init__(self, command: Sequence[str], environ: Mapping[str, str] | None = None) -> None:
        self.started_s = time.perf_counter()
        self._said = TemporaryFile()  # noqa: SIM115 - closed with the process
        self._process = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**os.environ, **(environ or {})},
            stdin=subprocess.DEVNULL,
            stdout=self._said,
            stderr=subprocess.STDOUT,
            preexec_fn=lambda: os.sched_setaffinity(0, [TESTED]),
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def check(self) -> None:
        """Raises RuntimeError with its last words when it has ended."""
        if self._process.poll() is not None:
            raise RuntimeError(f"ended with {self._process.returncode}: {self.said()[-1500:]}")

    def said(self) -> str:
        """All it has written so far."""
        self._said.seek(0)
        return self._said.read().decode(errors="replace")

    def cpu_s(self) -> float:
        """CPU seconds of all its threads."""
        fields = Path(f"/proc/{self._process.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) * TICK_S

    def resident_mb(self) -> float:
        """Resident memory."""
        for line in Path(f"/proc/{self._process.pid}/status").read_text(encoding="utf-8").splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) / 1024
        return 0.0

    def kill(self) -> None:
        """SIGKILL, and wait."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGKILL)
        self._process.wait()
        self._said.close()


def sleep_until(at_s: float) -> None:
    """Until this instant of the performance counter; nothing if it has passed."""
    time.sleep(max(0.0, at_s - time.perf_counter()))
