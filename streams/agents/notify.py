"""Notify: notices.v1 -> channels -> DeliveryReported on commands.v1, in a process of its own beside the workers.

At least once: an offset is committed when the report of everything up to it is confirmed, so a crash repeats what
was under way, with the same keys. A lane that waits holds back neither other lanes nor other partitions. When notices
rain on one recipient they are told together, each with a report of its own; a storm is told to the duty lead, once.
"""

import asyncio
import logging
from dataclasses import dataclass, field

from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, ConsumerRecord, TopicPartition
from aiokafka.structs import OffsetAndMetadata
from pydantic import ValidationError

from schemas.base import rfc3339
from schemas.codec import cloudevent, dumps
from schemas.command import DeliveryReported
from schemas.ids import make_id
from schemas.notice import Notice
from schemas.topics import COMMANDS, NOTICES
from streams.adapters import notify_metrics as m
from streams.adapters.channels.ports import Delivery
from streams.adapters.channels.sender import Sender
from streams.adapters.clock import steady_s, wall_ms
from streams.adapters.kafka import Deliverer, OutRecord
from streams.adapters.metrics import LABELS, Metrics
from streams.adapters.references import ReferenceReader
from streams.adapters.settings import Settings
from streams.agents.desk import Clocks, Desk
from streams.agents.lanes import DeskKey, Errand, Lane, LaneKey, desk_of, lane_of
from streams.agents.outbox import Outbox
from streams.agents.storms import SEES, Storms
from streams.core.escalation.grouping import Grouping

log = logging.getLogger(__name__)

SOURCE = "nattevagt/notify"
ACTOR = "notify"
"""The `by` of its reports: a service, role system."""

MOST_OPEN = 500
"""Notices under way per partition; then no more of it is fetched until some are done. Bounds memory in a storm."""

HANG_S = 60.0
"""Without a look at the log for so long the process is broken."""

REFRESH_S = 30.0
"""From one look at rules and coverage to the next; they say when to group and who leads (our choice)."""

DRAIN_S = 5.0
"""How long what is under way may still take when partitions move or the process ends."""


@dataclass(slots=True)
class Window:
    """One partition: offsets under way, and where to go on. The commit stands before the oldest one under way."""

    next_offset: int
    open: set[int] = field(default_factory=set)

    def begin(self, offset: int) -> None:
        """It is under way."""
        self.open.add(offset)
        self.next_offset = max(self.next_offset, offset + 1)

    @property
    def committable(self) -> int:
        """All below this is done."""
        return min(self.open, default=self.next_offset)


