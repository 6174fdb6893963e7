"""What should have come of it: the pure intake over every input, and the pure fold over the log from offset 0."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import NamedTuple

from schemas.events import EVENT, InputEvent, InputRefused
from schemas.topics import INPUTS, PATIENT_EVENTS
from streams.adapters.kafka import OutRecord
from streams.agents.effects import Interpreter
from streams.agents.guard import guarded_route, guarded_step
from streams.core.effects import (
    ClaimDevice,
    Effect,
    PublishAlert,
    PublishExample,
    PublishOverview,
    PublishScore,
    RejectInput,
    SendNotice,
    SendReply,
    WriteAudit,
)
from streams.core.fold import PartitionFold, Slice
from streams.core.intake.accept import RawRecord
from streams.core.record import PartitionRecord, encode_partition, encode_state, partition_key
from tests.chaos.evidence import Evidence, Place


class Said(NamedTuple):
    """One record without its place in a log: what two runs must agree on to the byte."""

    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...]

    @property
    def id(self) -> bytes:
        """The header `ce_id`, by which consumers tell repeats."""
        return dict(self.headers)["ce_id"]


def said(record: RawRecord | OutRecord) -> Said:
    """Key, value and headers of a record."""
    return Said(record.key, record.value, tuple((name, bytes(value)) for name, value in record.headers))


@dataclass(slots=True)
class Expected:
    """unfolded: inputs on the log behind the watermark, which the state cannot know of; time goes on until the end.

    events: id -> what intake owes the log. states: per partition of the log, changelog key -> value.

    alerts, messages (notices and replies), scores: per partition of their topics, in order, each id once.
    settled, claims: examples and claims of devices, each id once. audit: by id. overviews: by patient.
    """

    unfolded: int = 0
    events: dict[str, InputEvent | InputRefused] = field(default_factory=dict)
    states: dict[int, dict[bytes, bytes]] = field(default_factory=dict)
    alerts: dict[Place, dict[bytes, Said]] = field(default_factory=dict)
    messages: dict[Place, dict[bytes, Said]] = field(default_factory=dict)
    scores: dict[Place, dict[bytes, Said]] = field(default_factory=dict)
    settled: dict[Place, dict[bytes, Said]] = field(default_factory=dict)
    claims: dict[Place, dict[bytes, Said]] = field(default_factory=dict)
    audit: dict[bytes, Said] = field(default_factory=dict)
    rejected: set[Said] = field(default_factory=set)
    overviews: dict[bytes | None, Said] = field(default_factory=dict)


def expect(evidence: Evidence) -> Expected:
    """All of it. Raises AssertionError where the log itself has a hole, because then nothing can be said."""
    found, interpret = Expected(), Interpreter(evidence.settings)
    for (_, partition), records in evidence.of(*INPUTS):
        for record in records:
            _let_in(found, partition, record, evidence, interpret)
    for (_, partition), records in evidence.of(PATIENT_EVENTS):
        _fold(found, partition, records, evidence, interpret)
    return found


def _let_in(found: Expected, partition: int, record: RawRecord, evidence: Evidence, interpret: Interpreter) -> None:
    routed = guarded_route(record, evidence.reference, simulation=evidence.settings.simulation)
    if routed.event is not None:
        found.events[routed.event.id] = routed.event
    if routed.reject is not None:
        found.rejected.add(Said(record.key, record.value, tuple(routed.reject)))
    if routed.audit is not None:
        body = said(interpret.audit(partition, WriteAudit(record.at_ms, routed.audit)))
        found.audit[body.id] = body


def _fold(
    found: Expected, partition: int, records: Sequence[RawRecord], evidence: Evidence, interpret: Interpreter
) -> None:
    work = Slice(PartitionRecord(topic_id=evidence.topic_id))
    fold = PartitionFold(guarded_step, evidence.reference, lambda patient: work.states.get(patient))
    done, offsets = evidence.watermark(partition), count()
    for record in records:
        assert record.offset == next(offsets), f"the log's partition {partition} has a hole before {record.offset}"
        event = EVENT.validate_json(record.value or b"")
        if record.offset > done:
            found.unfolded += isinstance(event, InputEvent | InputRefused)
            continue
        fold.apply(work, record.offset, event, record.at_ms)
        _interpret(found, partition, work.effects, evidence, interpret)
        work.effects.clear()  # a night's worth of them takes gigabytes
    values = {patient.encode(): encode_state(state) for patient, state in work.states.items()}
    values[partition_key(partition)] = encode_partition(work.partition)
    found.states[partition] = values


def _interpret(
    found: Expected, partition: int, effects: list[tuple[int, Effect]], evidence: Evidence, interpret: Interpreter
) -> None:
    published = {
        PublishAlert: found.alerts,
        SendNotice: found.messages,
        SendReply: found.messages,
        PublishScore: found.scores,
        PublishExample: found.settled,
        ClaimDevice: found.claims,
    }
    for offset, effect in effects:
        if isinstance(effect, PublishOverview):
            body = said(interpret.overview(partition, offset, effect))
            found.overviews[body.key] = body
            continue
        (out,) = interpret.records(partition, [(offset, effect)])
        body = said(out)
        place = evidence.settings.unprefixed(out.topic), out.partition
        if isinstance(effect, WriteAudit):
            found.audit[body.id] = body
        elif isinstance(effect, RejectInput):
            found.rejected.add(body)
        else:
            published[type(effect)].setdefault(place, {}).setdefault(body.id, body)
