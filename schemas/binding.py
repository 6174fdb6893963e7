"""DeviceBindings: which devices speak for a patient, for which kinds, how trusted, how often."""

from itertools import pairwise
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from schemas.base import Closed, Instant
from schemas.ids import DeviceField, DeviceTypeField, PseudonymField
from schemas.plan import Kind

MAX_HEARTBEAT_MIN = 1440
"""Once a day at least: a rarer one says nothing about a slot of today (our choice)."""


class Binding(Closed):
    """One device's right to speak for the patient: [valid_from, valid_until); None = until further notice.

    kinds: vital signs it may send; empty = all.
    trust: what is not clinical may raise a colour, and alone it never clears a red.
    max_per_hour: above it readings are quarantined as a flood. Default 120, our choice: a continuous
    oximeter that reports every 30 s is still inside.
    device_type: make and model; gateway: the hub or service it sends through. When many alerts come at once, the duty
    lead is told which they have in common. None = not known.
    heartbeat_min: how often, in minutes, it says on device-status.v1 that it is alive; None = it does not, so nothing
    can be concluded from its quiet.
    shared: the device is meant for several people at home, as a couple's scale; it is theirs at the same time only
    where the bindings of each of them say so.
    """

    device: DeviceField
    valid_from: Instant
    valid_until: Instant | None = None
    kinds: Annotated[tuple[Kind, ...], Field(max_length=32, strict=False)] = ()
    trust: Literal["clinical", "consumer", "manual"] = "clinical"
    max_per_hour: Annotated[int, Field(ge=1, le=100_000)] = 120
    device_type: DeviceTypeField | None = None
    gateway: DeviceField | None = None
    heartbeat_min: Annotated[int, Field(ge=1, le=MAX_HEARTBEAT_MIN)] | None = None
    shared: bool = False


class DeviceBindings(Closed):
    """All of one patient's devices; a higher version replaces a lower one as a whole."""

    patient: PseudonymField
    version: Annotated[int, Field(ge=1)]
    devices: Annotated[tuple[Binding, ...], Field(max_length=32, strict=False)]

    @model_validator(mode="after")
    def _no_overlap(self) -> Self:
        spans = sorted(self.devices, key=lambda b: (b.device, b.valid_from))
        for first, second in pairwise(spans):
            if first.device == second.device and (first.valid_until is None or second.valid_from < first.valid_until):
                raise ValueError(f"bindings of device {first.device} overlap")
        return self
