"""Input records as a producer would send them: what simulator, replay and tests play into Kafka or into a list.

Bytes are canonical, so the same story is the same bytes. The partition is the one every Kafka client with the
default partitioner chooses, which is what makes ids (they name partition and offset) predictable without a broker.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from aiokafka.partitioner import murmur2

from schemas.answers import Answers
from schemas.base import rfc3339
from schemas.binding import DeviceBindings
from schemas.codec import Headers, dumps
from schemas.command import AnyCommand
from schemas.consent import Consent
from schemas.coverage import TeamCoverage
from schemas.plan import CarePlan
from schemas.topics import ANSWERS, BINDINGS, CARE_PLANS, COMMANDS, CONSENTS, COVERAGE, DEVICE_STATUS, MEASUREMENTS
from streams.core.intake.accept import RawRecord
from streams.core.intake.route import CLOCK_HEADER

POSITIVE = 0x7FFFFFFF
"""The Java client's toPositive: the sign bit is cleared, not negated."""


@dataclass(frozen=True, slots=True)
class InputRecord:
    """One record before it is sent. topic: without a deployment's prefix.

    at_ms: record time, epoch milliseconds; a simulation's clock follows it.
    partition: None = by the key; a record without a key must name one.
    """

    topic: str
    key: bytes | None
    value: bytes | None
    at_ms: int
    headers: Headers = ()
    partition: int | None = None

    def place(self, partitions: int) -> int:
        """The partition it goes to, of `partitions`."""
        if self.partition is not None:
            return self.partition
        if self.key is None:
            raise ValueError("a record without key needs a partition")
        return partition_of(self.key, partitions)

    def received(self, partition: int, offset: int) -> RawRecord:
        """The record as intake would be handed it."""
        return RawRecord(self.topic, partition, offset, self.at_ms, self.key, self.value, self.headers)


@lru_cache(maxsize=65_536)
def partition_of(key: bytes, n: int) -> int:
    """The partition of a key among `n`: murmur2 as in Kafka's Java client and aiokafka's default partitioner."""
    return int(murmur2(key) & POSITIVE) % n


def measurement(
    patient: str,
    kind: str,
    value: float | str,
    unit: str | None,
    measured_ms: int,
    device: str,
    *,
    at_ms: int | None = None,
    battery: int | None = None,
) -> InputRecord:
    """One reading. Its id is made of device, kind and time. at_ms: None = it arrives when it was measured."""
    body: dict[str, object] = {
        "id": f"{device}-{kind}-{measured_ms}",
        "patient": patient,
        "kind": kind,
        "value": value,
        "measured_at": rfc3339(measured_ms),
        "device": device,
    }
    if unit is not None:
        body["unit"] = unit
    if battery is not None:
        body["battery_percent"] = battery
    return reading(patient, body, measured_ms if at_ms is None else at_ms)


def reading(patient: str, body: Mapping[str, object], at_ms: int) -> InputRecord:
    """A body on measurements.v1 under this key, whatever it says."""
    return InputRecord(MEASUREMENTS, patient.encode(), dumps(body), at_ms)


def status(
    patient: str,
    device: str,
    told_ms: int,
    *,
    at_ms: int | None = None,
    battery: int | None = None,
    fault: str | None = None,
) -> InputRecord:
    """A device says that it is alive. at_ms: None = it arrives when it was said."""
    body: dict[str, object] = {
        "id": f"{device}-alive-{told_ms}",
        "patient": patient,
        "device": device,
        "at": rfc3339(told_ms),
    }
    if battery is not None:
        body["battery_percent"] = battery
    if fault is not None:
        body["fault"] = fault
    return InputRecord(DEVICE_STATUS, patient.encode(), dumps(body), told_ms if at_ms is None else at_ms)


def answers(contract: Answers, at_ms: int) -> InputRecord:
    """One filled questionnaire."""
    return InputRecord(ANSWERS, contract.patient.encode(), dumps(contract.model_dump(mode="json")), at_ms)


def plan(contract: CarePlan, at_ms: int) -> InputRecord:
    """One version of one patient's plan."""
    return InputRecord(CARE_PLANS, contract.patient.encode(), dumps(contract.model_dump(mode="json")), at_ms)


def bindings(contract: DeviceBindings, at_ms: int) -> InputRecord:
    """All of one patient's devices."""
    return InputRecord(BINDINGS, contract.patient.encode(), dumps(contract.model_dump(mode="json")), at_ms)


def consent(contract: Consent, at_ms: int) -> InputRecord:
    """What one patient allows."""
    return InputRecord(CONSENTS, contract.patient.encode(), dumps(contract.model_dump(mode="json")), at_ms)


def command(contract: AnyCommand, at_ms: int) -> InputRecord:
    """What a person or a care system asks for."""
    return InputRecord(COMMANDS, contract.patient.encode(), dumps(contract.model_dump(mode="json")), at_ms)


def coverage(contract: TeamCoverage, at_ms: int) -> InputRecord:
    """One team's coverage: reference data, one partition."""
    value = dumps(contract.model_dump(mode="json"))
    return InputRecord(COVERAGE, contract.team.encode(), value, at_ms, partition=0)


def clock(at_ms: int, partition: int) -> InputRecord:
    """How late it is on one partition of measurements.v1. Its header repeats the record time."""
    headers = ((CLOCK_HEADER, rfc3339(at_ms).encode()),)
    return InputRecord(MEASUREMENTS, None, b"", at_ms, headers, partition)


def clocks(at_ms: int, partitions: int) -> tuple[InputRecord, ...]:
    """How late it is on every partition: only the slowest one's time counts."""
    return tuple(clock(at_ms, partition) for partition in range(partitions))
