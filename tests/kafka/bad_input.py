"""TABLE of bad input as it meets a running worker, and one night in which all of it is sent between good readings."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import count

from aiokafka import AIOKafkaProducer

from schemas.audit import AuditBody, Outcome
from schemas.base import rfc3339
from schemas.codec import MAX_INPUT_BYTES, Headers, dumps
from schemas.overview import Overview
from schemas.topics import AUDIT, DEVICE_STATUS, OVERVIEW, REJECTED
from streams.adapters import admin
from streams.adapters.clock import wall_ms
from streams.adapters.commits import caught_up
from streams.adapters.input_records import InputRecord
from streams.adapters.kafka import Deliverer
from streams.adapters.offsets import offset_reader
from streams.adapters.settings import Settings
from streams.cli.follow import Outcomes, audit_body
from streams.core.intake.accept import HEADER_BYTES, RawRecord
from streams.replay.account import await_account
from streams.sim.feed import outgoing
from streams.sim.nonsense import NONSENSE, STRANGER, Nonsense, Sender
from streams.sim.patients import Patient, copd
from streams.sim.story import enrolled, teams
from tests.chaos.evidence import Evidence, gather
from tests.kafka.workers import Worker

DAY_MS = 86_400_000
TEAMS = ("heart", "lung")
KIB = 1024

HEADERS: Headers = (("trace", b"\x00\xff"), ("trace", b"2"), ("nattevagt_reason", b"my own"), ("none", None))
"""What every bad record carries: a name twice, a name of ours, bytes that are no text, and null."""

MALFORMED, OVERSIZE = Outcome.REJECTED_MALFORMED, Outcome.REJECTED_OVERSIZE


def _alive(sender: Sender, **changed: object) -> InputRecord:
    """A heartbeat of the patient's oximeter, with fields changed, under the key of the patient it names."""
    name = sender.patient.name
    body = {"id": "alive", "patient": name, "device": sender.patient.device("spo2"), "at": rfc3339(sender.at_ms)}
    said = {**body, **changed}
    return InputRecord(DEVICE_STATUS, str(said["patient"]).encode(), dumps(said), sender.at_ms)


HEARTBEATS: tuple[Nonsense, ...] = (
    Nonsense("a heartbeat cut off", MALFORMED, lambda s: replace(_alive(s), value=b'{"id":"alive","pat')),
    Nonsense("a heartbeat of tomorrow", Outcome.REJECTED_TIME, lambda s: _alive(s, at=rfc3339(s.at_ms + DAY_MS))),
    Nonsense("a heartbeat with a reading", Outcome.REJECTED_SCHEMA, lambda s: _alive(s, value=93)),
    Nonsense("a stranger's heartbeat", Outcome.REJECTED_UNKNOWN_PATIENT, lambda s: _alive(s, patient=STRANGER)),
    Nonsense("a heartbeat nobody bound", Outcome.REJECTED_UNBOUND_DEVICE, lambda s: _alive(s, device="found-too")),
)
"""On a topic of their own; what intake refuses of them is no reading that the team could miss."""


def _filled(sender: Sender, size: int, headers: Headers = ()) -> InputRecord:
    """A good reading, with white space up to this many bytes of key, value and headers (HEADERS too)."""
    good = sender.says()
    spent = sum(len(name) + len(value or b"") + HEADER_BYTES for name, value in (*HEADERS, *headers))
    value = good.value or b""
    return replace(good, value=value + b" " * (size - spent - len(value) - len(sender.patient.name)), headers=headers)


MANY: Headers = tuple((f"h{n}", b"\xff" * 40) for n in range(1_000))
LARGEST = 1_000 * KIB  # with what Kafka writes around it, just below the 1 MiB of an input topic

MORE: tuple[Nonsense, ...] = (
    Nonsense("not JSON", MALFORMED, lambda s: s.sends(b"spo2=93")),
    Nonsense("half a UTF-16", MALFORMED, lambda s: s.sends(dumps(s.body()).decode().encode("utf-16"))),
    Nonsense("NaN", MALFORMED, lambda s: s.sends(dumps(s.body()).replace(b":93", b":NaN"))),
    Nonsense("Infinity", MALFORMED, lambda s: s.sends(dumps(s.body()).replace(b":93", b":-Infinity"))),
    Nonsense("10^400 in digits", MALFORMED, lambda s: s.sends(dumps(s.body()).replace(b":93", b":1" + b"0" * 400))),
    Nonsense("10^400 as a power", MALFORMED, lambda s: s.sends(dumps(s.body()).replace(b":93", b":1e400"))),
    Nonsense("lists 10,000 deep", MALFORMED, lambda s: s.sends(b"[" * 10_000 + b"]" * 10_000)),
    Nonsense("objects 10,000 deep", MALFORMED, lambda s: s.sends(b'{"a":' * 10_000 + b"1" + b"}" * 10_000)),
    Nonsense("a million", Outcome.REJECTED_IMPLAUSIBLE, lambda s: s.says(value=1_000_000)),
    Nonsense("the year 9999", Outcome.REJECTED_TIME, lambda s: s.says(measured_at="9999-12-31T23:59:59Z")),
    Nonsense("the year 1", Outcome.REJECTED_TIME, lambda s: s.says(measured_at="0001-01-01T00:00:00Z")),
    Nonsense("one byte over the limit", OVERSIZE, lambda s: _filled(s, MAX_INPUT_BYTES + 1)),
    Nonsense("as large as Kafka lets in, with 1,000 headers", OVERSIZE, lambda s: _filled(s, LARGEST, MANY)),
)
ROWS: tuple[Nonsense, ...] = (*NONSENSE, *MORE, *HEARTBEATS)
"""Every kind of bad input that Kafka lets through."""

