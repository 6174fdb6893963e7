"""Health pages and the tally behind them: what they say, to whom, and never about a person."""

import asyncio
import socket
from types import SimpleNamespace
from typing import Any

import aiohttp
import pytest

from schemas.audit import AuditBody, Outcome, SourceRef
from schemas.ids import SYNTHETIC_PREFIX
from schemas.topics import MEASUREMENTS
from schemas.triage import TriageLevel
from streams.adapters import metrics
from streams.adapters.clock import steady_s
from streams.adapters.metrics import Metrics
from streams.adapters.settings import Settings
from streams.agents import health as room
from streams.agents.health import STALE_S, TICK_LIMIT_S, Health
from streams.agents.tally import Tally
from streams.core.effects import PublishAlert, WriteAudit
from streams.core.state import AlertState
from tests.contracts.test_effects import SAMPLES

PATIENT = "a-very-private-pseudonym"


def free_port() -> int:
    """One that nobody has now."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def make_health(**changed: Any) -> tuple[Health, SimpleNamespace]:
    """A worker that watches two partitions and ticks, as far as the pages can see."""
    settings = Settings(demo=True, replication=1, min_insync=1, metrics_port=free_port(), **changed)
    owned = {0: SimpleNamespace(due={PATIENT: (1, 1)}), 1: SimpleNamespace(due={})}
    parts = SimpleNamespace(
        settings=settings,
        app=SimpleNamespace(rebalancing=False),
        deliverer=SimpleNamespace(on_failure=None),
        tally=Tally(Metrics(2), simulation=False),
        lifecycle=SimpleNamespace(is_watching=True, say_recovery=lambda: None),
        monitor=SimpleNamespace(owned=owned),
        timekeeper=SimpleNamespace(ticked_s=steady_s(), now_ms=0),
    )
    return Health(parts, parts.lifecycle, parts.monitor, parts.timekeeper), parts  # type: ignore[arg-type]  # stand-ins


async def pages(health: Health, port: int) -> dict[str, tuple[int, str]]:
    """Status and text of each page."""
    await health.start()
    try:
        async with aiohttp.ClientSession() as session:
            found = {}
            for name in ("metrics", "healthz", "readyz", "table", ""):
                async with session.get(f"http://127.0.0.1:{port}/{name}") as answer:
                    found[name] = (answer.status, await answer.text())
            return found
    finally:
        await health.stop()


def test_three_pages_and_no_other() -> None:
    """Faust's own would show its tables."""
    health, parts = make_health()
    found = asyncio.run(pages(health, parts.settings.metrics_port))

    assert {"metrics": 200, "healthz": 200, "readyz": 200, "table": 404, "": 404} == {k: v[0] for k, v in found.items()}
    assert ("ok\n", "ok\n") == (found["healthz"][1], found["readyz"][1])
    assert 'nattevagt_patients{partition="0"} 1.0' in found["metrics"][1]


def test_no_page_names_a_patient() -> None:
    """With an open alert, a refused input and a defect."""
    health, parts = make_health()
    parts.tally.open.note(0, PATIENT, make_alert(1))
    parts.tally.delivered([(1, SAMPLES[WriteAudit]), (1, SAMPLES[PublishAlert])], {1: 0})
    found = asyncio.run(pages(health, parts.settings.metrics_port))

    assert PATIENT not in str(found)
    assert 'nattevagt_open_alerts{age="over_24h",colour="red"} 1.0' in found["metrics"][1]


def test_a_timekeeper_that_stands_still_is_not_healthy() -> None:
    """While there are partitions to watch; without any it has nothing to do."""
    health, parts = make_health()
    parts.timekeeper.ticked_s = steady_s() - TICK_LIMIT_S - 1
    said = health.problems()
    parts.monitor.owned = {}

    assert "timekeeper" in said[0]
    assert [] == health.problems()


@pytest.mark.parametrize("change", ["rebalancing", "recovering", "idle", "no broker"])
def test_a_worker_that_does_not_watch_is_not_ready(change: str) -> None:
    """But it is healthy: a restart would not help."""
    health, parts = make_health()
    parts.app.rebalancing = change == "rebalancing"
    parts.lifecycle.is_watching = change != "recovering"
    parts.monitor.owned = {} if change == "idle" else parts.monitor.owned
    parts.timekeeper.ticked_s -= STALE_S + 1 if change == "no broker" else 0

    assert health.missing()
    assert [] == health.problems()


