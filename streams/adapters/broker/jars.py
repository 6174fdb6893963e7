"""The jars of Apache Kafka by a lock file: each is known by its SHA-256 before it is run.

Source: kafka-4.3.1.lock, the runtime closure of kafka_2.13, kafka-tools and log4j-slf4j-impl.
Where they come from, in this order: our cache, the local Maven repository, a download whose base
address the package `jgo` knows (NATTEVAGT_MAVEN names a mirror instead).
"""

import hashlib
import http.client
import importlib
import os
import tempfile
import time
import urllib.request
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from schemas.errors import ConfigurationError

from .settings import VERSION

LOCK = Path(__file__).with_name(f"kafka-{VERSION}.lock")
AT_ONCE = 8  # measured: 46 jars in 1.3 s; more gains nothing
Fetch = Callable[[str], bytes]


@dataclass(frozen=True, slots=True)
class Jar:
    """One line of the lock. `path` is relative to a Maven repository; `size` in bytes."""

    sha256: str
    size: int
    path: str

    @property
    def name(self) -> str:
        """File name without folders; unique in the lock."""
        return self.path.rpartition("/")[2]

    def fits(self, content: bytes) -> bool:
        """Only the very bytes that were locked."""
        return len(content) == self.size and hashlib.sha256(content).hexdigest() == self.sha256


def parse(text: str) -> tuple[Jar, ...]:
    """Read a lock: `sha256 size path` a line. A line that is anything else is refused."""
    found = []
    for number, line in enumerate(text.splitlines(), start=1):
        match line.split():
            case [sha256, size, path] if len(sha256) == 64 and size.isdecimal() and ".." not in path:
                found.append(Jar(sha256, int(size), path))
            case _:
                raise ConfigurationError(
                    f"line {number} of the jar lock is not `sha256 size path`.",
                    next_step="Restore the lock file from the release.",
                )
    return tuple(found)


def cache() -> Path:
    """NATTEVAGT_CACHE, else ~/.cache/nattevagt."""
    return Path(os.environ.get("NATTEVAGT_CACHE") or Path.home() / ".cache" / "nattevagt")


def obtain(folder: Path, *, say: Callable[[str], None], fetch: Fetch | None = None) -> list[Path]:
    """All jars of the lock in `folder`, checked; what is missing is copied or downloaded."""
    locked = parse(LOCK.read_text())
    missing = [jar for jar in locked if not _kept(folder / jar.name, jar)]
    missing = [jar for jar in missing if not _copied(jar, folder)]
    if missing:
        _download(missing, folder, say, fetch or _fetch_from(_base()))
    return [folder / jar.name for jar in locked]


def _kept(file: Path, jar: Jar) -> bool:
    return file.is_file() and jar.fits(file.read_bytes())


def _copied(jar: Jar, folder: Path) -> bool:
    repository = Path(os.environ.get("M2_REPO") or Path.home() / ".m2" / "repository")
    if not _kept(repository / jar.path, jar):
        return False
    _write(folder / jar.name, (repository / jar.path).read_bytes())
    return True


def _download(missing: list[Jar], folder: Path, say: Callable[[str], None], fetch: Fetch) -> None:
    megabytes = sum(jar.size for jar in missing) / 1_000_000
    say(f"Kafka {VERSION}: getting {len(missing)} jars ({megabytes:.0f} MB)")
    begun = time.monotonic()

    def one(jar: Jar) -> None:
        content = fetch(jar.path)
        if not jar.fits(content):
            raise ConfigurationError(
                f"{jar.name} as downloaded is not the file of the lock (SHA-256 differs); it was not kept.",
                next_step="Try again; if it stays so, the source is not to be trusted: set NATTEVAGT_MAVEN.",
            )
        _write(folder / jar.name, content)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(one, missing))
    say(f"Kafka {VERSION}: {len(missing)} jars in {time.monotonic() - begun:.1f} s, kept in {folder}")


def _base() -> str:
    if mirror := os.environ.get("NATTEVAGT_MAVEN"):
        return mirror.rstrip("/")
    try:
        return str(importlib.import_module("jgo.constants").MAVEN_CENTRAL_URL).rstrip("/")
    except ImportError:
        raise ConfigurationError(
            "Kafka's jars are not here, and the package jgo that knows where to get them is missing.",
            next_step="Run  pip install 'nattevagt[kafka]'  or set NATTEVAGT_MAVEN to a Maven repository.",
        ) from None


def _fetch_from(base: str) -> Fetch:
    if not base.startswith(("https://", "http://", "file://")):
        raise ConfigurationError(
            f"NATTEVAGT_MAVEN={base} is no web or file address.", next_step="Give it as https://host/path."
        )

    def fetch(path: str) -> bytes:
        try:
            # The scheme is checked above, and the bytes against the lock below.
            with urllib.request.urlopen(f"{base}/{path}", timeout=60) as answer:  # noqa: S310 - see above
                return bytes(answer.read())
        except (OSError, http.client.HTTPException) as error:
            raise ConfigurationError(
                f"Kafka's jars are not to be had: {base}/{path}: {error}.",
                next_step="Check the network, or set NATTEVAGT_MAVEN to a mirror you can reach.",
            ) from error

    return fetch


def _write(file: Path, content: bytes) -> None:
    """By rename, so that another process never sees half a jar."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=file.parent, delete=False) as out:
        out.write(content)
    Path(out.name).chmod(0o644)
    Path(out.name).replace(file)
