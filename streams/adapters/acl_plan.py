"""The rights each role needs at Kafka, from the writers of schemas.topics: what is not listed is refused.

No role gets a right on a transactional id: an aborted transaction in a topic that agents read would leave
a hole in its offsets. Who reads alerts, scores and overviews is decided where the system runs.
"""

from collections.abc import Iterator
from typing import NamedTuple

from schemas.ids import WATCHDOG_TEAM
from schemas.topics import (
    ALERTS,
    ALERTS_ROW,
    AUDIT,
    CLINICAL_OUTCOMES,
    CONSENTS,
    DEVICE_STATUS,
    INPUTS,
    NOTICES,
    PATIENT_EVENTS,
    TABLE,
    alerts_topic,
)
from streams.adapters.settings import Settings

WORKER, OPERATOR, CARE_TEAM, WATCHDOG, NOTIFY = "worker", "operator", "care team", "watchdog", "notify"
LEARN, REGISTRY = "learn", "registry"
READERS = {
    WORKER: ("input", "reference", "internal"),
    LEARN: ("learning", "learned", "reference"),
    REGISTRY: ("claims",),
    OPERATOR: ("learned", "reference"),
    CARE_TEAM: ("reference",),
    NOTIFY: ("reference",),
}
"""Role -> the stages of schemas.topics that it reads; the watchdog's are its own."""


class Right(NamedTuple):
    """One role may do these operations on one resource. prefixed: `name` is the beginning of names."""

    role: str
    operations: tuple[str, ...]
    resource: str
    name: str
    prefixed: bool = False


def rights(settings: Settings) -> Iterator[Right]:
    """Writers first, in the order of the table, then what worker, operator and care team need besides."""
    for row in TABLE:
        for role in row.writers:
            yield Right(role, ("Write",), "topic", settings.topic(row.name))
    alerts = settings.topic(f"{ALERTS}.")
    for role in ALERTS_ROW.writers:
        yield Right(role, ("Write",), "topic", alerts, prefixed=True)
    yield from _readers(settings)
    yield Right(WORKER, ("Read",), "group", settings.group)
    ours, prefixed = settings.topic_prefix or "*", bool(settings.topic_prefix)
    for role in (WORKER, LEARN, OPERATOR, CARE_TEAM, NOTIFY, REGISTRY):
        yield Right(role, ("DescribeConfigs",), "cluster", "kafka-cluster")
        yield Right(role, ("Describe", "DescribeConfigs"), "topic", ours, prefixed)
    yield Right(OPERATOR, ("Create", "AlterConfigs"), "topic", ours, prefixed)
    yield Right(CARE_TEAM, ("Create",), "topic", alerts, prefixed=True)
    yield Right(OPERATOR, ("Read",), "topic", settings.topic(PATIENT_EVENTS))  # rules are rehearsed on the record
    yield Right(NOTIFY, ("Read",), "topic", settings.topic(NOTICES))
    yield Right(NOTIFY, ("Read",), "group", f"{settings.group}-notify")
    yield Right(REGISTRY, ("Read",), "group", f"{settings.group}-registry")
    yield from _watchdog(settings)


def _readers(settings: Settings) -> Iterator[Right]:
    """Who reads which part of the table."""
    for role, stages in READERS.items():
        for row in TABLE:
            if row.stage in stages:
                yield Right(role, ("Read",), "topic", settings.topic(row.name))


def _watchdog(settings: Settings) -> Iterator[Right]:
    """Its team is published once with a care team's rights: `nattevagt watchdog --setup`."""
    reference = [row.name for row in TABLE if row.stage == "reference"]
    for name in INPUTS:
        if name in (CLINICAL_OUTCOMES, CONSENTS, DEVICE_STATUS):
            continue  # they do not exist: nothing happens to them, nobody asks them, no device is at their home
        yield Right(WATCHDOG, ("Write",), "topic", settings.topic(name))
    for name in (alerts_topic(WATCHDOG_TEAM), AUDIT, *reference):
        yield Right(WATCHDOG, ("Read",), "topic", settings.topic(name))


def script(settings: Settings) -> str:
    """The rights as a shell script; a role is the Kafka user of that name, blanks as hyphens."""
    lines = [
        "#!/bin/sh",
        "# Rights of each role, rendered by `nattevagt topics acls`. Run it with the address of a broker, then",
        "# what kafka-acls.sh needs to log in:  sh acls.sh kafka:9092 --command-config admin.properties",
        "set -eu",
        'at="$1"; shift; login="$*"',
        "add() {",
        '  user="$1"; shift',
        '  kafka-acls.sh --bootstrap-server "$at" $login --add --allow-principal "$user" "$@"',
        "}",
        *(_line(right) for right in rights(settings)),
    ]
    return "\n".join(lines) + "\n"


def _line(right: Right) -> str:
    operations = " ".join(f"--operation {name}" for name in right.operations)
    where = "--cluster" if right.resource == "cluster" else f"--{right.resource} '{right.name}'"
    pattern = " --resource-pattern-type prefixed" if right.prefixed else ""
    user = right.role.replace(" ", "-")
    return f"add 'User:{user}' {operations} {where}{pattern}"
