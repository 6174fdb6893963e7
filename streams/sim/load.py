"""Load: many readings of many patients, fast, with a chosen share of reds and of nonsense; for benches and crashes.

It has no story. Values jump between patients' bands as they like, so nothing clinical may be read from it.
"""

from collections.abc import Iterator
from random import Random

from schemas.vitals import VITALS
from streams.adapters.input_records import InputRecord, measurement
from streams.sim.nonsense import NONSENSE, Sender
from streams.sim.patients import HOUR_MS, UPLOAD_MS, Patient, copd
from streams.sim.story import FIRST_NIGHT_MS, Story, enrolled, teams, ticking

DAY_MS = 24 * HOUR_MS
STEP_MS = 1_000
"""Simulated time between two readings: 20,000 take five and a half hours (our choice)."""

PER_HOUR = 100_000
"""No device of a load is a flood: the most a binding can allow."""

RED_BELOW, GREEN_FROM, GREEN_TO = 88, 91, 97
"""SpO2 in per cent: the red limit of the simulated plan, and a span inside all of its limits."""


def load(
    n_patients: int,
    n_readings: int,
    seed: int = 1,
    *,
    red_share: float = 0.02,
    bad_share: float = 0.03,
    start_ms: int = FIRST_NIGHT_MS,
    partitions: int = 12,
) -> Story:
    """`n_readings` records on measurements.v1, after plans and bindings of `n_patients`, with the clock between.

    red_share, bad_share: shares of readings, 0 to 1; each bad one is the next row of the table of nonsense.
    """
    patients = [copd(f"load-{n:05d}", max_per_hour=PER_HOUR) for n in range(n_patients)]
    first_ms = start_ms + 60_000
    end_ms = first_ms + n_readings * STEP_MS + UPLOAD_MS
    readings = _readings(patients, n_readings, Random(seed), first_ms, red_share, bad_share)  # noqa: S311 - no secret
    told = ticking(
        [*enrolled(patients, start_ms - DAY_MS, start_ms, ("08:00",)), *readings], start_ms, end_ms, partitions
    )
    people = {patient.name: "is one of many" for patient in patients}
    return Story("load", start_ms, end_ms, partitions, teams(start_ms), tuple(told), people)


def _readings(
    patients: list[Patient], n_readings: int, random: Random, first_ms: int, red_share: float, bad_share: float
) -> Iterator[InputRecord]:
    bad = 0
    unit = VITALS["spo2"].unit
    for n in range(n_readings):
        at_ms = first_ms + n * STEP_MS
        patient, dice = random.choice(patients), random.random()
        if dice < bad_share:
            yield NONSENSE[bad % len(NONSENSE)].record(Sender(patient, at_ms, patients[0].name + "x"))
            bad += 1
            continue
        red = dice < bad_share + red_share
        value = random.randrange(RED_BELOW - 6, RED_BELOW) if red else random.randrange(GREEN_FROM, GREEN_TO)
        yield measurement(patient.name, "spo2", value, unit, at_ms, patient.device("spo2"))
