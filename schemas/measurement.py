"""Measurement: one device reading as it arrives on measurements.v1."""

from typing import Annotated, NamedTuple

import orjson
from pydantic import Field

from schemas.base import Closed, Instant, instant_ms
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


class Reading(NamedTuple):
    """What judging takes from a Measurement. measured_ms: epoch milliseconds. replaces: (when, value) of the corrected
    reading; None = it corrects none. Units, missing: as in Measurement."""

    kind: str
    value: int | float | str
    comparator: Comparator | None
    unit: str | None
    measured_ms: int
    device: str
    battery_percent: int | None
    replaces: tuple[int, int | float | str] | None


def accepted(payload: str) -> Reading:
    """The reading in a body that intake has let in: it has been validated there, field by field, and is not again.

    Raises KeyError or ValueError for a body that is none, as no intake lets in.
    """
    body = orjson.loads(payload)
    gone = body.get("replaces")
    return Reading(
        body["kind"],
        body["value"],
        body.get("comparator"),
        body.get("unit"),
        instant_ms(body["measured_at"]),
        body["device"],
        body.get("battery_percent"),
        None if gone is None else (instant_ms(gone["measured_at"]), gone["value"]),
    )
