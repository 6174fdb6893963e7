"""TABLE of settings: type, variable, default and meaning, each declared once; unsafe combinations are refused.

`nattevagt config show` and the documentation print this table. No setting holds a secret: the password
stands in a file, and only the file's name is a setting.
"""

import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, NamedTuple, Self

from schemas.errors import ConfigurationError
from schemas.topics import STATE
from streams.adapters.declare import PREFIX, bad, between, is_loopback, matches, one_of, parse, setting, unknown

ELSEWHERE = frozenset(
    PREFIX + name for name in ("BROKER_VIA", "CACHE", "RUN_DIR", "TEST_BROKER", "MAVEN", "CONTAINERS")
)
"""Variables of the local Kafka and the test runner: not settings of a running process, and no mistake."""

STATE_TABLE = STATE.removeprefix("nattevagt-")

_SECONDS = between(0.05, 3600)
_ADDRESS = r"(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:]+\]):\d{1,5}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Every setting of a process. Made by `from_env`; `check` refuses what is unsafe."""

    broker: str = setting(
        "BROKER",
        "localhost:9092",
        "Kafka's addresses, host:port, separated by commas.",
        matches(rf"{_ADDRESS}(?:,{_ADDRESS})*", "host:port, or several with commas between"),
    )
    topic_prefix: str = setting(
        "TOPIC_PREFIX",
        "",
        "Begins every topic and group name, so that several installations share a cluster.",
        matches(r"[a-z0-9-]{0,80}", "small letters, digits and hyphens, at most 80"),
    )
    app: str = setting(
        "APP",
        "nattevagt",
        "Name of the worker's consumer group and of its state topic, after the prefix.",
        matches(r"[a-z][a-z0-9-]{0,39}", "small letters, digits and hyphens, at most 40"),
    )
    partitions: int = setting(
        "PARTITIONS",
        12,
        "Partitions of patient topics; fixed by the first `topics apply`, because state lives by partition.",
        between(1, 1000),
    )
    replication: int = setting("REPLICATION", 3, "Copies of each topic.", between(1, 9))
    min_insync: int = setting(
        "MIN_INSYNC", 2, "Copies that must have a record before Kafka confirms it.", between(1, 9)
    )
    simulation: bool = setting("SIMULATION", False, "Topics carry simulated times, and no record is too old or new.")  # noqa: FBT003 - a default
    demo: bool = setting("DEMO", False, "Allows one copy and a plain connection. Never with real patients.")  # noqa: FBT003 - a default
    instance_id: str | None = setting(
        "INSTANCE_ID",
        None,
        "Static name of this worker in its group; only where the same worker comes back in place.",
        matches(r"[A-Za-z0-9._-]{1,80}", "letters, digits, dot, underscore and hyphen, at most 80"),
    )
    security_protocol: str = setting(
        "SECURITY_PROTOCOL",
        "PLAINTEXT",
        "How to speak to Kafka: PLAINTEXT, SSL or SASL_SSL.",
        one_of("PLAINTEXT", "SSL", "SASL_SSL"),  # SASL_PLAINTEXT would show the password to the network
    )
    sasl_mechanism: str = setting(
        "SASL_MECHANISM", "SCRAM-SHA-512", "How to prove who we are, with SASL_SSL.", one_of("SCRAM-SHA-512")
    )
    sasl_username: str | None = setting("SASL_USERNAME", None, "User at Kafka, with SASL_SSL.")
    sasl_password_file: str | None = setting(
        "SASL_PASSWORD_FILE", None, "File that holds that user's password and nothing else."
    )
    ssl_cafile: str | None = setting(
        "SSL_CAFILE", None, "Certificates that Kafka's must descend from, PEM; else the machine's."
    )
    log_level: str = setting(
        "LOG_LEVEL",
        "INFO",
        "Least severe log records that are written.",
        one_of("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"),
    )
    debug: bool = setting("DEBUG", False, "Refused when on: the engine's debug mode prints patient data.")  # noqa: FBT003 - a default
    session_timeout_s: float = setting(
        "SESSION_TIMEOUT_S", 10.0, "A worker silent for so long loses its partitions.", between(6, 300)
    )
    heartbeat_s: float = setting("HEARTBEAT_S", 2.0, "How often a worker tells its group that it lives.", _SECONDS)
    commit_interval_s: float = setting(
        "COMMIT_INTERVAL_S", 1.0, "How often offsets are committed; a crash repeats at most so much.", _SECONDS
    )
    delivery_limit_s: float = setting(
        "DELIVERY_LIMIT_S", 20.0, "Longest wait for Kafka to confirm a delivery; then a worker ends.", between(1, 120)
    )
    timekeeper_tick_s: float = setting(
        "TIMEKEEPER_TICK_S", 1.0, "How often the timekeeper looks at deadlines.", _SECONDS
    )
    watch_alive_s: float = setting(
        "WATCH_ALIVE_S", 60.0, "How often each alerts topic is told that the watch lives.", _SECONDS
    )
    partition_alive_s: float = setting(
        "PARTITION_ALIVE_S",
        5.0,
        "How often each partition of the log gets a heartbeat; 30 s without one is a watch that stood still.",
        between(0.05, 10),
    )
    metrics_port: int = setting(
        "METRICS_PORT", 9464, "Port of a worker's /metrics, /healthz and /readyz; 0 = none.", between(0, 65535)
    )
    metrics_host: str = setting(
        "METRICS_HOST", "127.0.0.1", "Address of those pages.", matches(r"[0-9A-Fa-f.:]{2,45}|localhost", "an address")
    )
    metrics_open: bool = setting("METRICS_OPEN", False, "Lets others than this machine ask for those pages.")  # noqa: FBT003 - a default
    channels_file: str | None = setting(
        "CHANNELS_FILE", None, "Address book of `nattevagt notify`: which channel reaches whom, YAML or JSON."
    )
    commit: str | None = setting(
        "COMMIT",
        None,
        "Source commit this was built from; decisions name it.",
        matches(r"[0-9a-f]{7,64}", "7 to 64 hexadecimal digits"),
    )

    def __post_init__(self) -> None:
        """Refuse a value outside its range by the name of its variable. The value itself is not repeated."""
        for one in fields(self):
            value = getattr(self, one.name)
            wish = None if value is None else one.metadata["rule"](value)
            if wish is not None:
                raise bad(one.metadata["env"], f"must be {wish}")

    @classmethod
    def from_env(cls, environ: Mapping[str, str], **overrides: Any) -> Self:
        """Settings of these variables; `overrides` (a command's options) win. An empty variable counts as unset.

        Raises: ConfigurationError for an unknown NATTEVAGT_ variable or a value that is none, by name.
        """
        known = {one.metadata["env"]: one for one in fields(cls)}
        read: dict[str, Any] = {}
        for name, text in environ.items():
            if not name.startswith(PREFIX) or name in ELSEWHERE:
                continue
            if name not in known:
                raise unknown(name, list(known))
            if text:
                read[known[name].name] = parse(name, text, type(known[name].default))
        return cls(**{**read, **overrides})

    def but(self, **changes: Any) -> Self:
        """The same settings with these changed."""
        return replace(self, **changes)

    @property
    def group(self) -> str:
        """Consumer group and Faust app id of the worker."""
        return f"{self.topic_prefix}{self.app}"

    @property
    def code(self) -> str:
        """Version, and commit if it is known: what decisions name to be repeatable."""
        return f"{_version()}+{self.commit}" if self.commit else _version()

    def topic(self, name: str) -> str:
        """The topic's name in this cluster. The state topic follows the app's name, as Faust does it."""
        return f"{self.group}-{STATE_TABLE}" if name == STATE else f"{self.topic_prefix}{name}"

    def unprefixed(self, name: str) -> str:
        """The name in schemas.topics of a topic of this cluster. Raises ValueError if it is not ours."""
        if not name.startswith(self.topic_prefix):
            raise ValueError("a topic of another prefix")
        return STATE if name == self.topic(STATE) else name.removeprefix(self.topic_prefix)

    def kafka_security(self) -> dict[str, Any]:
        """What an aiokafka client must be told to reach this cluster. Reads the password's file.

        Raises: ConfigurationError if a file cannot be read.
        """
        if self.security_protocol == "PLAINTEXT":
            return {"security_protocol": "PLAINTEXT"}
        found: dict[str, Any] = {"security_protocol": self.security_protocol, "ssl_context": self._tls()}
        if self.security_protocol == "SASL_SSL":
            found |= {
                "sasl_mechanism": self.sasl_mechanism,
                "sasl_plain_username": self.sasl_username,
                "sasl_plain_password": self._password(),
            }
        return found

    def check(self) -> None:
        """Refuse, by name, what is unsafe or cannot work. Raises ConfigurationError for the first such setting."""
        for one in REFUSALS:
            if one.applies(self):
                raise ConfigurationError(f"{one.setting}: {one.why}.", next_step=one.next_step)

    @property
    def toy(self) -> bool:
        """Is no patient watched here? Then one copy will do."""
        return self.demo or self.simulation

    @property
    def on_loopback(self) -> bool:
        """Do all of Kafka's addresses stay on this machine? A name other than localhost counts as a network."""
        return all(is_loopback(address.rpartition(":")[0].strip("[]")) for address in self.broker.split(","))

    def _tls(self) -> ssl.SSLContext:
        try:
            return ssl.create_default_context(cafile=self.ssl_cafile)
        except OSError:
            raise bad("NATTEVAGT_SSL_CAFILE", "must name a readable PEM file") from None

    def _password(self) -> str:
        try:
            return Path(self.sasl_password_file or "").read_text(encoding="utf-8").rstrip("\r\n")
        except (OSError, UnicodeDecodeError):
            raise bad("NATTEVAGT_SASL_PASSWORD_FILE", "must name a readable text file") from None


