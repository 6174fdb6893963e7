"""Standstill: when nobody watched, read from the log itself, and what that means for each patient's clocks.

The timekeeper's heartbeats lie in the log among all else, so a log without one for a while is a watch that stood
still; a worker that is only behind folds them later and finds them in place. Both times are Kafka's own.
"""

from collections.abc import Iterator

from schemas.events import PatientEvent, Resumed, Stamp, TimerFired
from schemas.ids import make_id
from streams.core.state import PatientState

Stops = tuple[tuple[int, int], ...]
"""Spans (from, to) in epoch milliseconds without a heartbeat, oldest first; the newest may still grow."""

STOPPED_MS = 30_000
"""A watch that stood still for longer gives the ladder its time back (design.md, section 3, point 2)."""

REST_MS = 60_000
"""So long after a standstill data deadlines wait, for what senders held back. Our choice: clients of Kafka try again
at least every 10 s (librdkafka's `reconnect.backoff.max.ms`), and a gateway empties its queue within seconds."""

MAX_STOPS = 8
"""Spans remembered. A patient with an open alert hears of each within seconds, by a timer; our choice."""


def with_time(stops: Stops, alive_ms: int, at_ms: int) -> Stops:
    """The spans as they are known when a record of this time comes. alive_ms: last heartbeat; 0 = none yet."""
    if not alive_ms or at_ms - alive_ms <= STOPPED_MS:
        return stops
    if stops and alive_ms in stops[-1]:  # it still lasts, or a single heartbeat is all that lies between
        return (*stops[:-1], (stops[-1][0], max(stops[-1][1], at_ms)))
    return (*stops, (alive_ms, at_ms))[-MAX_STOPS:]


def is_resting(stops: Stops, at_ms: int) -> bool:
    """Is it so soon after a standstill that readings may still be on their way?"""
    return bool(stops) and at_ms - stops[-1][1] < REST_MS


def resumed(state: PatientState, stops: Stops, event_ms: int, stamp: Stamp) -> Iterator[Resumed]:
    """What a patient must be told before an event of this time: each span that their clock has not passed.

    Without an open alert only one matters, and only for an event from inside it: what it raises now has not been
    waiting since.
    """
    ahead = [span for span in stops if state.now_ms < span[1]]
    if state.alert is None:
        ahead = [span for span in ahead[-1:] if event_ms < span[1]]
    for since, until in ahead:
        yield Resumed(
            id=make_id(state.patient, "resumed", since, until),
            patient=state.patient,
            from_ms=since,
            to_ms=until,
            stamp=stamp,
        )


def event_time(event: PatientEvent) -> int:
    """The time an event lets pass."""
    match event:
        case TimerFired():
            return event.until_ms
        case Resumed():
            return event.to_ms
        case _:
            return event.received_ms
