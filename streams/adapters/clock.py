"""The only place that reads the machine's clocks. Decisions never do; their time comes from records."""

import os
import time
from pathlib import Path


def wall_ms() -> int:
    """Wall clock, epoch milliseconds. For the timekeeper and the channels only."""
    return time.time_ns() // 1_000_000


def steady_s() -> float:
    """Monotonic seconds, for measuring and for pacing."""
    return time.perf_counter()


def busy_s() -> float:
    """CPU seconds of this thread: how much has been worked, however busy the machine is with others."""
    return time.thread_time()


def process_start_s() -> float:
    """Steady clock when this process began, imports included; now, where the system does not tell (macOS)."""
    try:
        # Field 22 of stat(5), behind the name, which may hold blanks: clock ticks between boot and start.
        ticks = int(Path("/proc/self/stat").read_text(encoding="ascii").rpartition(")")[2].split()[19])
        age_s = time.clock_gettime(time.CLOCK_BOOTTIME) - ticks / os.sysconf("SC_CLK_TCK")
    except (OSError, AttributeError, ValueError):
        age_s = 0.0
    return steady_s() - age_s
