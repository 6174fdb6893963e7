"""Redrive: a refused input goes to its topic once more as a new input that names the old one, and says who did it."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError
from aiokafka.structs import RecordMetadata

from schemas.audit import AuditBody, SourceRef
from schemas.base import rfc3339
from schemas.codec import Headers, cloudevent, dumps
from schemas.errors import DeliveryError
from schemas.ids import make_id
from schemas.topics import AUDIT
from streams.adapters.kafka import MAX_BATCH_BYTES, MAX_REQUEST_BYTES, Deliverer, OutRecord
from streams.adapters.log_tail import LogTail
from streams.adapters.settings import Settings
from streams.cli.follow import Coordinates, Outcomes, audit_body
from streams.cli.refusals import Refusal, spelled
from streams.cli.sending import SOURCE
from streams.core.intake.accept import REDRIVE_HEADER

WHAT = "redrive"
"""Begins the reason of the operation's audit record."""


@dataclass(frozen=True, slots=True)
class Redriven:
    """old: the refused input. new: where its copy lies now. outcome: what became of the copy."""

    old: Coordinates
    new: Coordinates
    outcome: AuditBody


async def redriven(
    settings: Settings, chosen: Sequence[Refusal], by: str, now_ms: int, sent_ms: int | None
) -> AsyncIterator[Redriven]:
    """Audit all of it, then send all of it, then tell what became of each. No audit, no redrive.

    now_ms: when it is done. sent_ms: what the copies are stamped with where topics carry simulated times; None = as
    they were received.
    Raises: DeliveryError when Kafka does not take a record, NattevagtError when an outcome is not told in time.
    """
    async with Outcomes(settings) as outcomes:
        await _audit(settings, [_operation(one, by, now_ms) for one in chosen])
        sent = dict(zip(await _send(settings, chosen, sent_ms), chosen, strict=True))
        async for body in outcomes.of(sent):
            assert body.source is not None, "an outcome is about an input"
            new = (body.source.topic, body.source.partition, body.source.offset)
            yield Redriven(sent[new].source, new, body)


async def already(settings: Settings) -> set[Coordinates]:
    """The inputs that have been redriven, as the audit tells."""
    found: set[Coordinates] = set()
    async with LogTail(settings, [AUDIT]) as tail:
        async for record in tail.read():
            if b'"operation"' in record.value:
                body = audit_body(record.value)
                if body.type == "operation" and body.source is not None and (body.reason or "").startswith(WHAT):
                    found.add((body.source.topic, body.source.partition, body.source.offset))
    return found


def headers_of(one: Refusal) -> Headers:
    """The original headers, and the one that names the old input; of an earlier redrive the name is replaced."""
    kept = tuple((name, value) for name, value in one.headers if name != REDRIVE_HEADER)
    topic, partition, offset = one.source
    return (*kept, (REDRIVE_HEADER, f"{topic}/{partition}/{offset}".encode()))


def _operation(one: Refusal, by: str, now_ms: int) -> AuditBody:
    topic, partition, offset = one.source
    return AuditBody(
        id=make_id(WHAT, topic, partition, offset, by, now_ms),
        type="operation",
        source=SourceRef(topic=topic, partition=partition, offset=offset),
        patient=one.patient,
        outcome=None,
        reason=f"{WHAT} of {spelled(one.at)}, {one.outcome}",
        next_step=None,
        at=rfc3339(now_ms),
        by=by,
    )


async def _audit(settings: Settings, bodies: Sequence[AuditBody]) -> None:
    """Returns when Kafka has confirmed every one of them."""
    deliverer = Deliverer(settings)
    try:
        await deliverer.start()
        await deliverer.deliver([_record(settings, body) for body in bodies])
    except (KafkaError, OSError, DeliveryError) as error:
        raise DeliveryError(
            f"the audit did not take the redrive ({type(error).__name__}), so nothing was sent.",
            next_step="Look at the broker and at the rights on audit.v1, then redrive again.",
        ) from error
    finally:
        await deliverer.stop()


def _record(settings: Settings, body: AuditBody) -> OutRecord:
    source = body.source
    assert source is not None, "a redrive is about an input"
    return OutRecord(
        settings.topic(AUDIT),
        source.partition,
        f"{source.topic}/{source.offset}".encode(),
        dumps(body.model_dump(mode="json", exclude_none=True)),
        cloudevent(body.id, f"audit.{body.type}", SOURCE, body.at),
        0,
    )


async def _send(settings: Settings, chosen: Sequence[Refusal], sent_ms: int | None) -> list[Coordinates]:
    """To the partition each came from. A batch of its own for each: so null and null can be sent, and any size."""
    producer = AIOKafkaProducer(
        bootstrap_servers=settings.broker,
        client_id=f"{settings.group}-redrive",
        acks="all",
        enable_idempotence=True,
        max_batch_size=MAX_BATCH_BYTES,
        max_request_size=MAX_REQUEST_BYTES,
        **settings.kafka_security(),
    )
    try:
        async with producer:
            waiting = [await _one(producer, settings, one, sent_ms) for one in chosen]
            done = await asyncio.gather(*waiting)
    except (KafkaError, OSError, TimeoutError) as error:
        raise DeliveryError(
            f"Kafka did not take all of it again ({type(error).__name__}); the audit names what was tried.",
            next_step="Look at the broker, then redrive again: what has counted already is refused as a duplicate.",
        ) from error
    return [(one.source[0], one.source[1], sent.offset) for one, sent in zip(chosen, done, strict=True)]


async def _one(
    producer: AIOKafkaProducer, settings: Settings, one: Refusal, sent_ms: int | None
) -> "asyncio.Future[RecordMetadata]":
    batch = producer.create_batch()
    at_ms = one.at_ms if sent_ms is None else sent_ms
    batch.append(timestamp=at_ms, key=one.key, value=one.value, headers=list(headers_of(one)))
    batch.close()
    sent: asyncio.Future[RecordMetadata] = await producer.send_batch(
        batch, settings.topic(one.source[0]), partition=one.source[1]
    )
    return sent
