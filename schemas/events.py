"""PatientEvent: all that `step` can be told. patient-events.v1 is the record; its shape is frozen here.

An event that came from an input carries the source record whole (payload verbatim, headers in base64),
so that whatever `step` refuses can still be put on rejected.v1 untouched.
Times are epoch milliseconds because every event of every patient passes here.
"""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field, TypeAdapter

from schemas.audit import Outcome
from schemas.made import Made


class _Event(Made):
    """Closed and frozen; extra fields of a newer release are refused, not dropped."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Source(_Event):
    """Coordinates of the input record."""

    topic: str
    partition: int
    offset: int


class Stamp(_Event):
    """Offsets of the last reference records read when the event was made; -1 = none yet.

    In force = the fold of records 0..offset. A patient's stamp never goes back.
    """

    coverage: int = -1
    rules: int = -1
    models: int = -1


class _Input(_Event):
    """Common part of what came from an input.

    id: SHA-256 of topic, partition, offset, purpose. received_ms: the broker's append time of the
    source record. payload: the source value, verbatim. headers: (name, base64 value) of the source; None = null.
    key: the source key (the pseudonym).
    """

    v: Literal[1] = 1
    id: str
    patient: str
    source: Source
    received_ms: int
    stamp: Stamp
    payload: str
    headers: tuple[tuple[str, str | None], ...] = ()


class MeasurementReceived(_Input):
    """A well-formed Measurement of a known kind and unit, inside the reject band, with a credible time."""

    type: Literal["MeasurementReceived"] = "MeasurementReceived"


class CommandReceived(_Input):
    """A well-formed Command."""

    type: Literal["CommandReceived"] = "CommandReceived"


class CarePlanReceived(_Input):
    """A well-formed CarePlan."""

    type: Literal["CarePlanReceived"] = "CarePlanReceived"


class BindingsReceived(_Input):
    """Well-formed DeviceBindings."""

    type: Literal["BindingsReceived"] = "BindingsReceived"


class ConsentReceived(_Input):
    """A well-formed Consent."""

    type: Literal["ConsentReceived"] = "ConsentReceived"


class ClinicalOutcomeReceived(_Input):
    """A well-formed ClinicalOutcome."""

    type: Literal["ClinicalOutcomeReceived"] = "ClinicalOutcomeReceived"


class AnswersReceived(_Input):
    """Well-formed Answers with a credible time. Whether the questionnaire exists is for `step` to say."""

    type: Literal["AnswersReceived"] = "AnswersReceived"


class DeviceStatusReceived(_Input):
    """A well-formed DeviceStatus with a credible time: a sign of life, never data."""

    type: Literal["DeviceStatusReceived"] = "DeviceStatusReceived"


class InputRefused(_Event):
    """Intake refused a record whose key is a well-formed pseudonym.

    Its outcome is already audited. It never counts as data for a slot, but the team must see it.
    kind: the vital sign, where the bytes still told; None otherwise.
    measured_ms: when it was measured, where the bytes told a credible time; None otherwise.
    milli: what it said, in thousandths of the kind's unit, where it was a number of the kind; None otherwise.
    """

    v: Literal[1] = 1
    type: Literal["InputRefused"] = "InputRefused"
    id: str
    patient: str
    source: Source
    received_ms: int
    stamp: Stamp
    outcome: Outcome
    reason: str
    kind: str | None = None
    measured_ms: int | None = None
    milli: int | None = None


class TimerFired(_Event):
    """Lets time pass for a quiet patient; where it lands in the log changes nothing.

    until_ms: ladder deadlines at or before it fire. data_until_ms: data deadlines (missing readings) at
    or before it fire; earlier than until_ms while intake has uncommitted input. path_late: intake has been
    behind for so long that data deadlines no longer wait; what fires says so.
    """

    v: Literal[1] = 1
    type: Literal["TimerFired"] = "TimerFired"
    id: str
    patient: str
    until_ms: int
    data_until_ms: int
    path_late: bool = False
    stamp: Stamp


class Resumed(_Event):
    """The watch stood still from from_ms to to_ms (more than 30 s): the time of the ladder's rung is given back.

    The fold makes it from the heartbeats in the log, for each patient before the first event behind the standstill;
    on the log itself only older releases have written it.
    """

    v: Literal[1] = 1
    type: Literal["Resumed"] = "Resumed"
    id: str
    patient: str
    from_ms: int
    to_ms: int
    stamp: Stamp


class PartitionAlive(_Event):
    """Heartbeat of the timekeeper in each partition; kept in the partition record, not given to `step`."""

    v: Literal[1] = 1
    type: Literal["PartitionAlive"] = "PartitionAlive"
    id: str
    at_ms: int


InputEvent = (
    MeasurementReceived
    | AnswersReceived
    | CommandReceived
    | CarePlanReceived
    | BindingsReceived
    | ConsentReceived
    | ClinicalOutcomeReceived
    | DeviceStatusReceived
)
PatientEvent = InputEvent | InputRefused | TimerFired | Resumed
LogEvent = PatientEvent | PartitionAlive

EVENT: TypeAdapter[LogEvent] = TypeAdapter(
    Annotated[
        MeasurementReceived
        | CommandReceived
        | CarePlanReceived
        | BindingsReceived
        | ConsentReceived
        | ClinicalOutcomeReceived
        | AnswersReceived
        | DeviceStatusReceived
        | InputRefused
        | TimerFired
        | Resumed
        | PartitionAlive,
        Field(discriminator="type"),
    ]
)
