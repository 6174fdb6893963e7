"""What a worker must not go on with, it refuses by name and for good: exit code 78, and the supervisor leaves it."""

import asyncio
import sys
from typing import Any

import pytest
from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from schemas.topics import AUDIT, MEASUREMENTS, PATIENT_EVENTS, STATE
from streams.adapters import admin
from streams.adapters.broker import Broker
from streams.adapters.cluster import connected
from streams.adapters.kafka import Deliverer, OutRecord
from streams.adapters.settings import Settings
from streams.adapters.topic_ids import describe
from streams.agents.room import EXIT_REFUSED
from streams.core.record import PartitionRecord, encode_partition, partition_key
from tests.kafka.ward import TEAMS, Ward
from tests.kafka.workers import COMMAND, Supervisor, Worker, settings_for

pytestmark = pytest.mark.kafka

LOOK_S = 0.1


@pytest.fixture
def ward(broker: Broker, prefix: str) -> Ward:
    """A ward whose worker has judged twenty readings and gone."""
    ward = Ward(settings_for(broker.address, prefix, partitions=2))
    ward.open()
    with Worker(ward.settings) as worker:
        worker.watching()
        ward.enrol()
        ward.send(ward.readings(20))
        assert ward.account().is_balanced
        assert 0 == worker.terminate(), worker.last_words()
    return ward


def refusal(settings: Settings, command: tuple[str, ...] = COMMAND) -> str:
    """Start a worker that must refuse: what it says on its way out."""
    with Worker(settings, command=command) as worker:
        assert EXIT_REFUSED == worker.wait(), worker.last_words()
        (line,) = worker.said("worker ends")
    return str(line["reason"]) + " " + str(line["next_step"])


def administer(settings: Settings, action: Any) -> None:
    """One request of an operator, good or bad."""

    async def go() -> None:
        async with connected(settings) as client:
            await action(client)

    asyncio.run(go())


def recreate(settings: Settings, topic: str) -> None:
    """Delete a topic and make it again under its name, which stays taken for a moment."""
    name = settings.topic(topic)

    async def delete(client: AIOKafkaAdminClient) -> None:
        await client.delete_topics([name])
        async with asyncio.timeout(30):
            while await describe(client, [name]):  # noqa: ASYNC110 - Kafka has no event for it
                await asyncio.sleep(LOOK_S)

    administer(settings, delete)
    asyncio.run(admin.apply(settings, TEAMS))


def delete_before(settings: Settings, topic: str, partition: int, offset: int) -> None:
    """Delete the records below an offset, as retention or a person would."""

    async def delete(client: AIOKafkaAdminClient) -> None:
        await client.delete_records({TopicPartition(settings.topic(topic), partition): RecordsToDelete(offset)})

    administer(settings, delete)


def write(settings: Settings, topic: str, *records: tuple[bytes, bytes | None]) -> None:
    """(key, value) on partition 0 of a topic that only workers may write to."""

    async def go() -> None:
        deliverer = Deliverer(settings)
        await deliverer.start()
        try:
            await deliverer.deliver([OutRecord(settings.topic(topic), 0, key, value, (), 0) for key, value in records])
        finally:
            await deliverer.stop()

    asyncio.run(go())


def watermark(ward: Ward) -> PartitionRecord:
    """A partition record of this log, at offset 0."""
    return PartitionRecord(0, ward.evidence().topic_id)


def test_a_recreated_log_is_refused(ward: Ward) -> None:
    """The offsets of the new topic mean other events: going on would skip as many as the old one had."""
    recreate(ward.settings, PATIENT_EVENTS)
    said = refusal(ward.settings)
    assert "it was recreated" in said
    assert "nattevagt state rebuild" in said


def test_an_emptied_changelog_is_refused(ward: Ward) -> None:
    """A group that has come so far must have a state; without it every alert would be forgotten."""
    recreate(ward.settings, STATE)
    said = refusal(ward.settings)
    assert "no watermark" in said
    assert "nattevagt state rebuild" in said


def test_a_watermark_beyond_the_log_is_refused(ward: Ward) -> None:
    """A cut log would be taken as done already."""
    far = PartitionRecord(1_000_000, ward.evidence().topic_id)
    write(ward.settings, STATE, (partition_key(0), encode_partition(far)))
    said = refusal(ward.settings)
    assert "beyond the log's end" in said
    assert "nattevagt state rebuild" in said


def test_a_log_that_begins_behind_the_watermark_is_refused(ward: Ward) -> None:
    """Events between the state and what is left of the log are lost: nobody may go on as if they were not."""
    key = partition_key(0)
    write(ward.settings, STATE, (key, None), (key, encode_partition(watermark(ward))))
    delete_before(ward.settings, PATIENT_EVENTS, 0, 5)
    assert "deleted in between" in refusal(ward.settings)


def test_a_state_of_a_newer_release_is_refused(ward: Ward) -> None:
    """Recovery swallows exceptions; this one must not be swallowed."""
    newer = encode_partition(watermark(ward)).replace(b'"v":1', b'"v":99')
    write(ward.settings, STATE, (b"ward-00", newer))
    assert "version 99" in refusal(ward.settings)


