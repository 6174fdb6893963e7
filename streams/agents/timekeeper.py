"""Timekeeper: sends TimerFired when something is due, and says that the watch is alive. Decides nothing."""

import heapq

from aiokafka import TopicPartition

from schemas.alert import WatchAlive
from schemas.base import rfc3339
from schemas.codec import cloudevent
from schemas.events import PartitionAlive, TimerFired
from schemas.ids import UNASSIGNED_TEAM, make_id
from schemas.made import wire
from schemas.topics import PATIENT_EVENTS, alerts_topic
from streams.adapters import metrics
from streams.adapters.clock import steady_s, wall_ms
from streams.adapters.kafka import OutRecord
from streams.agents.effects import SOURCE
from streams.agents.monitor import Monitor, Owned
from streams.agents.progress import Progress
from streams.agents.room import Room
from streams.core.record import partition_key
from streams.core.standstill import is_resting

BURST = 2_000
"""TimerFired per partition and tick: a burst of silences must not starve readings. The rest follows next tick."""

AGAIN_MS = 10_000
"""A timer that has been sent and not yet folded is sent again after this; the second is a no-op."""


class Timekeeper:
    """One per worker, for the partitions it owns. heaps: partition -> (due, patient), with stale entries."""

    def __init__(self, room: Room, monitor: Monitor, progress: Progress) -> None:
        self._room = room
        self._monitor = monitor
        self._progress = progress
        self._heaps: dict[int, list[tuple[int, str]]] = {}
        self._sent: dict[str, tuple[int, int]] = {}
        self._alive_ms = 0
        self._watch_ms = 0
        self.now_ms = 0
        self.ticked_s = steady_s()

    def forget(self) -> None:
        """Partitions are moving."""
        self._heaps = {}
        self._sent = {}

    async def tick(self) -> None:
        """One beat: let time pass as far as it may, and say that the watch is alive.

        now_ms, ticked_s: how late it was at the last one, on the watch's clock and on the steady one.
        """
        await self._tick()
        self.ticked_s = steady_s()
        self._room.tally.metrics[metrics.TICK].set(wall_ms() / 1000)

    async def _tick(self) -> None:
        if self._room.settings.simulation:
            until = await self._progress.simulated_until()
            if until is None:
                return
            data_until, late = until, False
        else:
            until = wall_ms()
            data_until = await self._progress.passed_until(until)
            late = self._progress.is_late(until)
            data_until = until if late else min(data_until, until)
            self._say_lag(until)
        self.now_ms = until
        await self._assessed(data_until)
        await self._fire(until, data_until, late=late)
        if len(self._sent) > 2 * BURST:
            self._sent = {who: sent for who, sent in self._sent.items() if until - sent[1] < AGAIN_MS}
        await self._say_alive(until)

    async def _assessed(self, data_until: int) -> None:
        """Partitions whose log has been folded to its end have assessed all that was let in by now."""
        name = self._room.settings.topic(PATIENT_EVENTS)
        ends = await self._progress.log_ends([TopicPartition(name, p) for p in self._monitor.owned])
        for tp, end in ends.items():
            owned = self._monitor.owned.get(tp.partition)
            if owned is not None and owned.record.offset + 1 >= end:
                owned.assessed_ms = max(owned.assessed_ms, data_until)
            if owned is not None:
                behind = max(0, end - owned.record.offset - 1)
                self._room.tally.metrics[metrics.LAG_RECORDS].labels(PATIENT_EVENTS, tp.partition).set(behind)

    def _say_lag(self, until: int) -> None:
        """How far intake is behind, for the partitions that are ours."""
        for tp, (behind, drained_ms) in self._progress.lags().items():
            if tp.partition in self._monitor.owned:
                topic = self._room.settings.unprefixed(tp.topic)
                self._room.tally.metrics[metrics.LAG_RECORDS].labels(topic, tp.partition).set(behind)
                lag_s = max(0, until - drained_ms) / 1000
                self._room.tally.metrics[metrics.LAG_SECONDS].labels(topic, tp.partition).set(lag_s)

    async def _fire(self, until: int, data_until: int, *, late: bool) -> None:
        for owned in list(self._monitor.owned.values()):
            data = 0 if is_resting(owned.record.stops, until) else data_until
            due = self._due(owned, until, data)
            await self._room.deliverer.deliver(
                [self._timer(owned.partition, patient, until, data, late=late) for patient in due]
            )

    def _due(self, owned: Owned, until: int, data_until: int) -> list[str]:
        """Patients for whom time has to pass now, at most BURST."""
        heap = self._heaps.setdefault(owned.partition, [])
        touched, owned.touched = owned.touched, []
        if len(heap) + len(touched) > 2 * len(owned.due) + BURST:
            heap[:] = [(min(due), patient) for patient, due in owned.due.items()]
            heapq.heapify(heap)
        else:
            for patient in touched:
                heapq.heappush(heap, (min(owned.due[patient]), patient))
        found: list[str] = []
        waiting: list[tuple[int, str]] = []
        while heap and heap[0][0] <= until and len(found) < BURST:
            due, patient = heapq.heappop(heap)
            data, ladder = owned.due.get(patient, (due + 1, due + 1))
            if due != min(data, ladder):
                continue  # superseded: a newer entry is in the heap
            waiting.append((due, patient))
            if (ladder <= until or data <= data_until) and self._may_send(patient, due, until):
                found.append(patient)
        for entry in waiting:
            heapq.heappush(heap, entry)
        return found

    def _may_send(self, patient: str, due: int, until: int) -> bool:
        sent_due, sent_at = self._sent.get(patient, (-1, 0))
        if sent_due == due and until - sent_at < AGAIN_MS:
            return False
        self._sent[patient] = (due, until)
        return True

    def _timer(self, partition: int, patient: str, until: int, data_until: int, *, late: bool) -> OutRecord:
        event = TimerFired(
            id=make_id(patient, "timer", until),
            patient=patient,
            until_ms=until,
            data_until_ms=data_until,
            path_late=late,
            stamp=self._room.references.reference.stamp,
        )
        return self._event(partition, patient.encode(), event, until)

    def _event(self, partition: int, key: bytes, event: TimerFired | PartitionAlive, at_ms: int) -> OutRecord:
        return OutRecord(
            self._room.settings.topic(PATIENT_EVENTS),
            partition,
            key,
            wire(event),
            cloudevent(event.id, event.type, SOURCE, rfc3339(at_ms)),
            at_ms,
        )

    async def _say_alive(self, until: int) -> None:
        settings = self._room.settings
        if not settings.simulation and until - self._alive_ms >= settings.partition_alive_s * 1000:
            self._alive_ms = until
            await self._room.deliverer.deliver(
                [
                    self._event(p, partition_key(p), PartitionAlive(id=make_id("alive", p, until), at_ms=until), until)
                    for p in self._monitor.owned
                ]
            )
        if until - self._watch_ms >= settings.watch_alive_s * 1000:
            self._watch_ms = until
            await self._room.deliverer.deliver(self._watch(until))
            for partition in self._monitor.owned:
                self._room.tally.metrics[metrics.WATCH_ALIVE].labels(partition).set(wall_ms() / 1000)

    def _watch(self, until: int) -> list[OutRecord]:
        """One WatchAlive for each owned partition of each team's topic."""
        records = []
        for partition, owned in self._monitor.owned.items():
            body = WatchAlive(partition=partition, assessed_up_to=rfc3339(owned.assessed_ms))
            value = wire(body)
            for team in (UNASSIGNED_TEAM, *sorted(self._room.references.reachable)):
                event_id = make_id("watch", team, partition, until)
                headers = cloudevent(event_id, "watch_alive", SOURCE, rfc3339(until))
                topic = self._room.settings.topic(alerts_topic(team))
                records.append(OutRecord(topic, partition, None, value, headers, until))
        return records
