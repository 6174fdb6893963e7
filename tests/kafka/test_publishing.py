"""`nattevagt topics|coverage|rules` against a real Kafka, as an operator types them."""

import asyncio
from pathlib import Path

import orjson
import pytest
from aiokafka import AIOKafkaConsumer
from click.testing import CliRunner, Result

from schemas.catalog import default_bundle
from schemas.errors import ConfigurationError, ContractError
from schemas.topics import COVERAGE, alerts_topic
from streams.adapters.broker import Broker
from streams.adapters.settings import Settings
from streams.adapters.topic_ids import topic_ids
from streams.cli import group

pytestmark = pytest.mark.kafka

COVERAGE_YAML = """\
team: {team}
version: {version}
shifts:
  - {{days: [1, 2, 3, 4, 5], start: 08:00, until: 16:00}}
"""


@pytest.fixture
def settings(broker: Broker, prefix: str, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """The cluster as variables say it; the topics are made."""
    monkeypatch.setenv("NATTEVAGT_BROKER", broker.address)
    monkeypatch.setenv("NATTEVAGT_TOPIC_PREFIX", prefix)
    monkeypatch.setenv("NATTEVAGT_PARTITIONS", "2")
    assert 0 == nattevagt("topics", "apply", "--demo").exit_code
    return Settings(broker=broker.address, topic_prefix=prefix)


def nattevagt(*words: str) -> Result:
    """Type this. Errors of ours come through, so that the test can look at them."""
    return CliRunner().invoke(group, words, catch_exceptions=False)


def coverage(folder: Path, team: str, version: int) -> str:
    """A file with this team's coverage."""
    path = folder / "coverage.yaml"
    path.write_text(COVERAGE_YAML.format(team=team, version=version), encoding="utf-8")
    return str(path)


def first_record(settings: Settings, name: str) -> tuple[bytes, dict[str, bytes]]:
    """Key and headers of the first record."""

    async def go() -> tuple[bytes, dict[str, bytes]]:
        consumer = AIOKafkaConsumer(
            settings.topic(name), bootstrap_servers=settings.broker, auto_offset_reset="earliest"
        )
        await consumer.start()
        try:
            async with asyncio.timeout(10):
                record = await consumer.getone()
                return record.key, dict(record.headers)
        finally:
            await consumer.stop()

    return asyncio.run(go())


def test_a_team_exists_with_its_topic_once_it_is_published(settings: Settings, tmp_path: Path) -> None:
    """Its alerts topic is there first, and `topics check` knows the team from then on."""
    assert "is published" in nattevagt("coverage", "publish", "--demo", coverage(tmp_path, "lungs", 1)).stdout

    assert {alerts_topic("lungs")} == set(asyncio.run(topic_ids(settings, [alerts_topic("lungs")])))
    key, headers = first_record(settings, COVERAGE)
    assert (b"lungs", b"coverage", b"1.0") == (key, headers["ce_type"], headers["ce_specversion"])
    [shown] = orjson.loads(nattevagt("coverage", "show", "--demo").stdout)
    assert ("lungs", "16:00") == (shown["team"], shown["shifts"][0]["until"])
    checked = nattevagt("topics", "check", "--demo", "--json")
    assert (0, []) == (checked.exit_code, orjson.loads(checked.stdout))


def test_a_version_that_replaces_nothing_is_not_published(settings: Settings, tmp_path: Path) -> None:
    """The team would believe in hours that are not in force. The same once more is no mistake, and no record."""
    file = coverage(tmp_path, "lungs", 2)
    nattevagt("coverage", "publish", "--demo", file)

    assert "in force already" in nattevagt("coverage", "publish", "--demo", file).stdout
    Path(file).write_text(Path(file).read_text(encoding="utf-8").replace("16:00", "17:00"), encoding="utf-8")
    with pytest.raises(ConfigurationError, match="Publish it as version 3"):
        nattevagt("coverage", "publish", "--demo", file)


def test_a_wrong_slug_is_refused_before_anything_is_made(settings: Settings, tmp_path: Path) -> None:
    """A topic of that name would stay for ever."""
    with pytest.raises(ContractError, match="team"):
        nattevagt("coverage", "publish", "--demo", coverage(tmp_path, "Lungs_1", 1))

    assert {} == asyncio.run(topic_ids(settings, [alerts_topic("Lungs_1")]))


def test_rules_are_published_once_somebody_signed(settings: Settings, tmp_path: Path) -> None:
    """And what is in force afterwards has the digest that was announced."""
    path = tmp_path / "rules.yaml"
    path.write_text("{version: 2, signed_by: dr-1, battery: {low_percent: 20}}", encoding="utf-8")
    announced = nattevagt("rules", "digest", "--demo", str(path)).stdout.strip()
    before = nattevagt("rules", "digest", "--demo").stdout.strip()
    assert announced in nattevagt("rules", "publish", "--demo", str(path)).stdout

    assert (default_bundle().digest, announced) == (before, nattevagt("rules", "digest", "--demo").stdout.strip())


def test_rules_nobody_signed_are_refused_outside_a_demo(settings: Settings, tmp_path: Path) -> None:
    """Numbers that decide have an owner."""
    path = tmp_path / "rules.yaml"
    path.write_text("{version: 2}", encoding="utf-8")

    with pytest.raises(ConfigurationError, match="nobody has signed it"):
        nattevagt("rules", "publish", str(path))


def test_the_exit_code_of_check_says_whether_there_is_a_problem(settings: Settings) -> None:
    """Outside the demo one copy is one."""
    done = nattevagt("topics", "check")

    assert 1 == done.exit_code
    assert "replication is 1" in done.stdout
