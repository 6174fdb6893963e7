"""Topics made and checked as schemas.topics says: `apply` makes what is missing, `check` changes nothing."""

import asyncio
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Literal

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import KafkaTimeoutError, TopicAlreadyExistsError, for_code

from schemas.errors import ConfigurationError
from schemas.topics import Topic, expected
from streams.adapters import topic_plan
from streams.adapters.cluster import TIMEOUT_MS, connected
from streams.adapters.settings import Settings
from streams.adapters.topic_ids import Described, describe
from streams.adapters.topic_plan import BROKER, MISSING, Problem, problem

LOOK_S, LOOKS = 0.1, 100
"""Pause between two looks at topics being made, short beside the tenths that Kafka needs; and the most looks."""

Applied = dict[str, Literal["created", "exists"]]
"""Topic name in the cluster -> what `apply` found or did."""

Only = Collection[str] | None
"""Names of schemas.topics to look at; None = all of them."""


async def apply(settings: Settings, teams: Sequence[str] = (), *, only: Only = None) -> Applied:
    """Make the topics that are missing, for these teams and in general, and wait until they are there.

    What exists is left as it is; `check` says what is wrong with it.
    Raises: ConfigurationError for unsafe settings, for another number of partitions than the cluster has
    already, or when Kafka refuses a topic.
    """
    settings.check()
    every, rows = _rows(settings, teams, None), _rows(settings, teams, only)
    async with connected(settings) as admin:
        there = await describe(admin, every)
        _same_partitions(settings, every, there)
        missing = [name for name in rows if name not in there]
        made = await _create(admin, settings, [(name, rows[name]) for name in missing])
        await _until_visible(admin, missing)
    return {name: "created" if name in made else "exists" for name in rows}


def _rows(settings: Settings, teams: Sequence[str], only: Only) -> dict[str, Topic]:
    return {settings.topic(row.name): row for row in expected(tuple(teams)) if only is None or row.name in only}


def _same_partitions(settings: Settings, rows: Mapping[str, Topic], there: Mapping[str, Described]) -> None:
    for name, found in there.items():
        wanted = topic_plan.partitions(rows[name], settings)
        if found.partitions != wanted:
            wrong = problem(name, "partitions", found.partitions, wanted)
            raise ConfigurationError(str(wrong), next_step=_way_out(wrong))


async def _create(admin: AIOKafkaAdminClient, settings: Settings, rows: Iterable[tuple[str, Topic]]) -> set[str]:
    """Names that were made now; another process may have been faster, and that is no failure."""
    wanted = [
        NewTopic(
            name,
            topic_plan.partitions(row, settings),
            settings.replication,
            topic_configs=topic_plan.configs(row, settings),
        )
        for name, row in rows
    ]
    if not wanted:
        return set()
    made = set()
    for name, code, words in (await admin.create_topics(wanted, timeout_ms=TIMEOUT_MS)).topic_errors:
        if code == 0:
            made.add(name)
        elif code != TopicAlreadyExistsError.errno:
            raise ConfigurationError(
                f"Kafka does not make the topic {name}: {for_code(code).__name__}, {words or 'no words'}.",
                next_step="Compare NATTEVAGT_REPLICATION with the number of brokers, and look at the user's rights.",
            )
    return made


async def _until_visible(admin: AIOKafkaAdminClient, names: Sequence[str]) -> None:
    for _ in range(LOOKS):
        if len(await describe(admin, names)) == len(names):
            return
        await asyncio.sleep(LOOK_S)
    raise KafkaTimeoutError("new topics do not show")


async def check(settings: Settings, teams: Sequence[str] = (), *, only: Only = None) -> list[Problem]:
    """Everything that is not as it must be, in the order of the table; an empty list is a clean cluster."""
    rows = _rows(settings, teams, only)
    async with connected(settings) as admin:
        there = await describe(admin, rows)
        held = await _topic_configs(admin, list(there))
        problems = await _broker_problems(admin, settings)
    for name, row in rows.items():
        if name in there:
            problems += _shape_problems(name, row, settings, there[name])
            problems += _config_problems(name, row, settings, held[name])
        else:
            problems.append(problem(name, "topic", MISSING, "there"))
    return problems


