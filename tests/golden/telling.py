"""How a golden story is told: one or two people, two weeks, and every record on a partition of the story's own.

Ids name topic, partition and offset of an input. A partition of its own keeps a story's ids the same, whether it
is told alone or beside the others, and whatever other stories are added later.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from schemas.base import to_ms
from schemas.coverage import Recipient, Shift, TeamCoverage
from streams.adapters.input_records import InputRecord, bindings, clock, coverage, plan
from streams.replay.run import PureRun
from streams.sim.patients import HOUR_MS, MINUTE_MS, UPLOAD_MS, Patient

PARTITIONS = 24
"""Room for as many stories."""

START_MS = to_ms(datetime(2026, 3, 23, tzinfo=UTC))
"""A Monday. The two weeks after it hold the change to summer time (29 March) and Easter (2 to 6 April 2026)."""

DAY_MS = 24 * HOUR_MS
END_MS = START_MS + 14 * DAY_MS
TICK_MS = HOUR_MS

Command = Callable[[str, int], InputRecord]
"""(alert id, newest sequence) -> the command about it."""


@dataclass(frozen=True, slots=True)
class _Said:
    at_ms: int
    patient: str
    command: Command


@dataclass(slots=True)
class Teller:
    """The story while it is told. number: its partition. records: in no order yet."""

    number: int
    records: list[InputRecord] = field(default_factory=list)
    said: list[_Said] = field(default_factory=list)

    def at(self, day: int, clock: str) -> int:
        """An instant: day of the story (0 = Monday 23 March), UTC."""
        hours, minutes = clock.split(":")
        return START_MS + day * DAY_MS + int(hours) * HOUR_MS + int(minutes) * MINUTE_MS

    def add(self, *records: InputRecord) -> None:
        """Records as they are."""
        self.records += records

    def enrol(self, patient: Patient, *, times: tuple[str, ...] = ("08:00", "18:00"), **changes: object) -> None:
        """Plan and bindings at the story's start. changes: fields of the plan that differ from the usual one."""
        since_ms = START_MS - 10 * DAY_MS
        contract = patient.plan(since_ms, times).model_copy(update=changes)
        self.add(plan(contract, START_MS), bindings(patient.bindings(since_ms), START_MS + 1))

    def reads(self, patient: Patient, kind: str, value: float, at_ms: int, *, late_ms: int = UPLOAD_MS) -> None:
        """One reading; it arrives `late_ms` after it was measured."""
        self.add(patient.reads(kind, value, at_ms, late_ms=late_ms))

    def sets(self, patient: Patient, days: range, values: Mapping[str, float], *clocks: str) -> None:
        """The usual sets of readings, at these times of each day. values: kind -> level instead of the normal one."""
        for day in days:
            for hour in clocks or ("07:50", "17:50"):
                for n, (kind, normal) in enumerate(patient.normals.items()):
                    at_ms = self.at(day, hour) + n * MINUTE_MS
                    self.reads(patient, kind, values.get(kind, normal.level), at_ms)

    def says(self, at_ms: int, patient: str, command: Command) -> None:
        """A person answers the patient's alert, the open one or else the last."""
        self.said.append(_Said(at_ms, patient, command))

    def told(self) -> list[InputRecord]:
        """All records by their time, on the story's partition, commands naming the alerts that the fold raised."""
        watch = PureRun(PARTITIONS).feed_all(reference())
        known: dict[str, tuple[str, int]] = {}
        told: list[InputRecord] = []
        waiting = sorted(self.said, key=lambda said: said.at_ms)
        for record in clocked([self._mine(record) for record in self.records], [self.number]):
            while waiting and waiting[0].at_ms < record.at_ms:
                said = waiting.pop(0)
                watch.advance(said.at_ms)
                known[said.patient] = watch.open_alert(said.patient) or known[said.patient]
                told.append(self._mine(said.command(*known[said.patient])))
                watch.feed(told[-1])
            if record.key is not None:  # else the clock's, which stands in no file
                told.append(record)
            watch.feed(record)
        return told

    def _mine(self, record: InputRecord) -> InputRecord:
        return replace(record, partition=self.number)


def clocked(records: Iterable[InputRecord], partitions: Iterable[int]) -> list[InputRecord]:
    """By time, with the simulation's clock on these partitions: every hour, after all that happened until then."""
    ticks = range(START_MS + TICK_MS, END_MS + TICK_MS, TICK_MS)
    clocks = [clock(at_ms, partition) for at_ms in ticks for partition in partitions]
    return sorted([*sorted(records, key=_when), *clocks], key=_when)


def _when(record: InputRecord) -> int:
    return record.at_ms


def reference() -> tuple[InputRecord, ...]:
    """Coverage of the two teams of all stories: weekdays 08-16, outside those hours the duty telephone."""
    return tuple(
        coverage(
            TeamCoverage(
                team=team,
                version=1,
                shifts=(Shift(days=(1, 2, 3, 4, 5), start="08:00", until="16:00"),),
                recipients=(
                    Recipient(id=f"nurse-{team}-1", role="nurse"),
                    Recipient(id=f"lead-{team}", role="duty_lead"),
                ),
                outside_hours="on_call",
                on_call=Recipient(id=f"duty-{team}", role="on_call"),
                device_owner=Recipient(id="depot", role="operator") if team == "heart" else None,
            ),
            START_MS,
        )
        for team in ("heart", "lung")
    )
