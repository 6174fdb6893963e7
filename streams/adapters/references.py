"""Reference data: read whole at the start, followed from then on, by an own consumer outside the group."""

import asyncio
import logging
from typing import TypeVar

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from pydantic import ValidationError

from schemas.catalog import default_bundle
from schemas.codec import MalformedError, loads
from schemas.coverage import TeamCoverage
from schemas.events import Stamp
from schemas.model import MODEL, ModelRecord
from schemas.rules import RuleBundle
from schemas.topics import COVERAGE, MODELS, REFERENCE, RULES, alerts_topic
from streams.adapters.clock import steady_s
from streams.adapters.settings import Settings
from streams.core.context import Reference

log = logging.getLogger(__name__)
T = TypeVar("T", TeamCoverage, RuleBundle)


class ReferenceReader:
    """Keeps a `Reference` as far read as the topics are long. looked_s: all that was there then has been read."""

    def __init__(self, settings: Settings) -> None:
        self.reference = Reference(default_bundle(), settings.code)
        self._settings = settings
        self._tps = [TopicPartition(settings.topic(name), 0) for name in REFERENCE]
        self._consumer: AIOKafkaConsumer | None = None
        self._lock = asyncio.Lock()
        self._looked_at = -2
        self.reachable: frozenset[str] = frozenset()
        self.looked_s = steady_s()

    async def start(self) -> None:
        """Connect and read everything there is, before anybody stamps or folds."""
        self._consumer = AIOKafkaConsumer(
            bootstrap_servers=self._settings.broker,
            client_id=f"{self._settings.group}-reference",
            enable_auto_commit=False,
            fetch_max_wait_ms=100,
            **self._settings.kafka_security(),
        )
        await self._consumer.start()
        self._consumer.assign(self._tps)
        await self._consumer.seek_to_beginning(*self._tps)
        await self.catch_up()

    async def stop(self) -> None:
        """Disconnect."""
        if self._consumer is not None:
            await self._consumer.stop()

    async def catch_up(self) -> None:
        """Read up to where the topics end now."""
        consumer = self._consumer
        assert consumer is not None, "start() first"
        async with self._lock:
            begun_s = steady_s()
            ends = await consumer.end_offsets(self._tps)
            while any([await consumer.position(tp) < ends[tp] for tp in self._tps]):
                for records in (await consumer.getmany(timeout_ms=200)).values():
                    for record in records:
                        self._take(record)
            await self._look_for_topics(consumer)
            self.looked_s = begun_s

    async def _look_for_topics(self, consumer: AIOKafkaConsumer) -> None:
        """Which teams' topics exist: somebody may publish coverage past `nattevagt coverage publish`.

        `reachable` is what alerts may be sent to; a missing topic would hold every alert up for ever.
        """
        stamp = self.reference.stamp
        teams = frozenset(self.reference.at(stamp).teams)
        if stamp.coverage == self._looked_at and self.reachable == teams:
            return
        existing = await consumer.topics()
        self.reachable = frozenset(team for team in teams if self._settings.topic(alerts_topic(team)) in existing)
        if stamp.coverage != self._looked_at and self.reachable != teams:
            log.error("alert topic missing", extra={"topic": alerts_topic(min(teams - self.reachable))})
        self._looked_at = stamp.coverage

    async def ensure(self, stamp: Stamp) -> None:
        """Read until the stamp is covered; the record it names exists, so this ends."""
        while not self.reference.covers(stamp):
            await self.catch_up()

    def _take(self, record: ConsumerRecord) -> None:
        name = self._settings.unprefixed(record.topic)
        if name == COVERAGE:
            self.reference.add_coverage(record.offset, self._parse(TeamCoverage, record))
        elif name == RULES:
            self.reference.add_rules(record.offset, self._parse(RuleBundle, record), record.timestamp)
        elif name == MODELS:
            self._take_model(record)

    def _take_model(self, record: ConsumerRecord) -> None:
        """What may not be served is refused loudly, and what was in force stays."""
        try:
            body: ModelRecord | None = MODEL.validate_json(record.value or b"")
        except ValidationError:
            body = None
        refused = self.reference.add_model(record.offset, body)
        if refused is not None:
            where = {"topic": record.topic, "partition": 0, "offset": record.offset}
            log.error("model record refused", extra={**where, "reason": refused})

    @staticmethod
    def _parse(contract: type[T], record: ConsumerRecord) -> T | None:
        """One record; what cannot be read changes nothing and is said loudly, it never stops the watch."""
        try:
            loads(record.value or b"")  # its limits on size, depth and repeated keys
            return contract.model_validate_json(record.value or b"")
        except (ValidationError, MalformedError):
            log.error(
                "reference record refused", extra={"topic": record.topic, "partition": 0, "offset": record.offset}
            )
            return None
