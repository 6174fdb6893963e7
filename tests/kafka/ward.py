"""A ward for tests: topics made, patients enrolled, readings sent, and the judge called at the end."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from schemas.topics import MEASUREMENTS
from streams.adapters import admin
from streams.adapters.commits import caught_up
from streams.adapters.input_records import InputRecord, partition_of
from streams.adapters.kafka import Deliverer
from streams.adapters.offsets import offset_reader
from streams.adapters.settings import Settings
from streams.core.intake.accept import RawRecord
from streams.replay.account import Account, await_account
from streams.sim.feed import outgoing
from streams.sim.patients import Patient, copd
from streams.sim.story import FIRST_NIGHT_MS, enrolled, teams
from tests.chaos.compare import Verdict, judge
from tests.chaos.evidence import Evidence, gather

DAY_MS = 86_400_000
TEAMS = ("heart", "lung")
OFTEN = 100_000  # readings an hour that no device of the ward is held back by


@dataclass(slots=True)
class Ward:
    """patients: a few on each partition. number: readings made so far; each is a second later than the last."""

    settings: Settings
    patients: list[Patient] = field(
        default_factory=lambda: [copd(f"ward-{n:02d}", max_per_hour=100_000) for n in range(12)]
    )
    number: int = 0

    def open(self) -> None:
        """Topics and coverage, before the first worker."""
        asyncio.run(admin.apply(self.settings, TEAMS))
        self.send(teams(FIRST_NIGHT_MS))

    def enrol(self) -> None:
        """Plans and bindings, and wait until a worker has let them in."""
        self.send(enrolled(self.patients, FIRST_NIGHT_MS - DAY_MS, FIRST_NIGHT_MS, ("08:00",)))
        self.let_in()

    def readings(self, count: int, *, partition: int | None = None) -> list[InputRecord]:
        """So many readings, patient by patient, every tenth of them red. partition: only of patients there."""
        among = [one for one in self.patients if partition in (None, self.partition(one))]
        made = []
        for _ in range(count):
            self.number += 1
            at_ms = FIRST_NIGHT_MS + 60_000 + self.number * 1_000
            value = 84 if self.number % 10 == 0 else 93
            made.append(among[self.number % len(among)].reads("spo2", value, at_ms, late_ms=0))
        return made

    def partition(self, patient: Patient) -> int:
        """The patient's partition."""
        return partition_of(patient.name.encode(), self.settings.partitions)

    def send(self, records: Sequence[InputRecord]) -> None:
        """Confirmed by Kafka when it returns."""

        async def go() -> None:
            deliverer = Deliverer(self.settings)
            await deliverer.start()
            try:
                await deliverer.deliver(outgoing(records, self.settings))
            finally:
                await deliverer.stop()

        asyncio.run(go())

    def let_in(self) -> None:
        """Wait until intake has committed everything."""

        async def go() -> None:
            async with offset_reader(self.settings) as offsets:
                await caught_up(self.settings, offsets)

        asyncio.run(go())

    def account(self, *, patience_s: float = 30.0) -> Account:
        """The account, once it is balanced or nothing has been told for so long."""
        return asyncio.run(await_account(self.settings, patience_s=patience_s))

    def evidence(self) -> Evidence:
        """Every record of every topic."""
        return asyncio.run(gather(self.settings))

    def records_of(self, topic: str, key: bytes) -> list[RawRecord]:
        """Everything a topic holds under a key, oldest first."""
        return [one for _, records in self.evidence().of(topic) for one in records if one.key == key]

    def judge(self) -> Verdict:
        """Everything folded again and compared."""
        return judge(self.evidence())

    def end(self, topic: str, partition: int) -> int:
        """The offset the next record will get."""

        async def go() -> int:
            async with offset_reader(self.settings) as offsets:
                return (await offsets.ends([topic]))[topic, partition]

        return asyncio.run(go())


def name_of(record: InputRecord) -> bytes:
    """What tells this reading from all others, in its own bytes and in its event's."""
    assert record.topic == MEASUREMENTS
    assert record.value is not None
    return record.value.split(b'"id":"')[1].split(b'"')[0]
