"""Start, crash and recovery of a worker: how long nobody watches, and what its states weigh in memory."""

import asyncio
import time
from typing import Any

from schemas.audit import Outcome
from schemas.topics import STATE
from streams.adapters import admin
from streams.core.plan import NEVER
from streams.core.record import StateRecord, encode_state
from streams.replay.run import PureRun
from streams.sim.patients import copd
from streams.sim.story import enrolled, teams
from tests.bench.cluster import Lengths, Sender
from tests.bench.latency import LINGER_S, at_start
from tests.bench.processes import Tested
from tests.bench.rate import reach
from tests.bench.ward import DAY_MS, OFTEN, PARTITIONS, TEAMS, Ward, measurements

NAME = "weigh-000000"
BEAT_S = 0.1
LIMIT_S = 240.0


async def first_alert(ward: Ward, feeder: Sender) -> float:
    """Seconds from the start of the process to the first alert, with a red reading sent every tenth of a second."""
    with ward.worker() as process:
        return await at_start(ward, feeder, process.started_s)


async def after_kill(ward: Ward, feeder: Sender, seen: Lengths) -> float:
    """Seconds from SIGKILL to the next outcome, restarted at once in place, while readings flow."""
    feeding = asyncio.create_task(_beat(ward, feeder))
    try:
        with ward.worker() as process:
            already = await seen.of(ward.audit, PARTITIONS)
            await reach(process, seen, ward.audit, PARTITIONS, already + 20)
            process.kill()
            killed_s = time.perf_counter()
        already = await seen.of(ward.audit, PARTITIONS)
        with ward.worker() as process:
            return (await reach(process, seen, ward.audit, PARTITIONS, already + 1)).at_s - killed_s
    finally:
        feeding.cancel()


async def _beat(ward: Ward, feeder: Sender) -> None:
    while True:
        await feeder.send(measurements(ward), ward.readings(20))
        await asyncio.sleep(BEAT_S)


async def recovery(ward: Ward, feeder: Sender, patients: int) -> dict[str, Any]:
    """A changelog of so many patients, read by a worker that starts. Against a worker that has none to read."""
    await admin.apply(ward.settings, TEAMS)
    empty_s, empty_mb = await _until_watching(ward.worker())
    template = sample()
    topic = ward.settings.topic(STATE)
    names = (b"weigh-%06d" % n for n in range(patients))
    await feeder.fill(topic, [(name, template.replace(NAME.encode(), name)) for name in names], run=2_000)
    took_s, held_mb = await _until_watching(ward.worker())
    return {
        "patients": patients,
        "bytes_each": len(template),
        "seconds": took_s,
        "seconds_without_state": empty_s,
        "resident_mb": held_mb,
        "mb_per_10k": (held_mb - empty_mb) / patients * 10_000,
    }


async def _until_watching(process: Tested) -> tuple[float, float]:
    """(seconds from the start to `watching`, resident MB then)."""
    with process:
        while '"watching"' not in process.said():
            process.check()
            if time.perf_counter() - process.started_s > LIMIT_S:
                raise RuntimeError(f"not watching after {LIMIT_S} s: {process.said()[-1500:]}")
            await asyncio.sleep(LINGER_S)
        return time.perf_counter() - process.started_s, process.resident_mb()


def sample() -> bytes:
    """One patient's state of about one KB: a plan, bindings, one reading of each of four kinds; nothing due."""
    now_ms = time.time_ns() // 1_000_000
    run, patient = PureRun(1), copd(NAME, max_per_hour=OFTEN)
    run.feed_all([*teams(now_ms), *enrolled([patient], now_ms - 30 * DAY_MS, now_ms, ("12:00",))])
    for kind, normal in patient.normals.items():
        at = run.feed(patient.reads(kind, normal.level, now_ms, late_ms=0))
        if run.outcome(at) is not Outcome.ACCEPTED_NO_ALERT:
            raise RuntimeError(f"the sample's {kind} is not calm")
    return encode_state(StateRecord(0, NEVER, NEVER, run.states[NAME].state))
