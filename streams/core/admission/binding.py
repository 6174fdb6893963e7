"""Bindings: may this device speak for this patient, about this kind, at the time it measured?"""

from schemas.measurement import Reading
from streams.core.plan import Device, parse_bindings
from streams.core.state import Contested, PatientState


def devices(state: PatientState) -> tuple[Device, ...]:
    """All devices of the bindings in force, past and scheduled spans included."""
    return () if state.bindings is None else parse_bindings(state.bindings)[1]


def speaking(state: PatientState, reading: Reading, measured_ms: int) -> Device | None:
    """The binding that covers the reading, or None.

    Checked at measured_at, not at arrival: a buffered reading belongs to whoever had the device then.
    """
    if state.bindings is None:
        return None
    for device in parse_bindings(state.bindings)[1]:
        if device.id == reading.device and device.covers(measured_ms, reading.kind):
            return device
    return None


def is_contested(state: PatientState, device: str, kind: str, at_ms: int) -> bool:
    """Had somebody else this device first, for this kind at this instant? Then it does not speak for the patient."""
    return any(row.device == device and _covers(row, kind, at_ms) for row in state.contested)


def bound(state: PatientState, kind: str, at_ms: int) -> bool:
    """Does any device speak for the patient about this kind at this instant?"""
    return any(one.covers(at_ms, kind) and not is_contested(state, one.id, kind, at_ms) for one in devices(state))


def _covers(row: Contested, kind: str, at_ms: int) -> bool:
    return any(span.from_ms <= at_ms < span.until_ms and (not span.kinds or kind in span.kinds) for span in row.spans)