class Notify(ConsumerRebalanceListener):  # type: ignore[misc]  # aiokafka has no types
    """One process. Several share the partitions of notices.v1 as a consumer group of their own."""

    def __init__(self, settings: Settings, sender: Sender) -> None:
        self._settings = settings
        self._sender = sender
        self._deliverer = Deliverer(settings)
        self._outbox = Outbox(self._deliverer)
        self.metrics = Metrics(settings.partitions, m.TABLE)
        self._clocks = Clocks(steady_s, (lambda: None) if settings.simulation else wall_ms)
        self._references = ReferenceReader(settings)
        self._storms = Storms(settings, sender, self._deliverer, self._references, self.metrics, self._commit)
        self._sky, self._remembered = TopicPartition(settings.topic(NOTICES), SEES), ""
        self._desks: dict[DeskKey, Desk] = {}
        self._lanes: dict[LaneKey, Lane] = {}
        self._windows: dict[int, Window] = {}
        self._committed: dict[int, int] = {}
        self._errands: dict[Errand, float] = {}
        self._polled_s = steady_s()
        self._failure: BaseException | None = None
        self._consumer = AIOKafkaConsumer(
            bootstrap_servers=settings.broker,
            client_id=f"{settings.group}-notify",
            group_id=f"{settings.group}-notify",
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            max_poll_records=MOST_OPEN,
            session_timeout_ms=int(settings.session_timeout_s * 1000),
            heartbeat_interval_ms=int(settings.heartbeat_s * 1000),
            **settings.kafka_security(),
        )

    async def run(self, told: asyncio.Event) -> None:
        """Work until told to stop. Raises what broke it; the supervisor then starts it again."""
        await self._deliverer.start()
        await self._references.start()
        await self._consumer.start()
        self._consumer.subscribe([self._settings.topic(NOTICES)], listener=self)
        log.info("notifying", extra={"group": f"{self._settings.group}-notify"})
        try:
            while not told.is_set():
                await self._turn()
            await self._drain()
            await self._commit()
        finally:
            self._forget()
            await self._storms.stop()
            await self._consumer.stop()
            await self._references.stop()
            await self._deliverer.stop()
            await self._sender.close()

    def problems(self) -> list[str]:
        """Why this process should be started again."""
        silent_s = steady_s() - self._polled_s
        return [f"notices.v1 has not been looked at for {silent_s:.0f} s"] if silent_s > HANG_S else []

    def missing(self) -> list[str]:
        """Why it does not work now."""
        return [] if self._consumer.assignment() else ["no partition is assigned"]

    def page(self) -> bytes:
        """What Prometheus reads."""
        now_s = steady_s()
        for channel in LABELS["channel"]:
            waiting = sum(m.label(errand.notice.channel) == channel for errand in self._errands)
            down = {key[1] for key, desk in self._desks.items() if m.label(key[0]) == channel and desk.breaker.is_down}
            self.metrics[m.WAITING].labels(channel).set(waiting)
            self.metrics[m.BROKEN].labels(channel).set(len(down))
        self.metrics[m.OLDEST].set(max((now_s - begun for begun in self._errands.values()), default=0.0))
        return self.metrics.text()

    async def on_partitions_revoked(self, revoked: list[TopicPartition]) -> None:
        """aiokafka's hook: finish what is nearly done, commit, and let the next owner do the rest."""
        log.info("partitions revoked", extra={"count": len(revoked)})
        await self._drain()
        await self._commit()
        await self._storms.stop()
        self._forget()
        self._windows.clear()

    async def on_partitions_assigned(self, assigned: list[TopicPartition]) -> None:
        """aiokafka's hook: where each one goes on is known with its first record."""
        self._committed.clear()
        log.info("partitions assigned", extra={"count": len(assigned)})

    async def _turn(self) -> None:
        """Fetch what there is room for, hand it to the lanes, look at the sky, commit."""
        full = [tp for tp in self._consumer.assignment() if self._is_full(tp.partition)]
        self._consumer.pause(*full)
        self._consumer.resume(*(self._consumer.paused() - set(full)))
        for records in (await self._consumer.getmany(timeout_ms=200)).values():
            for record in records:
                self._take(record)
        self._polled_s = steady_s()
        self.metrics[m.POLLED].set(wall_ms() / 1000)
        if self._failure is not None:
            raise self._failure
        self._lanes = {key: lane for key, lane in self._lanes.items() if not lane.is_idle}
        if not self._settings.simulation:
            if steady_s() - self._references.looked_s > REFRESH_S:
                await self._references.catch_up()
            await self._storms.turn(owner=self._sky in self._consumer.assignment())
        await self._commit()

    def _is_full(self, partition: int) -> bool:
        window = self._windows.get(partition)
        return window is not None and len(window.open) >= MOST_OPEN

    def _take(self, record: ConsumerRecord) -> None:
        window = self._windows.setdefault(record.partition, Window(record.offset))
        try:
            notice = Notice.model_validate_json(record.value or b"")
        except ValidationError:
            window.next_offset = max(window.next_offset, record.offset + 1)
            self.metrics[m.UNREADABLE].inc()
            log.error("no notice", extra={"topic": NOTICES, "partition": record.partition, "offset": record.offset})
            return
        errand = Errand(notice, record.partition, record.offset, record.timestamp)
        window.begin(record.offset)
        self._errands[errand] = steady_s()
        key = lane_of(notice)
        if key not in self._lanes:
            self._lanes[key] = Lane(self._desk(notice), self._report, self._failed, self._clocks)
        self._lanes[key].put(errand)

    def _desk(self, notice: Notice) -> Desk:
        """Its recipient's, by the rules in force. In a simulation nothing waits for a clock that is not its own."""
        key = desk_of(notice)
        if key not in self._desks:
            together = self._sender.together(notice.channel)
            grouping = None if self._settings.simulation else Grouping(self._storms.rules, together)
            self._desks[key] = Desk(self._sender, self._clocks, grouping, self.metrics)
        desk = self._desks[key]
        if desk.grouping is not None:
            desk.grouping.rules = self._storms.rules
        return desk

    async def _report(self, errand: Errand, delivery: Delivery) -> None:
        """Write what became of it; only then is the errand done. A report that fails ends the process."""
        await self._outbox.deliver(self._record(errand, delivery))
        self._errands.pop(errand, None)
        window = self._windows.get(errand.partition)
        if window is not None:
            window.open.discard(errand.offset)
        channel = m.label(errand.notice.channel)
        self.metrics[m.NOTICES].labels(channel, delivery.result).inc()
        if not self._settings.simulation:
            self.metrics[m.NOTICE_AGE].labels(channel).observe(max(0, wall_ms() - errand.at_ms) / 1000)
        log.info(
            "notice",
            extra={
                "event_id": errand.notice.id,
                "channel": errand.notice.channel,
                "outcome": delivery.result,
                "reason": delivery.detail or "",
                "attempt": delivery.attempts,
            },
        )

    def _record(self, errand: Errand, delivery: Delivery) -> OutRecord:
        """The command. Its id is made of notice and result, so a repeat after a crash is known as one."""
        notice = errand.notice
        at_ms = errand.at_ms if self._settings.simulation else wall_ms()
        body = DeliveryReported(
            id=make_id("delivery", notice.id, delivery.result),
            patient=notice.patient,
            by=ACTOR,
            role="system",
            notice_id=notice.id,
            alert_id=notice.alert_id,
            recipient=notice.recipient,
            channel=notice.channel,
            result=delivery.result,
            detail=delivery.detail,
        )
        headers = cloudevent(body.id, "command.delivery_reported", SOURCE, rfc3339(at_ms))
        # notices.v1 and commands.v1 have the same partitions, so the patient's number is the same in both.
        topic, value = self._settings.topic(COMMANDS), dumps(body.model_dump(mode="json", exclude_none=True))
        return OutRecord(topic, errand.partition, notice.patient.encode(), value, headers, at_ms)

    async def _drain(self) -> None:
        """Give what is under way a little time."""
        for desk in self._desks.values():
            desk.hurry()
        working = [lane.task for lane in self._lanes.values() if lane.task is not None and not lane.task.done()]
        if working and self._failure is None:
            await asyncio.wait(working, timeout=DRAIN_S)

    def _failed(self, error: BaseException) -> None:
        """A lane has ended by a defect of ours or a report that Kafka did not take: the process ends."""
        self._failure = self._failure or error

    async def _commit(self) -> None:
        """Commit what is done, when it is more than before, and which storms are under way. After a failure nothing."""
        done = {number: window.committable for number, window in self._windows.items()}
        fresh = {number: offset for number, offset in done.items() if self._committed.get(number) != offset}
        memory = self._storms.memory
        if memory is None:
            fresh.pop(SEES, None)
        elif memory != self._remembered and self._sky in self._consumer.assignment():
            fresh[SEES] = done[SEES] if SEES in done else await self._consumer.position(self._sky)
        if not fresh or self._failure is not None:
            return
        topic = self._settings.topic(NOTICES)
        await self._consumer.commit(
            {
                TopicPartition(topic, number): OffsetAndMetadata(offset, (memory or "") if number == SEES else "")
                for number, offset in fresh.items()
            }
        )
        self._committed |= fresh
        if SEES in fresh and memory is not None:
            self._remembered = memory

    def _forget(self) -> None:
        """What is under way is done again from the log, here or elsewhere."""
        for lane in self._lanes.values():
            lane.forget()
        for desk in self._desks.values():
            desk.forget()
        self._lanes.clear()
        self._desks.clear()
        self._errands.clear()
