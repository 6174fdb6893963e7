"""Measurement: one device reading as it arrives on measurements.v1."""

from typing import Annotated

from pydantic import Field

from schemas.base import Closed, Instant
from schemas.censored import Comparator
from schemas.ids import DeviceField, LocalIdField, PseudonymField

Value = int | float | Annotated[str, Field(max_length=16)]


class Replaced(Closed):
    """The reading of the same kind that a corrected one takes the place of, named by what makes a reading one.

    value: as it was sent, in the unit of the correction. It need not have arrived yet.
    """

    measured_at: Instant
    value: Value


class Measurement(Closed):
    """One reading of one vital sign (FHIR R4 Observation, vital-signs).

    id: the device's own id of this reading; a repeat with the same content is a duplicate.
    kind: key of `schemas.vitals.VITALS`.
    value: number in `unit`, or the code of an enum kind (`"A"`, `"1+"`), or what a display shows instead: `"<5"`, and
    `"LO"`, `"HI"` of kinds whose meters are known to.
    comparator: the device only knew that the true value is below or above `value`; None = it measured it.
    unit: UCUM code; None only for enum and ordinal kinds.
    measured_at: the device's clock, with offset.
    battery_percent: 0 to 100; None when the device does not tell.
    replaces: the reading this one corrects; None = it corrects none. An id alone corrects nothing.
    """

    id: LocalIdField
    patient: PseudonymField
    kind: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,31}$")]
    value: Value
    comparator: Comparator | None = None
    unit: Annotated[str, Field(max_length=16)] | None = None
    measured_at: Instant
    device: DeviceField
    battery_percent: Annotated[int, Field(ge=0, le=100)] | None = None
    replaces: Replaced | None = None
