"""A crash run: readings flow, worker and broker die at random but seeded moments, then everything is judged."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from aiokafka.errors import KafkaError

from schemas.errors import NattevagtError
from streams.adapters import admin
from streams.adapters.broker import obtain
from streams.adapters.clock import steady_s, wall_ms
from streams.adapters.commits import caught_up
from streams.adapters.kafka import Deliverer
from streams.adapters.offsets import offset_reader
from streams.adapters.settings import Settings
from streams.replay.quiet import until_quiet
from streams.sim.feed import outgoing, send_reference
from streams.sim.load import DAY_MS, STEP_MS, load
from streams.sim.story import FIRST_NIGHT_MS, Story
from tests.chaos import feed
from tests.chaos.compare import Verdict, judge
from tests.chaos.crew import Crew
from tests.chaos.evidence import gather
from tests.kafka.workers import Supervisor, settings_for

TEAMS = ("heart", "lung")
PATIENCE_S = 90.0  # longest wait without progress, with everything alive again
REPEATED = 0.02  # share of readings sent twice


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to happen. joins, stops: a second worker comes; it goes again, by SIGTERM and SIGKILL in turn.

    stalls: SIGSTOP of the youngest worker for stall_s, longer than the session. down_s: the broker is away so long.
    static: workers keep their names in the group. live: record times are Kafka's and the wall clock rules, as in
    operation; else a simulation.
    """

    readings: int = 20_000
    patients: int = 500
    kills: int = 3
    broker_kills: int = 1
    joins: int = 0
    stops: int = 0
    stalls: int = 0
    seed: int = 1
    per_second: float = 1_500.0
    stall_s: float = 22.0
    down_s: float = 2.0
    live: bool = False
    static: bool = False


@dataclass(slots=True)
class Report:
    """What happened, and what the judge says. back_s: from each SIGKILL of a worker until it watched again."""

    plan: Plan
    verdict: Verdict = field(default_factory=Verdict)
    holes_found: int = 0
    holes_accepted: int = 0
    tails_found: int = 0
    stale_ignored: int = 0
    exits: list[int] = field(default_factory=list)
    back_s: list[float] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def is_clean(self) -> bool:
        """Does the judge have nothing to say?"""
        return self.verdict.is_clean

    def to_json(self) -> dict[str, Any]:
        """As a JSON object."""
        return asdict(self) | {"verdict": self.verdict.to_json()}

    def line(self) -> str:
        """One line for a person."""
        one = self.verdict
        return (
            f"{one.inputs} inputs, {one.patients} patients, {one.alerts} alert steps in {self.seconds:.0f} s: "
            f"{'clean' if one.is_clean else 'NOT CLEAN'}: "
            f"lost {one.lost}, conflicting {one.conflicting}, "
            f"audit missing {one.audit_missing} wrong {one.audit_wrong} repeated {one.audit_repeats}, "
            f"states wrong {one.states_wrong}, alerts missing {one.alerts_missing} wrong {one.alerts_wrong} "
            f"extra {one.alerts_extra} out of order {one.alerts_out_of_order}, {one.scores} scores missing "
            f"{one.scores_missing} wrong {one.scores_wrong}, rejected missing {one.rejected_missing}, "
            f"overviews wrong {one.overviews_wrong}; repeated {one.repeats}, "
            f"copies {one.copies}, holes {self.holes_found} (accepted {self.holes_accepted}), "
            f"tails {self.tails_found}, stale {self.stale_ignored}, exits {self.exits}, back after {self.back_s} s"
        )


