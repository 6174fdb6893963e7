"""Which installation a command means: variables first, then the demo that runs, then the defaults."""

import os
from pathlib import Path

import pytest

from streams.adapters.clock import wall_ms
from streams.cli import whereabouts
from streams.cli.whereabouts import Running

DEMO = Running(os.getpid(), "127.0.0.1:1", "demo-1-", 4, 0, 0)
NOBODY = 2**22 + 1
"""Above the largest process id of Linux."""


@pytest.fixture(autouse=True)
def run_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A run folder of its own, and no variable that says where to go."""
    for name in [name for name in os.environ if name.startswith("NATTEVAGT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("NATTEVAGT_RUN_DIR", str(tmp_path / "run"))
    return tmp_path / "run"


def test_without_a_demo_the_defaults_hold() -> None:
    """And the clock is the wall's."""
    place = whereabouts.here()

    assert place.demo is None
    assert "localhost:9092" == place.settings.broker
    assert abs(place.now_ms() - wall_ms()) < 1000


def test_a_running_demo_is_found_with_its_clock() -> None:
    """The second terminal needs no variable."""
    whereabouts.tell(DEMO, 1_000_000)
    place = whereabouts.here()

    assert ("127.0.0.1:1", "demo-1-", 4) == (
        place.settings.broker,
        place.settings.topic_prefix,
        place.settings.partitions,
    )
    assert place.settings.simulation
    assert 1_000_000 <= place.now_ms() < 1_010_000


def test_a_variable_wins_over_the_demo(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever names an installation means that one, and its clock is the wall's."""
    whereabouts.tell(DEMO, 1_000_000)
    monkeypatch.setenv("NATTEVAGT_BROKER", "localhost:9")

    assert whereabouts.here().demo is None


def test_the_demo_named_by_variables_keeps_its_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Naming it is not leaving it."""
    whereabouts.tell(DEMO, 1_000_000)
    monkeypatch.setenv("NATTEVAGT_BROKER", DEMO.broker)
    monkeypatch.setenv("NATTEVAGT_TOPIC_PREFIX", DEMO.topic_prefix)

    assert whereabouts.here().now_ms() < 1_010_000


def test_a_demo_that_died_is_not_found(run_folder: Path) -> None:
    """kill -9 leaves its entry behind."""
    whereabouts.tell(Running(NOBODY, "127.0.0.1:1", "demo-1-", 4, 0, 0), 1)

    assert (run_folder / "demo.json").exists()
    assert whereabouts.running() is None


def test_an_ended_demo_leaves_nothing(run_folder: Path) -> None:
    """Its entry goes with it."""
    whereabouts.forget(whereabouts.tell(DEMO, 1))

    assert [] == list(run_folder.iterdir())


def test_another_demo_keeps_its_entry(monkeypatch: pytest.MonkeyPatch) -> None:
    """The one that was first stays the one that commands mean."""
    first = whereabouts.tell(Running(os.getppid(), "127.0.0.1:1", "first-", 4, 0, 0), 1)
    whereabouts.tell(DEMO, 1)
    whereabouts.forget(DEMO)

    found = whereabouts.running()
    assert found is not None
    assert first.pid == found.pid


@pytest.mark.parametrize("content", [b"", b"{}", b"[1]", b'{"pid": 1, "more": 2}'])
def test_a_damaged_entry_is_no_demo(run_folder: Path, content: bytes) -> None:
    """Half a file, or one of another release."""
    run_folder.mkdir()
    (run_folder / "demo.json").write_bytes(content)

    assert whereabouts.running() is None
