"""The official image under testcontainers: a fixed port, no Ryuk, and a sweep of our own.

testcontainers' own KafkaContainer runs Confluent's image only. Ryuk, its cleaner, is one more image to
pull; without it only stop() cleans, so whatever a killed run left behind goes by our label.
"""

import contextlib
import os
from collections.abc import Iterator
from typing import Self, cast

import docker
from docker.errors import APIError, DockerException, NotFound
from testcontainers.core.config import testcontainers_config
from testcontainers.core.container import DockerContainer

from streams.adapters.broker import answers, ports, settings

LABEL = "nattevagt.test"
START_LIMIT = 90.0  # seconds; 3.7 s on a quiet machine


class FixedPortKafka(DockerContainer):
    """One KRaft node whose port is chosen first, so that it can be advertised at once."""

    def __init__(self) -> None:
        testcontainers_config.ryuk_disabled = True
        testcontainers_config.sleep_time = 0.1  # seconds between two looks; the default is a whole one
        super().__init__(settings.IMAGE)
        self.port = ports.claim(None)
        # A pair of address and port keeps it on loopback; with_bind_ports() cannot say that.
        cast(dict[str, object], self.ports)[f"{self.port}/tcp"] = ("127.0.0.1", self.port)
        self.with_kwargs(labels={LABEL: str(os.getpid())})
        for name, value in settings.environment(settings.contained(port=self.port)).items():
            self.with_env(name, value)

    @property
    def address(self) -> str:
        """What it advertises; not get_container_host_ip(), which inside a container says a bridge address."""
        return f"127.0.0.1:{self.port}"

    def start(self) -> Self:
        """Start, and return when the broker answers a Metadata request."""
        super().start()
        if not answers.wait(self.address, alive=lambda: True, timeout=START_LIMIT):
            said = self.get_logs()[0].decode(errors="replace")[-500:]
            self.stop()
            raise AssertionError(f"{settings.IMAGE} did not answer at {self.address}: {said}")
        return self


@contextlib.contextmanager
def running() -> Iterator[FixedPortKafka]:
    """A started container, stopped at the end."""
    kafka = _started()
    try:
        yield kafka
    finally:
        kafka.stop()


def _started() -> FixedPortKafka:
    """One more try when somebody took the port between choice and start."""
    try:
        return FixedPortKafka().start()
    except APIError as error:
        if "port is already allocated" not in str(error) and "address already in use" not in str(error):
            raise
        sweep()
        return FixedPortKafka().start()


def why_not() -> str | None:
    """Why no container of the image can run here; None = it can. Pulls the image when it is missing."""
    try:
        client = docker.from_env(timeout=5)
        client.ping()
    except DockerException as error:
        return f"no Docker engine answers: {error}"
    try:
        client.images.get(settings.IMAGE)
    except NotFound:
        try:
            docker.from_env(timeout=300).images.pull(settings.IMAGE)
        except DockerException as error:
            return f"{settings.IMAGE} is not here and cannot be pulled: {error}"
    return None


def sweep() -> None:
    """Remove our containers: those of this run, and those whose run has ended."""
    for left in docker.from_env().containers.list(all=True, filters={"label": LABEL}):
        owner = left.labels[LABEL]
        if owner == str(os.getpid()) or not _lives(owner):
            with contextlib.suppress(NotFound):
                left.remove(force=True, v=True)


def _lives(pid: str) -> bool:
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
