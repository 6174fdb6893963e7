"""What a crash run leaves behind: every record of every topic, read by a plain consumer that trusts nobody."""

from dataclasses import dataclass, field

from schemas.topics import ALERTS, AUDIT, INPUTS, OVERVIEW, PATIENT_EVENTS, REJECTED, SCORES, STATE
from streams.adapters.log_tail import LogTail, topics_named
from streams.adapters.references import ReferenceReader
from streams.adapters.settings import Settings
from streams.adapters.topic_ids import topic_ids
from streams.core.context import Reference
from streams.core.intake.accept import RawRecord

Place = tuple[str, int]
"""(topic as in schemas.topics, partition)."""


@dataclass(slots=True)
class Evidence:
    """logs: every record of a partition in order. reference: coverage and rules, read whole."""

    settings: Settings
    reference: Reference
    topic_id: str
    logs: dict[Place, list[RawRecord]] = field(default_factory=dict)

    def of(self, *topics: str) -> list[tuple[Place, list[RawRecord]]]:
        """The partitions of these topics, in order."""
        return sorted((place, records) for place, records in self.logs.items() if place[0] in topics)

    def alerts(self) -> list[tuple[Place, list[RawRecord]]]:
        """The partitions of all alerts topics."""
        return sorted((place, records) for place, records in self.logs.items() if place[0].startswith(ALERTS))


async def gather(settings: Settings) -> Evidence:
    """Read everything as it stands now."""
    references = ReferenceReader(settings)
    await references.start()
    await references.stop()
    found = Evidence(settings, references.reference, (await topic_ids(settings, [PATIENT_EVENTS]))[PATIENT_EVENTS])
    alerts = await topics_named(settings, f"{ALERTS}.")
    async with LogTail(settings, (*INPUTS, PATIENT_EVENTS, AUDIT, REJECTED, SCORES, OVERVIEW, STATE, *alerts)) as tail:
        async for one in tail.read():
            topic = settings.unprefixed(one.topic)
            record = RawRecord(topic, one.partition, one.offset, one.timestamp, one.key, one.value, one.headers)
            found.logs.setdefault((topic, one.partition), []).append(record)
    return found
