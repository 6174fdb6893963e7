"""Console: one line per message on standard output, for a demo and for whoever pipes it on."""

import sys
from typing import TextIO

from schemas.notice import NoticeAction
from streams.adapters.channels.book import ConsoleBook
from streams.adapters.channels.ports import TAKEN, UNREACHABLE, Attempt, Message
from streams.adapters.channels.wording import body


class Console:
    """out: where lines go; standard output unless a test wants them."""

    together = frozenset({NoticeAction.TRIGGER, NoticeAction.ACKNOWLEDGE, NoticeAction.RESOLVE})

    def __init__(self, book: ConsoleBook, out: TextIO | None = None) -> None:
        self._book = book
        self._out = sys.stdout if out is None else out

    async def attempt(self, message: Message) -> Attempt:
        """Write and flush. A pipe whose reader has gone is unreachable, and stays so."""
        text = body(message, self._book.language, self._book.detail).replace("\n", " ")
        try:
            self._out.write(f"{message.id} -> {message.recipient}: {text}\n")
            self._out.flush()
        except (OSError, ValueError):
            return Attempt(UNREACHABLE)
        return TAKEN

    async def close(self) -> None:
        """Standard output stays open."""
