"""TIHM as a replay: a plan and bindings for every person of the file, then all readings in the order of time.

The publisher ships readings, not plans. The limits here are ordinary adult ones and nobody's personal ones:
an alert of a replay shows what the pipeline does, not how ill a person of the study was.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from schemas.base import to_ms
from schemas.binding import Binding, DeviceBindings
from schemas.coverage import TeamCoverage
from schemas.plan import CarePlan, Limit, Slot
from streams.adapters.input_records import InputRecord, bindings, clocks, coverage, plan, reading
from streams.replay.tihm import EXCERPT, TihmRow, measurement, rows

TEAM = "tihm"

LIMITS = (
    # Single readings of 180/110 are repeated or answered (clinical README section 3, hypertension); 160/100 and
    # the lower systolic bounds are our choice next to NEWS2's 2 and 3 points (91-100, 90 and below).
    Limit(kind="sbp", red_below=91, yellow_below=101, yellow_from=160, red_from=180),
    Limit(kind="dbp", yellow_from=100, red_from=110),
    # NEWS2 (RCP 2017): 3 points at 40 and below and from 131, 1 point at 41-50, 2 points from 111.
    Limit(kind="pulse", red_below=41, yellow_below=51, yellow_from=111, red_from=131),
    # NEWS2: 3 points at 35.0 and below, 1 point from 38.1, 2 points from 39.1. Home thermometers read low, so
    # the lower bound is yellow (our choice).
    Limit(kind="temp", yellow_below=35.1, yellow_from=38.1, red_from=39.1),
)

PER_HOUR = 1_000
"""Allowance of each device: the data set was uploaded in bursts, none of which is a flood (our choice)."""

DAY_MS = 86_400_000
TICK_MS = DAY_MS // 4
"""Simulated time between clock records: four a day, because the plans have one slot a day (our choice)."""


@dataclass(frozen=True, slots=True)
class TihmReplay:
    """What a file becomes. left_out: rows that map to no vital sign of the house. end_ms: the last clock's time."""

    reference: tuple[InputRecord, ...]
    records: tuple[InputRecord, ...]
    readings: int
    left_out: int
    start_ms: int
    end_ms: int
    partitions: int


def tihm_replay(path: Path = EXCERPT, *, partitions: int = 12) -> TihmReplay:
    """The whole file, deterministically. It ends a day after the last reading, so that the last silence shows."""
    every = list(enumerate(rows(path), start=1))
    used = [(n, row) for n, row in every if row.kind is not None]
    start_ms = min(to_ms(row.measured_at) for _, row in used) // DAY_MS * DAY_MS
    end_ms = max(to_ms(row.measured_at) for _, row in used) // DAY_MS * DAY_MS + 2 * DAY_MS
    timed = sorted(used, key=lambda numbered: (numbered[1].measured_at, numbered[0]))
    body = [_reading(row, n) for n, row in timed]
    return TihmReplay(
        reference=(coverage(TeamCoverage(team=TEAM, version=1, zone="UTC"), start_ms),),
        records=(*_enrolled([row for _, row in used], start_ms), *_ticking(body, start_ms, end_ms, partitions)),
        readings=len(used),
        left_out=len(every) - len(used),
        start_ms=start_ms,
        end_ms=end_ms,
        partitions=partitions,
    )


def tihm_records(path: Path = EXCERPT, *, partitions: int = 12) -> Iterator[InputRecord]:
    """All input records in order: plans, bindings, readings with the clock between. Coverage is reference data."""
    yield from tihm_replay(path, partitions=partitions).records


def _reading(row: TihmRow, n: int) -> InputRecord:
    body = measurement(row, n)
    return reading(str(body["patient"]), body, to_ms(row.measured_at))


def _enrolled(used: list[TihmRow], start_ms: int) -> Iterator[InputRecord]:
    """A plan for what a person ever measured: nobody is silent about a device that was never there."""
    since = min(row.measured_at for row in used) - timedelta(days=1)
    people: dict[str, dict[str, set[str]]] = {}
    for row in used:
        assert row.kind is not None, "rows without a kind were left out"
        body = measurement(row, 0)
        people.setdefault(str(body["patient"]), {}).setdefault(str(body["device"]), set()).add(row.kind)
    for patient, devices in sorted(people.items()):
        yield plan(_plan(patient, sorted(set().union(*devices.values())), since), start_ms)
    for patient, devices in sorted(people.items()):
        yield bindings(_bindings(patient, devices, since), start_ms)


def _plan(patient: str, kinds: list[str], since: datetime) -> CarePlan:
    """Expected once a day, at any hour: the slot opens at midnight and falls due a minute before the next one."""
    return CarePlan(
        patient=patient,
        id=f"plan-{patient}",
        version=1,
        team=TEAM,
        zone="UTC",
        valid_from=since,
        limits=tuple(limit for limit in LIMITS if limit.kind in kinds),
        slots=(Slot(id="daily", kinds=tuple(kinds), at=("12:00",), opens_min=720, grace_min=719),),
    )


def _bindings(patient: str, devices: dict[str, set[str]], since: datetime) -> DeviceBindings:
    return DeviceBindings(
        patient=patient,
        version=1,
        devices=tuple(
            Binding(device=name, valid_from=since, kinds=tuple(sorted(kinds)), max_per_hour=PER_HOUR)
            for name, kinds in sorted(devices.items())
        ),
    )


def _ticking(body: list[InputRecord], start_ms: int, end_ms: int, partitions: int) -> Iterator[InputRecord]:
    """The readings with the clock between them; it strikes after all that happened until then."""
    tick_ms = start_ms + TICK_MS
    for record in body:
        while tick_ms < record.at_ms:
            yield from clocks(tick_ms, partitions)
            tick_ms += TICK_MS
        yield record
    while tick_ms <= end_ms:
        yield from clocks(tick_ms, partitions)
        tick_ms += TICK_MS
