"""Settings: what is read, what is refused by name, and what is never shown."""

from dataclasses import fields
from pathlib import Path

import pytest

from schemas.errors import ConfigurationError
from schemas.topics import MEASUREMENTS, STATE
from streams.adapters.settings import ELSEWHERE, REFUSALS, Settings

SECRET = "hunter2"


def test_an_empty_environment_is_safe_to_start_with() -> None:
    """The defaults refuse nothing and allow nothing unsafe."""
    settings = Settings.from_env({})
    settings.check()

    assert ("localhost:9092", 12, 3, 2, False) == (
        settings.broker,
        settings.partitions,
        settings.replication,
        settings.min_insync,
        settings.toy,
    )


def test_every_setting_says_its_variable_and_its_meaning() -> None:
    """A sentence for people, and no variable twice."""
    names = [one.metadata["env"] for one in fields(Settings)]

    assert len(names) == len(set(names))
    for one in fields(Settings):
        assert one.metadata["env"].startswith("NATTEVAGT_")
        assert one.metadata["doc"].endswith(".")


def test_variables_are_read_as_the_kind_of_their_default() -> None:
    """Texts become numbers and switches; other programs' variables are passed over."""
    environ = {"NATTEVAGT_PARTITIONS": "4", "NATTEVAGT_HEARTBEAT_S": "1.5", "NATTEVAGT_DEMO": "yes", "HOME": "/"}
    settings = Settings.from_env(environ)

    assert (4, 1.5, True) == (settings.partitions, settings.heartbeat_s, settings.demo)


def test_an_option_wins_over_its_variable_and_an_empty_variable_is_unset() -> None:
    """Compose files pass variables on that nobody set."""
    settings = Settings.from_env({"NATTEVAGT_PARTITIONS": "4", "NATTEVAGT_REPLICATION": ""}, partitions=6)

    assert (6, 3) == (settings.partitions, settings.replication)


def test_variables_of_the_broker_room_are_no_mistake() -> None:
    """They are read elsewhere."""
    assert Settings() == Settings.from_env(dict.fromkeys(ELSEWHERE, "x"))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("NATTEVAGT_TOPIC_PREFX", SECRET),
        ("NATTEVAGT_SASL_PASSWORD", SECRET),
        ("NATTEVAGT_BROKER", SECRET),
        ("NATTEVAGT_BROKER", "kafka:9092,"),
        ("NATTEVAGT_TOPIC_PREFIX", "Upper_"),
        ("NATTEVAGT_APP", "-x"),
        ("NATTEVAGT_PARTITIONS", "many"),
        ("NATTEVAGT_PARTITIONS", "0"),
        ("NATTEVAGT_HEARTBEAT_S", "nan"),
        ("NATTEVAGT_DEMO", "perhaps"),
        ("NATTEVAGT_SECURITY_PROTOCOL", "SASL_PLAINTEXT"),
        ("NATTEVAGT_SASL_MECHANISM", "PLAIN"),
        ("NATTEVAGT_LOG_LEVEL", "TRACE"),
        ("NATTEVAGT_COMMIT", "main"),
    ],
)
def test_a_wrong_variable_is_refused_by_name_and_its_value_not_repeated(name: str, text: str) -> None:
    """The value could be a password in the wrong place."""
    with pytest.raises(ConfigurationError, match=name) as caught:
        Settings.from_env({name: text})

    assert SECRET not in str(caught.value)
    assert caught.value.next_step


UNSAFE: list[tuple[str, dict[str, object]]] = [
    ("NATTEVAGT_DEBUG", {"debug": True}),
    ("NATTEVAGT_REPLICATION", {"replication": 1, "min_insync": 1}),
    ("NATTEVAGT_MIN_INSYNC", {"min_insync": 1}),
    ("NATTEVAGT_MIN_INSYNC", {"min_insync": 4}),
    ("NATTEVAGT_SECURITY_PROTOCOL", {"broker": "localhost:9092,kafka.example:9092"}),
    ("NATTEVAGT_SECURITY_PROTOCOL", {"sasl_username": "worker"}),
    ("NATTEVAGT_SECURITY_PROTOCOL", {"security_protocol": "SASL_SSL"}),
    ("NATTEVAGT_HEARTBEAT_S", {"heartbeat_s": 5.0}),
    ("NATTEVAGT_METRICS_HOST", {"metrics_host": "0.0.0.0"}),
]


