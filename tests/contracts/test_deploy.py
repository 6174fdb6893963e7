"""What `deploy` ships: the image is built from the lock, runs as nobody in particular, and no variable is made up."""

import http.server
import json
import re
import runpy
import threading
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import fields
from typing import Any

import pytest
import yaml

from streams.adapters.settings import ELSEWHERE, Settings
from streams.cli import COMMANDS, learn
from tests.contracts.house import ROOT, report

DOCKERFILE = ROOT / "deploy" / "docker" / "Dockerfile"
HEALTHZ = ROOT / "deploy" / "docker" / "healthz.py"
COMPOSE = ROOT / "deploy" / "compose" / "demo.yml"
UID = "10001:10001"

LEARN_PORT = next(option.default for option in learn.command.params if option.name == "metrics_port")

SETTINGS = {one.metadata["env"] for one in fields(Settings)} | ELSEWHERE


def services() -> dict[str, dict[str, Any]]:
    """The services of the demo, anchors merged."""
    found: dict[str, dict[str, Any]] = yaml.safe_load(COMPOSE.read_text(encoding="utf-8"))["services"]
    return found


def ours() -> dict[str, dict[str, Any]]:
    """Those that run our image."""
    return {name: one for name, one in services().items() if str(one.get("image", "")).startswith("nattevagt:")}


def instructions() -> list[tuple[str, str]]:
    """The Dockerfile as (instruction, rest), comments gone and continued lines joined."""
    text = "\n".join(line for line in DOCKERFILE.read_text(encoding="utf-8").splitlines() if not line.startswith("#"))
    lines = re.sub(r"\\\n\s*", " ", text).splitlines()
    return [(word, rest.strip()) for line in lines if line.strip() for word, _, rest in [line.partition(" ")]]


def said(instruction: str) -> list[str]:
    """What stands behind each of these instructions."""
    return [rest for word, rest in instructions() if word == instruction]


def test_every_service_of_ours_is_confined() -> None:
    """Not root, a root file system nobody can write, no capability, no way to get one."""
    assert {"topics", "coverage", "worker", "registry", "learn", "watchdog"} == set(ours())
    for name, one in ours().items():
        assert (UID, True, ["ALL"]) == (one["user"], one["read_only"], one["cap_drop"]), name
        assert ["no-new-privileges:true"] == one["security_opt"], name
        assert [True] == [mount.startswith("/tmp") for mount in one["tmpfs"]], name


def test_the_worker_comes_back_and_has_time_to_end() -> None:
    """A supervisor is part of the contract: some faults end the process."""
    worker = services()["worker"]

    assert ("unless-stopped", "30s", ["worker"]) == (worker["restart"], worker["stop_grace_period"], worker["command"])


def test_others_are_confined_and_none_is_open_to_the_network() -> None:
    """Ports on loopback, images by a fixed tag; the broker is the one of development, word for word."""
    for name, one in services().items():
        assert "no-new-privileges:true" in one["security_opt"], name
        assert all(port.startswith("127.0.0.1:") for port in one.get("ports", ())), name
        if name == "kafka":
            assert {"file": "../../docker-compose.kafka.yml", "service": "kafka"} == one["extends"]
        else:
            assert one["read_only"], name
            assert re.search(r":v?\d+\.\d+\.\d+$", one["image"]), name


def test_variables_are_settings_and_together_they_are_safe() -> None:
    """A misspelt one would stop the start; an unsafe combination too."""
    for name, one in ours().items():
        environ = one["environment"]
        assert not set(environ) - SETTINGS, name
        Settings.from_env(environ).check()


def test_commands_and_mounted_files_exist() -> None:
    """A mount that is missing would be made as an empty folder by the engine."""
    mounts = [mount.split(":")[0] for one in services().values() for mount in one.get("volumes", ())]

    report(name for name, one in ours().items() if one["command"][0] not in COMMANDS)
    report(mount for mount in mounts if mount.startswith(".") and not (COMPOSE.parent / mount).exists())


