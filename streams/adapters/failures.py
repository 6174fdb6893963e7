"""How many deliveries have failed, kept over restarts: a worker whose delivery fails ends before anybody can ask."""

import contextlib
from pathlib import Path

from streams.adapters.broker.detached import folder
from streams.adapters.settings import Settings


class FailureCount:
    """One number in a small file of the run folder, per group and metrics port, which one process at a time has.

    A folder that cannot be written costs the memory of earlier lives, and nothing else.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path

    @classmethod
    def of(cls, settings: Settings) -> "FailureCount":
        """The worker's own; without pages, and where no patient is watched, nothing is kept."""
        if settings.toy or not settings.metrics_port:
            return cls(None)
        return cls(folder() / f"failures-{settings.group}-{settings.metrics_port}")

    def read(self) -> int:
        """Failures so far; 0 when nothing is known."""
        try:
            return 0 if self._path is None else int(self._path.read_text(encoding="ascii"))
        except (OSError, ValueError):
            return 0

    def add(self) -> None:
        """One more, on disk before this returns."""
        if self._path is None:
            return
        count = self.read() + 1
        with contextlib.suppress(OSError):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            fresh = self._path.with_suffix(".new")
            fresh.write_text(str(count), encoding="ascii")
            fresh.replace(self._path)
