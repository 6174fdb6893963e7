"""Play a story into Kafka with its own times, so that the worker decides as if it had all happened.

Order between topics is decided where intake reads them. So whenever the next record is on another topic
than the one before, everything sent so far has to be let in first.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from streams.adapters.clock import steady_s
from streams.adapters.commits import caught_up
from streams.adapters.input_records import InputRecord, clocks
from streams.adapters.kafka import Deliverer, OutRecord
from streams.adapters.offsets import offset_reader
from streams.adapters.settings import Settings

BATCH = 500
"""Records sent and confirmed together at full speed (our choice: about 100 KiB)."""

OnSent = Callable[[Sequence[InputRecord]], None]


@dataclass(slots=True)
class Fed:
    """What has been sent and confirmed: records per topic, waits for intake, and how long it took."""

    records: Counter[str] = field(default_factory=Counter)
    waits: int = 0
    seconds: float = 0.0

    @property
    def total(self) -> int:
        """All records."""
        return self.records.total()


class Pace:
    """Simulated time against the wall. speed: simulated seconds per second; None = as fast as it goes."""

    def __init__(self, speed: float | None) -> None:
        self._speed = speed
        self._first: tuple[int, float] | None = None

    def ahead_s(self, at_ms: int) -> float:
        """Seconds until this simulated time is due; 0 when it is, or was."""
        if self._speed is None:
            return 0.0
        if self._first is None:
            self._first = at_ms, steady_s()
        first_ms, first_s = self._first
        return max(0.0, first_s + (at_ms - first_ms) / 1000 / self._speed - steady_s())


async def feed(
    records: Iterable[InputRecord],
    settings: Settings,
    deliverer: Deliverer,
    *,
    speed: float | None = None,
    on_sent: OnSent | None = None,
) -> Fed:
    """Play the records in order and wait until intake has let all of them in.

    The records should end with the clock on each partition. speed: see `Pace`.
    Raises DeliveryError when Kafka does not confirm, NattevagtError when nobody takes the records in.
    """
    fed, pace, started = Fed(), Pace(speed), steady_s()
    batch: list[InputRecord] = []
    topic: str | None = None

    async def flush() -> None:
        await deliverer.deliver(outgoing(batch, settings))
        fed.records.update(record.topic for record in batch)
        if on_sent is not None and batch:
            on_sent(tuple(batch))
        batch.clear()

    async with offset_reader(settings) as offsets:
        for record in records:
            turns = topic is not None and record.topic != topic
            ahead_s = pace.ahead_s(record.at_ms)
            if turns or ahead_s or len(batch) >= BATCH:
                await flush()
            if turns:
                fed.waits += 1
                await caught_up(settings, offsets)
            if ahead_s:
                await asyncio.sleep(pace.ahead_s(record.at_ms))
            batch.append(record)
            topic = record.topic
        await flush()
        await caught_up(settings, offsets)
    fed.seconds = steady_s() - started
    return fed


async def send_reference(
    records: Sequence[InputRecord], settings: Settings, deliverer: Deliverer, *, follow_s: float = 0.0
) -> None:
    """Publish coverage (and rules). Best before the first worker starts: it reads all of it before anything else.

    follow_s: how long to wait for workers that run already; they look once a second.
    """
    await deliverer.deliver(outgoing(records, settings))
    await asyncio.sleep(follow_s)


async def tell_time(at_ms: int, settings: Settings, deliverer: Deliverer) -> None:
    """It is this late on every partition: how time goes on behind the end of a story."""
    await deliverer.deliver(outgoing(clocks(at_ms, settings.partitions), settings))


def outgoing(records: Iterable[InputRecord], settings: Settings) -> list[OutRecord]:
    """The records as they go to this installation's topics."""
    return [
        OutRecord(
            settings.topic(record.topic),
            record.place(settings.partitions),
            record.key,
            record.value,
            record.headers,
            record.at_ms,
        )
        for record in records
    ]
