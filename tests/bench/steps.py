"""How long one `step` takes: the median over the readings of the last week of five, by plan, with its parts.

`python -m tests.bench.steps` prints one JSON object. The same five weeks are folded several times in the order of
time; of each reading the shortest time counts, because everything else that runs only makes it longer. Its state is
decoded from its bytes just before, as a worker does. CPU time of the process, without the cost of asking for it.
"""

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random
from statistics import median
from time import process_time_ns
from typing import Any
from unittest.mock import patch

import orjson

from schemas.base import rfc3339
from schemas.catalog import default_bundle, plan_templates
from schemas.coverage import TeamCoverage
from schemas.events import MeasurementReceived
from schemas.plan import CarePlan
from streams.cli.worker import spare_collector
from streams.core import step as stepping
from streams.core.context import Context, Reference
from streams.core.record import StateRecord, decode_state, encode_state
from streams.core.state import PatientState
from streams.sim.patients import COPD, COPD_LIMITS, HEART, HEART_LIMITS
from tests.builders import (
    DAY,
    DEVICE,
    HOUR,
    MINUTE,
    T0,
    TEAM,
    make_answers,
    make_binding,
    make_bindings,
    make_event,
    make_measurement,
)

PATIENTS = 12
ROUNDS = 3
DAYS, MEASURED_DAYS = 35, 7
RED_SHARE = 0.01
TARGETS_US = {"copd": 60, "heart-failure": 60, "post-discharge": 100}
"""Issue 5: a common plan and the densest one (most readings a day, tests/contracts/test_plans.py)."""

FORMS = {"copd": "copd-diary", "heart-failure": "hf-daily"}
NORMALS = {**HEART, **COPD}
LIMITS = {limit.kind: limit for limit in (*HEART_LIMITS, *COPD_LIMITS)}

PARTS = ("advance", "receive", "judge", "settle", "scores", "followed", "tell", "account", "ripen", "publish")
"""Functions that `step` calls once for a reading, by their names in its module."""


@dataclass(frozen=True, slots=True)
class Day:
    """When what is measured."""

    kinds: tuple[str, ...]
    hour: int
    minute: int


def _days(plan: CarePlan) -> list[Day]:
    found = [Day(slot.kinds, *map(int, at.split(":"))) for slot in plan.slots for at in slot.at]
    return sorted(found, key=lambda day: (day.hour, day.minute))


def events(template: str, patient: str, dice: Random) -> Iterator[Any]:
    """Plan, bindings, then what is measured at each slot, with a form every morning where there is one."""
    person = {"patient": patient, "id": "plan-1", "version": 1, "team": TEAM, "valid_from": rfc3339(T0 - DAY)}
    bare = plan_templates()[template].filled(**person)
    kinds = sorted({kind for slot in bare.slots for kind in slot.kinds})
    plan = bare.model_copy(update={"limits": tuple(LIMITS[kind] for kind in kinds if kind in LIMITS), "zone": "UTC"})
    yield make_event(plan, received_ms=T0 - DAY, offset=0)
    yield make_event(make_bindings(patient=patient, devices=[make_binding(valid_from=rfc3339(T0 - DAY))]), offset=1)
    start = T0 - T0 % DAY
    offset = 2
    for day in range(1, DAYS):
        if template in FORMS:
            at_ms = start + day * DAY + 7 * HOUR
            form = make_answers(FORMS[template], patient=patient, at_ms=at_ms, id=f"form-{offset}")
            yield make_event(form, received_ms=at_ms + MINUTE, offset=offset)
            offset += 1
        for slot in _days(plan):
            at_ms = start + day * DAY + slot.hour * HOUR + slot.minute * MINUTE
            for place, kind in enumerate(slot.kinds):
                yield _reading(patient, kind, at_ms + place * MINUTE, offset, dice)
                offset += 1


