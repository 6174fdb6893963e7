"""DeviceStatus: a device says that it is alive, on device-status.v1. It is never a reading and counts for none."""

from typing import Annotated

from pydantic import Field, StringConstraints

from schemas.base import Closed, Instant
from schemas.ids import DeviceField, LocalIdField, PseudonymField

FaultField = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:-]{0,39}$", strict=True)]
"""A maker's own code of a fault. It is shown and kept, never interpreted."""


class DeviceStatus(Closed):
    """One sign of life, as often as the binding's `heartbeat_min` says (~ FHIR R4 DeviceMetric.operationalStatus).

    id: the device's own id of this message. at: the device's clock, with offset.
    battery_percent: 0 to 100; None when the device does not tell.
    fault: what the device says is wrong with it; None = nothing is, which ends a fault told earlier.
    firmware: version of its program, for whoever gives out devices; None = not told. Nothing is decided by it.
    """

    id: LocalIdField
    patient: PseudonymField
    device: DeviceField
    at: Instant
    battery_percent: Annotated[int, Field(ge=0, le=100)] | None = None
    fault: FaultField | None = None
    firmware: Annotated[str, StringConstraints(pattern=r"^[\x20-\x7e]{1,40}$", strict=True)] | None = None
