"""Every metric of `nattevagt registry`, declared as those of a worker are. No label is a device or a patient."""

from typing import Any

from prometheus_client import Counter, Gauge

from streams.adapters.metrics import Declared

CLAIMS = Declared(Counter, "device_claims_total", "Claims of devices looked at since the start, repeats included.")
RULINGS = Declared(
    Counter, "device_rulings_total", "Commands that say what of a device is somebody else's, or no longer is."
)
CONTESTED = Declared(
    Gauge, "contested_devices_records", "Devices that two people claim at once now or later, of owned partitions."
)
LAG = Declared(Gauge, "device_claims_lag_records", "Claims of owned partitions that nobody has decided on yet.")
UNREADABLE = Declared(Counter, "device_claims_unreadable_total", "Records of device-claims.v1 that were no claim.")
POLLED = Declared(Gauge, "registry_poll_timestamp_seconds", "When device-claims.v1 was last asked for more.")

TABLE: tuple[Declared[Any], ...] = tuple(row for row in list(vars().values()) if isinstance(row, Declared))
