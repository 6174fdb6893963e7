"""The watchdog's patients: one for each partition, no persons, watched by a team that nobody reads.

Their pseudonyms begin with the reserved prefix (schemas.ids), so that metrics and worklists leave them out.
"""

from datetime import UTC, datetime
from itertools import count

from schemas.base import to_ms
from schemas.binding import Binding, DeviceBindings
from schemas.command import Close
from schemas.coverage import Shift, TeamCoverage
from schemas.ids import SYNTHETIC_PREFIX, WATCHDOG_TEAM
from schemas.plan import CarePlan, Limit
from streams.adapters import input_records
from streams.adapters.input_records import InputRecord, partition_of

DEVICE = "nattevagt-watchdog"
ACTOR = "nattevagt-watchdog"
VERSION = 1
"""Of coverage and plans: raise it when one of them changes here."""

BINDINGS_VERSION = 2
"""The same for bindings. 2: the device is said to be shared, or the registry would leave it to one patient alone."""

KIND, UNIT = "spo2", "%"
RED_BELOW, RED = 90, 80
"""A plain red value inside the accept band, so that paging waits for no second reading."""

SINCE = datetime(2026, 1, 1, tzinfo=UTC)
PER_HOUR = 3600
"""Readings per hour that the device may send: 60 times what a watchdog sends each minute."""


def patients(partitions: int) -> tuple[str, ...]:
    """One pseudonym per partition, in their order: the first number that the partitioner puts there."""
    found: dict[int, str] = {}
    for number in count():
        name = f"{SYNTHETIC_PREFIX}{number}"
        found.setdefault(partition_of(name.encode(), partitions), name)
        if len(found) == partitions:
            break
    return tuple(found[partition] for partition in range(partitions))


def coverage() -> TeamCoverage:
    """The watchdog never sleeps."""
    always = Shift(days=(1, 2, 3, 4, 5, 6, 7), start="00:00", until="00:00")
    return TeamCoverage(team=WATCHDOG_TEAM, version=VERSION, zone="UTC", shifts=(always,))


def enrolment(patient: str, at_ms: int) -> tuple[InputRecord, InputRecord]:
    """Plan and bindings. Sent again they are refused as duplicates, which changes nothing."""
    plan = CarePlan(
        patient=patient,
        id="watchdog",
        version=VERSION,
        team=WATCHDOG_TEAM,
        zone="UTC",
        language="en",
        valid_from=SINCE,
        limits=(Limit(kind=KIND, red_below=RED_BELOW),),
        rules=("limits",),
    )
    device = Binding(device=DEVICE, valid_from=SINCE, kinds=(KIND,), max_per_hour=PER_HOUR, shared=True)
    bindings = DeviceBindings(patient=patient, version=BINDINGS_VERSION, devices=(device,))
    return input_records.plan(plan, at_ms), input_records.bindings(bindings, at_ms)


def reading(patient: str, at_ms: int) -> InputRecord:
    """A red one, measured now."""
    return input_records.measurement(patient, KIND, RED, UNIT, max(at_ms, to_ms(SINCE)), DEVICE)


def close(patient: str, alert_id: str, sequence: int, at_ms: int) -> InputRecord:
    """The end of the alert that a reading has raised, so that the next one raises another."""
    command = Close(
        id=f"watchdog-{at_ms}",
        patient=patient,
        by=ACTOR,
        role="nurse",
        alert_id=alert_id,
        sequence=sequence,
        verdict="technical",
    )
    return input_records.command(command, at_ms)
