"""Latency: from handing a reading to the feeder to holding the alert it raised, at a steady rate."""

import asyncio
import contextlib
import time
from collections.abc import Iterable
from typing import Any

import orjson
from aiokafka import AIOKafkaConsumer, ConsumerRecord

from schemas.topics import alerts_topic
from tests.bench.cluster import Sender
from tests.bench.ward import TEAMS, Pair, Ward, measurements

LINGER_S = 0.005
"""The feeder's linger, as recommended for gateways: readings of so much time leave together."""

RED_SHARE = 0.1
BEAT_S = 0.1
WAIT_S = 60.0
"""How long an alert may be on its way before it counts as missing."""


async def at_rate(ward: Ward, feeder: Sender, per_s: int, seconds: float) -> dict[str, Any]:
    """p50, p95 and p99 in milliseconds. missing: alerts that did not come within WAIT_S."""
    count = int(per_s * seconds)
    reds = ward.reds(max(1, int(count * RED_SHARE)))
    calm = list(ward.readings(count - len(reds)))
    stream = list(_mixed(calm, reds))
    async with _alerts(ward) as consumer:
        arrived: dict[str, float] = {}
        waiting = {patient for patient, _ in reds}
        reader = asyncio.create_task(_read(consumer, waiting, arrived))
        sent = await _send(feeder, measurements(ward), stream, per_s)
        await asyncio.wait([reader], timeout=WAIT_S)
        await _ended(reader)
    taken = sorted((arrived[patient] - sent[patient]) * 1000 for patient in arrived)
    return {"per_s": per_s, "alerts": len(taken), "missing": len(reds) - len(taken), **_percentiles(taken)}


def _mixed(calm: list[Pair], reds: list[tuple[str, Pair]]) -> Iterable[tuple[str | None, Pair]]:
    """The reds spread evenly; (patient, pair), the patient only where an alert is to come."""
    every = max(1, (len(calm) + len(reds)) // len(reds))
    left = iter(reds)
    for n, pair in enumerate(calm):
        if n % max(1, every - 1) == 0 and (red := next(left, None)) is not None:
            yield red
        yield None, pair
    yield from left


async def _send(feeder: Sender, topic: str, stream: list[tuple[str | None, Pair]], per_s: int) -> dict[str, float]:
    """Readings leave every LINGER_S; each one's clock starts when it is due, not when its batch leaves."""
    sent: dict[str, float] = {}
    confirmed: list[asyncio.Future[Any]] = []
    started_s, done = time.perf_counter(), 0
    while done < len(stream):
        due = min(len(stream), int((time.perf_counter() - started_s) * per_s))
        for n in range(done, due):
            patient = stream[n][0]
            if patient is not None:
                sent[patient] = started_s + n / per_s
        if due > done:
            confirmed += await feeder.send(topic, (pair for _, pair in stream[done:due]))
            done = due
        await asyncio.sleep(LINGER_S)
    await asyncio.gather(*confirmed)
    return sent


async def _read(consumer: AIOKafkaConsumer, waiting: set[str], arrived: dict[str, float]) -> None:
    while waiting:
        for records in (await consumer.getmany(timeout_ms=1000)).values():
            _note(records, waiting, arrived)


def _note(records: list[ConsumerRecord], waiting: set[str], arrived: dict[str, float]) -> None:
    now_s = time.perf_counter()
    for record in records:
        patient = "" if record.key is None else record.key.decode()
        if patient in waiting and orjson.loads(record.value)["type"] == "raised":
            waiting.discard(patient)
            arrived[patient] = now_s


async def _ended(reading: asyncio.Task[None]) -> None:
    """No more reading, before its consumer stops; a fault of it is raised here."""
    reading.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await reading


def _alerts(ward: Ward) -> Any:
    """A consumer at the end of the teams' topics."""
    names = [ward.settings.topic(alerts_topic(team)) for team in TEAMS]
    return _Following(AIOKafkaConsumer(*names, bootstrap_servers=ward.settings.broker, fetch_max_wait_ms=50))


class _Following:
    """The consumer inside the block, standing at the end of every partition."""

    def __init__(self, consumer: AIOKafkaConsumer) -> None:
        self._consumer = consumer

    async def __aenter__(self) -> AIOKafkaConsumer:
        await self._consumer.start()
        await self._consumer.seek_to_end()
        for tp in self._consumer.assignment():
            await self._consumer.position(tp)
        return self._consumer

    async def __aexit__(self, *_: object) -> None:
        await self._consumer.stop()


def _percentiles(taken: list[float]) -> dict[str, float | None]:
    if not taken:
        return {"p50": None, "p95": None, "p99": None}
    return {f"p{q}": taken[min(len(taken) - 1, len(taken) * q // 100)] for q in (50, 95, 99)}


async def at_start(ward: Ward, feeder: Sender, started_s: float) -> float:
    """Seconds from `started_s` to the first alert, with one more red reading every BEAT_S."""
    async with _alerts(ward) as consumer:
        arrived: dict[str, float] = {}
        waiting: set[str] = set()
        reading = asyncio.create_task(_first(consumer, waiting, arrived))
        while not arrived and time.perf_counter() - started_s < WAIT_S:
            for patient, pair in ward.reds(1):
                waiting.add(patient)
                await feeder.send(measurements(ward), [pair])
            await asyncio.wait([reading], timeout=BEAT_S)
        await _ended(reading)
    if not arrived:
        raise RuntimeError(f"no alert within {WAIT_S} s")
    return min(arrived.values()) - started_s


async def _first(consumer: AIOKafkaConsumer, waiting: set[str], arrived: dict[str, float]) -> None:
    while not arrived:
        for records in (await consumer.getmany(timeout_ms=1000)).values():
            _note(records, waiting, arrived)
