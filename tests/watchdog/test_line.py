"""The line's one rule: whatever the library does, the watchdog gets an answer or a LineError, and goes on."""

import asyncio

import pytest
from aiokafka.errors import KafkaConnectionError

from streams.watchdog.line import LineError, within


async def _cut() -> None:
    task = asyncio.current_task()
    assert task is not None
    task.cancel()
    await asyncio.sleep(0)


async def _broken() -> None:
    raise KafkaConnectionError


async def _never() -> None:
    await asyncio.Event().wait()


@pytest.mark.parametrize(("work", "words"), [(_cut, "cut"), (_broken, "KafkaConnectionError"), (_never, "no answer")])
def test_every_end_of_a_connection_is_a_line_error(work: object, words: str) -> None:
    """Also a cancellation that is not ours: it ended a watchdog together with the broker."""
    with pytest.raises(LineError, match=words):
        asyncio.run(within(work(), 0.05))  # type: ignore[operator]  # one of the three above


def test_our_own_end_is_no_line_error() -> None:
    """SIGTERM must end it."""

    async def go() -> bool:
        task = asyncio.create_task(within(_never(), 60))
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        return task.cancelled()

    assert asyncio.run(go())
