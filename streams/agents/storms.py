"""Storms: whoever has partition 0 of notices.v1 looks at all of it, and tells the duty lead of a storm once.

Beside the delivering of notices, not in its way: several processes share the partitions, and one has to see the whole
sky. What is under way stands in the group's commit of that partition, so a successor goes on where this one stopped.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass, field

import orjson
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from pydantic import TypeAdapter, ValidationError

from schemas.audit import AuditBody
from schemas.base import rfc3339
from schemas.codec import cloudevent
from schemas.ids import make_id
from schemas.made import wire
from schemas.notice import Notice
from schemas.storm import StormRules
from schemas.topics import AUDIT, NOTICES
from streams.adapters import notify_metrics as m
from streams.adapters.channels.sender import Sender
from streams.adapters.clock import steady_s, wall_ms
from streams.adapters.cluster import connected
from streams.adapters.kafka import Deliverer, OutRecord
from streams.adapters.metrics import Metrics
from streams.adapters.references import ReferenceReader
from streams.adapters.settings import Settings
from streams.core.context import Context
from streams.core.escalation.policy import terms
from streams.core.escalation.recipients import leads
from streams.core.escalation.storm import MINUTE_MS, Sky, Storm, StormPage, StormWatch

log = logging.getLogger(__name__)

SEES = 0
"""The partition whose owner looks at all of them."""

AGAIN_S = 60.0
"""From a storm page that reached nobody to the next try (our choice)."""

MOST_AT_ONCE = 500
MOST_KEPT = 30
"""Storms that fit into the commit's metadata (4 kB at most, Kafka's default); the newest are kept."""

_STORMS = TypeAdapter(list[Storm])

Keep = Callable[[], Awaitable[None]]
"""Commits what `memory` says now."""


@dataclass(slots=True)
class Storms:
    """One per process; idle unless it owns the partition. wall time is asked of `adapters.clock`."""

    settings: Settings
    sender: Sender
    deliverer: Deliverer
    references: ReferenceReader
    metrics: Metrics
    keep: Keep
    _watch: StormWatch = field(default_factory=StormWatch)
    _consumer: AIOKafkaConsumer | None = None
    _telling: "dict[str, asyncio.Task[None]]" = field(default_factory=dict)
    _next_s: dict[str, float] = field(default_factory=dict)

    @property
    def rules(self) -> StormRules:
        """Of the bundle in force."""
        reference = self.references.reference
        return reference.at(reference.stamp).rules.storm

    @property
    def memory(self) -> str | None:
        """What a successor has to know; None = this process does not know it itself, so it must not be overwritten."""
        if self.settings.simulation:
            return ""
        if self._consumer is None:
            return None
        newest = sorted(self._watch.open, key=lambda storm: storm.begun_ms)[-MOST_KEPT:]
        return orjson.dumps([asdict(storm) for storm in newest]).decode() if newest else ""

    async def turn(self, *, owner: bool) -> None:
        """Look once, and do what is due. Never waits for a channel."""
        if not owner:
            await self.stop()
            return
        if self._consumer is None:
            self._consumer = await self._begun()
        batches = await self._consumer.getmany(timeout_ms=0, max_records=MOST_AT_ONCE)
        rules, read = self.rules, 0
        for records in batches.values():
            for record in records:
                read += 1
                self._take(record.value, record.timestamp, rules)
        self._raise_failures()
        if read < MOST_AT_ONCE:
            await self._act(rules, wall_ms())
        self.metrics[m.STORMS].set(len(self._watch.open))
        self.metrics[m.STORMS_UNTOLD].set(sum(not storm.told for storm in self._watch.open))

    async def stop(self) -> None:
        """Somebody else looks now, or nobody does."""
        for task in self._telling.values():
            task.cancel()
        self._telling.clear()
        self._next_s.clear()
        self._watch = StormWatch()
        if self._consumer is not None:
            consumer, self._consumer = self._consumer, None
            await consumer.stop()
            self.metrics[m.STORMS].set(0)
            self.metrics[m.STORMS_UNTOLD].set(0)

    def _take(self, value: bytes | None, at_ms: int, rules: StormRules) -> None:
        try:
            notice = Notice.model_validate_json(value or b"")
        except ValidationError:
            return  # said and counted by who delivers it
        self._watch.take(notice, at_ms, rules)

    async def _begun(self) -> AIOKafkaConsumer:
        """What was under way, and the notices of the minutes in which a storm may have begun."""
        self._watch.restore(await self._remembered())
        topic = self.settings.topic(NOTICES)
        tps = [TopicPartition(topic, number) for number in range(self.settings.partitions)]
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self.settings.broker,
            client_id=f"{self.settings.group}-storms",
            enable_auto_commit=False,
            fetch_max_wait_ms=100,
            **self.settings.kafka_security(),
        )
        await consumer.start()
        consumer.assign(tps)
        since_ms = wall_ms() - self.rules.within_min * MINUTE_MS
        since = min([since_ms, *(storm.begun_ms for storm in self._watch.open)])
        places = await consumer.offsets_for_times(dict.fromkeys(tps, since))
        for tp in tps:
            if places.get(tp) is None:
                await consumer.seek_to_end(tp)
            else:
                consumer.seek(tp, places[tp].offset)
        return consumer

    async def _remembered(self) -> list[Storm]:
        tp = TopicPartition(self.settings.topic(NOTICES), SEES)
        async with connected(self.settings) as admin:
            held = await _committed(admin, f"{self.settings.group}-notify", tp)
        try:
            return _STORMS.validate_json(held) if held else []
        except ValidationError:
            log.error("storm memory refused", extra={"partition": SEES})
            return []

    async def _act(self, rules: StormRules, now_ms: int) -> None:
        """Tell who has to know. The storm stands in the commit before anybody is told, so its page keeps its id."""
        ready = [sky for sky in self._watch.to_tell(now_ms, rules) if self._may_try(sky.storm.team)]
        if ready:
            await self.keep()
        for sky in ready:
            self._begin(sky, now_ms, over=False)
        for sky in self._watch.ended(now_ms, rules):
            log.info("storm over", extra={"team": sky.storm.team, "count": sky.alerts})
            if sky.storm.told:
                self._begin(sky, now_ms, over=True)

    def _may_try(self, team: str) -> bool:
        return team not in self._telling and steady_s() >= self._next_s.get(team, 0.0)

    def _begin(self, sky: Sky, now_ms: int, *, over: bool) -> None:
        team = sky.storm.team
        self._telling[f"{team} over" if over else team] = asyncio.create_task(self._tell(sky, now_ms, over=over))

    def _raise_failures(self) -> None:
        """What has ended: a defect, or a report that Kafka did not take, ends the process."""
        for name in [name for name, task in self._telling.items() if task.done()]:
            self._telling.pop(name).result()

    async def _tell(self, sky: Sky, now_ms: int, *, over: bool) -> None:
        """Every lead on every channel of theirs; told when one of them has it."""
        team = sky.storm.team
        to = leads(terms(self._context(), team, None), now_ms)
        pages = [StormPage(sky, one, over, self._rules_since(sky)) for one in to]
        found = await asyncio.gather(*(self.sender.send(page) for page in pages))
        self._next_s[team] = steady_s() + AGAIN_S
        for page, delivery in zip(pages, found, strict=True):
            self.metrics[m.STORM_PAGES].labels(delivery.result).inc()
            await self._write_down(page, delivery.detail or delivery.result)
        reached = any(delivery.result == "delivered" for delivery in found)
        log.log(
            logging.INFO if reached else logging.ERROR,
            "storm",
            extra={"team": team, "count": sky.alerts, "outcome": "told" if reached else "untold"},
        )
        if reached and not over:
            self._watch.told(team)
            await self.keep()

    def _context(self) -> Context:
        reference = self.references.reference
        return reference.at(reference.stamp)

    def _rules_since(self, sky: Sky) -> str | None:
        digest = next((one.value for one in sky.common if one.what == "rules"), None)
        since_ms = None if digest is None else self.references.reference.taken_ms(digest)
        return None if since_ms is None else rfc3339(since_ms)

    async def _write_down(self, page: StormPage, result: str) -> None:
        """Who was told of which storm, for the audit: no patient, and no alert, is named."""
        sky, at_ms = page.sky, wall_ms()
        shared = "; ".join(f"{o.what} {o.value or 'unknown'} {o.count}" for o in sky.common if o.what != "reason")
        body = AuditBody(
            id=make_id(page.id, "audit", result),
            type="operation",
            reason=f"storm.{'over' if page.over else 'begun'}: team {sky.storm.team}, {sky.alerts} alerts; {shared}; "
            f"{page.recipient} by {page.channel}: {result}",
            at=rfc3339(at_ms),
            by="notify",
        )
        headers = cloudevent(body.id, "audit.operation", "nattevagt/notify", body.at)
        topic = self.settings.topic(AUDIT)
        await self.deliverer.deliver([OutRecord(topic, SEES, b"storm", wire(body, sparse=True), headers, at_ms)])


async def _committed(admin: AIOKafkaAdminClient, group: str, tp: TopicPartition) -> str:
    """The metadata of the group's commit; empty = there is none."""
    found = await admin.list_consumer_group_offsets(group, partitions=[tp])
    return found[tp].metadata if tp in found else ""
