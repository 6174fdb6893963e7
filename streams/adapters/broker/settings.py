"""The settings of one KRaft node, in one place for every way we start it.

The JVM reads them as server.properties, the container as KAFKA_* variables. A test holds
docker-compose.kafka.yml to the same table.
"""

from pathlib import Path

VERSION = "4.3.1"
IMAGE = f"apache/kafka:{VERSION}"
# Kafka's own example id. Fixed, because a kept data folder refuses a broker with another one.
CLUSTER_ID = "5L6g3nShT-eMCtK--X86sw"
HEAP = "-Xmx512m"

NODE: dict[str, str] = {
    "process.roles": "broker,controller",
    "node.id": "1",
    "controller.listener.names": "CONTROLLER",
    "inter.broker.listener.name": "HOST",
    "listener.security.protocol.map": "CONTROLLER:PLAINTEXT,HOST:PLAINTEXT",
    # With the defaults (9000, 2000) a start after SIGKILL waits about 9 s for the dead session to end.
    "broker.session.timeout.ms": "2000",
    "broker.heartbeat.interval.ms": "500",
    # One node: one copy of everything, and few partitions, because each costs time at start.
    "offsets.topic.num.partitions": "1",
    "offsets.topic.replication.factor": "1",
    "transaction.state.log.num.partitions": "1",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "share.coordinator.state.topic.num.partitions": "1",
    "share.coordinator.state.topic.replication.factor": "1",
    "share.coordinator.state.topic.min.isr": "1",
    "group.initial.rebalance.delay.ms": "0",
    # A misspelt topic must be an error, not a new topic.
    "auto.create.topics.enable": "false",
    # 2 MiB of record and 64 KiB for batch and headers: our largest topics say max.message.bytes 2 MiB.
    "message.max.bytes": "2162688",
    "replica.fetch.max.bytes": "2162688",
    # Stories are dated years ago: such records are taken, and no default retention deletes them at
    # once; a topic that wants an end says retention.ms itself. An hour ahead stays the limit.
    "log.message.timestamp.before.max.ms": "9223372036854775807",
    "log.message.timestamp.after.max.ms": "3600000",
    "log.retention.ms": "-1",
    # 128 MB by default, a quarter of our heap; 16 MiB dedupes about 600,000 keys a pass.
    "log.cleaner.dedupe.buffer.size": "16777216",
}


def local(*, data: Path, port: int, controller: int) -> dict[str, str]:
    """Settings of a node on this machine: both listeners on loopback only."""
    return NODE | {
        "listeners": f"HOST://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}",
        "advertised.listeners": f"HOST://127.0.0.1:{port}",
        "controller.quorum.voters": f"1@127.0.0.1:{controller}",
        "log.dirs": str(data),
    }


def contained(*, port: int) -> dict[str, str]:
    """Settings of a node in a container that publishes `port` under the same number on loopback."""
    return NODE | {
        "listeners": f"HOST://0.0.0.0:{port},CONTROLLER://127.0.0.1:9093",
        "advertised.listeners": f"HOST://127.0.0.1:{port}",
        "controller.quorum.voters": "1@127.0.0.1:9093",
        # The image's own default lies outside its declared volume.
        "log.dirs": "/var/lib/kafka/data",
    }


def properties(settings: dict[str, str]) -> str:
    """The text of server.properties; a backslash is this format's escape, so it is doubled."""
    return "".join(f"{name}={value}\n" for name, value in settings.items()).replace("\\", "\\\\")


def environment(settings: dict[str, str]) -> dict[str, str]:
    """The same as variables of the image: upper case, dots as underscores, KAFKA_ in front."""
    named = {f"KAFKA_{name.upper().replace('.', '_')}": value for name, value in settings.items()}
    return named | {"CLUSTER_ID": CLUSTER_ID, "KAFKA_HEAP_OPTS": HEAP}


# INFO in a file that ends at 2 x 10 MB: a broker that runs for weeks must not fill the disk.
LOGGING = """\
Configuration:
  Appenders:
    RollingFile:
      name: FILE
      fileName: "${sys:nattevagt.log}"
      filePattern: "${sys:nattevagt.log}.%i"
      PatternLayout:
        pattern: "[%d] %p %m (%c)%n"
      Policies:
        SizeBasedTriggeringPolicy:
          size: 10MB
      DefaultRolloverStrategy:
        max: 1
  Loggers:
    Root:
      level: INFO
      AppenderRef:
        - ref: FILE
"""
