"""Device clocks: a clock that is off shows in readings from the future, or in a lag that stays while readings flow."""

from streams.core.state import DeviceClock

AHEAD_MS = 60_000
"""A reading from later than this ahead of the broker: its clock runs ahead (our choice; NTP keeps to a second)."""

BEHIND_MS = 30 * 60_000
"""A lag below this is transmission."""

ALIKE_MS = 60_000
APART_MS = 5 * 60_000
"""Two readings came one by one when they are so far apart; buffered ones come together. Both are our choice."""

STEADY = 2
"""So many more readings with the same lag, and it is the clock that is behind, not the reading that is late."""


def compare(held: DeviceClock | None, received_ms: int, measured_ms: int) -> DeviceClock:
    """What is known of a device's clock after one more reading."""
    lag = received_ms - measured_ms
    if held is None or lag < BEHIND_MS or abs(lag - held.lag_ms) > ALIKE_MS:
        return DeviceClock(received_ms, lag, 0)
    if received_ms - held.received_ms < APART_MS:
        return DeviceClock(received_ms, lag, held.steady)
    return DeviceClock(received_ms, lag, held.steady + 1)


def is_ahead(clock: DeviceClock) -> bool:
    """Does it date readings into the future?"""
    return clock.lag_ms < -AHEAD_MS


def is_off(clock: DeviceClock) -> bool:
    """Is it one of the two? Nearly never."""
    return clock.steady >= STEADY or clock.lag_ms < -AHEAD_MS


def is_behind(clock: DeviceClock) -> bool:
    """Did readings that came one by one all claim to be as old?"""
    return clock.steady >= STEADY
