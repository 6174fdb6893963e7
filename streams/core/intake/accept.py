"""Intake: raw bytes -> PatientEvent or Refused, from what bytes, headers and record time show. No memory."""

from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from pydantic import ValidationError

from schemas.answers import Answers
from schemas.audit import Outcome
from schemas.base import to_ms
from schemas.binding import DeviceBindings
from schemas.clinical_outcome import ClinicalOutcome
from schemas.codec import MAX_INPUT_BYTES, Headers, MalformedError, loads
from schemas.command import COMMAND
from schemas.consent import Consent
from schemas.device_status import DeviceStatus
from schemas.errors import ContractError
from schemas.events import (
    AnswersReceived,
    BindingsReceived,
    CarePlanReceived,
    ClinicalOutcomeReceived,
    CommandReceived,
    ConsentReceived,
    DeviceStatusReceived,
    InputEvent,
    InputRefused,
    MeasurementReceived,
    Source,
    Stamp,
)
from schemas.ids import is_pseudonym, make_id
from schemas.measurement import Measurement
from schemas.plan import CarePlan
from schemas.topics import (
    ANSWERS,
    BINDINGS,
    CARE_PLANS,
    CLINICAL_OUTCOMES,
    COMMANDS,
    CONSENTS,
    DEVICE_STATUS,
    MEASUREMENTS,
)
from schemas.vitals import VITALS
from streams.core.context import Context
from streams.core.intake.content import (
    Fault,
    check_bindings,
    check_consent,
    check_measurement,
    check_outcome,
    check_plan,
    check_time,
)
from streams.core.pro.held import REFUSED_KIND

REDRIVE_HEADER = "nattevagt_redrive_of"
"""Names the input that this record repeats, as topic/partition/offset; put there by `nattevagt rejected redrive`."""

MAX_COORDINATES = 280
"""Longest value of that header: a topic's name has at most 249 characters, partition and offset 31 with slashes."""

HEADER_BYTES = 2
"""What a header costs besides name and value: the lengths that Kafka writes. Else nothing would bound their number."""


@dataclass(frozen=True, slots=True)
class RawRecord:
    """One record as Kafka handed it over. topic: without a deployment's prefix. at_ms: record time."""

    topic: str
    partition: int
    offset: int
    at_ms: int
    key: bytes | None
    value: bytes | None
    headers: Headers = ()


@dataclass(frozen=True, slots=True)
class Refused:
    """The record does not count. event: told to the patient's log when the key is a well-formed pseudonym."""

    outcome: Outcome
    reason: str
    next_step: str
    event: InputRefused | None


def _measurement(body: object, record: RawRecord, context: Context) -> str:
    try:
        reading = Measurement.model_validate(body)
    except ValidationError as error:
        raise Fault(Outcome.REJECTED_SCHEMA, _places(error), COMPARE, _kind(body)) from None
    check_measurement(reading, record.at_ms, context)
    return reading.patient


def _kind(body: object) -> str | None:
    """The vital sign of a body that is no reading; None when it names none that we know."""
    kind = body.get("kind") if isinstance(body, dict) else None
    return kind if isinstance(kind, str) and kind in VITALS else None


def _answers(body: object, record: RawRecord, context: Context) -> str:
    answers = Answers.model_validate(body)
    check_time("answered_at", to_ms(answers.answered_at), record.at_ms, context, None)
    return answers.patient


def _status(body: object, record: RawRecord, context: Context) -> str:
    status = DeviceStatus.model_validate(body)
    check_time("at", to_ms(status.at), record.at_ms, context, None)
    return status.patient


def _command(body: object, record: RawRecord, context: Context) -> str:  # noqa: ARG001 - one signature for all
    return COMMAND.validate_python(body).patient


def _plan(body: object, record: RawRecord, context: Context) -> str:
    _check_kept(record)
    plan = CarePlan.model_validate(body)
    check_plan(plan, context)
    return plan.patient


def _bindings(body: object, record: RawRecord, context: Context) -> str:  # noqa: ARG001 - one signature for all
    _check_kept(record)
    bindings = DeviceBindings.model_validate(body)
    check_bindings(bindings)
    return bindings.patient


def _consent(body: object, record: RawRecord, context: Context) -> str:  # noqa: ARG001 - one signature for all
    consent = Consent.model_validate(body)
    check_consent(consent)
    return consent.patient


def _outcome(body: object, record: RawRecord, context: Context) -> str:
    outcome = ClinicalOutcome.model_validate(body)
    check_outcome(outcome, record.at_ms, context)
    return outcome.patient


def _check_kept(record: RawRecord) -> None:
    """Plans and bindings are kept verbatim in the patient's state, which must stay small."""
    if len(record.value or b"") > MAX_KEPT_BYTES:
        raise Fault(
            Outcome.REJECTED_OVERSIZE,
            f"the body is larger than the {MAX_KEPT_BYTES} bytes that are kept of it",
            "send it without white space; leave out what holds by default",
        )


MAX_KEPT_BYTES = 12_288
"""A plan with limits on all kinds and 16 slots, or 32 bindings, is below 10 kB without white space."""

COMPARE = "compare with the JSON Schema of the topic"

