"""The watch over the watch: every partition's round, every WatchAlive, and Kafka itself, in one loop."""

import asyncio
import logging
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

import orjson
from aiokafka import ConsumerRecord

from schemas.alert import AlertStep
from schemas.topics import MEASUREMENTS
from streams.adapters.clock import steady_s, wall_ms
from streams.adapters.settings import Settings
from streams.watchdog import patients
from streams.watchdog.channels import Channels
from streams.watchdog.line import Line, LineError, Place, opened
from streams.watchdog.paging import Pager
from streams.watchdog.probe import Probe, Stage, Want

log = logging.getLogger(__name__)

ALIVE_FACTOR = 1.5
"""A partition is silent when its WatchAlive is older than this many times NATTEVAGT_WATCH_ALIVE_S: 90 s as it ships,
so that a timekeeper that stops is paged within 120 s. Readers of alerts topics judge at three minutes."""

BROKER_S = 20.0
"""Kafka may be away for so long (the change of a leader takes a few seconds) before that is paged."""

GRACE_S = 30.0
"""Workers end when Kafka is away and are started again: recovery takes up to this (the alarm for it is 30 s)."""

SKEW_MS = 60_000
"""Kafka's clock may run behind ours by so much."""

ASK_S = 5.0
AGAIN_S = 2.0
"""Pause before a new line is tried."""


