"""The only place that reads the machine's clocks. Decisions never do; their time comes from records."""

import time


def wall_ms() -> int:
    """Wall clock, epoch milliseconds. For the timekeeper and the channels only."""
    return time.time_ns() // 1_000_000


def steady_s() -> float:
    """Monotonic seconds, for measuring and for pacing."""
    return time.perf_counter()