def test_a_port_that_is_taken_ends_a_worker_only_where_patients_are_watched(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody would see how that one is doing; in a demo the second worker goes on without."""
    ended: list[str] = []
    monkeypatch.setattr(room, "end_process", lambda error, _: ended.append(str(error)))

    async def go(**changed: Any) -> int:
        health, parts = make_health()
        parts.settings = parts.settings.but(**changed)
        other = await asyncio.start_server(lambda *_: None, "127.0.0.1", parts.settings.metrics_port)
        async with other:
            await health.start()
        return len(ended)

    assert [0, 1] == [asyncio.run(go()), asyncio.run(go(demo=False))]
    assert "NATTEVAGT_METRICS_PORT" in ended[0]


def test_port_0_opens_nothing() -> None:
    """For whoever does not want pages."""
    health, parts = make_health()
    parts.settings = parts.settings.but(metrics_port=0)
    asyncio.run(health.start())

    assert health._runner is None


def test_a_failed_delivery_is_counted() -> None:
    """Through the deliverer, whoever sent."""
    _, parts = make_health()
    parts.deliverer.on_failure()

    assert b"nattevagt_delivery_failures_total 1.0" in parts.tally.metrics.text()


def make_alert(raised_ms: int) -> AlertState:
    """A red one that nobody has taken."""
    return AlertState("a", 1, "open", TriageLevel.RED, 3, ("r",), False, "t", raised_ms, 1, 1, 1, 0, 2**60)


def outcome(patient: str) -> WriteAudit:
    """An input of this patient that raised an alert."""
    source = SourceRef(topic=MEASUREMENTS, partition=0, offset=1)
    at = "2026-01-01T00:00:00.000Z"
    body = AuditBody(id="x", type="outcome", source=source, patient=patient, outcome=Outcome.ACCEPTED_ALERT, at=at)
    return WriteAudit(1, body)


def test_the_watchdogs_patients_are_counted_apart() -> None:
    """Not among outcomes, nor among open alerts, nor as the last input."""
    tally = Tally(Metrics(1), simulation=False)
    synthetic = f"{SYNTHETIC_PREFIX}7"
    tally.delivered([(1, outcome(synthetic)), (2, outcome(PATIENT))], {})
    tally.open.note(0, synthetic, make_alert(1))
    record = SimpleNamespace(key=synthetic.encode(), timestamp=2**52)
    tally.routed(MEASUREMENTS, [record], [], 0.01)  # type: ignore[list-item]  # a stand-in
    text = tally.metrics.text().decode()

    assert 'nattevagt_synthetic_inputs_total{outcome="accepted.alert"} 1.0' in text
    assert 'nattevagt_inputs_total{outcome="accepted.alert",topic="measurements.v1"} 1.0' in text
    assert not tally.open.bands(10)[0].total()
    assert tally._last_input_ms < 2**52


def test_an_alert_that_ended_is_no_longer_open() -> None:
    """The entry goes with the alert, and a partition's entries with the partition."""
    tally = Tally(Metrics(1), simulation=False)
    tally.open.note(0, PATIENT, make_alert(0))
    counts, oldest = tally.open.bands(60_000)
    tally.open.note(0, PATIENT, None)

    assert (1, 1, {"red": 60.0}) == (counts["red", "under_10m"], counts.total(), oldest)
    assert not tally.open.bands(60_000)[0].total()


@pytest.mark.parametrize(
    ("age_s", "expected"), [(0, "under_10m"), (600, "under_1h"), (86_399, "under_24h"), (86_400, "over_24h")]
)
def test_age_bands_are_half_open(age_s: float, expected: str) -> None:
    """No age is in two, none is in none."""
    tally = Tally(Metrics(1), simulation=False)
    tally.open.note(0, PATIENT, make_alert(0))

    assert {("red", expected): 1} == {key: n for key, n in tally.open.bands(int(age_s * 1000))[0].items() if n}


def test_simulated_time_has_no_latency() -> None:
    """A story of 2026 was not raised years late."""
    told, real = Tally(Metrics(1), simulation=True), Tally(Metrics(1), simulation=False)
    for tally in (told, real):
        tally.delivered([(1, SAMPLES[PublishAlert])], {1: 0})

    assert b"nattevagt_reading_to_alert_seconds_count 0.0" in told.metrics.text()
    assert b"nattevagt_reading_to_alert_seconds_count 1.0" in real.metrics.text()


def test_a_deadline_on_the_way_is_nobodys_reading() -> None:
    """It fired as of its own, earlier time."""
    tally = Tally(Metrics(1), simulation=False)
    tally.delivered([(1, SAMPLES[PublishAlert])], {1: 6})  # the sample's step is of 5 ms

    assert b"nattevagt_reading_to_alert_seconds_count 0.0" in tally.metrics.text()
    assert metrics.TO_ALERT.buckets[-3] == 5.0