class Refusal(NamedTuple):
    """One unsafe combination: the setting to change, why, and the way out."""

    setting: str
    applies: Callable[[Settings], bool]
    why: str
    next_step: str


def _has_user(settings: Settings) -> bool:
    return settings.sasl_username is not None or settings.sasl_password_file is not None


def _lacks_user(settings: Settings) -> bool:
    return settings.sasl_username is None or settings.sasl_password_file is None


REFUSALS = (
    Refusal("NATTEVAGT_DEBUG", lambda s: s.debug, "debug mode prints patient data", "Unset NATTEVAGT_DEBUG."),
    Refusal(
        "NATTEVAGT_REPLICATION",
        lambda s: s.replication < 2 and not s.toy,
        "with one copy a lost disk loses readings",
        "Set it to 3, or NATTEVAGT_DEMO=1 where no patient is watched.",
    ),
    Refusal(
        "NATTEVAGT_MIN_INSYNC",
        lambda s: s.min_insync < 2 and not s.toy,
        "Kafka would confirm a record of which one copy exists",
        "Set it to 2, or NATTEVAGT_DEMO=1 where no patient is watched.",
    ),
    Refusal(
        "NATTEVAGT_MIN_INSYNC",
        lambda s: s.min_insync > s.replication,
        "more copies must confirm than exist, so nothing could be written",
        "Set it to NATTEVAGT_REPLICATION minus one.",
    ),
    Refusal(
        "NATTEVAGT_SECURITY_PROTOCOL",
        lambda s: s.security_protocol == "PLAINTEXT" and not s.demo and not s.on_loopback,
        "PLAINTEXT would carry readings over a network unencrypted",
        "Set it to SASL_SSL, or NATTEVAGT_DEMO=1 where no patient is watched.",
    ),
    Refusal(
        "NATTEVAGT_SECURITY_PROTOCOL",
        lambda s: _has_user(s) and s.security_protocol != "SASL_SSL",
        "a SASL user is set, but only SASL_SSL proves it without showing the password",
        "Set it to SASL_SSL, or unset NATTEVAGT_SASL_USERNAME and NATTEVAGT_SASL_PASSWORD_FILE.",
    ),
    Refusal(
        "NATTEVAGT_SECURITY_PROTOCOL",
        lambda s: _lacks_user(s) and s.security_protocol == "SASL_SSL",
        "SASL_SSL needs a user and a password",
        "Set NATTEVAGT_SASL_USERNAME and NATTEVAGT_SASL_PASSWORD_FILE.",
    ),
    Refusal(
        "NATTEVAGT_HEARTBEAT_S",
        lambda s: 3 * s.heartbeat_s > s.session_timeout_s,
        "two lost heartbeats would already cost a worker its partitions",
        "Set it to at most a third of NATTEVAGT_SESSION_TIMEOUT_S.",
    ),
    Refusal(
        "NATTEVAGT_METRICS_HOST",
        lambda s: not s.metrics_open and not is_loopback(s.metrics_host),
        "whoever reaches this address could read how the watch is doing",
        "Set it to 127.0.0.1, or NATTEVAGT_METRICS_OPEN=1 behind a network policy.",
    ),
)


def _version() -> str:
    try:
        return version("nattevagt")
    except PackageNotFoundError:  # run from a source tree that was never installed
        return "0"
