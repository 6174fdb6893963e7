"""An outage of minutes with readings arriving meanwhile: nobody is called silent who was not, no ladder runs through.

The rungs last a minute here, so that an outage of two minutes could already run through two of them.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import orjson
from aiokafka import AIOKafkaProducer

from schemas.catalog import default_bundle
from schemas.plan import Slot
from schemas.rules import RuleBundle
from schemas.topics import OVERVIEW
from streams.adapters import admin, reference_log
from streams.adapters.broker import obtain
from streams.adapters.clock import wall_ms
from streams.adapters.commits import caught_up
from streams.adapters.input_records import InputRecord, bindings, plan
from streams.adapters.offsets import offset_reader
from streams.adapters.settings import Settings
from streams.core.standstill import REST_MS
from streams.sim.feed import outgoing, send_reference
from streams.sim.patients import Patient, copd
from streams.sim.story import teams
from tests.chaos import feed
from tests.chaos.compare import Verdict, judge
from tests.chaos.crew import Crew
from tests.chaos.evidence import Evidence, gather
from tests.chaos.run import TEAMS, delivering
from tests.kafka.workers import settings_for

MINUTE_MS, DAY_MS = 60_000, 86_400_000
RUNG_MS = MINUTE_MS
BEFORE_MS = 30_000  # from the beginning of the outage until the slots fall due
RED_MS = 5_000  # from the first reds until the outage
LEAD_MS = 50_000  # enough to enrol everybody before that
SLACK_MS = 20_000  # a start with recovery, and the timekeeper's next look, on a busy machine

Who = Literal["worker", "broker"]
WHO: tuple[Who, ...] = ("worker", "broker")


@dataclass(frozen=True, slots=True)
class Outage:
    """who: is away for so many seconds. Everybody has a slot that falls due meanwhile.

    calm: send a green reading during it. red: have an alert before it. late: send a red one during it.
    silent: send nothing, and must be missed afterwards.
    """

    who: Who
    seconds: float
    calm: int = 24
    red: int = 8
    late: int = 8
    silent: int = 4

    def people(self) -> dict[str, list[Patient]]:
        """By what they do."""
        counts = {"calm": self.calm, "red": self.red, "late": self.late, "silent": self.silent}
        return {what: [copd(f"outage-{what}-{n:02d}") for n in range(count)] for what, count in counts.items()}


@dataclass(slots=True)
class OutageReport:
    """verdict: everything folded again. The lists name patients; all must be empty but `missed`, who were silent.

    rushed: their ladder moved sooner than a rung after the outage. stuck: it did not move within a rung and SLACK_MS.
    """

    outage: Outage
    verdict: Verdict = field(default_factory=Verdict)
    falsely_silent: list[str] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)
    rushed: list[str] = field(default_factory=list)
    stuck: list[str] = field(default_factory=list)
    stood_still: int = 0
    examples: list[str] = field(default_factory=list)
    exits: list[int] = field(default_factory=list)
    back_s: float = 0.0

    @property
    def is_clean(self) -> bool:
        """Was everything as it should be?"""
        wrong = self.falsely_silent or self.rushed or self.stuck
        return self.verdict.is_clean and not wrong and len(self.missed) == self.outage.silent

    def to_json(self) -> dict[str, Any]:
        """As a JSON object."""
        return asdict(self) | {"verdict": self.verdict.to_json(), "clean": self.is_clean}

    def line(self) -> str:
        """One line for a person."""
        return (
            f"{self.outage.who} away for {self.outage.seconds:.0f} s: {'clean' if self.is_clean else 'NOT CLEAN'}: "
            f"falsely silent {len(self.falsely_silent)}, missed {len(self.missed)} of {self.outage.silent} silent, "
            f"rushed {len(self.rushed)}, stuck {len(self.stuck)} of {self.outage.red + self.outage.late} ladders, "
            f"lost {self.verdict.lost}, conflicting {self.verdict.conflicting}, states wrong "
            f"{self.verdict.states_wrong}, standstills {self.stood_still}, exits {self.exits}, "
            f"back after {self.back_s:.1f} s"
        )


def quick_rules() -> RuleBundle:
    """The shipped bundle with rungs of a minute for every tier at any hour, and reds that wait for no repeat."""
    bundle = default_bundle()
    rungs = dict.fromkeys(bundle.ladder.rungs_min, (1, 2, 3))
    ladder = bundle.ladder.model_copy(update={"rungs_min": rungs, "working": {}})
    at_once = bundle.mitigation.model_copy(update={"repeat": ()})
    return bundle.model_copy(update={"version": bundle.version + 1, "ladder": ladder, "mitigation": at_once})


async def outage_run(outage: Outage, *, say: Callable[[str], None] = print, logs: Path | None = None) -> OutageReport:
    """One outage on a broker of its own. logs: a folder for the workers' logs."""
    report = OutageReport(outage)
    people = outage.people()
    with obtain(say=say) as broker:
        settings = settings_for(broker.address, f"outage-{outage.who}-", simulation=False, metrics_port=0)
        await admin.apply(settings, TEAMS)
        crew = Crew(settings, broker, logs)
        try:
            due_ms = await _open(settings, crew, people)
            gone_ms, back_ms = await _suffer(outage, settings, crew, people, due_ms, say)
            report.back_s = (back_ms - gone_ms) / 1000 - outage.seconds
            await _until(back_ms + max(RUNG_MS, REST_MS) + SLACK_MS)
            await _let_in(settings)
        finally:
            everybody = await asyncio.to_thread(crew.end)
        evidence = await gather(settings)
    report.verdict = judge(evidence)
    _look(report, evidence, people, gone_ms + int(outage.seconds * 1000), back_ms)
    for supervisor in everybody:
        report.exits += supervisor.ends
        report.stood_still += len(supervisor.said("watch stood still"))
    return report


