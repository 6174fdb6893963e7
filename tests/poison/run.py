"""A poison run: one worker, readings as fast as it takes them, and the table of bad input spread among them."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field, replace
from random import Random
from typing import Any

import orjson
from aiokafka import ConsumerRecord

from schemas.topics import AUDIT, MEASUREMENTS, REJECTED
from streams.adapters import admin
from streams.adapters.broker import Broker, obtain
from streams.adapters.clock import steady_s
from streams.adapters.input_records import InputRecord, clocks
from streams.adapters.kafka import Deliverer
from streams.adapters.log_tail import LogTail
from streams.adapters.settings import Settings
from streams.core.intake.route import SOURCE_HEADER
from streams.replay.account import Account, await_account
from streams.sim.feed import feed, outgoing, send_reference
from streams.sim.nonsense import NONSENSE, Nonsense, Sender
from streams.sim.patients import Patient, copd
from streams.sim.story import FIRST_NIGHT_MS, enrolled, teams
from tests.kafka.bad_input import HEADERS, MORE
from tests.kafka.workers import Supervisor, Worker, settings_for

TEAMS = ("heart", "lung")
DAY_MS = 86_400_000
STEP_MS = 100  # simulated time between two records
OFTEN = 100_000  # readings an hour: no device is a flood
BATCH = 500  # records handed to Kafka together
PATIENCE_S = 120.0
LARGE_EVERY = 500  # one bad record of so many is as large as Kafka lets in

ADDED = 4  # headers that the worker puts behind the original ones

MARK = "poison"
"""Header of every bad record: the number of its row, so that the topics alone can tell what was due."""

ROWS: tuple[Nonsense, ...] = (*NONSENSE, *MORE[:-1])
LARGE = MORE[-1]

Say = Callable[[str], None]
Where = tuple[int, int]
"""(partition, offset) on measurements.v1."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How many of each, spread evenly and in an order that the seed decides."""

    good: int = 100_000
    bad: int = 10_000
    patients: int = 500
    seed: int = 1


@dataclass(slots=True)
class Report:
    """bad_once, good_once: with exactly one outcome, the one that was due. by_outcome: of the bad ones.

    missing: inputs of any topic without an outcome; conflicting: with two different ones.
    kept_whole: bad ones whose bytes lie on rejected.v1. failed_internal: lines of the log.
    seconds, per_second: from the first record sent to the last outcome told.
    """

    plan: Plan
    restarts: int = 0
    bad_once: int = 0
    good_once: int = 0
    by_outcome: dict[str, int] = field(default_factory=dict)
    missing: int = 0
    conflicting: int = 0
    kept_whole: int = 0
    failed_internal: int = 0
    seconds: float = 0.0
    per_second: float = 0.0
    examples: list[str] = field(default_factory=list)

    @property
    def is_clean(self) -> bool:
        """Nobody restarted, everything told once and as it was due, all bytes kept."""
        told = (self.bad_once, self.kept_whole, self.good_once) == (self.plan.bad, self.plan.bad, self.plan.good)
        return told and not (self.restarts or self.missing or self.conflicting or self.failed_internal)

    def to_json(self) -> dict[str, Any]:
        """As a JSON object."""
        return asdict(self) | {"clean": self.is_clean}

    def line(self) -> str:
        """For a person."""
        outcomes = ", ".join(f"{name} {count}" for name, count in sorted(self.by_outcome.items()))
        return (
            f"{self.plan.bad} bad among {self.plan.good} good: {self.restarts} restarts; "
            f"bad with exactly the outcome due {self.bad_once} ({outcomes}), kept whole {self.kept_whole}; "
            f"good with it {self.good_once}; missing {self.missing}, conflicting {self.conflicting}, "
            f"failed inside {self.failed_internal}; {self.seconds:.1f} s, {self.per_second:.0f} inputs/s"
        )


def inputs(plan: Plan, patients: list[Patient]) -> Iterator[InputRecord]:
    """Good and bad in one order, each bad one with its mark."""
    dice = Random(plan.seed)
    bad = set(dice.sample(range(plan.good + plan.bad), plan.bad))
    number = 0
    for n in range(plan.good + plan.bad):
        at_ms, patient = FIRST_NIGHT_MS + 60_000 + n * STEP_MS, patients[n % len(patients)]
        if n not in bad:
            yield patient.reads("spo2", 90 + n % 6, at_ms, late_ms=0)
            continue
        number += 1
        row = LARGE if number % LARGE_EVERY == 0 else ROWS[number % len(ROWS)]
        record = row.record(Sender(patient, at_ms, patients[0].name + "x"))
        yield replace(record, headers=(*HEADERS, *record.headers, (MARK, row.what.encode())))


