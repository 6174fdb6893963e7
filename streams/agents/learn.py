"""Learn: examples.v1 -> learners -> snapshots on models.v1. A process of its own, outside every group.

Its place is the offset in its own state, one record on learner-state.v1 with all that was learned up to there.
Killed anywhere it goes on from its last state and gives the same records again; what stands on models.v1 already is
not written twice. Two of them at once do no harm: they say the same, and the record that has read further counts.
"""

import asyncio
import logging
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import orjson
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from pydantic import ValidationError

from schemas.base import rfc3339
from schemas.codec import cloudevent
from schemas.errors import StateError
from schemas.example import Example
from schemas.ids import make_id
from schemas.model import MODEL, FellBack, ModelRecord, ModelSnapshot
from schemas.topics import EXAMPLES, LEARNER_STATE, MODELS
from streams.adapters.clock import steady_s, wall_ms
from streams.adapters.kafka import Deliverer, OutRecord
from streams.adapters.learn_metrics import LearnMetrics
from streams.adapters.log_tail import LogTail
from streams.adapters.model_log import NEXT_STEP, audited
from streams.adapters.settings import Settings
from streams.core.learning.designs import DESIGNS
from streams.core.learning.learner import Learner

log = logging.getLogger(__name__)

SOURCE = "nattevagt/learn"
BATCH = 100
"""Examples between two looks at the loop: one takes up to a millisecond for two learners (measured below 0.5 ms)."""

KEEP_EVERY = 200
KEEP_S = 5.0
"""State is written after so many examples or seconds, and whenever a record has been published."""

POLL_MS = 500