def schedule(plan: Plan, dice: Random) -> list[tuple[int, str]]:
    """(reading, what happens then), at random places between the tenth and the last twentieth of the readings."""
    singles = ["kill"] * plan.kills + ["kill_broker"] * plan.broker_kills + ["stall"] * plan.stalls
    dice.shuffle(singles)
    turns = [what for n in range(plan.joins) for what in ("join", "stop")[: 1 + (n < plan.stops)]]
    events = len(singles) + len(turns)
    places = sorted(dice.sample(range(plan.readings // 10, plan.readings * 95 // 100), events))
    chosen = set(dice.sample(range(events), len(turns)))
    return [(place, turns.pop(0) if n in chosen else singles.pop(0)) for n, place in enumerate(places)]


@contextlib.asynccontextmanager
async def delivering(settings: Settings) -> AsyncIterator[Deliverer]:
    """A producer of our own for what is sent before the crashes."""
    deliverer = Deliverer(settings)
    await deliverer.start()
    try:
        yield deliverer
    finally:
        await deliverer.stop()


async def crash_run(plan: Plan, *, say: Callable[[str], None] = print, logs: Path | None = None) -> Report:
    """One run on a broker of its own. logs: a folder for the workers' logs."""
    started, report = steady_s(), Report(plan)
    with obtain(say=say) as broker:
        settings = settings_for(broker.address, "chaos-", simulation=not plan.live)
        await admin.apply(settings, TEAMS)
        story = _story(plan, settings)
        crew = Crew(settings, broker, logs, static=plan.static)
        try:
            await _play(plan, story, crew, settings, say)
            await _until_done(settings, story)
        finally:
            everybody = await asyncio.to_thread(crew.end)
        report.verdict = judge(await gather(settings))
    report.back_s = crew.back_s
    _from_logs(report, everybody)
    report.seconds = steady_s() - started
    return report


def _story(plan: Plan, settings: Settings) -> Story:
    """A live one has been measured until now: it arrives late, but not from the future."""
    start_ms = wall_ms() - plan.readings * STEP_MS - DAY_MS if plan.live else FIRST_NIGHT_MS
    return load(
        plan.patients, plan.readings, plan.seed, red_share=0.05, start_ms=start_ms, partitions=settings.partitions
    )


async def _play(plan: Plan, story: Story, crew: Crew, settings: Settings, say: Callable[[str], None]) -> None:
    dice = Random(plan.seed)
    people = 2 * plan.patients
    async with delivering(settings) as deliverer:
        await send_reference(story.reference, settings, deliverer)
        crew.join()
        await deliverer.deliver(outgoing(story.records[:people], settings))
        async with offset_reader(settings) as offsets:
            await caught_up(settings, offsets)
    rest = list(feed.with_repeats(story.records[people:], REPEATED, dice))
    events = schedule(plan, dice)

    due: asyncio.Queue[str] = asyncio.Queue()

    async def happen() -> None:
        for _ in range(len(events)):
            what = await due.get()
            say(f"{what} ...")
            await _happen(what, crew, plan, dice)

    async def on_sent(number: int) -> None:
        while waiting and waiting[0][0] <= number:
            due.put_nowait(waiting.pop(0)[1])

    waiting = list(events)
    happening = asyncio.create_task(happen())
    await feed.send(rest, settings, per_second=plan.per_second, on_sent=on_sent)
    await happening


async def _happen(what: str, crew: Crew, plan: Plan, dice: Random) -> None:
    if what == "kill_broker":
        await crew.kill_broker(plan.down_s)
    elif what == "stall":
        await crew.stall(plan.stall_s)
    elif what == "kill":
        await asyncio.to_thread(crew.kill, dice)
    else:
        await asyncio.to_thread(getattr(crew, what))


async def _until_done(settings: Settings, story: Story) -> None:
    """Everything let in, and everything decided that was due by the end of the story."""
    since = steady_s()
    while True:
        try:
            async with offset_reader(settings) as offsets:
                await caught_up(settings, offsets, patience_s=PATIENCE_S)
            await until_quiet(settings, story.end_ms, patience_s=PATIENCE_S)
        except (KafkaError, NattevagtError):
            if steady_s() - since > 2 * PATIENCE_S:
                raise
        else:
            return


def _from_logs(report: Report, everybody: list[Supervisor]) -> None:
    for supervisor in everybody:
        report.holes_found += len(supervisor.said("hole"))
        report.holes_accepted += len(supervisor.said("inputs lost"))
        report.tails_found += len(supervisor.said("tail lost"))
        report.stale_ignored += sum(line["count"] for line in supervisor.said("stale records"))
        report.exits += supervisor.ends
