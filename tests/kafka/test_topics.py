"""Topics on a real cluster: made as the table says, and each unsafe change found by topic and setting."""

import asyncio

import pytest
from aiokafka.admin import NewPartitions, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from schemas.errors import ConfigurationError
from schemas.topics import AUDIT, COVERAGE, MEASUREMENTS, PATIENT_EVENTS, STATE, alerts_topic, expected
from streams.adapters import admin, topic_plan
from streams.adapters.broker import Broker
from streams.adapters.cluster import connected
from streams.adapters.offsets import offset_reader
from streams.adapters.settings import Settings
from streams.adapters.topic_plan import BROKER, COMPACTED, Problem
from tests.kafka import traffic

pytestmark = pytest.mark.kafka

TEAM = "heart-failure"
LOOKS = 200  # four seconds, a hundred times what it takes


@pytest.fixture
def settings(broker: Broker, prefix: str) -> Settings:
    """A cluster of one broker; topics of this test alone."""
    return Settings(broker=broker.address, topic_prefix=prefix, partitions=2, replication=1, min_insync=1, demo=True)


async def alter(settings: Settings, name: str, **changes: str) -> None:
    """Set these on the topic as an operator would; everything not named goes back to the broker's default."""
    row = next(row for row in expected((TEAM,)) if row.name == name)
    configs = topic_plan.configs(row, settings) | {key.replace("_", "."): value for key, value in changes.items()}
    async with connected(settings) as client:
        resource = ConfigResource(ConfigResourceType.TOPIC, settings.topic(name), configs)
        answers = await client.alter_configs([resource])
    assert [0] == [row[0] for answer in answers for row in answer.resources]


async def seen(settings: Settings, teams: tuple[str, ...] = ()) -> list[Problem]:
    """What `check` says once it says something: a change takes some milliseconds from controller to broker."""
    for _ in range(LOOKS):
        if found := await admin.check(settings, teams):
            return found
        await asyncio.sleep(0.02)
    return []


async def problems_after(settings: Settings, name: str, **changes: str) -> list[Problem]:
    """What `check` says after one change to a clean cluster."""
    await admin.apply(settings, [TEAM])
    await alter(settings, name, **changes)
    return await seen(settings, (TEAM,))


def test_apply_makes_every_topic_once_and_check_is_clean(settings: Settings) -> None:
    """The second time nothing is made, and a new team needs its own topic only."""

    async def go() -> list[set[str]]:
        first = await admin.apply(settings, [TEAM])
        second = await admin.apply(settings, [TEAM])
        third = await admin.apply(settings, [TEAM, "lungs"])
        await admin.refuse_unsafe(settings, [TEAM, "lungs"])
        return [{name for name, state in found.items() if state == "created"} for found in (first, second, third)]

    every = {settings.topic(row.name) for row in expected((TEAM,))}
    assert [every, set(), {settings.topic(alerts_topic("lungs"))}] == asyncio.run(go())


def test_simulation_makes_topics_of_its_own_kind(settings: Settings) -> None:
    """And the same cluster is refused in operation: its times are not the broker's."""
    simulated = settings.but(simulation=True)

    async def go() -> tuple[list[Problem], set[str]]:
        await admin.apply(simulated)
        clean = await admin.check(simulated)
        return clean, {one.setting for one in await admin.check(settings)}

    assert ([], {"message.timestamp.type", "retention.ms"}) == asyncio.run(go())


CHANGES = [
    (AUDIT, "cleanup.policy", "compact"),
    (MEASUREMENTS, "cleanup.policy", "compact,delete"),
    (STATE, "cleanup.policy", "compact,delete"),
    (STATE, "min.compaction.lag.ms", "0"),
    (PATIENT_EVENTS, "retention.ms", "3600000"),
    (PATIENT_EVENTS, "retention.bytes", "1000000"),
    (MEASUREMENTS, "max.message.bytes", "1000"),
    (MEASUREMENTS, "compression.type", "producer"),
    (MEASUREMENTS, "message.timestamp.type", "CreateTime"),
    (alerts_topic(TEAM), "unclean.leader.election.enable", "true"),
    (AUDIT, "min.insync.replicas", "2"),
]


@pytest.mark.parametrize(("name", "setting", "value"), CHANGES, ids=[f"{name}-{what}" for name, what, _ in CHANGES])
def test_an_unsafe_change_is_found_and_named(settings: Settings, name: str, setting: str, value: str) -> None:
    """It, and nothing else."""
    found = asyncio.run(problems_after(settings, name, **{setting.replace(".", "_"): value}))

    assert [(settings.topic(name), setting, value)] == [(one.topic, one.setting, one.found) for one in found]


