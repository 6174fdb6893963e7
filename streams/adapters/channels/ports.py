"""What a channel is: one transport that tries to hand one message over, once, within its time, and says how it went."""

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Literal, Protocol

from schemas.notice import Notice, NoticeAction
from streams.core.escalation.grouping import Group
from streams.core.escalation.storm import StormPage

TIMEOUT, UNREACHABLE, NO_ADDRESS, NO_CHANNEL = "timeout", "unreachable", "no_address", "no_channel"
DOWN, TOO_LATE, SUPERSEDED = "down", "too_late", "superseded"
"""Codes that several channels share; each adds its own, such as `http_500` or `smtp_550`."""


Message = Notice | Group | StormPage
"""What a channel hands over: each has an `id`, a `recipient` and a `channel`."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try. code: None = the far end has taken it. again: may another try help?"""

    code: str | None = None
    again: bool = False


TAKEN = Attempt()


@dataclass(frozen=True, slots=True)
class Delivery:
    """What became of a notice. detail: the last try's code. attempts: tries made, 0 = none was worth making.

    is_down: the far end itself is at fault, whoever is written to.
    """

    result: Literal["delivered", "failed"]
    detail: str | None
    attempts: int
    is_down: bool = field(default=False, compare=False)


class Channel(Protocol):
    """One transport. It never raises for what the network or the far end does, and never waits beyond its timeout."""

    @property
    def together(self) -> Collection[NoticeAction]:
        """Of which actions it tells many in one message, when they come too fast for one by one."""
        ...

    async def attempt(self, message: Message) -> Attempt:
        """Try once. The message's id is the key by which the far end tells a repeat."""

    async def close(self) -> None:
        """Hang up."""