class Learning:
    """One process: a learner per design, side by side over the same examples."""

    def __init__(self, settings: Settings, metrics: LearnMetrics) -> None:
        self._settings = settings
        self._metrics = metrics
        self._deliverer = Deliverer(settings)
        self._learners = [Learner(design, settings.code) for design in DESIGNS]
        self._there: set[str] = set()
        self._kept_upto = -1
        self._kept_s = steady_s()
        self._tp = TopicPartition(settings.topic(EXAMPLES), 0)
        self._consumer = AIOKafkaConsumer(
            bootstrap_servers=settings.broker,
            client_id=f"{settings.group}-learn",
            enable_auto_commit=False,
            auto_offset_reset="none",
            max_poll_records=BATCH,
            fetch_max_wait_ms=100,
            **settings.kafka_security(),
        )

    async def run(self, stop: asyncio.Event, *, anew: bool = False, once: bool = False) -> None:
        """Learn until told to stop. anew: begin with the oldest example. once: end where the log ends now.

        Raises: StateError when the state on learner-state.v1 cannot be gone on from; DeliveryError.
        """
        await self._deliverer.start()
        await self._consumer.start()
        try:
            await self._begin(anew=anew)
            await self._follow(stop, once=once)
            await self._keep()
        finally:
            await self._consumer.stop()
            await self._deliverer.stop()

    async def _begin(self, *, anew: bool) -> None:
        """Take up the newest state of each model, and stand where the one that is furthest behind stopped."""
        states, self._there = await _stored(self._settings)
        for learner in self._learners:
            held = None if anew else states.get(learner.design.id)
            if held is not None:
                learner.load(held)
        self._consumer.assign([self._tp])
        first = (await self._consumer.beginning_offsets([self._tp]))[self._tp]
        end = (await self._consumer.end_offsets([self._tp]))[self._tp]
        start = min(learner.upto for learner in self._learners) + 1
        if start > end:
            raise StateError(
                f"the learner has read up to {start - 1} of {EXAMPLES}, which ends before: the topic was made anew",
                next_step="begin anew with `nattevagt learn --anew`",
            )
        if start < first:
            log.warning("examples gone", extra={"topic": EXAMPLES, "partition": 0, "offset": start, "count": first})
        self._consumer.seek(self._tp, max(start, first))
        self._kept_upto = max(start, first) - 1
        self._say(end)
        log.info("learning", extra={"topic": EXAMPLES, "partition": 0, "offset": max(start, first)})

    async def _follow(self, stop: asyncio.Event, *, once: bool) -> None:
        end = (await self._consumer.end_offsets([self._tp]))[self._tp]
        while not stop.is_set():
            if once and await self._consumer.position(self._tp) >= end:
                return
            batches = await self._consumer.getmany(timeout_ms=POLL_MS)
            for records in batches.values():
                await self._work(records)
            if self._is_due():
                await self._keep()

    async def _work(self, records: Sequence[ConsumerRecord]) -> None:
        """What these examples bring about is with Kafka before their offset is kept."""
        found: list[ModelRecord] = []
        for record in records:
            example = self._read(record)
            for learner in self._learners:
                if example is None:
                    learner.skip(record.offset)
                else:
                    found += learner.take(record.offset, example)
        fresh = [record for record in found if name_of(record) not in self._there]
        await self._deliverer.deliver(self._out(record) for record in fresh)
        # The fall-back first: it waits for no audit. A repeat after a crash audits it again under the same id.
        fell = [record for record in found if isinstance(record, FellBack)]
        await self._deliverer.deliver(audited(self._settings, record, name_of(record)) for record in fell)
        self._there.update(map(name_of, fresh))
        for record in fresh:
            self._tell(record)
        if found:
            await self._keep()
        self._say(self._consumer.highwater(self._tp))

    def _read(self, record: ConsumerRecord) -> Example | None:
        """Only workers write here; what cannot be read teaches nothing and is said loudly."""
        try:
            return Example.model_validate_json(record.value or b"")
        except ValidationError:
            self._metrics.unreadable()
            log.error("example refused", extra={"topic": EXAMPLES, "partition": 0, "offset": record.offset})
            return None

    def _is_due(self) -> bool:
        fresh = max(learner.upto for learner in self._learners) - self._kept_upto
        return fresh >= KEEP_EVERY or (fresh > 0 and steady_s() - self._kept_s > KEEP_S)

    async def _keep(self) -> None:
        """One record per model: parameters and offset together, so that neither can be without the other."""
        topic, at_ms = self._settings.topic(LEARNER_STATE), wall_ms()
        await self._deliverer.deliver(
            OutRecord(topic, 0, learner.design.id.encode(), orjson.dumps(learner.dump()), (), at_ms)
            for learner in self._learners
        )
        self._kept_upto, self._kept_s = max(learner.upto for learner in self._learners), steady_s()

    def _out(self, record: ModelRecord) -> OutRecord:
        at_ms = wall_ms()
        headers = cloudevent(name_of(record), f"model.{record.type}", SOURCE, rfc3339(at_ms))
        body = record.model_dump_json().encode()
        return OutRecord(self._settings.topic(MODELS), 0, record.model.encode(), body, headers, at_ms)

    def _tell(self, record: ModelRecord) -> None:
        """What an operator hears: each snapshot, and above all that risk and reality have parted."""
        self._metrics.published(record)
        if isinstance(record, ModelSnapshot):
            log.info("snapshot", extra={"event_id": record.digest, "count": record.lineage.labels})
        elif isinstance(record, FellBack):
            log.critical(
                "model fell back to rules",
                extra={"reason": f"{record.model}: {record.direction} events than said", "next_step": NEXT_STEP},
            )

    def _say(self, end: int | None) -> None:
        for learner in self._learners:
            self._metrics.progress(learner, end)


def name_of(record: ModelRecord) -> str:
    """The same for the same content, however often it is made."""
    if isinstance(record, ModelSnapshot):
        return make_id("snapshot", record.model, record.digest)
    if isinstance(record, FellBack):
        return make_id("fell_back", record.model, record.upto)
    return make_id(record.type, record.model, record.digest, record.by, rfc3339(0))


async def _stored(settings: Settings) -> tuple[Mapping[str, Any], set[str]]:
    """The state that has read furthest of each model, and the names of what stands on models.v1."""
    states: dict[str, Any] = {}
    there: set[str] = set()
    async with LogTail(settings, (LEARNER_STATE, MODELS)) as tail:
        async for record in tail.read():
            if record.topic == settings.topic(MODELS):
                there.update(_named(record))
                continue
            body = orjson.loads(record.value)
            held = states.get(body["model"])
            if held is None or body["upto"] >= held["upto"]:
                states[body["model"]] = body
    return states, there


def _named(record: ConsumerRecord) -> Iterable[str]:
    try:
        yield name_of(MODEL.validate_json(record.value or b""))
    except ValidationError:
        return
