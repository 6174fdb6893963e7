"""What a crash run leaves behind: every record of every topic, read by a plain consumer that trusts nobody."""

from dataclasses import dataclass, field

from schemas.topics import (
    ALERTS,
    AUDIT,
    DEVICE_CLAIMS,
    INPUTS,
    NOTICES,
    OVERVIEW,
    PATIENT_EVENTS,
    REJECTED,
    REPLIES,
    SCORES,
    STATE,
)
from streams.adapters.log_tail import LogTail, topics_named
from streams.adapters.references import ReferenceReader
from streams.adapters.settings import Settings
from streams.adapters.topic_ids import topic_ids
from streams.core.context import Reference
from streams.core.intake.accept import RawRecord
from streams.core.record import offset_of, partition_key

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

    def winning(self, partition: int) -> dict[bytes, bytes]:
        """What recovery makes of a changelog partition: the highest offset per key since the last tombstone."""
        held: dict[bytes, bytes] = {}
        for record in self.logs.get((STATE, partition), []):
            assert record.key is not None
            if record.value is None:
                held.pop(record.key, None)
            elif record.key not in held or offset_of(record.value) >= offset_of(held[record.key]):
                held[record.key] = record.value
        return held

    def watermark(self, partition: int) -> int:
        """How far the log has been folded, as the changelog has it."""
        value = self.winning(partition).get(partition_key(partition))
        return -1 if value is None else offset_of(value)

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
    ours = (PATIENT_EVENTS, AUDIT, REJECTED, NOTICES, REPLIES, SCORES, OVERVIEW, STATE, DEVICE_CLAIMS)
    async with LogTail(settings, (*INPUTS, *ours, *alerts)) as tail:
        async for one in tail.read():
            topic = settings.unprefixed(one.topic)
            record = RawRecord(topic, one.partition, one.offset, one.timestamp, one.key, one.value, one.headers)
            found.logs.setdefault((topic, one.partition), []).append(record)
    return found