def _reading(patient: str, kind: str, at_ms: int, offset: int, dice: Random) -> MeasurementReceived:
    normal = NORMALS[kind]
    value = round(normal.level + max(-2.0, min(2.0, dice.gauss(0, 1))) * normal.spread)
    if kind == "pulse" and dice.random() < RED_SHARE:
        value = 130
    reading = make_measurement(value, kind=kind, patient=patient, at_ms=at_ms, id=f"r{offset}", device=DEVICE)
    event = make_event(reading, received_ms=at_ms + MINUTE // 2, offset=offset)
    assert isinstance(event, MeasurementReceived)
    return event


class Clock:
    """Nanoseconds of CPU by part."""

    def __init__(self) -> None:
        self.taken: dict[str, list[int]] = {}
        asked = [-process_time_ns() + process_time_ns() for _ in range(2_000)]
        self.asking = round(median(asked))

    def timed(self, name: str, function: Callable[..., Any], *given: Any) -> Any:
        """Call it and remember what it took."""
        begun = process_time_ns()
        done = function(*given)
        self.taken.setdefault(name, []).append(process_time_ns() - begun - self.asking)
        return done

    def wrap(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """The same function, timed."""
        return lambda *given: self.timed(name, function, *given)


def medians(clocks: list[Clock]) -> dict[str, float]:
    """Microseconds by part: of each call the shortest of all rounds, and of these the median."""
    shortest = {name: map(min, *(clock.taken[name] for clock in clocks)) for name in clocks[0].taken}
    return {name: round(median(taken) / 1_000, 1) for name, taken in shortest.items()}


def _context() -> Context:
    reference = Reference(default_bundle(), "bench")
    reference.add_coverage(0, TeamCoverage(team=TEAM, version=1))
    return reference.at(reference.stamp)


def _fold(template: str, clock: Clock, *, parts: bool) -> int:
    """All patients of a plan, day by day beside each other. Gives the bytes of the largest state."""
    context, dice, size = _context(), Random(11), 0
    lines = [list(events(template, f"{template}-{n}", dice)) for n in range(PATIENTS)]
    states = {n: PatientState(f"{template}-{n}") for n in range(PATIENTS)}
    since = T0 - T0 % DAY + (DAYS - MEASURED_DAYS) * DAY
    for beside in zip(*lines, strict=True):
        for n, event in enumerate(beside):
            if event.received_ms < since or not isinstance(event, MeasurementReceived):
                states[n] = stepping.step(states[n], event, context).state
                continue
            data = encode_state(StateRecord(0, 0, 0, states[n]))
            size = max(size, len(data))
            held = clock.timed("decode_state", decode_state, data).state
            if parts:
                done = _parted(clock, held, event, context)
            else:
                done = clock.timed("step", stepping.step, held, event, context)
            clock.timed("encode_state", encode_state, StateRecord(0, 0, 0, done.state))
            states[n] = done.state
    return size


def _parted(clock: Clock, state: PatientState, event: MeasurementReceived, context: Context) -> Any:
    with patch.multiple(stepping, **{name: clock.wrap(name, getattr(stepping, name)) for name in PARTS}):
        return stepping.step(state, event, context)


def measure(template: str) -> dict[str, Any]:
    """Medians in microseconds: `step` whole, and in a second run its parts."""
    whole, split = [Clock() for _ in range(ROUNDS)], [Clock() for _ in range(ROUNDS)]
    size = max([_fold(template, clock, parts=False) for clock in whole])
    for clock in split:
        _fold(template, clock, parts=True)
    parts = medians(split)
    return {**medians(whole), "parts_us": {name: parts[name] for name in PARTS}, "state_bytes": size}


def main() -> None:
    """Each plan of TARGETS_US."""
    spare_collector()
    found = {template: {**measure(template), "target": target} for template, target in TARGETS_US.items()}
    sys.stdout.write(orjson.dumps(found, option=orjson.OPT_INDENT_2).decode() + "\n")


if __name__ == "__main__":
    main()
