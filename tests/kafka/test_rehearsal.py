"""`nattevagt rules rehearse|publish` on a real Kafka: what would lose a red is not published without a name."""

import asyncio
from pathlib import Path
from typing import Any

import orjson
import pytest
from click.testing import CliRunner, Result

from schemas.catalog import default_bundle
from schemas.errors import ConfigurationError
from schemas.made import wire
from schemas.topics import AUDIT, PATIENT_EVENTS, RULES
from streams.adapters.broker import Broker
from streams.adapters.input_records import partition_of
from streams.adapters.kafka import Deliverer, OutRecord
from streams.adapters.log_tail import LogTail
from streams.adapters.settings import Settings
from streams.cli import group
from tests.replay.test_rehearsal import life

pytestmark = pytest.mark.kafka

PARTITIONS = 2


@pytest.fixture
def settings(broker: Broker, prefix: str, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """The cluster as variables say it; the topics are made, with the simulated times of the story."""
    monkeypatch.setenv("NATTEVAGT_BROKER", broker.address)
    monkeypatch.setenv("NATTEVAGT_TOPIC_PREFIX", prefix)
    monkeypatch.setenv("NATTEVAGT_PARTITIONS", str(PARTITIONS))
    assert 0 == nattevagt("topics", "apply").exit_code
    return Settings(broker=broker.address, topic_prefix=prefix, partitions=PARTITIONS)


def nattevagt(*words: str) -> Result:
    """Type this at a simulation's cluster."""
    return CliRunner().invoke(group, [*words, "--demo", "--simulation"], catch_exceptions=False)


def publish_events(settings: Settings) -> None:
    """Three weeks of one patient with diabetes whose sugar was once too low."""
    plan = {"limits": [], "rules": ["dm"], "template": "diabetes"}
    events = life((-30, 2.6), (-29, 2.6), kind="glucose", calm=6.0, plan=plan)

    async def go() -> None:
        deliverer = Deliverer(settings)
        await deliverer.start()
        try:
            await deliverer.deliver(
                OutRecord(
                    settings.topic(PATIENT_EVENTS),
                    partition_of(event.patient.encode(), PARTITIONS),
                    event.patient.encode(),
                    wire(event),
                    (),
                    event.received_ms,  # type: ignore[union-attr]  # inputs only
                )
                for event in events
            )
        finally:
            await deliverer.stop()

    asyncio.run(go())


def lying_on(settings: Settings, topic: str) -> list[dict[str, Any]]:
    """All values of a topic."""

    async def go() -> list[dict[str, Any]]:
        async with LogTail(settings, [topic]) as tail:
            return [orjson.loads(record.value) async for record in tail.read()]

    return asyncio.run(go())


def bundle(folder: Path, version: int, *, without: str | None = None) -> str:
    """A signed bundle; without the rows of a family."""
    body = default_bundle().model_dump(mode="json") | {"version": version, "signed_by": "dr-1"}
    if without is not None:
        body["table"] = [row for row in body["table"] if not row["id"].startswith(without)]
    path = folder / f"rules-{version}.json"
    path.write_bytes(orjson.dumps(body))
    return str(path)


def test_with_no_history_a_bundle_goes_live_and_the_audit_says_that_there_was_none(
    settings: Settings, tmp_path: Path
) -> None:
    """A new installation has nothing to rehearse with."""
    assert "is published" in nattevagt("rules", "publish", bundle(tmp_path, 2, without="dm.")).stdout
    (line,) = lying_on(settings, AUDIT)
    assert ("operation", "dr-1") == (line["type"], line["by"])
    assert "no history of 14 days" in line["reason"]


def test_a_bundle_that_loses_a_red_needs_a_name_and_a_reason(settings: Settings, tmp_path: Path) -> None:
    """Refused and not published; with a name it is, and the audit says who, why and what was lost. Within limits it is
    published without one."""
    publish_events(settings)
    file = bundle(tmp_path, 2, without="dm.")
    told = nattevagt("rules", "rehearse", file, "--json", "--workers", "1")
    body = orjson.loads(told.stdout.splitlines()[-1])
    assert (1, 1, 0) == (told.exit_code, body["before"], body["after"])
    assert [["lost reds: 1"], [{"tier": 4, "reason": body["lost"][0]["reason"]}]] == [body["objections"], body["lost"]]
    assert "p1" not in told.stdout
    assert "p1" in nattevagt("rules", "rehearse", file, "--patients", "--workers", "1").stdout

    with pytest.raises(ConfigurationError, match="lost reds: 1"):
        nattevagt("rules", "publish", file, "--workers", "1")
    with pytest.raises(ConfigurationError, match="both a staff id and a reason"):
        nattevagt("rules", "publish", file, "--approved-by", "dr-2")
    with pytest.raises(ConfigurationError, match="has not been rehearsed"):
        nattevagt("rules", "publish", file, "--unrehearsed")
    assert ([], []) == (lying_on(settings, RULES), lying_on(settings, AUDIT))

    yes = ("--approved-by", "dr-2", "--reason", "diabetes moves to another system")
    assert "is published" in nattevagt("rules", "publish", file, "--workers", "1", *yes).stdout
    (line,) = lying_on(settings, AUDIT)
    assert "dr-2" == line["by"]
    assert "rules.publish of default, version 2" in line["reason"]
    assert "alerts 1 before, 0 after, reds lost 1" in line["reason"]
    assert line["reason"].endswith("yes: dr-2: diabetes moves to another system")
    assert 1 == len(lying_on(settings, RULES))

    back = nattevagt("rules", "publish", bundle(tmp_path, 3), "--workers", "1", *yes)
    assert "alerts 0 before, 1 after" in back.stdout, "from none to one is more than twice, so this too wants a yes"


def test_a_template_is_rehearsed_on_the_plans_made_from_it(settings: Settings, tmp_path: Path) -> None:
    """It is not published anywhere: the exit code says whether somebody has to say yes before plans are made of it."""
    publish_events(settings)
    path = tmp_path / "template.yaml"
    path.write_text(
        "{id: diabetes, version: 2, title: {da: x, en: x}, sources: [none], rules: [missing], "
        "slots: [{id: morning, kinds: [glucose], at: ['08:00']}]}",
        encoding="utf-8",
    )
    told = nattevagt("rules", "rehearse", "--template", str(path), "--workers", "1")
    assert (1, True) == (told.exit_code, "! lost reds: 1" in told.stdout)
    path.write_text(path.read_text(encoding="utf-8").replace("[missing]", "[missing, dm]"), encoding="utf-8")
    told = nattevagt("rules", "rehearse", "--template", str(path), "--workers", "1")
    assert (0, True) == (told.exit_code, "Within limits" in told.stdout)


def test_the_log_is_played_under_another_plan(settings: Settings, tmp_path: Path) -> None:
    """`backtest what-if --log` reads what `rules rehearse` reads, with the rules in force."""
    publish_events(settings)
    blind = tmp_path / "blind.json"
    blind.write_bytes(orjson.dumps({"plan": {"rules": []}}))
    words = ("backtest", "what-if", "--log", "--days", "14", "--workers", "1", "--variant", str(blind))
    told = CliRunner().invoke(group, words, catch_exceptions=False).stdout
    (burden,) = [line for line in told.splitlines() if "alerts per patient-day" in line]
    assert "1 people, 0 events" in told
    assert "0.071" in burden, "one alert in fourteen days"
    assert "0.000" in burden
