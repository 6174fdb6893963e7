"""The class archive: what the JVM learnt in its first run, kept so that later starts need half the time.

Measured on two quiet cores, Java 17: start 2.1 s without, 1.1 s with; format 0.9 s and 0.5 s. The price is
one orderly stop that takes 3 s (Java 25: 6 s) and 50 to 67 MB in the cache. A JVM that finds the archive
unfit ignores it.
"""

import hashlib
import shutil
from dataclasses import dataclass
from pathlib import Path

from .java import Java

AHEAD_OF_TIME = 25  # the first long-term Java whose archive also holds linked classes


@dataclass(frozen=True, slots=True)
class Archive:
    """`kept` is shared by all brokers of this Java and these jars; `fresh` belongs to one of them."""

    kept: Path
    fresh: Path
    ahead_of_time: bool

    def reading(self) -> tuple[str, ...]:
        """Flags for a program that uses the archive if there is one, and never writes it."""
        if not self.kept.exists():
            return ()
        return (f"-XX:{'AOTCache' if self.ahead_of_time else 'SharedArchiveFile'}={self.kept}",)

    def learning(self) -> tuple[str, ...]:
        """Flags for the broker: use the archive, or write one at its orderly end."""
        if self.kept.exists():
            return self.reading()
        option = "AOTCacheOutput" if self.ahead_of_time else "ArchiveClassesAtExit"
        return ("-XX:+IgnoreUnrecognizedVMOptions", f"-XX:{option}={self.fresh}")

    def keep(self) -> None:
        """After an orderly end: share what was written. By rename, so no JVM maps half a file."""
        if not self.fresh.exists():
            return
        beside = self.kept.with_name(f"{self.kept.name}.{self.fresh.parent.name}")
        shutil.move(self.fresh, beside)
        beside.replace(self.kept)


def of(java: Java, jars: list[Path], home: Path) -> Archive:
    """The archive for this Java build and these jars, beside the jars."""
    mark = hashlib.sha256("\n".join([java.build, *map(str, jars)]).encode()).hexdigest()[:16]
    return Archive(
        kept=jars[0].parent / f"classes-{mark}.jsa",
        fresh=home / "classes.jsa",
        ahead_of_time=java.major >= AHEAD_OF_TIME,
    )