@pytest.mark.parametrize(
    ("service", "job", "port"),
    [("worker", "nattevagt", Settings().metrics_port), ("learn", "nattevagt-learn", LEARN_PORT)],
)
def test_prometheus_asks_under_the_names_that_alarms_use(service: str, job: str, port: int) -> None:
    """By the service's name, so that every replica is found; the jobs are named in alerts.yml."""
    jobs = yaml.safe_load((COMPOSE.parent / "prometheus.yml").read_text(encoding="utf-8"))["scrape_configs"]
    (found,) = next(one for one in jobs if one["job_name"] == job)["dns_sd_configs"]

    assert ([service], port) == (found["names"], found["port"])
    assert f'job="{job}"' in (ROOT / "deploy" / "prometheus" / "alerts.yml").read_text(encoding="utf-8")
    assert {"NATTEVAGT_METRICS_HOST": "0.0.0.0", "NATTEVAGT_METRICS_OPEN": "1"}.items() <= services()[service][
        "environment"
    ].items()


def test_the_image_is_built_from_the_lock_alone() -> None:
    """Hashes are checked, nothing is compiled, and our own wheel brings nothing along."""
    installs = [rest for rest in said("RUN") if '"install"' in rest and "pip" in rest]

    assert 1 == len(installs)
    assert {"--require-hashes", "--only-binary", ":all:", "requirements.lock"} <= set(json.loads(installs[0]))
    assert "deploy/requirements.lock ./" in said("COPY")
    assert all(
        "--no-deps" in step
        for rest in said("RUN")
        for step in rest.split("&&")
        if re.search("pip (install|wheel)", step)
    )


def test_the_image_runs_as_a_number_and_starts_a_worker() -> None:
    """A number, because an orchestrator cannot prove that a name is not root."""
    assert ([UID], ['["nattevagt"]'], ['["worker"]']) == (said("USER"), said("ENTRYPOINT"), said("CMD"))
    assert ["python:3.12-slim"] == [rest.partition("=")[2] for rest in said("ARG") if rest.startswith("PYTHON_IMAGE")]
    assert all(rest.startswith("${PYTHON_IMAGE}") for rest in said("FROM"))
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    assert f'org.opencontainers.image.version="{version}"' in said("LABEL")[0]
    assert {one["image"] for one in ours().values()} == {f"nattevagt:{version}"}


def test_the_image_sets_no_variable_that_does_not_exist() -> None:
    """Not in the Dockerfile, and not in what asks for its health."""
    named = re.findall(
        r"NATTEVAGT_[A-Z_]+", DOCKERFILE.read_text(encoding="utf-8") + HEALTHZ.read_text(encoding="utf-8")
    )

    report(sorted(set(named) - SETTINGS))
    assert [str(Settings().metrics_port)] == said("EXPOSE")
    assert str(Settings().metrics_port) == runpy.run_path(str(HEALTHZ))["PORT"]


def test_what_is_copied_is_what_the_engine_is_given() -> None:
    """.dockerignore lets these through and nothing else."""
    given = {line[1:] for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines() if line[:1] == "!"}
    copied = {name for rest in said("COPY") if not rest.startswith("--from") for name in rest.split()[:-1]}

    assert given == copied
    report(sorted(name for name in given if not (ROOT / name).exists()))


@pytest.fixture
def page() -> Iterator[Callable[[int, bytes], int]]:
    """Start a page that always answers this; gives its port."""
    servers: list[http.server.HTTPServer] = []

    def serve(status: int, body: bytes) -> int:
        class Page(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                assert self.path == "/healthz"
                self.send_response(status)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        server = http.server.HTTPServer(("127.0.0.1", 0), Page)
        servers.append(server)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return server.server_port

    yield serve
    for server in servers:
        server.shutdown()
        server.server_close()


def test_the_health_check_says_what_the_page_says(page: Callable[[int, bytes], int]) -> None:
    """Healthy, not healthy and why, nobody there, and no page at all."""
    reason = runpy.run_path(str(HEALTHZ))["reason"]

    assert "" == reason(str(page(200, b"ok\n")), "127.0.0.1")
    assert "the timekeeper" == reason(str(page(503, b"the timekeeper\n")), "127.0.0.1")
    assert reason("1", "127.0.0.1").startswith("no answer on port 1 (")
    assert "--no-healthcheck" in reason("0", "127.0.0.1")
