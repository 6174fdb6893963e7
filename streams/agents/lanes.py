"""Lanes: one alert's notices to one recipient on one channel in their order; lanes do not wait for each other."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime

from schemas.base import to_ms
from schemas.notice import Notice, NoticeAction
from streams.adapters.channels.ports import SUPERSEDED, TOO_LATE, Delivery
from streams.agents.desk import Clocks, Desk

LaneKey = tuple[str, str, str]

DeskKey = tuple[str, str]


@dataclass(frozen=True, slots=True, eq=False)
class Errand:
    """One notice to deliver, and where its record stands. at_ms: Kafka's time of it."""

    notice: Notice
    partition: int
    offset: int
    at_ms: int


Report = Callable[[Errand, Delivery], Awaitable[None]]
"""Called once per errand when all is known; returns when Kafka has the report."""


def lane_of(notice: Notice) -> LaneKey:
    """All of an alert's notices to one recipient on one channel stand in one lane, in their order."""
    return notice.channel, notice.recipient, notice.alert_id


def desk_of(notice: Notice) -> DeskKey:
    """All lanes of one recipient on one channel share a desk."""
    return notice.channel, notice.recipient


@dataclass(slots=True)
class Lane:
    """failed: told what ended the lane, if that was no plan.

    queue: what waits for its turn, oldest first. aside: what waits for its own time (`not_before`), by errand."""

    desk: Desk
    report: Report
    failed: Callable[[BaseException], None]
    clocks: Clocks
    queue: "deque[Errand]" = field(default_factory=deque)
    aside: "dict[Errand, asyncio.TimerHandle]" = field(default_factory=dict)
    task: "asyncio.Task[None] | None" = None

    @property
    def is_idle(self) -> bool:
        """Is there nothing to do, now or later?"""
        return not self.queue and not self.aside and (self.task is None or self.task.done())

    def put(self, errand: Errand) -> None:
        """Behind the others; aside while its time has not come."""
        waits_s = self._waits_s(errand.notice)
        if waits_s > 0:
            self.aside[errand] = asyncio.get_running_loop().call_later(waits_s, self._enqueue, errand)
            return
        for one in [one for one in self.aside if _overtakes(errand.notice, one.notice)]:
            self._enqueue(one)  # finds what overtakes it behind itself
        self._enqueue(errand)

    def forget(self) -> None:
        """The partition is somebody else's, or the process ends: what waits is done again from the log."""
        for timer in self.aside.values():
            timer.cancel()
        self.aside.clear()
        self.queue.clear()
        if self.task is not None:
            self.task.cancel()

    def _enqueue(self, errand: Errand) -> None:
        timer = self.aside.pop(errand, None)
        if timer is not None:
            timer.cancel()
        self.queue.append(errand)
        if self.task is None or self.task.done():
            self.task = asyncio.create_task(self._work())
            self.task.add_done_callback(self._ended)

    def _ended(self, task: "asyncio.Task[None]") -> None:
        """Whatever ended it but its own end or ours would stand in the way of this person's messages for ever."""
        error = None if task.cancelled() else task.exception()
        if error is not None:
            self.failed(error)

    async def _work(self) -> None:
        while self.queue:
            errand = self.queue[0]
            delivery = await self._deliver(errand.notice)
            await self.report(errand, delivery)
            self.queue.popleft()

    async def _deliver(self, notice: Notice) -> Delivery:
        useless = self._useless(notice)
        if useless is not None:
            return Delivery("failed", useless, 0)
        return await self.desk.deliver(notice, lambda: self._useless(notice))

    def _useless(self, notice: Notice) -> str | None:
        """A page that nobody needs any more: its time has passed, or something newer of its alert stands behind it."""
        if notice.action is not NoticeAction.TRIGGER:
            return None
        now_ms = self.clocks.wall_ms()
        if now_ms is not None and notice.deliver_by is not None and now_ms >= _ms(notice.deliver_by):
            return TOO_LATE
        return SUPERSEDED if any(_overtakes(one.notice, notice) for one in self.queue) else None

    def _waits_s(self, notice: Notice) -> float:
        now_ms = self.clocks.wall_ms()
        if now_ms is None or notice.not_before is None:
            return 0.0
        return (_ms(notice.not_before) - now_ms) / 1000


def _overtakes(newer: Notice, older: Notice) -> bool:
    """Does it make the older page needless? A later step of the same alert, to the same recipient by its lane."""
    return newer.alert_id == older.alert_id and newer.sequence > older.sequence


def _ms(instant: str) -> int:
    """An instant of a contract as epoch milliseconds."""
    return to_ms(datetime.fromisoformat(instant))
