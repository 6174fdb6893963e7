"""The official image, as testcontainers and as compose start it."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from streams.adapters.broker import obtain, ports, settings
from tests.kafka import container, traffic

pytestmark = pytest.mark.container

COMPOSE_FILE = Path(__file__).parents[2] / "docker-compose.kafka.yml"


@pytest.fixture(scope="session")
def engine() -> Iterator[None]:
    """A Docker engine with the image, or a skip that says what is missing.

    NATTEVAGT_CONTAINERS=required makes it a failure, for machines that are known to have one.
    """
    if reason := container.why_not():
        if os.environ.get("NATTEVAGT_CONTAINERS") == "required":
            pytest.fail(f"containers are required here, but {reason}")
        pytest.skip(reason=reason)
    container.sweep()
    yield
    container.sweep()


@pytest.mark.usefixtures("engine")
def test_the_official_image_starts_under_testcontainers_and_carries_records(prefix: str) -> None:
    """1000 records go through a broker that testcontainers started, and nothing is left after stop()."""
    with container.running() as kafka:
        name = kafka.get_wrapped_container().name
        traffic.round_trip(kafka.address, f"{prefix}readings")
    assert name not in _containers()


@pytest.mark.usefixtures("engine")
def test_a_broker_in_docker_keeps_its_records_over_a_kill(prefix: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The Docker way of obtain(): kill, restart on the same port, records still there, then gone."""
    monkeypatch.setenv("NATTEVAGT_BROKER_VIA", "docker")
    with obtain(say=print) as broker:
        name = broker.container
        assert ("docker", None) == (broker.how, broker.pid)
        traffic.round_trip(broker.address, f"{prefix}readings")
        broker.kill()
        broker.restart()
        assert traffic.first(broker.address, f"{prefix}readings", 1000)[-1] == b"999"
    assert name not in _containers()


def test_the_compose_file_has_the_settings_of_the_table() -> None:
    """One place decides: settings.NODE; the compose file differs only where it has one listener more."""
    service = yaml.safe_load(COMPOSE_FILE.read_text())["services"]["kafka"]
    table = settings.environment(settings.NODE | {"log.dirs": "/var/lib/kafka/data"})
    own = {"KAFKA_INTER_BROKER_LISTENER_NAME", "KAFKA_LISTENER_SECURITY_PROTOCOL_MAP"}
    given = {name: value for name, value in service["environment"].items() if name in table}
    assert settings.IMAGE == service["image"]
    assert set(table) == set(given)
    assert {k: v for k, v in table.items() if k not in own} == {k: v for k, v in given.items() if k not in own}


@pytest.mark.usefixtures("engine")
@pytest.mark.slow
def test_the_compose_file_comes_healthy_and_carries_records(prefix: str) -> None:
    """`up --wait` returns 0, records go through, and `down --volumes` leaves nothing."""
    compose = _Compose(project=prefix.strip("-"), port=ports.claim(None))
    try:
        compose("up", "--wait", "--wait-timeout", "120")
        (state,) = [json.loads(line) for line in compose("ps", "--format", "json").splitlines()]
        assert "healthy" == state["Health"]
        traffic.round_trip(f"127.0.0.1:{compose.port}", f"{prefix}readings")
    finally:
        compose("down", "--volumes")
    assert not [name for name in _containers() if name.startswith(compose.project)]


class _Compose:
    """`docker compose` on our file, in a project and on a port of its own: a developer's broker stays."""

    def __init__(self, project: str, port: int) -> None:
        asked = shutil.which("docker") and subprocess.run(
            ["docker", "compose", "version"], capture_output=True, check=False
        )
        if not asked or asked.returncode != 0:
            pytest.skip(reason="this machine has no `docker compose` (version 2)")
        self.project, self.port = project, port

    def __call__(self, *arguments: str) -> str:
        command = ["docker", "compose", "--project-name", self.project, "--file", str(COMPOSE_FILE), *arguments]
        environment = os.environ | {"KAFKA_PORT": str(self.port)}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout


def _containers() -> list[str]:
    asked = ["docker", "ps", "--all", "--format", "{{.Names}}"]
    return subprocess.run(asked, capture_output=True, text=True, check=True).stdout.split()