def test_a_changelog_with_foreign_records_is_refused(ward: Ward) -> None:
    """Neither may this be swallowed: behind it recovery would stand still for ever."""
    write(ward.settings, STATE, (b"ward-00", b"not a state"))
    assert "no worker has written" in refusal(ward.settings)


def test_an_event_that_cannot_be_read_is_refused(ward: Ward) -> None:
    """Only workers write to the log; what stands there and cannot be read could be a red."""
    write(ward.settings, PATIENT_EVENTS, (b"ward-00", b'{"type":"FromTheFuture"}'))
    assert "no event that this release can read" in refusal(ward.settings)


def test_another_number_of_partitions_is_refused(broker: Broker, prefix: str) -> None:
    """State lives by partition."""
    settings = settings_for(broker.address, prefix, partitions=2)
    asyncio.run(admin.apply(settings, TEAMS))
    assert "partitions is 2, must be 3" in refusal(settings_for(broker.address, prefix, partitions=3))


def test_compaction_of_the_audit_is_refused(broker: Broker, prefix: str) -> None:
    """The audit would lose what it was kept for."""
    settings = settings_for(broker.address, prefix, partitions=2)
    asyncio.run(admin.apply(settings, TEAMS))
    wrong = ConfigResource(ConfigResourceType.TOPIC, settings.topic(AUDIT), {"cleanup.policy": "compact"})
    administer(settings, lambda client: client.alter_configs([wrong]))
    said = refusal(settings)
    assert "audit.v1" in said
    assert "cleanup.policy" in said


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"demo": False, "simulation": False}, "NATTEVAGT_REPLICATION"),
        ({"debug": True}, "NATTEVAGT_DEBUG"),
        ({"heartbeat_s": 5.0}, "NATTEVAGT_HEARTBEAT_S"),
    ],
)
def test_unsafe_settings_are_refused_before_anything_is_asked(changed: dict[str, Any], named: str) -> None:
    """No broker answers at this address, and none is needed to say no."""
    assert named in refusal(settings_for("127.0.0.1:1", "", **changed))


def test_another_version_of_the_engine_is_refused(broker: Broker, prefix: str) -> None:
    """We touch private parts of Faust that another version may have changed."""
    settings = settings_for(broker.address, prefix, partitions=2)
    asyncio.run(admin.apply(settings, TEAMS))
    pinned = "from streams.agents import enginekit; enginekit.PINS['faust-streaming'] = '0.16.0'; "
    command = (sys.executable, "-c", f"{pinned}from streams.cli import main; main()", "worker")
    assert "faust-streaming 0.15.3 is installed, 0.16.0 is required" in refusal(settings, command)


def test_no_broker_is_a_failure_and_not_a_refusal() -> None:
    """A supervisor must try again: the broker may only be starting."""
    with Worker(settings_for("127.0.0.1:1", "")) as worker:
        assert worker.wait() not in (0, EXIT_REFUSED)


def test_a_refusal_is_not_restarted(broker: Broker, prefix: str) -> None:
    """What a supervisor sees of it: once, and no more."""
    settings = settings_for(broker.address, prefix, debug=True)
    with Supervisor(lambda: Worker(settings)) as supervisor:
        assert EXIT_REFUSED == supervisor.now.wait()
        supervisor.settled()
        assert [EXIT_REFUSED] == supervisor.ends


def test_inputs_deleted_before_they_were_read_are_an_audited_gap(ward: Ward) -> None:
    """After three looks the hole is told as lost.gap, loudly, and the readings behind it flow."""
    first = ward.end(MEASUREMENTS, 0)
    ward.send(ward.readings(40, partition=0))
    delete_before(ward.settings, MEASUREMENTS, 0, first + 15)
    with Worker(ward.settings) as worker:
        worker.wait_for("inputs lost")
        assert 3 == len(worker.said("hole"))
        ward.let_in()
        account = ward.account()
        worker.terminate()
    assert 0 == account.inputs_without_outcome
    verdict = ward.judge()
    assert (15, 0, 0) == (verdict.gaps, verdict.lost, verdict.states_wrong), verdict
    assert account.rejected["lost.gap"] == 15


def test_inputs_deleted_with_nothing_behind_them_are_an_audited_gap_too(ward: Ward) -> None:
    """The alarm comes at once, though nothing comes that could show the hole; the audit with the next reading."""
    first = ward.end(MEASUREMENTS, 0)
    ward.send(ward.readings(15, partition=0))
    delete_before(ward.settings, MEASUREMENTS, 0, first + 15)
    with Worker(ward.settings) as worker:
        worker.wait_for("inputs lost")
        assert 3 == len(worker.said("tail lost")), "it goes on seeking what is gone"
        ward.send(ward.readings(5, partition=0))
        ward.let_in()
        ward.account()
        worker.terminate()
    verdict = ward.judge()
    assert (15, 0, 0) == (verdict.gaps, verdict.lost, verdict.states_wrong), verdict
