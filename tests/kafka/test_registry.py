"""One device, two patients, on a real Kafka: the second is refused, though the registry dies while it says so."""

import asyncio
import signal
import sys
import time
from collections.abc import Callable
from typing import Any

import orjson
import pytest

from schemas.base import rfc3339
from schemas.binding import DeviceBindings
from schemas.topics import AUDIT, COMMANDS, DEVICE_CLAIMS, MEASUREMENTS
from streams.adapters.broker import Broker
from streams.adapters.input_records import InputRecord, bindings, measurement, plan
from streams.cli.doctor_log import registry as examined
from streams.sim.patients import copd
from streams.sim.story import FIRST_NIGHT_MS
from tests.kafka.ward import DAY_MS, Ward
from tests.kafka.workers import Worker, settings_for

pytestmark = [pytest.mark.kafka, pytest.mark.slow]

REGISTRY = (sys.executable, "-c", "from streams.cli import main; main()", "registry")
DYING = (sys.executable, "-m", "tests.kafka.dying_registry")
LIMIT_S = 30.0
FIRST, SECOND, DEVICE = "registry-a", "registry-b", "oximeter-7"
HOUR_MS = 3_600_000


def until(told: Callable[[], object], what: str) -> None:
    """Ask again and again, for at most half a minute."""
    ends = time.monotonic() + LIMIT_S
    while not told():
        assert time.monotonic() < ends, what
        time.sleep(0.2)


def bound(patient: str, version: int = 1, until_ms: int | None = None) -> InputRecord:
    """The one oximeter, since yesterday."""
    since = rfc3339(FIRST_NIGHT_MS - DAY_MS)
    row = {"device": DEVICE, "valid_from": since, "valid_until": None if until_ms is None else rfc3339(until_ms)}
    contract = DeviceBindings.model_validate({"patient": patient, "version": version, "devices": [row]})
    return bindings(contract, FIRST_NIGHT_MS + version)


def reads(patient: str, minute: int) -> InputRecord:
    """A calm reading, so many minutes into the night."""
    at_ms = FIRST_NIGHT_MS + minute * 60_000
    return measurement(patient, "spo2", 93, "%", at_ms, DEVICE)


def became(ward: Ward, topic: str, patient: str) -> list[str]:
    """What became of a patient's inputs of one topic, oldest first."""
    bodies = [orjson.loads(one.value or b"{}") for _, records in ward.evidence().of(AUDIT) for one in records]
    found = {
        body["source"]["offset"]: body["outcome"]
        for body in bodies
        if body.get("outcome") and body.get("patient") == patient and body["source"]["topic"] == topic
    }
    return [found[offset] for offset in sorted(found)]


def said(ward: Ward) -> list[dict[str, Any]]:
    """Everything the registry has said, oldest first; all of it to the second patient."""
    assert [] == ward.records_of(COMMANDS, FIRST.encode())
    return [orjson.loads(one.value or b"{}") for one in ward.records_of(COMMANDS, SECOND.encode())]


def doctor(ward: Ward) -> str:
    """What the doctor says of claims."""
    (remark,) = asyncio.run(examined(ward.settings))
    return remark.text


def test_a_registry_killed_before_its_commit_says_it_again_and_the_second_patient_waits(
    broker: Broker, prefix: str
) -> None:
    """Bindings stand as told while no registry runs; then the later one is contested, once; an end releases it."""
    ward = Ward(settings_for(broker.address, prefix), [])
    ward.open()
    with Worker(ward.settings) as worker:
        worker.watching()
        ward.send(
            [plan(copd(name).plan(FIRST_NIGHT_MS - DAY_MS, ("08:00",)), FIRST_NIGHT_MS) for name in (FIRST, SECOND)]
        )
        for number, name in enumerate((FIRST, SECOND), 1):
            ward.send([bound(name)])
            until(lambda number=number: number == len(ward.records_of(DEVICE_CLAIMS, DEVICE.encode())), "no claim")
        ward.send([reads(SECOND, 1)])
        until(lambda: ["accepted.no_alert"] == became(ward, MEASUREMENTS, SECOND), "bindings do not stand")
        assert "2 claims of devices, 2 of them undecided" == doctor(ward)

        with Worker(ward.settings, command=DYING) as dying:
            assert -signal.SIGKILL == dying.wait(limit=LIMIT_S), dying.last_words()
        with Worker(ward.settings, command=REGISTRY) as registry:
            until(lambda: ["accepted.recorded", "rejected.duplicate"] == became(ward, COMMANDS, SECOND), "no repeat")
            assert said(ward)[0] == said(ward)[1]
            assert FIRST not in orjson.dumps(said(ward)).decode()
            ward.send([reads(FIRST, 2), reads(SECOND, 2)])
            until(lambda: "rejected.unbound_device" in became(ward, MEASUREMENTS, SECOND), "it speaks for both")
            until(lambda: ["accepted.no_alert"] == became(ward, MEASUREMENTS, FIRST), "the first lost it")

            ward.send([bound(FIRST, 2, FIRST_NIGHT_MS + HOUR_MS)])
            until(lambda: 3 == len(became(ward, COMMANDS, SECOND)), "not released")
            ward.send([reads(SECOND, 90)])
            until(lambda: "accepted.no_alert" == became(ward, MEASUREMENTS, SECOND)[-1], "still refused")
            until(lambda: "3 claims of devices, none of them undecided" == doctor(ward), "claims wait")
            assert 0 == registry.terminate()
    assert ward.judge().is_clean
