"""Console: one line per notice on standard output, for a demo and for whoever pipes it on."""

import sys
from typing import TextIO

from schemas.notice import Notice
from streams.adapters.channels.book import ConsoleBook
from streams.adapters.channels.ports import TAKEN, UNREACHABLE, Attempt
from streams.adapters.channels.wording import body


class Console:
    """out: where lines go; standard output unless a test wants them."""

    def __init__(self, book: ConsoleBook, out: TextIO | None = None) -> None:
        self._book = book
        self._out = sys.stdout if out is None else out

    async def attempt(self, notice: Notice) -> Attempt:
        """Write and flush. A pipe whose reader has gone is unreachable, and stays so."""
        text = body(notice, self._book.language, self._book.detail).replace("\n", " ")
        try:
            self._out.write(f"{notice.id} -> {notice.recipient}: {text}\n")
            self._out.flush()
        except (OSError, ValueError):
            return Attempt(UNREACHABLE)
        return TAKEN

    async def close(self) -> None:
        """Standard output stays open."""
