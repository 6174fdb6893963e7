"""Desk: one recipient on one channel. Says how often may be tried, and lets notices that rain go together.

A far end that is down costs its own desk only: after three failures it says so at once, without trying, and looks again
every ten seconds. So the ladder moves on while the channel is dead, and nothing piles up behind it.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial

from schemas.notice import Notice
from streams.adapters import notify_metrics as m
from streams.adapters.channels.ports import DOWN, Delivery, Message
from streams.adapters.channels.sender import PAUSES_S, Sender
from streams.adapters.metrics import Metrics
from streams.core.escalation.grouping import Group, Grouping

DOWN_AFTER = 3
"""Failures in a row of the far end itself; each has been tried four times already. Our choice."""

LOOK_AGAIN_S = 10.0
"""From one look at a far end that is down to the next."""

AT_ONCE = 4
"""Messages under way to one recipient on one channel: a shift's telephone gets many. Our choice."""

Useless = Callable[[], str | None]
"""Why nobody needs it any more; None = somebody does. Asked again when a wait is over."""


@dataclass(slots=True)
class Breaker:
    """How often may be tried now? Times are given, so that this is pure."""

    failures: int = 0
    look_again_s: float = 0.0

    @property
    def is_down(self) -> bool:
        """Has the far end failed too often in a row?"""
        return self.failures >= DOWN_AFTER

    def tries(self, now_s: float) -> int:
        """As usual; while it is down none, but one every ten seconds."""
        if not self.is_down:
            return len(PAUSES_S) + 1
        return 1 if now_s >= self.look_again_s else 0

    def learned(self, delivery: Delivery, now_s: float) -> None:
        """What a delivery says about the far end; a wrong address says nothing."""
        if delivery.is_down:
            self.failures += 1
            self.look_again_s = now_s + LOOK_AGAIN_S
        elif delivery.result == "delivered":
            self.failures = 0


@dataclass(slots=True)
class Clocks:
    """Steady seconds for pacing; wall milliseconds for deadlines. wall_ms gives None in a simulation: then no
    deadline is held against a clock that it does not know."""

    steady_s: Callable[[], float]
    wall_ms: Callable[[], int | None]


Waiting = tuple[Notice, "asyncio.Future[Delivery]", Useless]


@dataclass(slots=True)
class Desk:
    """grouping: None = everything goes alone. metrics: counts what went together; None = nobody asks."""

    sender: Sender
    clocks: Clocks
    grouping: Grouping | None = None
    metrics: Metrics | None = None
    breaker: Breaker = field(default_factory=Breaker)
    _slots: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))
    _waiting: dict[str, Waiting] = field(default_factory=dict)
    _timer: asyncio.TimerHandle | None = None
    _groups: "set[asyncio.Task[None]]" = field(default_factory=set)

    async def deliver(self, notice: Notice, useless: Useless) -> Delivery:
        """What became of it, alone or in a group. What has been told already is not told again."""
        grouping, now_s = self.grouping, self.clocks.steady_s()
        if grouping is None or self.sender.knows(notice.id) or not grouping.take(notice, now_s):
            async with self._slots:
                why = useless()
                return await self._attempt(notice) if why is None else Delivery("failed", why, 0)
        future: asyncio.Future[Delivery] = asyncio.get_running_loop().create_future()
        self._waiting[notice.id] = (notice, future, useless)
        self._look(now_s)
        return await future

    def hurry(self) -> None:
        """Let go what waits for its like: the process ends, or partitions move."""
        if self.grouping is not None:
            self._send(self.grouping.due(float("inf")))

    def forget(self) -> None:
        """Whoever waited is gone."""
        if self._timer is not None:
            self._timer.cancel()
        for task in self._groups:
            task.cancel()

    def _look(self, now_s: float) -> None:
        """Send what is due, and come back when the next is."""
        assert self.grouping is not None
        self._send(self.grouping.due(now_s))
        if self._timer is not None:
            self._timer.cancel()
        next_s = self.grouping.next_s
        self._timer = None if next_s is None else asyncio.get_running_loop().call_later(next_s - now_s, self._again)

    def _again(self) -> None:
        self._look(self.clocks.steady_s())

    def _send(self, batches: Sequence[Sequence[Notice]]) -> None:
        for batch in batches:
            found = [self._waiting.pop(notice.id, None) for notice in batch]
            waiting = [one for one in found if one is not None]
            task = asyncio.create_task(self._together(waiting))
            self._groups.add(task)
            task.add_done_callback(partial(self._done, waiting))

    def _done(self, batch: Sequence[Waiting], task: "asyncio.Task[None]") -> None:
        """A defect of ours ends every lane that waited, and with them the process: nobody waits for ever."""
        self._groups.discard(task)
        error = None if task.cancelled() else task.exception()
        if error is None:
            return
        for _, future, _ in batch:
            if not future.done():
                future.set_exception(error)

    async def _together(self, batch: Sequence[Waiting]) -> None:
        """One message for all that somebody still waits for; each of them gets its answer."""
        async with self._slots:
            needed = [one for one in batch if _is_needed(one)]
            if not needed:
                return
            notices = tuple(notice for notice, _, _ in needed)
            delivery = await self._attempt(notices[0] if len(notices) == 1 else Group(notices))
        if len(needed) > 1:
            self._count(needed[0][0].channel, len(needed))
        for _, future, _ in needed:
            if not future.done():
                future.set_result(delivery)

    def _count(self, channel: str, notices: int) -> None:
        if self.metrics is not None:
            self.metrics[m.GROUPS].labels(m.label(channel)).inc()
            self.metrics[m.GROUPED].labels(m.label(channel)).inc(notices)

    async def _attempt(self, message: Message) -> Delivery:
        tries = self.breaker.tries(self.clocks.steady_s())
        if not tries:
            return Delivery("failed", DOWN, 0)
        delivery = await self.sender.send(message, tries=tries)
        self.breaker.learned(delivery, self.clocks.steady_s())
        return delivery


def _is_needed(one: Waiting) -> bool:
    """Does anybody still wait for it? What has become useless meanwhile is answered here."""
    _, future, useless = one
    why = None if future.done() else useless()
    if why is not None:
        future.set_result(Delivery("failed", why, 0))
    return not future.done()
