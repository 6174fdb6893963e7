"""Wiring: one worker built from settings. Decides nothing."""

import asyncio
import logging
import tempfile
from collections.abc import Awaitable, Callable
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import faust
from aiokafka.errors import ConsumerStoppedError, KafkaError
from faust.auth import SASLCredentials, SSLCredentials
from faust.types.auth import CredentialsT

from schemas.errors import ConfigurationError, NattevagtError
from schemas.topics import INPUTS, PATIENT_EVENTS
from streams.adapters import metrics
from streams.adapters.header_names import accept_any_name
from streams.adapters.kafka import Deliverer
from streams.adapters.references import ReferenceReader
from streams.adapters.settings import STATE_TABLE, Settings
from streams.agents import intake as intake_room
from streams.agents import monitor as monitor_room
from streams.agents.enginekit import ChunkSchema, KitTransport, StateTable, check_versions
from streams.agents.health import Health
from streams.agents.intake import Intake
from streams.agents.lifecycle import Lifecycle
from streams.agents.monitor import Monitor
from streams.agents.progress import Progress
from streams.agents.room import EXIT_FAILED, EXIT_REFUSED, Room, end_process
from streams.agents.timekeeper import Timekeeper
from streams.core.models.river_bridge import MODULE

log = logging.getLogger(__name__)

CHUNK_QUEUE = 16
"""Runs buffered per partition: bounds memory; fewer gave no gain (measured)."""

TAIL_EVERY_S = 1.0
FOLLOW_EVERY_S = 1.0
"""How soon a published coverage or rule bundle is stamped into events."""


class WatchApp(faust.App):
    """A Faust app whose own connections are up before, and down after, anything flows."""

    chunk_topics: frozenset[str] = frozenset()
    room: Room
    before_start: Callable[[], Awaitable[None]]
    after_stop: Callable[[], Awaitable[None]]
    library: asyncio.Task[ModuleType]

    async def on_start(self) -> None:
        """References are read whole before anybody stamps or folds."""
        await self.before_start()
        await super().on_start()

    async def on_stop(self) -> None:
        """The last slice has been delivered and acknowledged when our connections close."""
        await super().on_stop()
        await self.after_stop()


def create_app(settings: Settings, transport: type[KitTransport] = KitTransport) -> WatchApp:
    """Build a worker. transport: tests put one here that loses deliveries on purpose."""
    check_versions()
    accept_any_name()
    app = WatchApp(settings.group, **engine_settings(settings))
    app.transport = transport(app.conf.broker_consumer, app)
    room = Room(app, settings, Deliverer(settings), ReferenceReader(settings))
    app.chunk_topics = room.chunk_topics()
    name = STATE_TABLE.removesuffix("-changelog")  # Faust appends it
    table: StateTable = app.Table(name, key_type=bytes, value_type=bytes, partitions=settings.partitions)
    progress = Progress(settings)
    intake, monitor = Intake(room, progress), Monitor(room, table)
    timekeeper = Timekeeper(room, monitor, progress)
    lifecycle = Lifecycle(room, table, intake, monitor, timekeeper, progress)

    def topic(name: str) -> Any:
        return app.topic(settings.topic(name), schema=ChunkSchema(), maxsize=CHUNK_QUEUE)

    intake_room.attach(app, intake, [topic(name) for name in INPUTS])
    monitor_room.attach(app, monitor, topic(PATIENT_EVENTS))
    app.room = room
    _connect(app, room, progress, Health(room, lifecycle, monitor, timekeeper))
    _listen(app, lifecycle)
    _keep_time(app, settings, lifecycle, timekeeper, monitor)
    return app


def engine_settings(settings: Settings) -> dict[str, Any]:
    """Faust's settings; the reasons, measured, are in DECISIONS.md."""
    return {
        "broker": [f"kafka://{address}" for address in settings.broker.split(",")],
        "broker_credentials": credentials(settings),
        "autodiscover": False,
        "datadir": str(Path(tempfile.gettempdir()) / settings.group),  # made by Faust, never written to
        "store": "memory://",
        "Table": StateTable,
        "topic_partitions": settings.partitions,
        "topic_replication_factor": settings.replication,
        "topic_allow_declare": False,
        "topic_disable_leader": True,
        "table_standby_replicas": 0,
        "web_enabled": False,
        "broker_session_timeout": settings.session_timeout_s,
        "broker_heartbeat_interval": settings.heartbeat_s,
        "broker_rebalance_timeout": 30.0,
        "broker_request_timeout": 30.0,
        "broker_max_poll_interval": 120.0,
        "broker_commit_interval": settings.commit_interval_s,
        "broker_max_poll_records": 4000,
        "consumer_group_instance_id": settings.instance_id,
        "consumer_auto_offset_reset": "earliest",
        "producer_request_timeout": 10.0,
        "producer_max_request_size": 4_194_304,
        "stream_wait_empty": True,
        "stream_buffer_maxsize": CHUNK_QUEUE,
        "stream_recovery_delay": 0.0,
        "debug": False,
    }