@dataclass(slots=True)
class Watch:
    """What is known, and what follows from it. begun_s, answered_s, alive_s: steady clock.

    enrolling: plans and bindings that have no outcome yet, and when they were sent; None = none has been sent.
    """

    settings: Settings
    every_s: float
    limit_s: float
    begun_s: float
    probes: tuple[Probe, ...]
    answered_s: float
    alive_s: dict[int, float]
    note: str = ""
    enrolling: dict[Place, float] | None = None
    enrolled_ms: int = 0
    asked_s: float = field(default=float("-inf"))

    @classmethod
    def begin(cls, settings: Settings, every_s: float, limit_s: float, *, at_once: bool = False) -> "Watch":
        """Rounds are spread over `every_s`, so that a worker that dies is missed soon. at_once: all begin now."""
        now_s, names = steady_s(), patients.patients(settings.partitions)
        step_s = 0.0 if at_once else every_s / len(names)
        probes = tuple(
            Probe(partition, name, now_s + partition * step_s, limit_s, every_s) for partition, name in enumerate(names)
        )
        return cls(settings, every_s, limit_s, now_s, probes, now_s, dict.fromkeys(range(len(names)), now_s))

    @property
    def alive_limit_s(self) -> float:
        """How old a WatchAlive may be."""
        return ALIVE_FACTOR * self.settings.watch_alive_s

    def faults(self, now_s: float) -> dict[Stage, frozenset[int]]:
        """What is wrong now. While Kafka does not answer nothing else can be known."""
        if now_s - self.answered_s > BROKER_S:
            return {Stage.BROKER: frozenset()}
        found: dict[Stage, set[int]] = {}
        for probe in self.probes:
            if probe.fault is not None:
                found.setdefault(probe.fault, set()).add(probe.partition)
            if now_s - self.alive_s[probe.partition] > self.alive_limit_s:
                found.setdefault(Stage.TIMEKEEPER, set()).add(probe.partition)
        return {stage: frozenset(partitions) for stage, partitions in found.items()}

    def reopened(self, now_s: float) -> None:
        """A new line is up. After an outage workers get a moment to come back before they are missed."""
        if now_s - self.answered_s > BROKER_S:
            for partition, heard_s in self.alive_s.items():
                self.alive_s[partition] = max(heard_s, now_s - self.alive_limit_s + GRACE_S)
        self.answered_s = now_s
        for probe in self.probes:
            probe.reopened(now_s)

    async def turn(self, line: Line) -> None:
        """Hear what has come, do what is due. Raises LineError when the line does not hold."""
        for record in await line.hear():
            self.take(record)
        now_s = steady_s()
        if now_s - self.asked_s > ASK_S:
            await line.answers()
            self.asked_s = self.answered_s = now_s
        if self.enrolling is None:
            await self._enrol(line)
        if self.enrolling:
            await self._await_enrolment(line, now_s)
        for probe in self.probes:
            probe.expire(now_s)
        await asyncio.gather(*(self._act(line, probe, wish) for probe in self.probes if (wish := probe.wants(now_s))))

    def take(self, record: ConsumerRecord) -> None:
        """A record of the watchdog's alerts topic: a sign of life, or a step of an alert."""
        body = orjson.loads(record.value)  # only workers write here
        probe = self.probes[record.partition]
        now_s = steady_s()
        if body.get("type") == "watch_alive":
            age_s = max(0.0, (wall_ms() - record.timestamp) / 1000)
            self.alive_s[probe.partition] = max(self.alive_s[probe.partition], now_s - age_s)
            probe.heard = True
        elif body.get("patient") == probe.patient:
            probe.step(AlertStep.model_validate_json(record.value), now_s)

    async def _enrol(self, line: Line) -> None:
        """Plans and bindings, once per process; what is there already is refused and changes nothing."""
        self.enrolled_ms = wall_ms()
        records = [record for probe in self.probes for record in patients.enrolment(probe.patient, self.enrolled_ms)]
        places = await asyncio.gather(*(line.send(record) for record in records))
        self.enrolling = dict.fromkeys(places, steady_s())

    async def _await_enrolment(self, line: Line, now_s: float) -> None:
        """A reading that overtakes its plan would be refused: order between topics is decided at intake."""
        assert self.enrolling is not None, "sent before"
        for place in await line.outcomes(self.enrolling, self.enrolled_ms - SKEW_MS):
            del self.enrolling[place]
        late = {place[1] for place, sent_s in self.enrolling.items() if now_s - sent_s > self.limit_s}
        waiting = {partition for _, partition, _ in self.enrolling}
        for probe in self.probes:
            if probe.partition in late:
                probe.fault = Stage.ALERT
            elif probe.partition not in waiting and not probe.enrolled:
                probe.enrolled, probe.fault = True, None

    async def _act(self, line: Line, probe: Probe, wish: Want) -> None:
        match wish:
            case Want.SEND:
                at_ms = wall_ms()
                try:
                    place = await line.send(patients.reading(probe.patient, at_ms))
                except LineError as error:
                    self.note = str(error.args[0])
                    probe.not_sent(steady_s())
                    return
                probe.sent(steady_s(), at_ms, place[2])
            case Want.LOOK:
                place = (MEASUREMENTS, probe.partition, probe.offset)
                probe.told((await line.outcomes([place], probe.measured_ms - SKEW_MS)).get(place))
            case Want.CLOSE:
                assert probe.alert is not None, "there is something to close"
                probe.closing(steady_s())
                await line.send(patients.close(probe.patient, *probe.alert, wall_ms()))


async def watch(state: Watch, channels: Channels | None, *, until: Callable[[float], bool] = lambda _: False) -> None:
    """Watch until `until` (asked with the steady time) says so. Kafka's absence is a page, never an end.

    channels: None = nobody is paged.
    """
    pager = Pager()

    async def page() -> None:
        now_s = steady_s()
        due = pager.turn(state.faults(now_s), now_s, state.note)
        if due is not None and channels is not None:
            pager.done(due, steady_s(), taken=await channels.send(due))

    while not until(steady_s()):
        async with AsyncExitStack() as stack:
            try:
                line = await stack.enter_async_context(opened(state.settings))
                state.reopened(steady_s())
                while not until(steady_s()):
                    await state.turn(line)
                    state.note = ""
                    await page()
            except LineError as error:
                state.note = str(error.args[0])
                log.warning("the watchdog's line is down")
        await page()
        await asyncio.sleep(AGAIN_S)
