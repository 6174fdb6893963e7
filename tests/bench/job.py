"""The trivial job that every engine does alike: check a reading, keep its patient's mean, audit, and alert on 1 %.

Only orjson and pydantic are imported here, so that it also runs where nothing of ours is installed.
"""

from collections.abc import Iterator
from random import Random
from typing import NamedTuple

import orjson
from pydantic import BaseModel, ConfigDict

PARTITIONS = 8
PATIENTS = 20_000
ALERT_FROM = 180.0
ALERT_SHARE = 0.01

READINGS, AUDIT, ALERTS, STATE = "readings", "audit", "alerts", "state-changelog"
TOPICS = (READINGS, AUDIT, ALERTS, STATE)


class Reading(BaseModel):
    """Five fields, closed."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    patient: str
    kind: str
    value: float
    at_ms: int
    device: str


class Mean(NamedTuple):
    """Welford's running mean and variance of one patient."""

    n: int = 0
    mean: float = 0.0
    m2: float = 0.0


class Done(NamedTuple):
    """What one reading leads to: the patient's new state, one audit record, and an alert for some."""

    state: Mean
    audit: bytes
    alert: bytes | None


def parse(data: bytes) -> Reading:
    """Bytes to a validated reading."""
    return Reading.model_validate(orjson.loads(data))


def judge(held: Mean, reading: Reading) -> Done:
    """Fold one reading into its patient's state."""
    n = held.n + 1
    delta = reading.value - held.mean
    mean = held.mean + delta / n
    state = Mean(n, mean, held.m2 + delta * (reading.value - mean))
    audit = orjson.dumps({"patient": reading.patient, "at_ms": reading.at_ms, "n": n, "mean": mean})
    if reading.value < ALERT_FROM:
        return Done(state, audit, None)
    return Done(state, audit, orjson.dumps({"patient": reading.patient, "value": reading.value, "mean": mean}))


def encode(state: Mean, offset: int = -1) -> bytes:
    """The state as it is kept. offset: of the reading that made it, for engines that keep it beside the state."""
    return orjson.dumps({"v": 1, "off": offset, "mean": list(state)})


def decode(data: bytes | None) -> Mean:
    """Inverse of `encode`; the first state where there is none."""
    return Mean() if data is None else Mean(*orjson.loads(data)["mean"])


def readings(count: int, seed: int = 1) -> Iterator[tuple[bytes, bytes]]:
    """(key, value) of so many readings, about 110 bytes each."""
    dice = Random(seed)
    for n in range(count):
        patient = f"patient-{dice.randrange(PATIENTS):05d}"
        value = 200.0 if dice.random() < ALERT_SHARE else round(dice.gauss(90.0, 5.0), 1)
        body = {"patient": patient, "kind": "spo2", "value": value, "at_ms": 1_767_596_400_000 + n, "device": "d-1"}
        yield patient.encode(), orjson.dumps(body)
