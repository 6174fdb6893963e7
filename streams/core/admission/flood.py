"""Floods: one token bucket per device, on the broker's clock, so that a mad device cannot drown its patient."""

from streams.core.plan import Device
from streams.core.state import Bucket

HOUR_MS = 3_600_000
MAX_DEVICES = 32
"""Buckets kept per patient: as many as bindings may name."""

HEARTBEATS = "!"
"""In front of a device's name: the bucket of its heartbeats, which use up nothing of what its readings may. No device's
name begins so."""


def take(bucket: Bucket | None, device: Device, now_ms: int) -> Bucket | None:
    """The bucket after one reading; None = empty, the reading is a flood.

    Capacity is one hour's allowance, so a holiday's buffered readings pass at once. Arithmetic is in
    reading-milliseconds (1 reading = 3,600,000), exact.
    """
    capacity = device.max_per_hour * HOUR_MS
    if bucket is None:
        left = capacity
    else:
        left = min(capacity, bucket.left + max(0, now_ms - bucket.at_ms) * device.max_per_hour)
    if left < HOUR_MS:
        return None
    return Bucket(left - HOUR_MS, now_ms if bucket is None else max(now_ms, bucket.at_ms))
