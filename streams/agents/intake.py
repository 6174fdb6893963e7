"""Intake: raw topics -> patient-events.v1, or a reason. Has no table; its place is the group's commit."""

import logging
from collections.abc import Sequence
from typing import Any

from aiokafka import ConsumerRecord
from aiokafka.errors import KafkaError

from schemas.audit import AuditBody, Outcome, SourceRef
from schemas.base import rfc3339
from schemas.codec import cloudevent
from schemas.errors import NattevagtError
from schemas.events import InputEvent, InputRefused
from schemas.ids import make_id
from schemas.made import wire
from schemas.topics import AUDIT, PATIENT_EVENTS, REJECTED
from streams.adapters.clock import busy_s, steady_s
from streams.adapters.kafka import OutRecord
from streams.agents.density import Expected, done, examine
from streams.agents.effects import SOURCE
from streams.agents.enginekit import Chunk, work_off
from streams.agents.guard import guarded_route
from streams.agents.progress import Progress
from streams.agents.room import EXIT_FAILED, LOOK_EVERY, SLICE_S, Room, end_process
from streams.core.intake.accept import RawRecord

log = logging.getLogger(__name__)

UNSEEN_S = 2.0
"""Longest time without a look at the rules before an input is judged (streams.core.context, SETTLED_MS)."""


class Intake:
    """One per worker, for all input topics. `expected`: (topic, partition) -> what must come next."""

    def __init__(self, room: Room, progress: Progress) -> None:
        self._room = room
        self._progress = progress
        self.expected: dict[tuple[str, int], Expected] = {}

    def begin(self, committed: dict[tuple[str, int], int]) -> None:
        """A new assignment: forget everything, start from the commits (log start where there is none)."""
        self.expected = {where: Expected(offset) for where, offset in committed.items()}

    async def work(self, chunk: Chunk) -> int | None:
        """One fetched run. Gives the offset to acknowledge; None = nothing. A failed delivery ends the process."""
        expected = self.expected.get((chunk.topic, chunk.partition))
        if expected is None or not self._room.is_ours(chunk):
            return None
        expected.busy = True
        try:
            return await self._work(chunk, expected)
        except (NattevagtError, KafkaError) as error:
            end_process(error, EXIT_FAILED)
        finally:
            expected.busy = False
            expected.handled_s = steady_s()

    async def _work(self, chunk: Chunk, expected: Expected) -> int | None:
        run = examine(expected, chunk.records)
        if run.seek is not None:
            self._room.tally.hole(self._room.settings.unprefixed(chunk.topic))
            log.warning("hole", extra={"topic": chunk.topic, "partition": chunk.partition, "offset": run.seek})
            await self._room.seek(chunk.topic, chunk.partition, run.seek)
        if run.gap is not None:
            await self._must_be_gone(chunk, run.gap)
            await self._room.deliverer.deliver([self._gap(chunk, run.gap)])
            self._room.tally.gap(self._room.settings.unprefixed(chunk.topic), run.gap[1] - run.gap[0] + 1)
            expected.offset = run.gap[1] + 1
        rest: Sequence[ConsumerRecord] = run.records
        while rest and not self._room.is_moving:
            rest = await self._slice(rest, expected)
        return done(expected, chunk.records)

    async def _must_be_gone(self, chunk: Chunk, gap: tuple[int, int]) -> None:
        """What another reader still finds is not lost; only a new start can get at it."""
        if await self._progress.can_be_read(chunk.topic, chunk.partition, gap[0]):
            raise NattevagtError(
                f"{chunk.topic}[{chunk.partition}]@{gap[0]} is in Kafka, and the engine does not hand it over",
                next_step="the process ends and is restarted by its supervisor; report it if it comes again",
            )

    async def _slice(self, records: Sequence[ConsumerRecord], expected: Expected) -> Sequence[ConsumerRecord]:
        """Route until the slice is full, deliver, and only then move on."""
        if steady_s() - self._room.references.looked_s > UNSEEN_S:
            await self._room.references.catch_up()
        events: list[OutRecord] = []
        audit: list[OutRecord] = []
        told: list[AuditBody] = []
        started, begun, count = steady_s(), busy_s(), 0
        topic = self._room.settings.unprefixed(records[0].topic)
        for record in records:
            told += self._route(topic, record, events, audit)
            count += 1
            if count % LOOK_EVERY == 0 and busy_s() - begun > SLICE_S:
                break
        await self._room.deliverer.deliver([*events, *audit])
        self._room.tally.routed(topic, records[:count], told, steady_s() - started)
        expected.offset = records[count - 1].offset + 1
        return records[count:]

    def _route(
        self, topic: str, record: ConsumerRecord, out: list[OutRecord], audit: list[OutRecord]
    ) -> tuple[AuditBody, ...]:
        """One record's way; gives the outcome when it is known already. topic: unprefixed."""
        settings = self._room.settings
        raw = RawRecord(
            topic,
            record.partition,
            record.offset,
            record.timestamp,
            record.key,
            record.value,
            record.headers,
        )
        routed = guarded_route(raw, self._room.references.reference, simulation=settings.simulation)
        if routed.event is not None:
            out.append(self._event(routed.event))
        if routed.reject is not None:
            out.append(OutRecord(settings.topic(REJECTED), raw.partition, raw.key, raw.value, routed.reject, raw.at_ms))
        if routed.audit is None:
            return ()
        audit.append(self._audit(routed.audit, raw.partition, raw.at_ms))
        return (routed.audit,)

    def _event(self, event: InputEvent | InputRefused) -> OutRecord:
        return OutRecord(
            self._room.settings.topic(PATIENT_EVENTS),
            self._room.partition_of(event.patient),
            event.patient.encode(),
            wire(event),
            cloudevent(event.id, event.type, SOURCE, rfc3339(event.received_ms)),
            event.received_ms,
        )

    def _audit(self, body: AuditBody, partition: int, at_ms: int) -> OutRecord:
        assert body.source is not None
        return OutRecord(
            self._room.settings.topic(AUDIT),
            partition,
            f"{body.source.topic}/{body.source.offset}".encode(),
            wire(body, sparse=True),
            cloudevent(body.id, f"audit.{body.type}", SOURCE, body.at),
            at_ms,
        )

    def _gap(self, chunk: Chunk, gap: tuple[int, int]) -> OutRecord:
        """Inputs that Kafka no longer has: audited as lost, and an alarm for the operator."""
        topic, at_ms = self._room.settings.unprefixed(chunk.topic), chunk.records[0].timestamp
        log.critical("inputs lost", extra={"topic": chunk.topic, "partition": chunk.partition, "offset": gap[0]})
        body = AuditBody(
            id=make_id(topic, chunk.partition, gap[0], "gap"),
            type="gap",
            source=SourceRef(topic=topic, partition=chunk.partition, offset=gap[0], until_offset=gap[1]),
            patient=None,
            outcome=Outcome.LOST_GAP,
            reason="these offsets can no longer be read",
            next_step="check retention and who deleted records; ask the senders to send again",
            at=rfc3339(at_ms),
        )
        return self._audit(body, chunk.partition, at_ms)


def attach(app: Any, intake: Intake, topics: Sequence[Any]) -> None:
    """One agent per input topic, one instance per partition."""
    for topic in topics:

        async def agent(stream: Any) -> None:
            await work_off(stream, intake.work)

        app.agent(topic, name=f"intake-{topic.get_topic_name()}", isolated_partitions=True)(agent)
