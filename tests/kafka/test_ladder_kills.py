"""The ladder survives its worker: killed at every step of a full life, before and after every await of it.

One patient for each place to die. All live the same life on the wall clock: raised, two rungs of a minute that nobody
answers, taken, the hold runs out, closed. Each must be told exactly once by id, in order, and no step may be lost.
"""

import asyncio
import itertools
import os
import sys
import time
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import orjson
import pytest
from aiokafka import AIOKafkaConsumer

from schemas.alert import AlertStep
from schemas.base import rfc3339, to_ms
from schemas.catalog import default_bundle
from schemas.command import COMMAND
from schemas.coverage import TeamCoverage
from schemas.ladder import LadderRules
from schemas.topics import alerts_topic
from streams.adapters import admin, reference_log
from streams.adapters.broker import Broker
from streams.adapters.clock import wall_ms
from streams.adapters.input_records import InputRecord, bindings, command, measurement, plan
from streams.adapters.kafka import Deliverer
from streams.adapters.settings import Settings
from streams.sim.feed import outgoing
from tests.builders import make_bindings, make_limit, make_plan
from tests.kafka.dying import SIDES, STAGES
from tests.kafka.workers import Supervisor, Worker, settings_for

LIFE = ("raised", "escalated", "escalated", "acknowledged", "escalated", "closed")
APART_S = 7.0
"""Between two patients: longer than a restart, so that most of the time somebody watches."""

STEPS = [int(step) for step in os.environ.get("LADDER_STEPS", "1,2,3,4,5,6").split(",")]
"""Steps of LIFE at which somebody dies."""

RULES = default_bundle().model_copy(
    update={
        "ladder": LadderRules(
            rungs_min=LadderRules().rungs_min | {"4": (1, 2, 30)},
            acknowledged_min=LadderRules().acknowledged_min | {"4": 1},
        ),
        "version": 2,
    }
)


@dataclass(slots=True)
class Told:
    """One step as the team's topic has it. at_ms: Kafka's time of the first copy."""

    step: AlertStep
    at_ms: int
    copies: int = 1


@dataclass(slots=True)
class Watch:
    """Sends what people and devices send, and reads what the team is told."""

    settings: Settings
    folder: Path
    told: dict[str, dict[str, Told]] = field(default_factory=dict)
    answered: set[tuple[str, int]] = field(default_factory=set)

    async def live(self, patients: list[str], patience_s: float) -> None:
        """All lives, one begun every few seconds, until all are closed."""
        deliverer = Deliverer(self.settings)
        consumer = AIOKafkaConsumer(
            self.settings.topic(alerts_topic("lung")),
            bootstrap_servers=self.settings.broker,
            auto_offset_reset="earliest",
        )
        await deliverer.start()
        await consumer.start()
        try:
            await deliverer.deliver(self._enrolled(patients))
            await asyncio.sleep(5)
            beginning = asyncio.create_task(self._begin(deliverer, patients))
            async with asyncio.timeout(patience_s):
                while sum(self.is_over(patient) for patient in patients) < len(patients):
                    for records in (await consumer.getmany(timeout_ms=200)).values():
                        for record in records:
                            self._hear(record)
                    await self._answer(deliverer)
            await beginning
        finally:
            await consumer.stop()
            await deliverer.stop()

    def is_over(self, patient: str) -> bool:
        """Has this life been closed?"""
        return any(told.step.type == "closed" for told in self.told.get(patient, {}).values())

    def _enrolled(self, patients: list[str]) -> list[object]:
        now_ms = wall_ms()
        since = rfc3339(now_ms - 86_400_000)
        records: list[InputRecord] = []
        for one in patients:
            limits = [make_limit(red_below=88, yellow_below=90, red_tier=4)]
            records.append(plan(make_plan(patient=one, valid_from=since, limits=limits, rules=["limits"]), now_ms))
        for one in patients:
            device = {"device": "oximeter-1", "valid_from": since}
            records.append(bindings(make_bindings(patient=one, devices=[device]), now_ms))
        return outgoing(records, self.settings)

    async def _begin(self, deliverer: Deliverer, patients: list[str]) -> None:
        for one in patients:
            (self.folder / f"{one}.step").write_text("1")
            now_ms = wall_ms()
            red = measurement(one, "spo2", 80, "%", now_ms, "oximeter-1")
            await deliverer.deliver(outgoing([red], self.settings))
            await asyncio.sleep(APART_S)

    def _hear(self, record: object) -> None:
        headers = {name: value.decode() for name, value in record.headers}
        body = orjson.loads(record.value)
        if body.get("type") == "watch_alive" or not body["patient"].startswith("life-"):
            return
        step = AlertStep.model_validate_json(record.value)
        steps = self.told.setdefault(step.patient, {})
        if headers["ce_id"] in steps:
            assert steps[headers["ce_id"]].step == step, "the same id with other content"
            steps[headers["ce_id"]].copies += 1
            return
        steps[headers["ce_id"]] = Told(step, record.timestamp)
        (self.folder / f"{step.patient}.step").write_text(str(step.sequence + 1))

    async def _answer(self, deliverer: Deliverer) -> None:
        """The third step is taken, the fifth is closed."""
        for patient, steps in self.told.items():
            newest = max((told.step for told in steps.values()), key=lambda step: step.sequence)
            kind = {3: "acknowledge", 5: "close"}.get(newest.sequence)
            if kind is None or (patient, newest.sequence) in self.answered:
                continue
            self.answered.add((patient, newest.sequence))
            body = {"type": kind, "id": f"{kind}-{patient}", "patient": patient, "by": "nurse-1", "role": "nurse"}
            body |= {"alert_id": newest.alert_id, "sequence": newest.sequence}
            body |= {"verdict": "true"} if kind == "close" else {}
            sent = command(COMMAND.validate_python(body), wall_ms())
            await deliverer.deliver(outgoing([sent], self.settings))


