"""A worker whose timekeeper falls silent, while everything else goes on, once the file MUTE_WHEN names is there.

Run it as `python -m tests.kafka.mute worker`. A signal would not do: the engine takes SIGUSR1 for itself.
"""

import os
from pathlib import Path

from streams.agents.timekeeper import Timekeeper
from streams.cli import main

tick = Timekeeper.tick


def _is_silent() -> bool:
    return Path(os.environ["MUTE_WHEN"]).exists()


async def _tick(self: Timekeeper) -> None:
    if not _is_silent():
        await tick(self)


if __name__ == "__main__":
    Timekeeper.tick = _tick  # type: ignore[method-assign]  # the point of this file
    main()