def poison_run(plan: Plan, *, broker: Broker | None = None, prefix: str = "poison-", say: Say) -> Report:
    """One run. broker: None = one of its own."""
    if broker is not None:
        return _run(plan, settings_for(broker.address, prefix), say)
    with obtain(say=say) as own:
        return _run(plan, settings_for(own.address, prefix), say)


def _run(plan: Plan, settings: Settings, say: Say) -> Report:
    report = Report(plan)
    asyncio.run(_prepare(settings))
    with Supervisor(lambda: Worker(settings)) as supervisor:
        account = asyncio.run(_play(plan, settings, report, say))
        report.restarts = len(supervisor.workers) - 1
        report.failed_internal = len(supervisor.said("failed.internal"))
    report.missing, report.conflicting = account.inputs_without_outcome, account.inputs_with_conflicting_outcomes
    asyncio.run(_judge(settings, report))
    return report


async def _prepare(settings: Settings) -> None:
    await admin.apply(settings, TEAMS)
    deliverer = Deliverer(settings)
    await deliverer.start()
    await send_reference(teams(FIRST_NIGHT_MS), settings, deliverer)
    await deliverer.stop()


async def _play(plan: Plan, settings: Settings, report: Report, say: Say) -> Account:
    patients = [copd(f"load-{n:04d}", max_per_hour=OFTEN) for n in range(plan.patients)]
    deliverer = Deliverer(settings)
    await deliverer.start()
    try:
        await feed(enrolled(patients, FIRST_NIGHT_MS - DAY_MS, FIRST_NIGHT_MS, ("08:00",)), settings, deliverer)
        say(f"{plan.patients} patients enrolled")
        since, batch = steady_s(), list[InputRecord]()
        for record in inputs(plan, patients):
            batch.append(record)
            if len(batch) == BATCH:
                await deliverer.deliver(outgoing(batch, settings))
                batch.clear()
        end_ms = FIRST_NIGHT_MS + 60_000 + (plan.good + plan.bad) * STEP_MS
        await deliverer.deliver(outgoing([*batch, *clocks(end_ms, settings.partitions)], settings))
        say(f"all sent after {steady_s() - since:.1f} s")
        account = await await_account(settings, patience_s=PATIENCE_S)
    finally:
        await deliverer.stop()
    report.seconds = steady_s() - since
    report.per_second = (plan.good + plan.bad) / report.seconds
    return account


async def _judge(settings: Settings, report: Report) -> None:
    """From the topics alone: what was due for each record against what was told."""
    due = await _due(settings)
    told: dict[Where, set[tuple[str, str]]] = {}
    async with LogTail(settings, [AUDIT]) as tail:
        async for record in tail.read():
            body = orjson.loads(record.value)
            if body.get("outcome") is not None and body["source"]["topic"] == MEASUREMENTS:
                where = body["source"]["partition"], body["source"]["offset"]
                told.setdefault(where, set()).add((body["id"], body["outcome"]))
    kept = await _kept(settings)
    counted: Counter[str] = Counter()
    for where, (row, value) in due.items():
        outcomes = [outcome for _, outcome in told.get(where, ())]
        right = len(outcomes) == 1 and _is_due(row, outcomes[0])
        if row is None:
            report.good_once += right
        else:
            report.bad_once += right
            report.kept_whole += kept.get(where) == value
            counted.update(outcomes)
        if not right and len(report.examples) < 10:
            report.examples.append(f"{where}: {'good' if row is None else row} got {outcomes}")
    report.by_outcome = dict(counted)


def _is_due(row: str | None, outcome: str) -> bool:
    if row is None:
        return outcome.startswith("accepted.")
    return outcome == next(one.outcome for one in (*ROWS, LARGE) if one.what == row)


async def _due(settings: Settings) -> dict[Where, tuple[str | None, int]]:
    """Row of each input (None = good) and a number that stands for all of its bytes; clocks left out."""
    found: dict[Where, tuple[str | None, int]] = {}
    async with LogTail(settings, [MEASUREMENTS]) as tail:
        async for record in tail.read():
            mark = dict(record.headers).get(MARK)
            if mark is not None or record.key is not None:
                row = None if mark is None else mark.decode()
                found[record.partition, record.offset] = row, _bytes_of(record, len(record.headers))
    return found


async def _kept(settings: Settings) -> dict[Where, int]:
    found: dict[Where, int] = {}
    async with LogTail(settings, [REJECTED]) as tail:
        async for record in tail.read():
            topic, partition, offset = dict(record.headers)[SOURCE_HEADER].decode().split("/")
            if topic == MEASUREMENTS:
                found[int(partition), int(offset)] = _bytes_of(record, -ADDED)
    return found


def _bytes_of(record: ConsumerRecord, headers: int) -> int:
    """Key, value and the first so many headers (negative: all but so many), as one number."""
    return hash((record.key, record.value, tuple(record.headers[:headers])))
