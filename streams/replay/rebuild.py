"""Rebuild: fold patient-events from the start with effects off, compare with the changelog, then write.

patient-events is the record; the changelog is only a faster way to the same states. This proves it, and
mends it where it is not so (a recreated topic, an emptied changelog, a defect that has been corrected).
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

from schemas.errors import StateError
from schemas.events import EVENT, PartitionAlive
from schemas.topics import PATIENT_EVENTS, STATE
from streams.adapters.kafka import Deliverer, OutRecord
from streams.adapters.references import ReferenceReader
from streams.adapters.settings import Settings
from streams.adapters.topic_ids import topic_ids
from streams.core.fold import PartitionFold, Runner, Slice
from streams.core.record import PartitionRecord, encode_partition, encode_state, offset_of, partition_key


@dataclass(frozen=True, slots=True)
class Folded:
    """One partition folded whole: what the changelog should hold, and how many events that took."""

    partition: int
    values: dict[bytes, bytes]
    record: PartitionRecord
    events: int


@dataclass(slots=True)
class Comparison:
    """Keys by what the changelog has to say of them. extra: known to the changelog, not to the record."""

    equal: int = 0
    different: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    extra: list[str] = field(default_factory=list)

    @property
    def is_clean(self) -> bool:
        """Does the changelog hold exactly what the record says?"""
        return not (self.different or self.missing or self.extra)


async def read_partition(settings: Settings, topic: str, partition: int) -> AsyncIterator[ConsumerRecord]:
    """All records of one partition that exist now, oldest first. topic: unprefixed."""
    tp = TopicPartition(settings.topic(topic), partition)
    consumer = AIOKafkaConsumer(
        bootstrap_servers=settings.broker,
        enable_auto_commit=False,
        fetch_max_wait_ms=100,
        **settings.kafka_security(),
    )
    await consumer.start()
    try:
        consumer.assign([tp])
        await consumer.seek_to_beginning(tp)
        end = (await consumer.end_offsets([tp]))[tp]
        while await consumer.position(tp) < end:
            for records in (await consumer.getmany(timeout_ms=200)).values():
                for record in records:
                    if record.offset < end:
                        yield record
    finally:
        await consumer.stop()


async def fold_partition(
    settings: Settings, partition: int, references: ReferenceReader, run: Runner, topic_id: str
) -> Folded:
    """The record of one partition, from its first event to its last. Raises StateError when it begins late."""
    states = Slice(PartitionRecord(topic_id=topic_id))
    fold = PartitionFold(run, references.reference, lambda patient: states.states.get(patient))
    async for record in read_partition(settings, PATIENT_EVENTS, partition):
        if record.offset != states.offset + 1:
            raise StateError(
                f"patient-events[{partition}] has a hole before offset {record.offset}",
                next_step="restore the topic from its archive: no state can be rebuilt from part of the record",
            )
        event = EVENT.validate_json(record.value)
        if not isinstance(event, PartitionAlive):
            await references.ensure(event.stamp)
        fold.apply(states, record.offset, event, record.timestamp)
        states.effects.clear()
    values = {patient.encode(): encode_state(state) for patient, state in states.states.items()}
    values[partition_key(partition)] = encode_partition(states.partition)
    return Folded(partition, values, states.partition, states.events)


async def held_values(settings: Settings, partition: int) -> dict[bytes, bytes]:
    """What recovery would make of the changelog: per key the highest offset since the last tombstone."""
    held: dict[bytes, bytes] = {}
    async for record in read_partition(settings, STATE, partition):
        if record.value is None:
            held.pop(record.key, None)
        elif record.key not in held or offset_of(record.value) >= offset_of(held[record.key]):
            held[record.key] = record.value
    return held


def compare(folded: Folded, held: dict[bytes, bytes], into: Comparison) -> None:
    """Byte for byte, key by key."""
    for key, value in folded.values.items():
        if key not in held:
            into.missing.append(key.decode())
        elif held[key] != value:
            into.different.append(key.decode())
        else:
            into.equal += 1
    into.extra += [key.decode() for key in held if key not in folded.values]


async def write(settings: Settings, deliverer: Deliverer, folded: Folded, held: dict[bytes, bytes]) -> int:
    """Make the changelog say what the record says. Returns the number of keys written.

    Each changed key gets a tombstone and then its value: in recovery the highest offset wins, and only a
    tombstone says that the offsets before it count another log. Nothing else ever writes one.
    """
    topic = settings.topic(STATE)
    changed = {key: value for key, value in folded.values.items() if held.get(key) != value}
    gone = [key for key in held if key not in folded.values]
    records = [OutRecord(topic, folded.partition, key, None, (), 0) for key in (*changed, *gone) if key in held]
    records += [OutRecord(topic, folded.partition, key, value, (), 0) for key, value in changed.items()]
    await deliverer.deliver(records)
    return len(changed) + len(gone)


async def current_topic_id(settings: Settings) -> str:
    """The id of patient-events as it exists now."""
    return (await topic_ids(settings, [PATIENT_EVENTS]))[PATIENT_EVENTS]