def undisturbed(watch: Watch, crew: Supervisor, folder: Path) -> list[int]:
    """Lateness of the steps of time that fell due while a worker watched which lived to tell them."""
    deaths = sorted(round(mark.stat().st_mtime * 1_000) for mark in folder.glob("*.died"))
    watching = sorted(to_ms(datetime.fromisoformat(line["time"])) for line in crew.said("watching"))
    found = []
    for told in (told for steps in watch.told.values() for told in steps.values()):
        due_ms = to_ms(datetime.fromisoformat(told.step.at))
        since_ms = max((at for at in watching if at <= due_ms), default=None)
        dead = since_ms is None or any(since_ms <= death <= told.at_ms for death in deaths)
        if told.step.type == "escalated" and not dead:
            found.append(late_ms(told))
    return sorted(found)


def late_ms(told: Told) -> int:
    """From when a step of time was due to Kafka's time of the first copy."""
    return told.at_ms - to_ms(datetime.fromisoformat(told.step.at))


async def _open(settings: Settings) -> None:
    await admin.apply(settings)
    await reference_log.publish_rules(settings, RULES)
    await reference_log.publish_coverage(settings, TeamCoverage(team="lung", version=1))


@pytest.mark.kafka
@pytest.mark.slow
@pytest.mark.nightly
@pytest.mark.timeout(1_500)
def test_killed_at_every_step_of_a_full_ladder(broker: Broker, prefix: str, tmp_path: Path) -> None:
    """36 places to die: every due step once by id, in order; lateness is printed. LADDER_STEPS=2,5 picks some."""
    settings = settings_for(broker.address, prefix, simulation=False, instance_id="ladder")
    asyncio.run(_open(settings))
    places = itertools.product(STEPS, STAGES, SIDES)
    patients = [f"life-{step}-{stage}-{side}" for step, stage, side in places]
    watch = Watch(settings, tmp_path)
    run = (sys.executable, "-m", "tests.kafka.dying", str(tmp_path))
    with Supervisor(lambda: Worker(settings, command=run)) as crew:
        crew.at_work()
        asyncio.run(watch.live(patients, 1_200))
        deaths = collected(crew, len(patients))
        alive = undisturbed(watch, crew, tmp_path)
    report(watch, len(deaths), alive)
    alive_still = set(patients) - {mark.stem for mark in tmp_path.glob("*.died")}
    assert set() == alive_still, "places that nobody came to"
    assert len(patients) == len(deaths), f"ends: {crew.ends}"
    for patient, steps in sorted(watch.told.items()):
        life = sorted((told.step for told in steps.values()), key=lambda step: step.sequence)
        assert list(LIFE) == [step.type for step in life], patient
        assert list(range(1, len(LIFE) + 1)) == [step.sequence for step in life], patient
    assert max(late_ms(told) for steps in watch.told.values() for told in steps.values()) < 30_000


def collected(crew: Supervisor, planned: int) -> list[int]:
    """The deaths, when the last has been noticed: who dies behind the close is alive when the close is heard."""
    end = time.monotonic() + 30
    while crew.ends.count(-9) < planned and time.monotonic() < end:
        time.sleep(0.1)
    return [code for code in crew.ends if code == -9]


def report(watch: Watch, deaths: int, alive: list[int]) -> None:
    """The figures the paper states. alive: lateness of what fell due under a worker that lived."""
    timed = [told for steps in watch.told.values() for told in steps.values() if told.step.type == "escalated"]
    late = sorted(map(late_ms, timed))
    copies = sum(told.copies - 1 for steps in watch.told.values() for told in steps.values())
    print(  # for the paper
        f"\n{deaths} deaths, {len(timed)} steps of time: median lateness {late[len(late) // 2]} ms, "
        f"90 % {late[len(late) * 9 // 10]} ms, largest {late[-1]} ms; {copies} copies under the same id; "
        f"{len(alive)} under a worker that lived: median {alive[len(alive) // 2]} ms, largest {alive[-1]} ms"
    )
