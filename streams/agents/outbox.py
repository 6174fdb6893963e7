"""Outbox: many who each have one record to deliver, and one writer that takes all of them along at once.

aiokafka's `send_batch` lets waiting callers of one partition wake up together again and again and counts each wait
several times: some sixty at once, and the last of them time out though the broker is well (measured in a storm).
"""

import asyncio
from dataclasses import dataclass, field

from streams.adapters.kafka import Deliverer, OutRecord

Post = tuple[OutRecord, "asyncio.Future[None]"]


@dataclass(slots=True)
class Outbox:
    """In the order given per partition. What Kafka does not take is raised to everybody whose record it was."""

    deliverer: Deliverer
    _posts: list[Post] = field(default_factory=list)
    _writer: "asyncio.Task[None] | None" = None

    async def deliver(self, record: OutRecord) -> None:
        """Returns when Kafka has confirmed it. Raises what `Deliverer.deliver` does."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._posts.append((record, future))
        if self._writer is None or self._writer.done():
            self._writer = asyncio.create_task(self._write())
        await future

    async def _write(self) -> None:
        while self._posts:
            posts, self._posts = self._posts, []
            sending = asyncio.create_task(self._send(posts))
            await asyncio.wait([sending])
            error = sending.exception()
            for _, future in posts:
                if future.done():
                    continue
                if error is None:
                    future.set_result(None)
                else:
                    future.set_exception(error)

    async def _send(self, posts: list[Post]) -> None:
        await self.deliverer.deliver([record for record, _ in posts])
