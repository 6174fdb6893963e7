"""Intake's whole answer to one record: what the patient's log, the audit and rejected.v1 get of it.

The worker and the replay without Kafka share it, so that they cannot differ in what they let in.
"""

from dataclasses import dataclass, replace

from schemas.audit import AuditBody, Outcome, SourceRef
from schemas.base import rfc3339
from schemas.codec import Headers
from schemas.events import InputEvent, InputRefused, Source
from schemas.ids import make_id
from schemas.topics import MEASUREMENTS
from streams.core.context import Reference
from streams.core.intake.accept import RawRecord, Refused, accept

CLOCK_HEADER = "nattevagt_clock"
"""Marks a record of measurements.v1 without key and value that only says how late it is in a simulation."""

OUTCOME_HEADER = "nattevagt_outcome"
REASON_HEADER = "nattevagt_reason"
NEXT_STEP_HEADER = "nattevagt_next_step"
SOURCE_HEADER = "nattevagt_source"

EARLIEST_MS, LATEST_MS = 0, 32_503_680_000_000
"""Record times we reckon with: 1970 to 3000 (our choice), so that every deadline after one is a date."""


@dataclass(frozen=True, slots=True)
class Routed:
    """Where one record goes.

    event: to patient-events.v1 under the patient's key. None = nobody's log hears of it.
    audit: the terminal outcome, when it is known already. None = `step` decides it.
    reject: headers of the copy on rejected.v1 (key and value as received). None = it is not refused here.
    """

    event: InputEvent | InputRefused | None
    audit: AuditBody | None
    reject: Headers | None


def route(record: RawRecord, reference: Reference, *, simulation: bool) -> Routed:
    """One record's way. Total: whatever the bytes are, exactly one of `event` to be judged and `audit` decides."""
    if not EARLIEST_MS <= record.at_ms < LATEST_MS:
        return _beyond(record)
    if is_clock(record):
        return _clock(record, simulation=simulation)
    stamp = reference.stamp
    # In a simulation reference data are stamped by the wall clock, and inputs are not.
    taken = accept(record, stamp, reference.at(stamp) if simulation else reference.when_taken(record.at_ms))
    if isinstance(taken, Refused):
        return _refused(record, taken)
    return Routed(taken, None, None)


def is_clock(record: RawRecord) -> bool:
    """Is it a clock record? With a key or a value it is a reading, whatever its headers say."""
    return record.key is None and not record.value and any(name == CLOCK_HEADER for name, _ in record.headers)


def reason_headers(source: Source | SourceRef, outcome: str, reason: str, next_step: str) -> Headers:
    """What is appended to the original headers on rejected.v1: why, what to do, and where the record came from."""
    coordinates = f"{source.topic}/{source.partition}/{source.offset}"
    return (
        (OUTCOME_HEADER, outcome.encode()),
        (REASON_HEADER, reason.encode()),
        (NEXT_STEP_HEADER, next_step.encode()),
        (SOURCE_HEADER, coordinates.encode()),
    )


def _beyond(record: RawRecord) -> Routed:
    """Only a simulation's sender can stamp such a time. Nobody's log hears of it: it would move a patient's clock."""
    refused = Refused(
        Outcome.REJECTED_TIME, "the record time is not between 1970 and 3000", "stamp the record in milliseconds", None
    )
    return _refused(replace(record, at_ms=EARLIEST_MS), refused)


def _clock(record: RawRecord, *, simulation: bool) -> Routed:
    """A clock record is no data: it gets an outcome and moves nothing but the record time of its partition."""
    told = next(value for name, value in record.headers if name == CLOCK_HEADER)
    if not simulation:
        reason, next_step = "clock records move simulations only", "leave time to the broker"
    elif record.topic != MEASUREMENTS:
        reason, next_step = "a clock record on another topic", f"send clock records to {MEASUREMENTS}"
    elif told != rfc3339(record.at_ms).encode():
        reason, next_step = "the clock's header is not its record time", "stamp the record with the simulated time"
    else:
        return Routed(None, _audit(record, None, Outcome.ACCEPTED_RECORDED, None, None), None)
    return _refused(record, Refused(Outcome.REJECTED_SCHEMA, reason, next_step, None))


def _refused(record: RawRecord, refused: Refused) -> Routed:
    event = refused.event
    patient = None if event is None else event.patient
    audit = _audit(record, patient, refused.outcome, refused.reason, refused.next_step)
    added = reason_headers(_source(record), refused.outcome.value, refused.reason, refused.next_step)
    return Routed(event, audit, (*record.headers, *added))


def _audit(
    record: RawRecord, patient: str | None, outcome: Outcome, reason: str | None, next_step: str | None
) -> AuditBody:
    return AuditBody(
        id=make_id(record.topic, record.partition, record.offset, "outcome"),
        type="outcome",
        source=_source(record),
        patient=patient,
        outcome=outcome,
        reason=reason,
        next_step=next_step,
        at=rfc3339(record.at_ms),
    )


def _source(record: RawRecord) -> SourceRef:
    return SourceRef(topic=record.topic, partition=record.partition, offset=record.offset)
