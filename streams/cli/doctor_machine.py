"""What the doctor finds on this machine before it asks any broker: Python, versions, settings, limits, containers."""

import platform
import resource
import shutil
import subprocess
import sys
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from schemas.errors import ConfigurationError
from streams.adapters.broker import detached
from streams.adapters.declare import PREFIX
from streams.adapters.settings import REFUSALS, Settings
from streams.agents.enginekit import PINS
from streams.cli.remark import Remark, fail, failed, ok, warn

OLDEST, NEWEST = (3, 11), (3, 13)
"""The Pythons everything was tested with; a test compares with pyproject.toml."""

FILES = 1024
"""Open files: a worker needs about 20 and some for each broker; 1024 is the usual soft limit (our choice)."""

FREE_BYTES = 1 << 30
"""Below 1 GiB a supervisor's log, or a local Kafka, soon stops everything (our choice)."""

ENGINE_LIMIT_S = 2.0  # as adapters.broker.docker: an engine that takes longer is of no help to anybody


def python(found: tuple[int, ...] = sys.version_info[:3]) -> list[Remark]:
    """Which Python, and whether it is one that was tested."""
    said = f"Python {'.'.join(map(str, found))} on {platform.system()} {platform.machine()}"
    if OLDEST <= tuple(found[:2]) <= NEWEST:
        return [ok(said)]
    return [fail(f"{said}: not tested", "install Python 3.11, 3.12 or 3.13 and install again")]


def pins(wanted: Mapping[str, str] = PINS) -> list[Remark]:
    """The libraries whose private parts the engine touches, in exactly the versions it knows."""
    wrong = [
        fail(f"{name} {found or 'is missing'}, {must} is required", "install from deploy/requirements.lock")
        for name, must in wanted.items()
        if (found := _installed(name)) != must
    ]
    return wrong or [ok(", ".join(f"{name} {must}" for name, must in wanted.items()))]


def _installed(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def settings(environ: Mapping[str, str], found: Settings) -> list[Remark]:
    """Every unsafe combination by name, not only the first; else where the settings come from."""
    wrong = [fail(f"{one.setting}: {one.why}", one.next_step) for one in REFUSALS if one.applies(found)]
    given = sorted(name for name in environ if name.startswith(PREFIX) and environ[name])
    kind = "simulation: times are the records' own" if found.simulation else "operation: times are Kafka's"
    toy = "; NO patient may be watched here (demo)" if found.toy else ""
    try:
        found.kafka_security()
    except ConfigurationError as error:
        wrong.append(failed(error))
    return wrong or [ok(f"{len(given)} from the environment, the others as shipped; {kind}{toy}")]


def limits(files: int | None = None, free_bytes: int | None = None) -> list[Remark]:
    """Open files and disk space. None = as this machine has it."""
    soft = resource.getrlimit(resource.RLIMIT_NOFILE)[0] if files is None else files
    where = _existing(detached.folder())
    free = shutil.disk_usage(where).free if free_bytes is None else free_bytes
    remarks = []
    if 0 <= soft < FILES:
        remarks.append(warn(f"only {soft} open files are allowed", f"raise the limit to {FILES} or more (ulimit -n)"))
    if free < FREE_BYTES:
        remarks.append(warn(f"{free >> 20} MiB are free for the run folder", "make room, or set NATTEVAGT_RUN_DIR"))
    allowed = "any number of" if soft < 0 else str(soft)
    return remarks or [ok(f"{allowed} open files allowed, {free >> 30} GiB free for the run folder")]


def _existing(folder: Path) -> Path:
    """The folder, or what will hold it."""
    return next(one for one in (folder, *folder.absolute().parents) if one.exists())


def containers() -> list[Remark]:
    """Whether a container engine answers. Nothing needs one: a local Kafka also runs from a Java or a wheel."""
    program = shutil.which("docker")
    if program is None:
        return [ok("no docker on this machine; none is needed")]
    asked = [program, "version", "--format", "{{.Server.Version}}"]
    try:
        done = subprocess.run(  # noqa: S603 - fixed words, no shell
            asked, capture_output=True, text=True, timeout=ENGINE_LIMIT_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return [ok("docker is installed, its engine does not answer; none is needed")]
    return [ok(f"docker engine {done.stdout.strip()}" if done.returncode == 0 else "docker is here, no engine runs")]
