"""What the doctor finds in the cluster: broker, topics, who answers alerts, the rules in force, who watches."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from schemas.coverage import TeamCoverage
from schemas.ids import UNASSIGNED_TEAM, WATCHDOG_TEAM
from schemas.rules import RuleBundle
from schemas.topics import INPUTS, TABLE, alerts_topic
from streams.adapters import admin, reference_log
from streams.adapters.clock import steady_s
from streams.adapters.cluster import connected
from streams.adapters.log_tail import topics_named
from streams.adapters.offsets import offset_reader
from streams.adapters.settings import Settings
from streams.adapters.topic_plan import BROKER, MISSING, Problem
from streams.cli.remark import Remark, fail, ok, warn
from streams.core.context import Context

ASKED = 5
"""Questions of which the median time is told."""

SLOW_MS = 250.0
"""A worker awaits some confirmations for each slice of work; above this 99 % in 5 s is in danger (our choice)."""

NO_TEAMS = (UNASSIGNED_TEAM, WATCHDOG_TEAM)


async def broker(settings: Settings) -> list[Remark]:
    """Does somebody answer, how fast, and are there as many brokers as copies?"""
    async with connected(settings) as client:
        took = []
        for _ in range(ASKED):
            begun = steady_s()
            nodes = (await client.describe_cluster())["brokers"]
            took.append((steady_s() - begun) * 1000)
    return answering(settings, len(nodes), median(took))


def answering(settings: Settings, brokers: int, latency_ms: float) -> list[Remark]:
    """Enough brokers, and fast enough?"""
    said = f"{brokers} broker{'s' * (brokers != 1)} at {settings.broker}, answer in {latency_ms:.1f} ms"
    if brokers < settings.replication:
        step = "add brokers, or set NATTEVAGT_REPLICATION (1 only with NATTEVAGT_DEMO=1)"
        return [fail(f"{said}; {settings.replication} copies of each topic need as many", step)]
    if latency_ms > SLOW_MS:
        return [warn(said, "look at the network and at the brokers' load")]
    return [ok(said)]


async def topics(settings: Settings) -> list[Remark]:
    """`nattevagt topics check` in one line."""
    return as_they_must(await admin.check(settings, await reference_log.teams(settings)))


def as_they_must(problems: Sequence[Problem]) -> list[Remark]:
    """The first problem, and how many more. What is missing comes first: the rest may follow from it."""
    if not problems:
        return [ok("all as they must be")]
    missing = [one for one in problems if one.found == MISSING]
    first = (missing or list(problems))[0]
    more = f" ({len(problems) - 1} more)" if len(problems) > 1 else ""
    made = "`nattevagt topics apply`" if missing else "`nattevagt topics check`"
    what = "missing" if missing else f"{first.setting} is {first.found}, must be {first.expected}"
    return [fail(f"{'the broker' if first.topic == BROKER else first.topic}: {what}{more}", made)]


async def missing(settings: Settings) -> list[str]:
    """Topics of the table that are not there, as named in the cluster."""
    found = await admin.check(settings)
    names = {settings.topic(row.name) for row in TABLE}
    return [one.topic for one in found if one.found == MISSING and one.topic in names]


async def in_force(settings: Settings) -> tuple[Context, bool]:
    """Reference data as a worker would fold with it, and whether rules were published at all."""
    reference = await reference_log.in_force(settings)
    return reference.at(reference.stamp), reference.stamp.rules >= 0


async def coverage(settings: Settings) -> list[Remark]:
    """Do the teams of coverage.v1 and the alerts topics fit each other, and does every team have somebody?"""
    context, _ = await in_force(settings)
    beginning = alerts_topic("")
    return answered(context.teams, {name.removeprefix(beginning) for name in await topics_named(settings, beginning)})


def answered(teams: Mapping[str, TeamCoverage], with_topic: Collection[str]) -> list[Remark]:
    """Every alert needs a team, every team a topic and a person."""
    names = sorted(set(teams) - set(NO_TEAMS))
    publish, remarks = "`nattevagt coverage publish`", []
    if not names:
        remarks.append(warn(f"no team: every alert goes to {alerts_topic(UNASSIGNED_TEAM)}", publish))
    for name in names:
        if name not in with_topic:
            step = "`nattevagt topics apply`"
            remarks.append(fail(f"team {name} has no topic: its alerts go to {alerts_topic(UNASSIGNED_TEAM)}", step))
        if not teams[name].recipients and teams[name].on_call is None:
            remarks.append(warn(f"team {name} names nobody who answers", publish))
    remarks += [
        warn(f"{alerts_topic(name)} is there, but no coverage names the team", publish)
        for name in sorted(set(with_topic) - set(teams) - set(NO_TEAMS))
    ]
    return remarks or [ok(f"{len(names)} team{'s' * (len(names) != 1)}: {', '.join(names)}")]


async def rules(settings: Settings) -> list[Remark]:
    """Which numbers decide, and who stands for them."""
    context, published = await in_force(settings)
    return deciding(context.rules, published=published, toy=settings.toy)


def deciding(bundle: RuleBundle, *, published: bool, toy: bool) -> list[Remark]:
    """Without a signature nobody answers for the thresholds; only where no patient is watched may that be."""
    origin = "published" if published else "as shipped"
    signed = f"signed by {bundle.signed_by}" if bundle.signed_by else "signed by nobody"
    said = f"{bundle.bundle} version {bundle.version}, {origin}, digest {bundle.digest[:12]}, {signed}"
    if bundle.signed_by or toy:
        return [ok(said)]
    return [warn(said, "have a clinician sign a bundle, then `nattevagt rules publish`")]


@dataclass(frozen=True, slots=True)
class Group:
    """The workers' group as Kafka has it. state: Kafka's word."""

    name: str
    state: str
    members: int


async def group(settings: Settings) -> list[Remark]:
    """Is a worker there, and are partitions at rest?"""
    return watching(await found_group(settings), settings.partitions)


async def found_group(settings: Settings) -> Group:
    """Ask for the commits first: that waits until a new cluster has a coordinator for groups."""
    async with offset_reader(settings) as offsets:
        await offsets.committed(settings.group, INPUTS[:1])
    async with connected(settings) as client:
        (answer,) = await client.describe_consumer_groups([settings.group])
    _, name, state, _, _, members = answer.groups[0][:6]
    return Group(name, state, len(members))


def watching(found: Group, partitions: int) -> list[Remark]:
    """Somebody, settled, and not more than can work."""
    workers = f"{found.members} worker{'s' * (found.members != 1)}"
    if not found.members:
        return [warn(f"no worker in group {found.name}", "start `nattevagt worker`")]
    if found.state != "Stable":
        return [warn(f"{workers}, partitions are moving ({found.state})", "ask again in 30 s")]
    if found.members > partitions:
        return [warn(f"{workers} for {partitions} partitions: some are idle", "stop those that are too many")]
    return [ok(f"{workers} for {partitions} partitions of each topic")]