async def refuse_unsafe(settings: Settings, teams: Sequence[str] = (), *, only: Only = None) -> None:
    """Raises ConfigurationError with the first problem `check` finds, by topic and setting, and how many more."""
    settings.check()
    problems = await check(settings, teams, only=only)
    if problems:
        more = f" ({len(problems) - 1} more in `nattevagt topics check`.)" if len(problems) > 1 else ""
        raise ConfigurationError(f"{problems[0]}{more}", next_step=_way_out(problems[0]))


def _way_out(wrong: Problem) -> str:
    if wrong.setting == "topic":
        return "Run `nattevagt topics apply`."
    if wrong.setting == "partitions":
        return (
            "Set NATTEVAGT_PARTITIONS to what patient topics have here; make a topic anew that somebody made by hand."
        )
    if wrong.setting == "replication":
        return "Give the topic more copies with kafka-reassign-partitions.sh, or set NATTEVAGT_DEMO=1 in a demo."
    if wrong.topic == BROKER:
        return f"Set {wrong.setting}={wrong.expected} on every broker."
    return f"Set {wrong.setting}={wrong.expected} on the topic with kafka-configs.sh."


def _shape_problems(name: str, row: Topic, settings: Settings, found: Described) -> list[Problem]:
    problems = []
    wanted = topic_plan.partitions(row, settings)
    if found.partitions != wanted:
        problems.append(problem(name, "partitions", found.partitions, wanted))
    copies = settings.replication if settings.toy else max(2, settings.replication)
    if found.copies < copies:
        problems.append(problem(name, "replication", found.copies, copies))
    return problems


def _config_problems(name: str, row: Topic, settings: Settings, held: Mapping[str, str]) -> list[Problem]:
    return [
        problem(name, setting, found, wanted, topic_plan.why(row, setting, found))
        for setting, wanted in topic_plan.configs(row, settings).items()
        if (found := held.get(setting, "unknown to this Kafka")) != wanted
    ]


async def _broker_problems(admin: AIOKafkaAdminClient, settings: Settings) -> list[Problem]:
    """Each wrong setting once, however many brokers share it."""
    nodes = [str(node["node_id"]) for node in (await admin.describe_cluster())["brokers"]]
    held = await _configs(admin, ConfigResourceType.BROKER, nodes)
    wrong = {
        problem(BROKER, setting, found, expected_value)
        for configs in held.values()
        for setting, expected_value in topic_plan.BROKER_CONFIGS.items()
        if (found := configs.get(setting, "")) != expected_value
    }
    copies = {configs.get("offsets.topic.replication.factor", "") for configs in held.values()}
    if "1" in copies and not settings.toy:
        wrong.add(problem(BROKER, "offsets.topic.replication.factor", 1, "at least 2"))
    return sorted(wrong, key=str)


async def _topic_configs(admin: AIOKafkaAdminClient, names: list[str]) -> dict[str, dict[str, str]]:
    return await _configs(admin, ConfigResourceType.TOPIC, names) if names else {}


async def _configs(admin: AIOKafkaAdminClient, kind: ConfigResourceType, names: list[str]) -> dict[str, dict[str, str]]:
    """Name of the topic or broker -> its settings, defaults included.

    Raises: KafkaError where Kafka refuses one, such as a right that is missing.
    """
    found = {}
    for answer in await admin.describe_configs([ConfigResource(kind, name) for name in names]):
        for code, words, _, name, entries in answer.resources:
            if code:
                raise for_code(code)(words)
            found[name] = {entry[0]: entry[1] for entry in entries}
    return found
