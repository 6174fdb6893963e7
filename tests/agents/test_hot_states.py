"""States kept decoded between slices: never more than so many, and none that the table does not hold."""

from types import SimpleNamespace
from typing import Any

import pytest

from streams.agents import monitor as room
from streams.agents.monitor import Monitor
from streams.core.record import StateRecord, encode_state
from streams.core.state import PatientState


def record(patient: str, offset: int = 1) -> StateRecord:
    """A state as a slice leaves it."""
    return StateRecord(offset, 0, 0, PatientState(patient))


@pytest.fixture
def monitor() -> Monitor:
    """One over a table of two patients."""
    held = {name.encode(): encode_state(record(name)) for name in ("a", "b")}
    table: Any = SimpleNamespace(get_bytes=held.get)
    shared: Any = SimpleNamespace(interpreter=lambda: None, references=SimpleNamespace(reference=None))
    return Monitor(shared, table)


def test_what_was_written_is_not_decoded_again(monitor: Monitor) -> None:
    """The very object; others come from the table, and nobody from nowhere."""
    newest = record("a", 7)
    monitor._keep_hot({"a": newest})
    assert newest is monitor.state_of("a")
    assert record("b") == monitor.state_of("b")
    assert monitor.state_of("c") is None


def test_partitions_that_move_leave_nothing_behind(monitor: Monitor) -> None:
    """Another worker may have gone on with the patient meanwhile."""
    monitor._keep_hot({"a": record("a", 7)})
    monitor.forget()
    assert record("a") == monitor.state_of("a")


def test_the_longest_unwritten_go_first(monitor: Monitor, monkeypatch: pytest.MonkeyPatch) -> None:
    """The memory is bounded, also within one slice."""
    monkeypatch.setattr(room, "HOT", 2)
    monitor._keep_hot({"a": record("a", 7), "x": record("x")})
    monitor._keep_hot({"a": record("a", 8)})
    monitor._keep_hot({"y": record("y")})
    assert ["a", "y"] == list(monitor._hot)
    monitor._keep_hot({name: record(name) for name in "pqr"})
    assert ["q", "r"] == list(monitor._hot)
