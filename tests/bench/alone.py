"""Without Kafka: what each part of the full job costs in CPU per reading, shallow states and full ones.

`python -m tests.bench.alone READINGS` prints one JSON object; the bench runs it on the tested core.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from random import Random
from time import process_time
from typing import Any

import orjson

from schemas.base import rfc3339
from schemas.catalog import default_bundle
from schemas.codec import cloudevent, loads
from schemas.coverage import TeamCoverage
from schemas.events import EVENT, LogEvent, PatientEvent
from schemas.made import wire
from streams.adapters.input_records import InputRecord
from streams.adapters.settings import Settings
from streams.agents.effects import SOURCE, Interpreter
from streams.cli.worker import spare_collector
from streams.core.context import Reference
from streams.core.effects import Effect
from streams.core.intake.route import route
from streams.core.record import StateRecord, decode_state, encode_state
from streams.core.signal.series import MAX_POINTS
from streams.core.state import PatientState
from streams.core.step import step
from streams.sim.patients import Patient, copd
from streams.sim.story import enrolled, teams
from tests.bench import job
from tests.bench.ward import DAY_MS, OFTEN, sizes

START_MS = 1_767_596_400_000
RUN = 250
"""Readings taken through each part together, as a slice does."""

MINUTE_MS = 60_000
RED_SHARE = 0.01
PARTS = ("intake.route", "event to bytes", "event from bytes", "decode_state", "step", "effects to records")


@dataclass(slots=True)
class Alone:
    """States as bytes, and the CPU seconds each part has taken."""

    patients: list[Patient]
    reference: Reference = field(default_factory=lambda: Reference(default_bundle(), "bench"))
    interpreter: Interpreter = field(default_factory=lambda: Interpreter(Settings(demo=True)))
    states: dict[str, bytes] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    dice: Random = field(default_factory=lambda: Random(3))
    offset: int = 0
    at_ms: int = START_MS

    @contextmanager
    def _part(self, name: str) -> Iterator[None]:
        begun = process_time()
        yield
        self.seconds[name] = self.seconds.get(name, 0.0) + process_time() - begun

    def enrol(self) -> None:
        """Teams, plans and bindings."""
        for offset, record in enumerate(teams(START_MS)):
            self.reference.add_coverage(offset, TeamCoverage.model_validate(loads(record.value or b"")))
        self.feed(enrolled(self.patients, START_MS - 30 * DAY_MS, START_MS, ("18:00",)))
        self.seconds.clear()

    def readings(self, count: int) -> list[InputRecord]:
        """So many more, of random patients and kinds."""
        made = []
        for _ in range(count):
            self.at_ms += MINUTE_MS // 8
            patient = self.dice.choice(self.patients)
            kind = self.dice.choice(list(patient.normals))
            normal = patient.normals[kind]
            red = kind == "pulse" and self.dice.random() < RED_SHARE
            value = 130.0 if red else normal.level + max(-2.0, min(2.0, self.dice.gauss(0, 1))) * normal.spread
            made.append(patient.reads(kind, value, self.at_ms, late_ms=0))
        return made

    def feed(self, records: list[InputRecord]) -> None:
        """All records through all parts, run by run."""
        for begin in range(0, len(records), RUN):
            self._run(records[begin : begin + RUN])

    def _run(self, records: list[InputRecord]) -> None:
        raw = [record.received(0, self.offset + n) for n, record in enumerate(records)]
        with self._part("intake.route"):
            routed = [route(each, self.reference, simulation=False).event for each in raw]
        events = [event for event in routed if event is not None]
        with self._part("event to bytes"):
            values = [wire(event) for event in events]
            for event in events:
                cloudevent(event.id, event.type, SOURCE, rfc3339(event.received_ms))
        with self._part("event from bytes"):
            read = [EVENT.validate_json(value) for value in values]
        held = [self.states.get(event.patient) for event in events]
        with self._part("decode_state"):
            for value in held:
                if value is not None:
                    decode_state(value)
        self._fold(read)

    def _fold(self, events: list[LogEvent]) -> None:
        states: dict[str, StateRecord] = {}
        effects: list[tuple[int, Effect]] = []
        for event in events:
            assert isinstance(event, PatientEvent)
            patient = event.patient
            held = states[patient].state if patient in states else self._state(patient)
            with self._part("step"):
                done = step(held, event, self.reference.at(event.stamp))
            states[patient] = StateRecord(self.offset, done.due_data_ms, done.due_ladder_ms, done.state)
            effects += [(self.offset, effect) for effect in done.effects]
            self.offset += 1
        with self._part("effects to records"):
            self.interpreter.records(0, effects)
        with self._part("encode_state"):
            self.states |= {patient: encode_state(record) for patient, record in states.items()}

    def _state(self, patient: str) -> PatientState:
        value = self.states.get(patient)
        return PatientState(patient) if value is None else decode_state(value).state


def measure(patients: int, warm: int, readings: int) -> dict[str, Any]:
    """CPU microseconds per reading by part, after `warm` readings."""
    alone = Alone([copd(f"alone-{n:05d}", max_per_hour=OFTEN) for n in range(patients)])
    alone.enrol()
    alone.feed(alone.readings(warm))
    alone.seconds.clear()
    alone.feed(alone.readings(readings))
    parts = {name: seconds / readings * 1e6 for name, seconds in alone.seconds.items()}
    return {"parts_us": parts, "total_us": sum(parts.values()), "state_bytes": sizes(list(alone.states.values()))}


def table_us(patients: int, readings: int) -> float:
    """The trivial job on a table of so many states: does a large table make a reading dearer?"""
    dice = Random(5)
    table = {b"patient-%07d" % n: job.encode(job.Mean(1, 90.0, float(n)), n) for n in range(patients)}
    stream = [(b"patient-%07d" % dice.randrange(patients), value) for _, value in job.readings(readings)]
    begun = process_time()
    for key, value in stream:
        done = job.judge(job.decode(table.get(key)), job.parse(value))
        table[key] = job.encode(done.state, 0)
    return (process_time() - begun) / readings * 1e6


def main(readings: int) -> None:
    """Shallow states, full series, and tables of 1,000 and of 1,000,000 patients."""
    spare_collector()
    few = 20
    found = {
        "shallow": measure(1_000, readings // 2, readings),
        "full": measure(few, few * 4 * MAX_POINTS, readings),
        "table_us": {"1000": table_us(1_000, readings), "1000000": table_us(1_000_000, readings)},
    }
    sys.stdout.write(orjson.dumps(found).decode() + "\n")


if __name__ == "__main__":
    main(int(sys.argv[1]))
