"""A ward for the full job: as in operation, with real times, plans with limits and slots, and several vital signs."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random

from schemas.topics import AUDIT, BINDINGS, CARE_PLANS, MEASUREMENTS
from streams.adapters import admin
from streams.adapters.input_records import InputRecord
from streams.adapters.settings import Settings
from streams.sim.patients import Patient, copd, heart
from streams.sim.story import enrolled, teams
from tests.bench.cluster import Lengths, Sender
from tests.bench.processes import Tested
from tests.bench.rate import reach
from tests.kafka.workers import COMMAND, environment

TEAMS = ("heart", "lung")
DAY_MS = 86_400_000
OFTEN = 100_000
PARTITIONS = 8
RED = 130.0
"""A pulse that is red for everybody here."""

CALM = 0.1
"""Share of patients who have the backlog's reds; the others stay fresh for the latency rows."""

Pair = tuple[bytes, bytes]


def settings_for(broker: str, prefix: str) -> Settings:
    """As in operation, but for one broker, and without pages that two runs would fight for."""
    return Settings(
        broker=broker,
        topic_prefix=prefix,
        partitions=PARTITIONS,
        replication=1,
        min_insync=1,
        demo=True,
        instance_id="bench",
        metrics_port=0,
    )


@dataclass(slots=True)
class Ward:
    """One installation with its patients. fresh: how many of them have had no red reading yet, from the end."""

    settings: Settings
    count: int
    patients: list[Patient] = field(init=False)
    dice: Random = field(default_factory=lambda: Random(7))
    number: int = 0
    fresh: int = field(init=False)

    def __post_init__(self) -> None:
        self.patients = [
            copd(f"bench-{n:06d}", max_per_hour=OFTEN) if n % 2 else heart(f"bench-{n:06d}") for n in range(self.count)
        ]
        self.fresh = self.count

    @property
    def audit(self) -> str:
        """Where every input's outcome is told."""
        return self.settings.topic(AUDIT)

    def worker(self) -> Tested:
        """`nattevagt worker` on the tested core."""
        return Tested(COMMAND, environment(self.settings))

    async def open(self, feeder: Sender, seen: Lengths) -> None:
        """Topics, teams, plans and bindings, let in by a worker of its own."""
        await admin.apply(self.settings, TEAMS)
        now_ms = time.time_ns() // 1_000_000
        for record in teams(now_ms):
            await (await feeder.send_to(self.settings.topic(record.topic), 0, [_pair(record)]))
        people = enrolled(self.patients, now_ms - 30 * DAY_MS, now_ms, (_in_twelve_hours(),))
        for topic in (CARE_PLANS, BINDINGS):
            await feeder.fill(self.settings.topic(topic), [_pair(one) for one in people if one.topic == topic])
        with self.worker() as process:
            await reach(process, seen, self.audit, PARTITIONS, 2 * self.count)

    def readings(self, count: int, *, red_share: float = 0.0, ms_apart: int = 1) -> Iterator[Pair]:
        """Readings of random patients and kinds, measured until now. red_share: all of the same few patients."""
        now_ms = time.time_ns() // 1_000_000
        few = self.patients[: max(1, round(self.count * CALM))]
        for n in range(count):
            self.number += 1
            at_ms = now_ms - (count - n) * ms_apart
            red = self.dice.random() < red_share
            patient = self.dice.choice(few if red else self.patients)
            kind = "pulse" if red else self.dice.choice(list(patient.normals))
            yield _reading(patient, kind, RED if red else _usual(patient, kind, self.dice), at_ms)

    def reds(self, count: int) -> list[tuple[str, Pair]]:
        """(patient, red reading) of patients that have had none; each raises an alert of its own."""
        if self.fresh - count < self.count * CALM:
            raise RuntimeError("too few patients for so many alerts: give --patients more")
        chosen = self.patients[self.fresh - count : self.fresh]
        self.fresh -= count
        now_ms = time.time_ns() // 1_000_000
        return [(one.name, _reading(one, "pulse", RED, now_ms)) for one in chosen]


def _reading(patient: Patient, kind: str, value: float, at_ms: int) -> Pair:
    return _pair(patient.reads(kind, value, at_ms, late_ms=0))


def _usual(patient: Patient, kind: str, dice: Random) -> float:
    normal = patient.normals[kind]
    return normal.level + max(-2.0, min(2.0, dice.gauss(0, 1))) * normal.spread


def _pair(record: InputRecord) -> Pair:
    assert record.key is not None
    assert record.value is not None
    return record.key, record.value


def _in_twelve_hours() -> str:
    """A slot that falls due when the bench is long over."""
    return (datetime.now(UTC) + timedelta(hours=12)).strftime("%H:00")


def measurements(ward: Ward) -> str:
    """Where readings go in."""
    return ward.settings.topic(MEASUREMENTS)


def sizes(values: Sequence[bytes]) -> dict[str, int]:
    """Median and largest size in bytes."""
    ordered = sorted(map(len, values))
    return {"median": ordered[len(ordered) // 2], "max": ordered[-1]} if ordered else {"median": 0, "max": 0}
