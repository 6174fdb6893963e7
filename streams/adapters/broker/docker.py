"""A broker in a container of the official image, through the docker command line."""

import contextlib
import hashlib
import os
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from schemas.errors import ConfigurationError

from . import answers, guard, ports, settings
from .handle import Broker, Unavailable, Wish

ENGINE_LIMIT = 2.0  # seconds an engine has to answer; one that sleeps takes longer, and then Java is quicker
PULL_LIMIT = 300.0  # seconds; the image has about 200 MB
START_LIMIT = 90.0  # seconds; 4 to 9 s measured
LABEL = "nattevagt.broker"
COMMAND_LIMIT = 60.0  # seconds for one docker command; an orderly stop may use 20 of them


class ContainerNode:
    """The container by its name. Docker keeps its port and volume over kill and start."""

    pid: int | None = None

    def __init__(self, name: str, address: str) -> None:
        self.container: str | None = name
        self._name = name
        self._address = address
        self._guard = guard.Guard([_program(), "rm", "--force", "--volumes", name])

    def wait(self) -> bool:
        """True when it answers, False when it ended or takes too long."""
        return answers.wait(self._address, alive=lambda: runs(self._name), timeout=START_LIMIT)

    def release(self) -> None:
        """Let the container outlive this process."""
        self._guard.dismiss()

    def stop(self) -> None:
        """Stop in good order, then remove the container; a named volume stays."""
        self.release()
        remove(self._name)

    def kill(self) -> None:
        """SIGKILL to the broker; the container and its data stay for restart()."""
        _docker("kill", self._name)

    def restart(self) -> None:
        """`docker start` after an orderly stop, if it still runs."""
        _docker("stop", "--time", "20", self._name)
        _docker("start", self._name)
        if not self.wait():
            raise ConfigurationError(
                f"Kafka in container {self._name} did not come up again.",
                next_step=f"Look at  docker logs {self._name}",
            )


def start(wish: Wish, say: Callable[[str], None]) -> Broker | Unavailable:
    """The container answers, or the reason why Docker gives none."""
    if not shutil.which("docker") or not _succeeds("info", limit=ENGINE_LIMIT):
        return Unavailable(f"no Docker engine answered within {ENGINE_LIMIT:.0f} s")
    if not _succeeds("image", "inspect", settings.IMAGE, limit=COMMAND_LIMIT):
        say(f"Kafka {settings.VERSION}: pulling {settings.IMAGE}")
        if not _succeeds("pull", "--quiet", settings.IMAGE, limit=PULL_LIMIT):
            return Unavailable(f"Docker answers, but cannot pull {settings.IMAGE}", worth_saying=True)
    return _run(wish, ports.claim(wish.port), say)


def runs(name: str) -> bool:
    """True when a container of this name runs."""
    try:
        return _docker("container", "inspect", "--format", "{{.State.Running}}", name).strip() == "true"
    except ConfigurationError:
        return False


def remove(name: str) -> None:
    """Stop in good order and remove; a named volume stays. No container of that name is no fault."""
    _succeeds("stop", "--time", "20", name, limit=COMMAND_LIMIT)
    _succeeds("rm", "--force", "--volumes", name, limit=COMMAND_LIMIT)


def _run(wish: Wish, port: int, say: Callable[[str], None]) -> Broker | Unavailable:
    name, address, begun = f"nattevagt-kafka-{port}", f"127.0.0.1:{port}", time.monotonic()
    volume = volume_of(wish.data) if wish.data else None
    try:
        _docker("run", "--detach", "--name", name, *_options(port, volume), settings.IMAGE)
    except ConfigurationError as error:
        return Unavailable(f"Docker did not start the container: {error.args[0]}", worth_saying=True)
    node = ContainerNode(name, address)
    with contextlib.ExitStack() as undo:
        undo.callback(node.stop)
        if not node.wait():
            last = _docker("logs", "--tail", "3", name).strip()
            return Unavailable(f"the container did not answer at {address}: {last}", worth_saying=True)
        undo.pop_all()
    if wish.detach:
        node.release()
    kept = f"data in volume {volume}" if volume else "data go with it"
    say(
        f"Kafka {settings.VERSION} at {address} after {time.monotonic() - begun:.1f} s "
        f"(Docker, container {name}, {kept}). {wish.farewell}"
    )
    return Broker(address, "docker", node, data=wish.data)


def _options(port: int, volume: str | None) -> list[str]:
    options = ["--label", f"{LABEL}={os.getpid()}", "--publish", f"127.0.0.1:{port}:{port}"]
    if volume:
        options += ["--volume", f"{volume}:/var/lib/kafka/data"]
    for name, value in settings.environment(settings.contained(port=port)).items():
        options += ["--env", f"{name}={value}"]
    return options


def volume_of(data: Path) -> str:
    """A volume named after the folder: a bind mount would have to belong to the image's user."""
    return "nattevagt-kafka-" + hashlib.sha256(str(data.resolve()).encode()).hexdigest()[:12]


def _program() -> str:
    return shutil.which("docker") or "docker"


def _docker(*arguments: str) -> str:
    command = [_program(), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - fixed words, no shell
    if done.returncode != 0:
        raise ConfigurationError(
            f"docker {arguments[0]}: {done.stderr.strip()[-300:]}",
            next_step="Run it by hand, or set NATTEVAGT_BROKER_VIA=java to go without Docker.",
        )
    return done.stdout + done.stderr


def _succeeds(*arguments: str, limit: float) -> bool:
    command = [_program(), *arguments]
    try:
        return subprocess.run(command, capture_output=True, timeout=limit, check=False).returncode == 0  # noqa: S603 - as above
    except (OSError, subprocess.TimeoutExpired):
        return False
