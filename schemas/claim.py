"""DeviceClaim: what one patient wants of one device, so that whoever sees all patients can find two who want it."""

from typing import Literal

from schemas.base import Open


class ClaimedSpan(Open):
    """[from_ms, until_ms), epoch milliseconds; until_ms None = until further notice. kinds: empty = all.

    shared: see schemas.binding.
    """

    from_ms: int
    until_ms: int | None
    kinds: tuple[str, ...]
    shared: bool


class DeviceClaim(Open):
    """One record on device-claims.v1. A higher version of the same patient replaces a lower one as a whole.

    version: of the patient's DeviceBindings. spans: empty = the patient gives the device up.
    """

    v: Literal[1] = 1
    device: str
    patient: str
    version: int
    spans: tuple[ClaimedSpan, ...]
    at: str
