"""How the engine is told to behave: the settings whose defaults would lose or leak something."""

import asyncio
import subprocess
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import cast

import pytest
from aiokafka.errors import ConsumerStoppedError

from streams import app
from streams.adapters.settings import Settings
from streams.agents.monitor import Monitor
from streams.agents.room import EXIT_REFUSED
from streams.app import WatchApp, credentials, engine_settings, library_there
from streams.core.models.river_bridge import MODULE

DEMO = Settings(demo=True, replication=1, min_insync=1)


def test_plain_connection_has_no_credentials() -> None:
    """Faust then speaks PLAINTEXT, which `Settings.check` allows on this machine only."""
    assert credentials(DEMO) is None


def test_sasl_always_goes_through_tls(tmp_path: Path) -> None:
    """Without a context Faust would send the password in the clear."""
    secret = tmp_path / "password"
    secret.write_text("not a secret\n", encoding="utf-8")
    found = credentials(DEMO.but(security_protocol="SASL_SSL", sasl_username="worker", sasl_password_file=str(secret)))
    assert found is not None
    assert found.protocol.value == "SASL_SSL"
    assert found.ssl_context is not None
    assert found.mechanism.value == "SCRAM-SHA-512"


def test_tls_without_sasl() -> None:
    """Client certificates are the broker's business; the connection is encrypted."""
    found = credentials(DEMO.but(security_protocol="SSL"))
    assert found is not None
    assert found.protocol.value == "SSL"


def test_nothing_of_faust_serves_or_makes_topics() -> None:
    """Its web pages show patients; topics are made by `nattevagt topics apply`, with the right settings."""
    found = engine_settings(DEMO)
    assert found["web_enabled"] is False
    assert found["topic_allow_declare"] is False
    assert found["topic_disable_leader"] is True
    assert found["debug"] is False


def test_waits_are_short_enough_for_a_night() -> None:
    """A failed send may not hide for Faust's 20 minutes, a dead worker not for its minute."""
    found = engine_settings(DEMO)
    assert found["producer_request_timeout"] <= 10
    assert found["broker_session_timeout"] <= 10
    assert found["broker_request_timeout"] >= found["broker_session_timeout"]


def test_a_worker_starts_without_the_models_library() -> None:
    """It takes seconds to import, and comes in on a thread."""
    told = f"import sys, streams.app; sys.exit({MODULE!r} in sys.modules or 'numpy' in sys.modules)"
    assert 0 == subprocess.run([sys.executable, "-c", told], check=False).returncode


def test_a_rebalance_cancels_the_waiting_and_not_the_import() -> None:
    """Else the next take-over would wait for something that never comes."""

    async def go() -> None:
        done = asyncio.Event()

        async def slow() -> ModuleType:
            await done.wait()
            return asyncio

        library = asyncio.create_task(slow())
        waiting = asyncio.create_task(library_there(library))
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        done.set()
        await library_there(library)
        assert library.done()

    asyncio.run(go())


def test_a_worker_without_the_library_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before it takes anything over: the same input must give the same scores everywhere."""
    ended: list[tuple[str, int]] = []
    monkeypatch.setattr(app, "end_process", lambda error, code: ended.append((str(error), code)))

    async def go() -> None:
        async def missing() -> ModuleType:
            raise ImportError("no module")

        await library_there(asyncio.create_task(missing()))

    asyncio.run(go())
    assert [EXIT_REFUSED] == [code for _, code in ended]
    assert "requirements.lock" in ended[0][0]


class StoppableApp:
    """As much of a Faust app as a beat looks at."""

    should_stop = False
    rebalancing = False


def test_a_beat_whose_connection_is_closed_at_the_end_ends_without_a_crash() -> None:
    """Else an orderly stop now and then ends with the exit code of a crash."""
    stoppable = StoppableApp()
    beats = 0

    async def action() -> None:
        nonlocal beats
        beats += 1
        stoppable.should_stop = True
        raise ConsumerStoppedError

    monitor = SimpleNamespace(owned={0: None})
    beat = app._beat(cast(WatchApp, stoppable), cast(Monitor, monitor), "keep_time", action, 0)
    asyncio.run(beat())
    assert 1 == beats
