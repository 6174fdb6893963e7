"""The watchdog's own way to people: a command, a webhook and the terminal; none of them goes through Kafka."""

import asyncio
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass

import aiohttp

from streams.watchdog.paging import Page

LIMIT_S = 15.0
"""Longest wait for one channel; rounds wait meanwhile, and theirs is four times as long."""

KIND_VARIABLE = "PAGE_KIND"
"""Tells the command whether it is `page`, `again` or `resolved`."""


@dataclass(frozen=True, slots=True)
class Channels:
    """command: run without a shell, with the text on its standard input. url: gets the page as JSON.

    Without either of them standard error alone is the channel, and its reader must be a person or an alarm.
    """

    command: Sequence[str] = ()
    url: str | None = None

    async def send(self, page: Page) -> bool:
        """True when a channel took it. Standard error always gets it, and what went wrong with the others."""
        sys.stderr.write(page.text + "\n")
        sys.stderr.flush()
        tries = []
        if self.command:
            tries.append(self._run(page))
        if self.url is not None:
            tries.append(self._post(page))
        failures = [failure for failure in await asyncio.gather(*tries) if failure]
        for failure in failures:
            sys.stderr.write(f"nattevagt watchdog: {failure}\n")
        return len(failures) < len(tries) or not tries

    async def _run(self, page: Page) -> str:
        """Empty when the command ended with 0."""
        try:
            async with asyncio.timeout(LIMIT_S):
                process = await asyncio.create_subprocess_exec(
                    *self.command, stdin=asyncio.subprocess.PIPE, env={**os.environ, KIND_VARIABLE: page.kind.value}
                )
                try:
                    await process.communicate(page.text.encode())
                finally:
                    if process.returncode is None:
                        process.kill()
        except (OSError, TimeoutError) as error:
            return f"the page command failed ({type(error).__name__})"
        return "" if process.returncode == 0 else f"the page command ended with code {process.returncode}"

    async def _post(self, page: Page) -> str:
        """Empty when the answer is 2xx. The address stays unsaid: it may hold a secret."""
        assert self.url is not None, "asked for with an address only"
        try:
            async with (
                aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=LIMIT_S)) as session,
                session.post(self.url, json=page.to_json(), allow_redirects=False) as answer,
            ):
                return "" if answer.status < 300 else f"the page address answered {answer.status}"
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            return f"the page address failed ({type(error).__name__})"