async def _open(settings: Settings, crew: Crew, people: dict[str, list[Patient]]) -> int:
    """Everybody enrolled; gives when the slots fall due."""
    async with delivering(settings) as deliverer:
        await send_reference(teams(wall_ms()), settings, deliverer)
        await reference_log.publish_rules(settings, quick_rules())
        crew.join()
        due_ms = -(-(wall_ms() + LEAD_MS + BEFORE_MS) // MINUTE_MS) * MINUTE_MS
        everybody = [one for group in people.values() for one in group]
        await deliverer.deliver(outgoing([_plan(one, due_ms) for one in everybody], settings))
        told = [bindings(one.bindings(due_ms - DAY_MS), wall_ms()) for one in everybody]
        await deliverer.deliver(outgoing(told, settings))
    await _let_in(settings)
    return due_ms


def _plan(patient: Patient, due_ms: int) -> InputRecord:
    at = datetime.fromtimestamp(due_ms / 1000 - 60, UTC).strftime("%H:%M")
    slot = Slot(id="set", kinds=("spo2",), at=(at,), opens_min=120, grace_min=1)
    return plan(patient.plan(due_ms - DAY_MS, (at,)).model_copy(update={"slots": (slot,)}), wall_ms())


async def _suffer(
    outage: Outage,
    settings: Settings,
    crew: Crew,
    people: dict[str, list[Patient]],
    due_ms: int,
    say: Callable[[str], None],
) -> tuple[int, int]:
    """The outage, and readings before and during it; gives when it began and when somebody watched again."""
    gone_ms = due_ms - BEFORE_MS
    async with _sender(settings, outage) as producer:
        await _until(gone_ms - RED_MS)
        await asyncio.gather(*await _send(producer, settings, people["red"], 84))
        await _until(gone_ms)
        say(f"no {outage.who} for {outage.seconds:.0f} s ...")
        away = crew.away(outage.seconds) if outage.who == "worker" else crew.kill_broker(outage.seconds)
        happening = asyncio.create_task(away)
        await _until(gone_ms + BEFORE_MS // 3)
        held = await _send(producer, settings, people["calm"], 93)
        held += await _send(producer, settings, people["late"], 84)
        await happening
        await asyncio.to_thread(crew.supervisors[-1].at_work)
        back_ms = wall_ms()
        say("somebody watches again ...")
        await asyncio.gather(*held)
    return gone_ms, back_ms


@asynccontextmanager
async def _sender(settings: Settings, outage: Outage) -> AsyncIterator[AIOKafkaProducer]:
    async with feed.patient_producer(settings, int(outage.seconds * 1000) + feed.PATIENT_MS) as producer:
        yield producer


async def _send(
    producer: AIOKafkaProducer, settings: Settings, patients: Sequence[Patient], value: float
) -> list["asyncio.Future[object]"]:
    return [await feed.one(producer, one.reads("spo2", value, wall_ms(), late_ms=0), settings) for one in patients]


async def _let_in(settings: Settings) -> None:
    async with offset_reader(settings) as offsets:
        await caught_up(settings, offsets)


async def _until(at_ms: int) -> None:
    await asyncio.sleep(max(0.0, (at_ms - wall_ms()) / 1000))


def _look(
    report: OutageReport, evidence: Evidence, people: dict[str, list[Patient]], over_ms: int, back_ms: int
) -> None:
    """over_ms: when the outage ended; back_ms: when somebody watched again."""
    silent = _ever_silent(evidence)
    for what, group in people.items():
        for name in (one.name for one in group):
            if name in silent:
                (report.missed if what == "silent" else report.falsely_silent).append(name)
            if what not in ("red", "late"):
                continue
            moved = _escalations(evidence, name)
            if any(at_ms < over_ms + RUNG_MS - 2 * RED_MS for at_ms in moved) or len(moved) > 1:
                report.rushed.append(name)
            if not moved or moved[0] > back_ms + RUNG_MS + SLACK_MS:
                report.stuck.append(name)
            if name in (*report.rushed, *report.stuck):
                report.examples.append(f"over {over_ms}, back {back_ms}: {_steps(evidence, name)}")


def _ever_silent(evidence: Evidence) -> set[str]:
    """Patients whose overview has ever said that something is missing."""
    bodies = [orjson.loads(record.value or b"{}") for _, records in evidence.of(OVERVIEW) for record in records]
    return {body["patient"] for body in bodies if body["silence"]}


def _escalations(evidence: Evidence, patient: str) -> list[int]:
    """When Kafka took each escalation of the patient's alerts."""
    return [at_ms for at_ms, step in _steps(evidence, patient) if step["type"] == "escalated"]


def _steps(evidence: Evidence, patient: str) -> list[tuple[int, dict[str, Any]]]:
    """The steps of the patient's alerts and when Kafka took each, repeats left out."""
    found: dict[bytes, tuple[int, dict[str, Any]]] = {}
    for _, records in evidence.alerts():
        for record in records:
            if record.key == patient.encode():
                ce_id = dict(record.headers)["ce_id"] or b""
                found.setdefault(ce_id, (record.at_ms, orjson.loads(record.value or b"{}")))
    return sorted(found.values(), key=lambda one: one[0])