LOGLESS = frozenset({"no key", "a key that is no pseudonym", "a stranger"}) | {row.what for row in HEARTBEATS[:-1]}
"""Rows of which no known patient's log can hear, or of which the team need not."""

RED_SIDE = frozenset({"a fraction as per cent"})
"""Rows whose number lies beyond the patient's red limit: 0.93 % is below 88 %, so a person is asked to look."""

Place = tuple[str, int, int]


@dataclass(slots=True)
class Night:
    """What was sent and what came of it. bad: by row. alone, among: good readings sent right behind another good
    one, and right behind a bad one, in turn."""

    settings: Settings
    worker: Worker
    bad: dict[str, tuple[Place, InputRecord]] = field(default_factory=dict)
    alone: list[Place] = field(default_factory=list)
    among: list[Place] = field(default_factory=list)
    named: dict[str, Place] = field(default_factory=dict)
    outcomes: dict[Place, list[AuditBody]] = field(default_factory=dict)
    told_ms: dict[Place, int] = field(default_factory=dict)
    sent_ms: dict[Place, int] = field(default_factory=dict)
    refused: dict[bytes, list[RawRecord]] = field(default_factory=dict)
    overviews: dict[str, Overview] = field(default_factory=dict)

    def latencies_ms(self, places: Sequence[Place]) -> list[int]:
        """From Kafka's receipt of the reading to Kafka's receipt of its outcome: one clock."""
        return [self.told_ms[place] - self.sent_ms[place] for place in places]


def patient_of(n: int) -> Patient:
    """Each row has a patient of its own, so that what the team sees can be told apart."""
    return copd(f"bad-{n:02d}", max_per_hour=100_000)


GOOD, OTHER = copd("good-01", max_per_hour=100_000), copd("good-02", max_per_hour=100_000)
CARRIED = copd("carried-01", max_per_hour=100_000)


@contextlib.contextmanager
def night(settings: Settings) -> Iterator[Night]:
    """One worker, and all of the table."""
    asyncio.run(_prepare(settings))
    with Worker(settings) as worker:
        worker.watching()
        found = Night(settings, worker)
        asyncio.run(_play(found))
        _read(found, asyncio.run(gather(settings)))
        yield found


async def _prepare(settings: Settings) -> None:
    await admin.apply(settings, TEAMS)
    async with _delivering(settings) as deliverer:
        await deliverer.deliver(outgoing(teams(wall_ms()), settings))


@contextlib.asynccontextmanager
async def _delivering(settings: Settings) -> AsyncIterator[Deliverer]:
    deliverer = Deliverer(settings)
    await deliverer.start()
    try:
        yield deliverer
    finally:
        await deliverer.stop()


async def _play(found: Night) -> None:
    settings, now_ms = found.settings, wall_ms()
    people = [GOOD, OTHER, CARRIED, *(patient_of(n) for n in range(len(ROWS)))]
    async with _delivering(settings) as deliverer, offset_reader(settings) as offsets:
        await deliverer.deliver(outgoing(enrolled(people, now_ms - DAY_MS, now_ms, ("08:00",)), settings))
        await caught_up(settings, offsets)
    producer = AIOKafkaProducer(bootstrap_servers=settings.broker, acks="all", max_request_size=2 * KIB * KIB)
    numbers = count(now_ms - DAY_MS // 2)

    async def send(record: InputRecord, *headers: tuple[str, bytes | None]) -> Place:
        done = await producer.send_and_wait(
            settings.topic(record.topic),
            record.value,
            record.key,
            partition=record.place(settings.partitions),
            headers=list(headers),
        )
        place = (record.topic, done.partition, done.offset)
        found.sent_ms[place] = done.timestamp
        return place

    async def good() -> Place:
        """Waited for, so that a slow machine makes no queue whose length would be measured instead."""
        place = await send(GOOD.reads("spo2", 93, next(numbers), late_ms=0))
        async for _ in outcomes.of([place]):
            pass
        return place

    async with producer, Outcomes(settings) as outcomes:
        for n, row in enumerate(ROWS):
            await send(OTHER.reads("spo2", 93, next(numbers), late_ms=0))
            found.alone.append(await good())
            record = row.record(Sender(patient_of(n), wall_ms(), GOOD.name))
            headers = (*HEADERS, *record.headers)
            found.bad[row.what] = await send(record, *headers), replace(record, headers=headers)
            found.among.append(await good())
        edge = _filled(Sender(GOOD, next(numbers), GOOD.name), MAX_INPUT_BYTES)
        found.named["at the limit"] = await send(edge, *HEADERS)
        for what in ("first", "repeat", "more"):
            red = CARRIED.reads("spo2", 80, wall_ms(), late_ms=0)
            found.named[what] = await send(red)
    await await_account(settings, patience_s=30)


def _read(found: Night, evidence: Evidence) -> None:
    for _, records in evidence.of(AUDIT):
        for record in records:
            body = audit_body(record.value or b"")
            if body.source is not None:
                place = (body.source.topic, body.source.partition, body.source.offset)
                found.outcomes.setdefault(place, []).append(body)
                found.told_ms[place] = record.at_ms
    for _, records in evidence.of(REJECTED):
        for record in records:
            source = record.headers[-1][1] or b""
            found.refused.setdefault(source, []).append(record)
    for _, records in evidence.of(OVERVIEW):
        for record in records:
            one = Overview.model_validate_json(record.value or b"")
            found.overviews[one.patient] = one
