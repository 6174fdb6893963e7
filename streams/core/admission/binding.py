"""Bindings: may this device speak for this patient, about this kind, at the time it measured?"""

from schemas.measurement import Reading
from streams.core.plan import Device, parse_bindings
from streams.core.state import PatientState


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
