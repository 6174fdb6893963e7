"""Which installation a command speaks to, and what time it is there: NATTEVAGT_ variables, else the running demo.

A demo writes its addresses and its clock to `demo.json` in the run folder (NATTEVAGT_RUN_DIR, else
~/.local/state/nattevagt), so that commands in a second terminal find it without being told.
"""

import contextlib
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import orjson

from streams.adapters.broker import detached
from streams.adapters.clock import wall_ms
from streams.adapters.settings import Settings

NAMED = ("NATTEVAGT_BROKER", "NATTEVAGT_TOPIC_PREFIX")
"""Whoever sets one of these means that installation and no demo."""

DEMO_SETTINGS: Mapping[str, object] = {"simulation": True, "demo": True, "replication": 1, "min_insync": 1}
"""What a demo runs with: one broker, no patient, and times of its own."""


@dataclass(frozen=True, slots=True)
class Running:
    """A demo that runs: its process, addresses, and what its clock showed (told_ms) at what wall time (wall_ms)."""

    pid: int
    broker: str
    topic_prefix: str
    partitions: int
    told_ms: int
    wall_ms: int

    def settings(self, environ: Mapping[str, str]) -> Settings:
        """Settings that reach it; other variables still count."""
        return Settings.from_env(
            environ,
            broker=self.broker,
            topic_prefix=self.topic_prefix,
            partitions=self.partitions,
            **DEMO_SETTINGS,
        )

    def now_ms(self) -> int:
        """Its time now: between two entries the clock goes as fast as the wall's."""
        return self.told_ms + max(0, wall_ms() - self.wall_ms)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a command works. demo: None = an installation whose clock is the wall's."""

    settings: Settings
    demo: Running | None

    def now_ms(self) -> int:
        """What a record sent now is stamped with. Kafka replaces it, except in a simulation."""
        return wall_ms() if self.demo is None else self.demo.now_ms()


def here() -> Place:
    """The installation that the variables name, else the demo that runs, else what the defaults name.

    Raises: ConfigurationError for a variable that is none or has no such value.
    """
    demo = running()
    if any(os.environ.get(name) for name in NAMED):
        settings = Settings.from_env(os.environ)
        same = demo is not None and (demo.broker, demo.topic_prefix) == (settings.broker, settings.topic_prefix)
        return Place(settings, demo if same else None)
    if demo is None:
        return Place(Settings.from_env(os.environ), None)
    return Place(demo.settings(os.environ), demo)


def running() -> Running | None:
    """The demo that runs with this run folder; None = none, or one that has ended without a word."""
    try:
        found = Running(**orjson.loads(_file().read_bytes()))
    except (OSError, ValueError, TypeError):  # none, half a file, or one of another release
        return None
    return found if detached.command_line(found.pid) else None


def tell(demo: Running, now_ms: int) -> Running:
    """Write where the demo is and how late it is there. Another demo's entry is left alone."""
    told = replace(demo, told_ms=now_ms, wall_ms=wall_ms())
    other = running()
    if other is None or other.pid == demo.pid:
        _file().parent.mkdir(parents=True, exist_ok=True)
        fresh = _file().with_suffix(".new")
        fresh.write_bytes(orjson.dumps(asdict(told)))
        fresh.replace(_file())
    return told


def forget(demo: Running) -> None:
    """Remove the demo's own entry."""
    other = running()
    if other is not None and other.pid == demo.pid:
        with contextlib.suppress(FileNotFoundError):
            _file().unlink()


def _file() -> Path:
    return detached.folder() / "demo.json"
