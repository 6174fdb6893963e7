"""What alert burden is measured on: TIHM at home with its clinicians' labels, and stays of PhysioNet 2012.

The stays are intensive care, not home: they show what a mitigation does where much happens, and claim nothing else.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from schemas.base import to_ms
from schemas.binding import Binding, DeviceBindings
from schemas.coverage import TeamCoverage
from schemas.plan import CarePlan, Limit
from schemas.vitals import VITALS
from streams.adapters.input_records import InputRecord, bindings, clock, coverage, measurement, plan
from streams.replay.alert_burden import DAY_MS, PatientDay
from streams.replay.datasets import physionet2012, tihm_days
from streams.replay.datasets.rows import Reading
from streams.replay.tihm_records import LIMITS as ADULT
from streams.replay.tihm_records import tihm_replay

TEAM: Final = "ward"
START: Final = datetime(2026, 1, 1, tzinfo=UTC)
"""Every stay begins here: the data set has no dates."""

HOURS: Final = 49
"""48 hours of data, and one for what is due behind them."""

LIMITS: Final = (
    *ADULT,
    # NEWS2 scale 1 (RCP 2017): 3 points at 91 and below, 2 at 92-93; 3 points from 25 and at 8 and below.
    Limit(kind="spo2", red_below=92, yellow_below=94),
    Limit(kind="resp_rate", red_below=9, yellow_below=12, yellow_from=21, red_from=25),
)


@dataclass(frozen=True, slots=True)
class Source:
    """parts: runs that have nothing to do with each other. events: labelled days; empty = the set has none."""

    title: str
    reference: tuple[InputRecord, ...]
    parts: tuple[tuple[InputRecord, ...], ...]
    events: frozenset[PatientDay]


def tihm(folder: Path) -> Source:
    """The whole of TIHM; an event is a day for which clinicians confirmed one (agitation left out)."""
    replay = tihm_replay(folder / "tihm" / "Physiology.csv", partitions=1)
    zero = to_ms(tihm_days.ZERO) // DAY_MS
    found = (row.event.split("/") for row in tihm_days.load(folder).rows if row.event)
    events = frozenset(PatientDay(f"tihm-{patient}", zero + int(day)) for patient, day in found)
    return Source("TIHM, at home", replay.reference, (replay.records,), events)


def stays(folder: Path, count: int) -> Source:
    """The first `count` stays of set-a, each a run of its own."""
    begun: dict[str, int] = {}
    readings: dict[str, list[Reading]] = {}
    for row in physionet2012.load(folder).rows:
        begun.setdefault(row.patient, row.at_min)
        readings.setdefault(row.patient, []).extend(row.readings)
    chosen = sorted(readings)[:count]
    parts = tuple(tuple(_stay(stay, readings[stay], begun[stay])) for stay in chosen)
    reference = (coverage(TeamCoverage(team=TEAM, version=1, zone="UTC"), to_ms(START)),)
    return Source(f"PhysioNet 2012 set-a, {len(chosen)} stays", reference, parts, frozenset())


def _stay(stay: str, readings: Sequence[Reading], begun_min: int) -> list[InputRecord]:
    """Plan and binding, then the readings with the clock every hour. Levels of consciousness are sent as codes."""
    patient, at_ms = f"p2012-{stay}", to_ms(START)
    kinds, device = tuple(sorted({reading.kind for reading in readings})), f"p2012-{stay}-monitor"
    limits = tuple(limit for limit in LIMITS if limit.kind in kinds)
    contract = CarePlan(
        patient=patient,
        id=f"plan-{patient}",
        version=1,
        team=TEAM,
        zone="UTC",
        valid_from=START - timedelta(days=1),
        limits=limits,
        rules=("limits", "news2"),
    )
    bound = Binding(device=device, valid_from=START - timedelta(days=1), kinds=kinds, max_per_hour=1_000)
    read = [
        measurement(patient, r.kind, _value(r), VITALS[r.kind].unit, at_ms + (r.at_min - begun_min) * 60_000, device)
        for r in readings
    ]
    hours = [clock(at_ms + hour * 3_600_000, 0) for hour in range(1, HOURS + 1)]
    return [
        plan(contract, at_ms),
        bindings(DeviceBindings(patient=patient, version=1, devices=(bound,)), at_ms),
        *sorted([*read, *hours], key=lambda record: record.at_ms),
    ]


def _value(reading: Reading) -> float | str:
    codes = VITALS[reading.kind].codes
    return codes[reading.milli] if codes else reading.milli / 1000
