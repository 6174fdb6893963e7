"""Every metric of `nattevagt notify`, declared as those of a worker are. No label is a recipient or a patient."""

from typing import Any

from prometheus_client import Counter, Gauge, Histogram

from streams.adapters.channels import CHANNELS
from streams.adapters.metrics import Declared

NOTICE_S = (0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0)
"""10 s is where a red notice is late (our choice, a sixtieth of its first re-page); 60 s is beyond all tries."""

OTHER = "other"
"""Stands for a channel that this release does not know, so that no notice can make a new series."""

NOTICES = Declared(Counter, "notices_total", "Notices by channel and what became of them.", ("channel", "result"))
NOTICE_AGE = Declared(
    Histogram,
    "notice_seconds",
    "From Kafka's time of a notice to the confirmed report of its delivery.",
    ("channel",),
    NOTICE_S,
)
WAITING = Declared(Gauge, "notices_waiting_records", "Notices under way or waiting for their turn.", ("channel",))
OLDEST = Declared(Gauge, "notice_oldest_seconds", "How long the oldest notice under way has been with us; 0 = none.")
BROKEN = Declared(Gauge, "recipients_unreached_records", "Recipients whose channel is down now.", ("channel",))
GROUPS = Declared(Counter, "notice_groups_total", "Messages that stood for several notices, by channel.", ("channel",))
GROUPED = Declared(Counter, "notices_grouped_total", "Notices that went out in such a message.", ("channel",))
STORMS = Declared(
    Gauge, "storms_records", "Teams with a storm of alerts now, as the process that watches for them sees."
)
STORMS_UNTOLD = Declared(Gauge, "storms_untold_records", "Of these: nobody of the team has been told of it yet.")
STORM_PAGES = Declared(Counter, "storm_pages_total", "Messages about storms and what became of them.", ("result",))
UNREADABLE = Declared(Counter, "notices_unreadable_total", "Records of notices.v1 that were no notice.")
POLLED = Declared(Gauge, "notify_poll_timestamp_seconds", "When notices.v1 was last asked for more.")

TABLE: tuple[Declared[Any], ...] = tuple(row for row in list(vars().values()) if isinstance(row, Declared))


def label(channel: str) -> str:
    """The channel as a label."""
    return channel if channel in CHANNELS else OTHER
