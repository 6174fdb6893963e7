"""Sending input records one by one and telling what became of them: what `produce` and `acknowledge` share."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import click
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from schemas import texts
from schemas.audit import AuditBody
from schemas.base import rfc3339
from schemas.codec import Headers, cloudevent, dumps
from schemas.command import AnyCommand
from schemas.errors import DeliveryError
from schemas.topics import COMMANDS
from schemas.triage import TriageLevel
from streams.adapters.settings import Settings
from streams.cli.follow import Coordinates, Outcomes

SOURCE = "nattevagt/cli"
"""CloudEvents source of what a person sends from a terminal."""


@dataclass(frozen=True, slots=True)
class Letter:
    """One input record to send. topic: unprefixed. at_ms: kept only where topics carry simulated times."""

    topic: str
    key: bytes | None
    value: bytes
    headers: Headers
    at_ms: int


async def send(settings: Settings, letters: Sequence[Letter]) -> list[Coordinates]:
    """Send and wait until Kafka has them all. Raises DeliveryError."""
    try:
        producer = AIOKafkaProducer(
            bootstrap_servers=settings.broker,
            client_id=f"{settings.group}-cli",
            acks="all",
            enable_idempotence=True,
            max_request_size=1_200_000,  # the broker refuses an input above 1 MiB, and says so
            **settings.kafka_security(),
        )
        async with producer:
            sent = [await _send(producer, settings, letter) for letter in letters]
            return [(letter.topic, done.partition, done.offset) for letter, done in zip(letters, sent, strict=True)]
    except (KafkaError, OSError, TimeoutError) as error:
        raise DeliveryError(
            f"Kafka at {settings.broker} did not take it ({type(error).__name__}).",
            next_step="Check NATTEVAGT_BROKER and NATTEVAGT_TOPIC_PREFIX, or start `nattevagt demo`.",
        ) from None


async def _send(producer: AIOKafkaProducer, settings: Settings, letter: Letter) -> Any:
    return await producer.send_and_wait(
        settings.topic(letter.topic),
        letter.value,
        key=letter.key,
        headers=list(letter.headers),
        timestamp_ms=letter.at_ms,
    )


async def send_and_follow(settings: Settings, letters: Sequence[Letter]) -> AsyncIterator[AuditBody]:
    """Send, then give the outcome of each as it is told."""
    async with Outcomes(settings) as outcomes:
        sent = await send(settings, letters)
        async for body in outcomes.of(sent):
            yield body


def command_letter(body: AnyCommand, at_ms: int) -> Letter:
    """A command as its record: under the patient's key, with the headers of CloudEvents."""
    headers = cloudevent(body.id, f"command.{body.type}", SOURCE, rfc3339(at_ms))
    return Letter(COMMANDS, body.patient.encode(), dumps(body.model_dump(mode="json")), headers, at_ms)


async def send_and_tell(
    settings: Settings, letters: Sequence[Letter], language: Literal["da", "en"], *, as_json: bool
) -> None:
    """Send, and print what became of each: for people, or as JSON lines."""
    async for body in send_and_follow(settings, letters):
        click.echo(dumps(body.model_dump(mode="json")).decode() if as_json else told(body, language))


def told(body: AuditBody, language: Literal["da", "en"]) -> str:
    """What became of one input, for people: where it lies, the outcome, why, and what to do."""
    assert body.source is not None, "an outcome is about an input"
    assert body.outcome is not None, "and says what became of it"
    where = f"{body.source.topic}[{body.source.partition}]@{body.source.offset}"
    lines = [f"{where}: {body.outcome.value} ({texts.outcome(body.outcome.value, language)})"]
    if body.reason is not None:
        lines.append(f"  {'årsag' if language == 'da' else 'reason'}: {body.reason}")
    if body.next_step is not None:
        lines.append(f"  {'næste skridt' if language == 'da' else 'next step'}: {body.next_step}")
    if body.decision is not None:
        level = None if body.decision.level is None else TriageLevel(body.decision.level)
        words = "; ".join(texts.reason(code, language) for code in body.decision.reasons)
        lines.append(f"  {body.patient}: {texts.colour(level, language)}{' - ' if words else ''}{words}")
        if body.decision.alert_id is not None:
            lines.append(f"  alert {body.decision.alert_id} #{body.decision.alert_sequence}")
    return "\n".join(lines)
