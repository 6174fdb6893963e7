"""Alive: when did a device last give a sign of life, and has it been quiet for too long to blame the patient?"""

from collections.abc import Mapping
from typing import NamedTuple

from streams.core.admission.binding import devices, is_contested
from streams.core.admission.flood import MAX_DEVICES
from streams.core.state import PatientState, SignOfLife

QUIET_AFTER = 3
"""A device is quiet once it has been silent for more than three of its own intervals: radio loses one or two every day.
Our choice; VRRP gives its master up after three advertisements too (RFC 5798, section 6.1)."""

Alive = Mapping[str, SignOfLife]


class Word(NamedTuple):
    """What is known of the device behind a kind. heard_ms: its last sign of life, or when it was bound without any."""

    device: str
    heard_ms: int
    is_quiet: bool


def heard(alive: Alive, device: str, at_ms: int) -> Alive:
    """It was alive then: it has measured."""
    known = alive.get(device, SignOfLife(at_ms))
    return _with(alive, device, known._replace(heard_ms=max(known.heard_ms, at_ms)))


def told(alive: Alive, device: str, at_ms: int, fault: str | None) -> Alive:
    """It said so itself. Of two heartbeats of one instant the one with a fault counts: no order of arrival matters."""
    known = alive.get(device, SignOfLife(at_ms))
    told_ms, said = max((known.told_ms, known.fault), (at_ms, fault or ""))
    return _with(alive, device, SignOfLife(max(known.heard_ms, at_ms), told_ms, said))


def _with(alive: Alive, device: str, one: SignOfLife) -> Alive:
    if alive.get(device) == one:
        return alive
    after = {**alive, device: one}
    while len(after) > MAX_DEVICES:
        after.pop(min(after, key=lambda name: (after[name].heard_ms, name)))
    return after


def word(state: PatientState, kind: str, at_ms: int) -> Word | None:
    """Was a device bound for the kind at `at_ms` alive by then? None = none of them says how often it would tell.

    One that is alive outweighs one that is quiet; of several that are quiet the last to be heard is named.
    A sign of life that comes later answers for then too: what is looked at first is how things are now.
    """
    found = None
    for device in devices(state):
        if not device.heartbeat_ms or not device.covers(at_ms, kind) or is_contested(state, device.id, kind, at_ms):
            continue
        sign = state.alive.get(device.id)
        heard_ms = device.from_ms if sign is None else max(sign.heard_ms, device.from_ms)
        one = Word(device.id, heard_ms, heard_ms + QUIET_AFTER * device.heartbeat_ms < at_ms)
        if found is None or _rank(one) > _rank(found):
            found = one
    return found


def _rank(one: Word) -> tuple[bool, int, str]:
    return not one.is_quiet, one.heard_ms, one.device
