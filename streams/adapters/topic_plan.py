"""What each topic must be like in this cluster, and why: the settings behind a row of schemas.topics."""

from dataclasses import dataclass

from schemas.topics import AUDIT, UNLIMITED, Layout, Topic
from streams.adapters.settings import Settings

LONG_MAX = 2**63 - 1
"""Kafka's word for `no limit` where it takes milliseconds."""

BROKER = "(broker)"
"""Stands for a topic's name in a Problem of the cluster itself."""

MISSING = "missing"

BROKER_CONFIGS = {"auto.create.topics.enable": "false", "unclean.leader.election.enable": "false"}
"""What the cluster itself must say, because no topic can say it."""

WHY = {
    "topic": "topics are never made by the worker",
    "partitions": "state lives by partition; with another number patients would meet a stranger's",
    "replication": "with too few copies a lost disk loses readings",
    "cleanup.policy": "compaction and deletion lose records that somebody still counts on",
    "retention.ms": "records must live as long as promised, and not longer",
    "retention.bytes": "a limit by size would delete readings nobody has seen yet",
    "min.insync.replicas": "an acknowledged record must survive the loss of one broker",
    "max.message.bytes": "the largest record we owe somebody must fit",
    "compression.type": "a compressed record passes every limit on size, and a worker knows no codec but gzip",
    "min.compaction.lag.ms": "recovery from a zombie needs the older records for a while",
    "message.timestamp.type": "the record time is the time of receipt, and a device's clock must not set it",
    "message.timestamp.before.max.ms": "simulated times are old",
    "message.timestamp.after.max.ms": "simulated times may lie ahead",
    "unclean.leader.election.enable": "an outdated copy as leader would drop acknowledged records",
    "auto.create.topics.enable": "a misspelt topic must be an error, not a new topic",
    "offsets.topic.replication.factor": "with one copy a lost disk loses how far every group has come",
}
"""Setting -> why it must be so, for whoever reads the problem."""

COMPACTED = "compacted records are gone, and with them what the audit or a reader needs in order and in full"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is not as it must be. topic: as named in the cluster, or BROKER."""

    topic: str
    setting: str
    found: str
    expected: str
    why: str

    def __str__(self) -> str:
        return f"{self.topic}: {self.setting} is {self.found}, must be {self.expected}: {self.why}."


def problem(topic: str, setting: str, found: object, expected: object, why: str | None = None) -> Problem:
    """A Problem with the reason that WHY gives for its setting, unless there is a better one."""
    return Problem(topic, setting, str(found), str(expected), why or WHY[setting])


def partitions(row: Topic, settings: Settings) -> int:
    """How many partitions this topic has."""
    return 1 if row.layout is Layout.ONE else settings.partitions


def configs(row: Topic, settings: Settings) -> dict[str, str]:
    """Every topic setting that we decide ourselves, so that no default of a broker does.

    Simulated times are years old, so under `simulation` nothing is deleted by time and no time is refused.
    """
    retention = UNLIMITED if settings.simulation else row.retention_ms
    wanted: dict[str, str | int] = {
        "cleanup.policy": row.cleanup,
        "retention.ms": retention,
        "retention.bytes": UNLIMITED,
        "min.insync.replicas": settings.min_insync,
        "max.message.bytes": row.max_message_bytes,
        "compression.type": "uncompressed",
        "min.compaction.lag.ms": row.lag_ms,
        "message.timestamp.type": "CreateTime" if settings.simulation else "LogAppendTime",
        "unclean.leader.election.enable": "false",
    }
    if settings.simulation:
        wanted["message.timestamp.before.max.ms"] = LONG_MAX
        wanted["message.timestamp.after.max.ms"] = LONG_MAX
    return {name: str(value) for name, value in wanted.items()}


def why(row: Topic, setting: str, found: str) -> str:
    """The reason to give for one wrong setting of one topic."""
    if setting == "cleanup.policy" and "compact" in found and (row.name == AUDIT or row.stage != "output"):
        return COMPACTED
    return WHY[setting]
