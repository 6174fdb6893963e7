"""Sending through any channel: again with growing distance while that may help, never twice by the same id."""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Collection, Mapping

from schemas.notice import NoticeAction
from streams.adapters.channels.ports import NO_CHANNEL, Channel, Delivery, Message
from streams.core.escalation.grouping import Group

PAUSES_S = (0.5, 2.0, 8.0)
"""Between tries: four tries in all. With a timeout of 5 s everything is known after 31 s, long before the first
re-page of a red alert (10 min); our choice."""

REMEMBERED = 20_000
"""Ids of delivered notices kept, against repeats from the log; hours of a storm, a few MB."""

Sleep = Callable[[float], Awaitable[None]]


class Sender:
    """Channels by name. One per process; the memory of ids is not kept on disk: see `Idempotency-Key`."""

    def __init__(self, channels: Mapping[str, Channel], *, sleep: Sleep = asyncio.sleep) -> None:
        self._channels = dict(channels)
        self._sleep = sleep
        self._sent: OrderedDict[str, asyncio.Task[Delivery]] = OrderedDict()

    def together(self, channel: str) -> Collection[NoticeAction]:
        """Of which actions this channel tells many in one message."""
        return self._channels[channel].together if channel in self._channels else ()

    def knows(self, notice_id: str) -> bool:
        """Is it under way or delivered, alone or in a group?"""
        return notice_id in self._sent

    async def send(self, message: Message, *, tries: int = len(PAUSES_S) + 1) -> Delivery:
        """What became of it. A repeat of one that is under way or delivered waits for, or gets, the same answer."""
        task = self._sent.get(message.id)
        if task is None:
            task = self._sent[message.id] = asyncio.create_task(self._deliver(message, tries))
            self._forget_old()
        try:
            found = await asyncio.shield(task)
        except asyncio.CancelledError:
            task.cancel()
            self._sent.pop(message.id, None)
            raise
        if found.result == "failed":
            self._sent.pop(message.id, None)
        elif isinstance(message, Group):
            self._sent |= {notice.id: task for notice in message.notices}
        return found

    async def close(self) -> None:
        """Hang up everywhere."""
        await asyncio.gather(*(channel.close() for channel in self._channels.values()))

    async def _deliver(self, message: Message, tries: int) -> Delivery:
        channel = self._channels.get(message.channel)
        if channel is None:
            return Delivery("failed", NO_CHANNEL, 0)
        for number in range(1, tries + 1):
            attempt = await channel.attempt(message)
            if attempt.code is None:
                return Delivery("delivered", _within(message), number)
            if not attempt.again or number == tries:
                break
            await self._sleep(PAUSES_S[number - 1])
        return Delivery("failed", attempt.code, number, attempt.again)

    def _forget_old(self) -> None:
        """Oldest first, but never one under way: then the memory is longer for a while."""
        while len(self._sent) > REMEMBERED:
            oldest = next(iter(self._sent))
            if not self._sent[oldest].done():
                return
            del self._sent[oldest]


def _within(message: Message) -> str | None:
    """What a member's report says of it: the group's id, which its recipient has in hand. Alone: nothing to add."""
    return f"group.{message.id}" if isinstance(message, Group) else None
