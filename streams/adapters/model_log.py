"""models.v1 and learner-state.v1 as an operator looks at them: once, then hang up."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
from pydantic import ValidationError

from schemas.audit import AuditBody
from schemas.base import rfc3339, to_ms
from schemas.codec import cloudevent, dumps
from schemas.errors import ConfigurationError
from schemas.ids import make_id
from schemas.model import MODEL, FellBack, Frozen, ModelRecord, ModelSnapshot, Promoted, RolledBack
from schemas.topics import AUDIT, LEARNER_STATE, MODELS
from streams.adapters import admin
from streams.adapters.clock import wall_ms
from streams.adapters.kafka import Deliverer, OutRecord
from streams.adapters.log_tail import LogTail
from streams.adapters.settings import Settings
from streams.core.learning.fared import Fared
from streams.core.learning.force import Models

SOURCE = "nattevagt/cli"

RULES = "rules"
"""Stands beside the models where they are compared."""


@dataclass(slots=True)
class ModelLog:
    """records: (offset, record); None = it could not be read. models: their fold."""

    records: list[tuple[int, ModelRecord | None]] = field(default_factory=list)
    models: Models = field(default_factory=Models)

    def snapshots(self, model: str) -> list[ModelSnapshot]:
        """All that were published of one model, oldest first."""
        return [one for _, one in self.records if isinstance(one, ModelSnapshot) and one.model == model]


def parse(value: bytes | None) -> ModelRecord | None:
    """One record of models.v1; None = no release of ours reads it."""
    try:
        return MODEL.validate_json(value or b"")
    except ValidationError:
        return None


async def read(settings: Settings) -> ModelLog:
    """Everything that stands on models.v1, and what follows from it."""
    found = ModelLog()
    async with LogTail(settings, (MODELS,)) as tail:
        async for record in tail.read():
            body = parse(record.value)
            found.records.append((record.offset, body))
            found.models.add(record.offset, body)
    return found


async def fared(settings: Settings, models: Sequence[str]) -> dict[str, Fared]:
    """How scores have fared, of these models and of the rules, from the learner's newest states: sums only."""
    states: dict[str, dict[str, Any]] = {}
    async with LogTail(settings, (LEARNER_STATE,)) as tail:
        async for record in tail.read():
            states[record.key.decode()] = orjson.loads(record.value)
    there = [name for name in models if name in states]
    if not there:
        raise ConfigurationError("Nothing has been learned yet.", next_step="Run `nattevagt learn`.")
    found = {name: Fared.load(states[name]["tally"]) for name in there}
    return {**found, RULES: Fared.load(states[there[-1]]["rules"])}


NEXT_STEP = "`nattevagt model list`, find out what changed, then promote again or leave it in the shadow"

Act = Promoted | Frozen | RolledBack


async def decide(settings: Settings, record: Act) -> None:
    """One person's decision with its audit record, both confirmed by Kafka.

    Without an audit nothing is promoted; what makes a model do less is done first and audited then.
    Raises: ConfigurationError, DeliveryError.
    """
    await admin.refuse_unsafe(settings, only=(MODELS,))
    at_ms = wall_ms()
    name = make_id("model", record.model, record.type, record.by, at_ms)
    headers = cloudevent(name, f"model.{record.type}", SOURCE, rfc3339(at_ms))
    body = record.model_dump_json().encode()
    act = OutRecord(settings.topic(MODELS), 0, record.model.encode(), body, headers, at_ms)
    audit = audited(settings, record, name)
    deliverer = Deliverer(settings)
    await deliverer.start()
    try:
        for one in (audit, act) if isinstance(record, Promoted) else (act, audit):
            await deliverer.deliver([one])
    finally:
        await deliverer.stop()


def audited(settings: Settings, record: Act | FellBack, name: str) -> OutRecord:
    """The audit record of what a person or the learner decided. name: of the record on models.v1; the same name
    gives the same id, so that a repeat is known as one."""
    if isinstance(record, FellBack):
        why = f"{record.direction} events than said, {record.observed_milli} of {record.expected_milli} thousandths"
        at, by, next_step = record.data_until, None, NEXT_STEP
    else:
        why, at, by, next_step = record.digest, record.at, record.by, None
    body = AuditBody(
        id=make_id("audit", name),
        type="operation",
        reason=f"model.{record.type} {record.model}: {why}",
        next_step=next_step,
        at=rfc3339(to_ms(at)),
        by=by,
    )
    return OutRecord(
        settings.topic(AUDIT),
        0,
        f"{MODELS}/{record.model}".encode(),
        dumps(body.model_dump(mode="json", exclude_none=True)),
        cloudevent(body.id, f"audit.{body.type}", SOURCE, body.at),
        0,
    )
