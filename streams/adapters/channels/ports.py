"""What a channel is: one transport that tries to hand one notice over, once, within its time, and says how it went."""

from dataclasses import dataclass, field
from typing import Literal, Protocol

from schemas.notice import Notice

TIMEOUT, UNREACHABLE, NO_ADDRESS, NO_CHANNEL = "timeout", "unreachable", "no_address", "no_channel"
DOWN, TOO_LATE, SUPERSEDED = "down", "too_late", "superseded"
"""Codes that several channels share; each adds its own, such as `http_500` or `smtp_550`."""


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

    async def attempt(self, notice: Notice) -> Attempt:
        """Try once. The notice's id is the key by which the far end tells a repeat."""

    async def close(self) -> None:
        """Hang up."""