def test_every_decided_setting_is_tried(settings: Settings) -> None:
    """A new setting in the plan needs a row above."""
    row = next(row for row in expected() if row.name == AUDIT)

    assert set(topic_plan.configs(row, settings)) == {setting for _, setting, _ in CHANGES}


def test_a_compacted_audit_stops_the_worker_by_name(settings: Settings) -> None:
    """Topic, setting and what is lost stand in the one line an operator sees."""

    async def go() -> None:
        await problems_after(settings, AUDIT, cleanup_policy="compact")
        await admin.refuse_unsafe(settings, [TEAM])

    with pytest.raises(ConfigurationError, match=r"audit\.v1: cleanup\.policy is compact") as caught:
        asyncio.run(go())
    assert COMPACTED in str(caught.value)


def test_another_number_of_partitions_is_refused(settings: Settings) -> None:
    """By `apply` before it makes anything, and by `check`; also when somebody added partitions by hand."""

    async def go() -> list[Problem]:
        await admin.apply(settings)
        with pytest.raises(ConfigurationError, match=r"partitions is 2, must be 4.*NATTEVAGT_PARTITIONS"):
            await admin.apply(settings.but(partitions=4), [TEAM], only=[alerts_topic(TEAM)])
        async with connected(settings) as client:
            await client.create_partitions({settings.topic(COVERAGE): NewPartitions(3)})
        return await seen(settings)

    found = asyncio.run(go())
    assert [(settings.topic(COVERAGE), "partitions", "3", "1")] == [
        (one.topic, one.setting, one.found, one.expected) for one in found
    ]


def test_a_missing_topic_is_found_and_not_made(settings: Settings) -> None:
    """Looking at a topic must not make it."""

    async def go() -> list[Problem]:
        await admin.apply(settings)
        return [*await admin.check(settings, [TEAM]), *await admin.check(settings, [TEAM])]

    found = asyncio.run(go())
    assert [(settings.topic(alerts_topic(TEAM)), "topic", "missing")] * 2 == [
        (one.topic, one.setting, one.found) for one in found
    ]
    with pytest.raises(ConfigurationError, match="nattevagt topics apply"):
        asyncio.run(admin.refuse_unsafe(settings, [TEAM]))


def test_one_copy_is_refused_outside_a_demo(settings: Settings) -> None:
    """Even where somebody configured it: of the topics, and of the groups' offsets."""

    async def go() -> list[Problem]:
        await admin.apply(settings)
        return await admin.check(settings.but(demo=False))

    found = asyncio.run(go())
    assert {"replication", "offsets.topic.replication.factor"} == {one.setting for one in found}
    assert BROKER == found[0].topic
    assert len(expected()) == sum(one.setting == "replication" for one in found)


def test_a_topic_the_cluster_cannot_hold_is_refused_in_words(settings: Settings) -> None:
    """Three copies on one broker."""
    with pytest.raises(ConfigurationError, match="NATTEVAGT_REPLICATION"):
        asyncio.run(admin.apply(settings.but(replication=3, min_insync=2)))


def test_nobody_at_the_address_is_one_line(settings: Settings) -> None:
    """With the setting that names the address."""
    with pytest.raises(ConfigurationError, match="NATTEVAGT_BROKER"):
        asyncio.run(admin.check(settings.but(broker="127.0.0.1:1")))


def test_offsets_say_where_logs_begin_and_end_and_where_a_group_is(settings: Settings) -> None:
    """A group that never committed has None, which is not zero."""
    name = settings.topic(COVERAGE)

    async def go() -> list[object]:
        async with connected(settings) as client:
            await client.create_topics([NewTopic(name, 1, 1)])
        await traffic.write(settings.broker, name, [b"1", b"2", b"3"])
        await traffic.read(settings.broker, name, 2, group=settings.group)
        async with offset_reader(settings) as offsets:
            return [
                await offsets.starts([COVERAGE]),
                await offsets.ends([COVERAGE]),
                await offsets.committed(settings.group, [COVERAGE]),
                await offsets.committed("nobody", [COVERAGE]),
            ]

    place = (COVERAGE, 0)
    starts, ends, committed, nobody = asyncio.run(go())
    assert ({place: 0}, {place: 3}, {place: None}) == (starts, ends, nobody)
    assert isinstance(committed, dict)
    assert committed[place] in (2, 3)


def test_offsets_of_a_topic_that_is_missing_are_refused(settings: Settings) -> None:
    """Not an empty answer, which would read as `nothing to do`."""

    async def go() -> None:
        async with offset_reader(settings) as offsets:
            await offsets.ends([COVERAGE])

    with pytest.raises(ConfigurationError, match=r"coverage\.v1: the topic is missing"):
        asyncio.run(go())