@pytest.mark.parametrize(("name", "changes"), UNSAFE)
def test_an_unsafe_combination_is_refused_by_name(name: str, changes: dict[str, object]) -> None:
    """Each alone, everything else as it ships."""
    with pytest.raises(ConfigurationError, match=name):
        Settings.from_env({}, **changes).check()


def test_every_refusal_is_tried() -> None:
    """A new row in REFUSALS needs a row above."""
    found = {row for row in REFUSALS for _, changes in UNSAFE if row.applies(Settings.from_env({}, **changes))}

    assert set(REFUSALS) == found


@pytest.mark.parametrize(
    "changes",
    [
        {"demo": True, "replication": 1, "min_insync": 1},
        {"simulation": True, "replication": 1, "min_insync": 1},
        {"demo": True, "broker": "kafka:9092"},
        {"broker": "127.0.0.1:9092,[::1]:9092"},
        {"security_protocol": "SSL", "broker": "kafka:9093"},
        {"metrics_host": "::1"},
        {"metrics_host": "0.0.0.0", "metrics_open": True},
    ],
)
def test_what_a_demo_and_a_loopback_may(changes: dict[str, object]) -> None:
    """One copy and a plain connection, where no patient is watched or nothing leaves the machine."""
    Settings.from_env({}, **changes).check()


def test_debug_stays_refused_in_a_demo() -> None:
    """A demo's log is read by strangers too."""
    with pytest.raises(ConfigurationError, match="NATTEVAGT_DEBUG"):
        Settings(demo=True, debug=True).check()


def test_names_carry_the_prefix_there_and_back() -> None:
    """The state topic follows the app's name, because Faust names it so."""
    settings = Settings(topic_prefix="p-", app="watch")

    assert ("p-watch", "p-measurements.v1", "p-watch-state-changelog") == (
        settings.group,
        settings.topic(MEASUREMENTS),
        settings.topic(STATE),
    )
    assert [MEASUREMENTS, STATE] == [settings.unprefixed(settings.topic(name)) for name in (MEASUREMENTS, STATE)]
    with pytest.raises(ValueError, match="another prefix"):
        settings.unprefixed("q-measurements.v1")


def test_the_commit_stands_behind_the_version() -> None:
    """Decisions name both, so that they can be repeated."""
    assert Settings().code + "+0123abc" == Settings(commit="0123abc").code


def test_the_password_comes_from_its_file_and_shows_nowhere_else(tmp_path: Path) -> None:
    """A newline at the end is the editor's, not the password's."""
    file = tmp_path / "password"
    file.write_text(f"{SECRET}\n", encoding="utf-8")
    settings = Settings(security_protocol="SASL_SSL", sasl_username="worker", sasl_password_file=str(file))
    settings.check()
    security = settings.kafka_security()

    assert (SECRET, "worker", "SCRAM-SHA-512") == (
        security["sasl_plain_password"],
        security["sasl_plain_username"],
        security["sasl_mechanism"],
    )
    assert security["ssl_context"].check_hostname
    assert SECRET not in repr(settings)


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("NATTEVAGT_SSL_CAFILE", {"ssl_cafile": "no-such-file"}),
        ("NATTEVAGT_SASL_PASSWORD_FILE", {"sasl_password_file": "no-such-file", "sasl_username": "worker"}),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_by_name(name: str, changes: dict[str, str]) -> None:
    """At the start, not at the first connection."""
    with pytest.raises(ConfigurationError, match=name):
        Settings.from_env({}, security_protocol="SASL_SSL", **changes).kafka_security()


def test_a_plain_connection_needs_nothing_else() -> None:
    """No TLS context is made for nothing."""
    assert {"security_protocol": "PLAINTEXT"} == Settings().kafka_security()