def credentials(settings: Settings) -> CredentialsT | None:
    """How Faust's own clients identify themselves; None = a plain connection, which `check` allows on loopback only.

    The TLS context is always given: without one Faust silently speaks SASL in the clear.
    """
    found = settings.kafka_security()
    if found["security_protocol"] == "PLAINTEXT":
        return None
    if found["security_protocol"] == "SSL":
        return SSLCredentials(context=found["ssl_context"])
    return SASLCredentials(
        username=found["sasl_plain_username"],
        password=found["sasl_plain_password"],
        ssl_context=found["ssl_context"],
        mechanism=found["sasl_mechanism"],
    )


def _connect(app: WatchApp, room: Room, progress: Progress, health: Health) -> None:
    async def before_start() -> None:
        app.library = asyncio.create_task(asyncio.to_thread(import_module, MODULE))
        await health.start()
        await room.deliverer.start()
        await room.references.start()
        await progress.start()

    async def after_stop() -> None:
        await progress.stop()
        await room.references.stop()
        await room.deliverer.stop()
        await health.stop()

    app.before_start, app.after_stop = before_start, after_stop


def _listen(app: WatchApp, lifecycle: Lifecycle) -> None:
    async def revoked(*_: Any, **__: Any) -> None:
        lifecycle.on_revoked()

    async def assigned(*_: Any, **__: Any) -> None:
        await library_there(app.library)
        await lifecycle.on_assigned()

    app.on_partitions_revoked.connect(revoked)
    app.on_rebalance_complete.connect(assigned)


async def library_there(library: asyncio.Task[ModuleType]) -> None:
    """What the models need takes 0.6 s of CPU to import: it is there before the first reading, or nothing flows.

    It comes in on a thread while the worker joins its group, so this rarely waits. A rebalance meanwhile cancels
    the waiting, not the import.
    """
    try:
        await asyncio.shield(library)
    except ImportError as error:
        refusal = ConfigurationError(
            f"{MODULE} cannot be imported: {error}", next_step="install from deploy/requirements.lock"
        )
        end_process(refusal, EXIT_REFUSED)


def _keep_time(
    app: WatchApp, settings: Settings, lifecycle: Lifecycle, timekeeper: Timekeeper, monitor: Monitor
) -> None:
    beats: list[tuple[str, Callable[[], Awaitable[None]], float]] = [
        ("keep_time", timekeeper.tick, settings.timekeeper_tick_s),
        ("watch_tails", lifecycle.watch_tails, TAIL_EVERY_S),
        ("follow_references", app.room.references.catch_up, FOLLOW_EVERY_S),
    ]
    for name, action, every_s in beats:
        app.task(_beat(app, monitor, name, action, every_s))


def _beat(
    app: WatchApp, monitor: Monitor, name: str, action: Callable[[], Awaitable[None]], every_s: float
) -> Callable[[], Awaitable[None]]:
    """Repeat while partitions are owned. An unreachable broker skips a beat; a failed delivery ends us.

    aiokafka's ConsumerStoppedError is no KafkaError: it is what a beat meets whose reader is closed at the end.
    """

    async def beat() -> None:
        while not app.should_stop:
            await asyncio.sleep(every_s)
            if app.should_stop or app.rebalancing or not monitor.owned:
                continue
            try:
                await action()
            except (KafkaError, ConsumerStoppedError) as error:
                if app.should_stop:
                    return  # our own connections were closed under this beat: an ending, not a crash
                app.room.tally.metrics[metrics.BEATS_SKIPPED].labels(name).inc()
                log.warning("beat skipped", extra={"error": type(error).__name__})
            except NattevagtError as error:
                if not app.should_stop:
                    end_process(error, EXIT_FAILED)

    return beat