Check = Callable[[object, RawRecord, Context], str]
Received = (
    type[MeasurementReceived]
    | type[CommandReceived]
    | type[CarePlanReceived]
    | type[BindingsReceived]
    | type[ConsentReceived]
    | type[ClinicalOutcomeReceived]
    | type[AnswersReceived]
    | type[DeviceStatusReceived]
)

CONTRACTS: Mapping[str, tuple[Check, Received]] = {
    MEASUREMENTS: (_measurement, MeasurementReceived),
    ANSWERS: (_answers, AnswersReceived),
    COMMANDS: (_command, CommandReceived),
    CARE_PLANS: (_plan, CarePlanReceived),
    BINDINGS: (_bindings, BindingsReceived),
    CONSENTS: (_consent, ConsentReceived),
    CLINICAL_OUTCOMES: (_outcome, ClinicalOutcomeReceived),
    DEVICE_STATUS: (_status, DeviceStatusReceived),
}
"""Input topic -> the check of its body and the event it becomes."""


def accept(record: RawRecord, stamp: Stamp, context: Context) -> InputEvent | Refused:
    """One record's way in. Total: every byte string gets an event or a reason with what to do next."""
    try:
        return _accept(record, stamp, context)
    except Fault as fault:
        return _refused(record, stamp, fault.outcome, fault.reason, fault.next_step, fault)
    except MalformedError as error:
        return _refused(record, stamp, Outcome.REJECTED_MALFORMED, str(error.args[0]), error.next_step)
    except ValidationError as error:
        return _refused(record, stamp, Outcome.REJECTED_SCHEMA, _places(error), COMPARE)
    except ContractError as error:
        return _refused(record, stamp, Outcome.REJECTED_SCHEMA, str(error.args[0]), error.next_step)


def _accept(record: RawRecord, stamp: Stamp, context: Context) -> InputEvent:
    _check_size(record)
    key = _pseudonym(record.key)
    if record.value is None or not record.value:
        raise Fault(Outcome.REJECTED_MALFORMED, "the value is empty", "send the JSON body")
    check, event = CONTRACTS[record.topic]
    patient = check(loads(record.value), record, context)
    if key is None:
        raise Fault(Outcome.REJECTED_SCHEMA, "the record has no well-formed key", "use the patient's pseudonym as key")
    if patient != key:
        raise Fault(
            Outcome.REJECTED_SCHEMA, "the key is not the patient of the body", "use the body's pseudonym as key"
        )
    return event(
        id=make_id(record.topic, record.partition, record.offset, "event"),
        patient=patient,
        source=Source(topic=record.topic, partition=record.partition, offset=record.offset),
        received_ms=record.at_ms,
        stamp=stamp,
        payload=record.value.decode(),
        headers=tuple((name, None if value is None else b64encode(value).decode()) for name, value in record.headers),
    )


def _check_size(record: RawRecord) -> None:
    size = len(record.value or b"") + len(record.key or b"")
    size += sum(_header_size(name, value) for name, value in record.headers)
    size -= next((_header_size(name, value) for name, value in record.headers if _names_the_old(name, value)), 0)
    if size > MAX_INPUT_BYTES:
        raise Fault(
            Outcome.REJECTED_OVERSIZE,
            f"key, value and headers are {size} bytes, the limit is {MAX_INPUT_BYTES}",
            "send one reading per record",
        )


def _header_size(name: str, value: bytes | None) -> int:
    return len(name.encode()) + len(value or b"") + HEADER_BYTES


def _names_the_old(name: str, value: bytes | None) -> bool:
    """One such header is free: what was small enough before it was redriven still is."""
    return name == REDRIVE_HEADER and len(value or b"") <= MAX_COORDINATES


def _pseudonym(key: bytes | None) -> str | None:
    """The key as a pseudonym; None when it is missing or not well-formed. Never raises."""
    if key is None:
        return None
    try:
        text = key.decode("ascii")
    except UnicodeDecodeError:
        return None
    return text if is_pseudonym(text) else None


def _kind_of(record: RawRecord, fault: Fault | None) -> str | None:
    """Under which name a refusal is remembered: the vital sign, where known, or that it was a form."""
    if record.topic == ANSWERS:
        return REFUSED_KIND
    return None if fault is None else fault.kind


def _refused(
    record: RawRecord, stamp: Stamp, outcome: Outcome, reason: str, next_step: str, fault: Fault | None = None
) -> Refused:
    key = _pseudonym(record.key)
    event = None
    if key is not None:
        event = InputRefused(
            id=make_id(record.topic, record.partition, record.offset, "refused"),
            patient=key,
            source=Source(topic=record.topic, partition=record.partition, offset=record.offset),
            received_ms=record.at_ms,
            stamp=stamp,
            outcome=outcome,
            reason=reason,
            kind=_kind_of(record, fault),
            measured_ms=None if fault is None else fault.measured_ms,
            milli=None if fault is None else fault.milli,
        )
    return Refused(outcome, reason, next_step, event)


def _places(error: ValidationError) -> str:
    """The first three faults of a body."""
    return "; ".join(_place(item["loc"], item["type"]) for item in error.errors(include_input=False)[:3])


def _place(location: tuple[int | str, ...], problem: str) -> str:
    """Where and what, never the value: `measured_at: missing`. Unknown field names are the sender's: not repeated."""
    where = ".".join(str(part) for part in location if problem != "extra_forbidden") or "body"
    return f"{where}: {problem}"
