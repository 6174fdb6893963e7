"""Registry: device-claims.v1 -> who had a device first -> ContestBinding on commands.v1, in a process of its own.

It keeps nothing but its group's commit: whenever it is given a partition it reads that from the beginning, folds, and
speaks only of claims behind the commit. A command is confirmed before its claim is committed, so a crash says it
again with the same id, and `step` knows it. While no registry runs, claims wait and bindings stand as they are told.
"""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field

from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, ConsumerRecord, TopicPartition
from pydantic import ValidationError

from schemas.base import rfc3339
from schemas.claim import DeviceClaim
from schemas.codec import cloudevent, dumps
from schemas.command import ContestBinding
from schemas.errors import StateError
from schemas.topics import COMMANDS, DEVICE_CLAIMS
from streams.adapters import registry_metrics as m
from streams.adapters.clock import steady_s, wall_ms
from streams.adapters.input_records import partition_of
from streams.adapters.kafka import Deliverer, OutRecord
from streams.adapters.metrics import Metrics
from streams.adapters.settings import Settings
from streams.core.claims import Claims, contested, rulings, with_claim

log = logging.getLogger(__name__)

SOURCE = "nattevagt/registry"

HANG_S = 60.0
"""Without a look at the log for so long the process is broken."""

BATCH = 500
"""Claims between two commits; a crash decides on as many again, with the same ids."""


def group_of(settings: Settings) -> str:
    """The consumer group of all registries of an installation."""
    return f"{settings.group}-registry"


@dataclass(slots=True)
class Shelf:
    """One partition. spoken: claims below this offset have been decided on by somebody. devices: all claims so far.

    disputed: devices that somebody claims in vain.
    """

    spoken: int
    devices: dict[str, Claims] = field(default_factory=dict)
    disputed: set[str] = field(default_factory=set)

    def take(self, claim: DeviceClaim, offset: int) -> tuple[ContestBinding, ...]:
        """What is to be said of one more claim; nothing, where it has been said."""
        before = self.devices.get(claim.device, Claims())
        after = self.devices[claim.device] = with_claim(before, claim, offset)
        if after is before:
            return ()
        (self.disputed.add if contested(after) else self.disputed.discard)(claim.device)
        return rulings(before, after, claim.device, offset) if offset >= self.spoken else ()


class Registry(ConsumerRebalanceListener):  # type: ignore[misc]  # aiokafka has no types
    """One process. Several share the partitions of device-claims.v1; all claims of a device lie in one of them."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._deliverer = Deliverer(settings)
        self.metrics = Metrics(settings.partitions, m.TABLE)
        self._shelves: dict[TopicPartition, Shelf] = {}
        self._polled_s = steady_s()
        self._refusal: StateError | None = None
        self._consumer = AIOKafkaConsumer(
            bootstrap_servers=settings.broker,
            client_id=group_of(settings),
            group_id=group_of(settings),
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            max_poll_records=BATCH,
            fetch_max_wait_ms=100,
            session_timeout_ms=int(settings.session_timeout_s * 1000),
            heartbeat_interval_ms=int(settings.heartbeat_s * 1000),
            **settings.kafka_security(),
        )

    async def run(self, told: asyncio.Event) -> None:
        """Work until told to stop. Raises what broke it, StateError where a person must mend something first."""
        await self._deliverer.start()
        await self._consumer.start()
        self._consumer.subscribe([self._settings.topic(DEVICE_CLAIMS)], listener=self)
        log.info("registry", extra={"group": group_of(self._settings)})
        try:
            while not told.is_set():
                await self._turn()
        finally:
            await self._consumer.stop()
            await self._deliverer.stop()

    def problems(self) -> list[str]:
        """Why this process should be started again."""
        silent_s = steady_s() - self._polled_s
        return [f"{DEVICE_CLAIMS} has not been looked at for {silent_s:.0f} s"] if silent_s > HANG_S else []

    def missing(self) -> list[str]:
        """Why it does not work now."""
        return [] if self._consumer.assignment() else ["no partition is assigned"]

    def page(self) -> bytes:
        """What Prometheus reads."""
        ends = {tp: self._consumer.highwater(tp) or 0 for tp in self._shelves if tp in self._consumer.assignment()}
        self.metrics[m.LAG].set(sum(max(0, end - self._shelves[tp].spoken) for tp, end in ends.items()))
        self.metrics[m.CONTESTED].set(sum(len(shelf.disputed) for shelf in self._shelves.values()))
        return self.metrics.text()

    async def on_partitions_revoked(self, revoked: list[TopicPartition]) -> None:
        """aiokafka's hook: what was decided is committed; the next owner reads for itself."""
        self._shelves.clear()
        log.info("partitions revoked", extra={"count": len(revoked)})

    async def on_partitions_assigned(self, assigned: list[TopicPartition]) -> None:
        """aiokafka's hook: read each from its beginning, and know up to where others have spoken."""
        ends = await self._consumer.end_offsets(assigned)
        for tp in assigned:
            spoken = await self._consumer.committed(tp) or 0
            if spoken > ends[tp]:
                self._refusal = StateError(
                    f"{DEVICE_CLAIMS}[{tp.partition}] ends at {ends[tp]}, the registry stands at {spoken}: recreated?",
                    next_step=f"restore the topic; patients remember its offsets (group {group_of(self._settings)})",
                )
            self._shelves[tp] = Shelf(spoken)
        await self._consumer.seek_to_beginning(*assigned)
        log.info("partitions assigned", extra={"count": len(assigned)})

    async def _turn(self) -> None:
        """Fetch, decide, deliver, commit."""
        batches = await self._consumer.getmany(timeout_ms=200)
        if self._refusal is not None:
            raise self._refusal
        for tp, records in batches.items():
            shelf = self._shelves.get(tp)
            if shelf is not None:
                await self._work(tp, shelf, records)
        self._polled_s = steady_s()
        self.metrics[m.POLLED].set(wall_ms() / 1000)

    async def _work(self, tp: TopicPartition, shelf: Shelf, records: Sequence[ConsumerRecord]) -> None:
        found = [(told, record.timestamp) for record in records for told in self._read(shelf, record)]
        if found:
            await self._deliverer.deliver(self._out(told, at_ms) for told, at_ms in found)
            self.metrics[m.RULINGS].inc(len(found))
            log.info("devices contested or released", extra={"partition": tp.partition, "count": len(found)})
        upto = records[-1].offset + 1
        if upto > shelf.spoken and self._shelves.get(tp) is shelf:
            await self._consumer.commit({tp: upto})
            shelf.spoken = upto

    def _read(self, shelf: Shelf, record: ConsumerRecord) -> tuple[ContestBinding, ...]:
        """Only workers write here; what cannot be read claims nothing and is said loudly."""
        self.metrics[m.CLAIMS].inc()
        try:
            return shelf.take(DeviceClaim.model_validate_json(record.value or b""), record.offset)
        except ValidationError:
            self.metrics[m.UNREADABLE].inc()
            where = {"topic": DEVICE_CLAIMS, "partition": record.partition, "offset": record.offset}
            log.error("no claim", extra=where)
            return ()

    def _out(self, told: ContestBinding, claimed_ms: int) -> OutRecord:
        at_ms = claimed_ms if self._settings.simulation else wall_ms()
        headers = cloudevent(told.id, f"command.{told.type}", SOURCE, rfc3339(at_ms))
        key = told.patient.encode()
        value = dumps(told.model_dump(mode="json", exclude_none=True))
        return OutRecord(
            self._settings.topic(COMMANDS), partition_of(key, self._settings.partitions), key, value, headers, at_ms
        )
