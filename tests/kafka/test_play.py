"""The same story on a real Kafka and without it: every input accounted for, every decision equal."""

import asyncio

import orjson
import pytest
from click.testing import CliRunner

from streams.adapters.broker import Broker
from streams.adapters.settings import Settings
from streams.cli.play import Playable, Played, play
from streams.cli.replay import command
from streams.replay.run import PureRun
from streams.sim.load import load
from streams.sim.scenarios import first_night

pytestmark = pytest.mark.kafka
PARTITIONS = 4


def on_kafka(story: Playable, broker: Broker, prefix: str, *, workers: int = 1) -> Played:
    """The story with topics of its own."""
    settings = Settings(
        broker=broker.address,
        topic_prefix=prefix,
        partitions=PARTITIONS,
        replication=1,
        min_insync=1,
        demo=True,
        simulation=True,
    )
    return asyncio.run(play(story, settings, workers=workers, say=print))


def test_the_first_night_is_the_same_night_on_kafka(broker: Broker, prefix: str) -> None:
    """Plans, readings, nonsense, commands, deadlines and silences; the ids, too."""
    played = on_kafka(first_night(partitions=PARTITIONS, watch=PureRun(PARTITIONS)), broker, prefix)
    assert played.account.is_balanced
    assert played.sent == played.account.received
    assert played.pure_stream == played.kafka_stream != b""
    assert 13 == played.patients


def test_two_workers_share_a_load_and_decide_the_same(broker: Broker, prefix: str) -> None:
    """Which worker a patient meets is no part of a decision."""
    story = load(60, 1_500, red_share=0.05, bad_share=0.1, partitions=PARTITIONS)
    played = on_kafka(story, broker, prefix, workers=2)
    assert played.is_good
    assert 0 < played.account.alerts_raised <= 1_500 * 0.05  # no more than red readings


def test_the_command_replays_the_excerpt_and_says_so(
    broker: Broker, prefix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One JSON object, exit code 0."""
    monkeypatch.setenv("NATTEVAGT_PARTITIONS", str(PARTITIONS))
    asked = ["tihm", "--excerpt", "--broker", broker.address, "--prefix", prefix, "--json"]
    result = CliRunner().invoke(command, asked)
    assert 0 == result.exit_code, result.output
    facts = orjson.loads(result.stdout.splitlines()[-1])
    assert facts["equal"]
    assert (373, 87, 383) == (facts["readings"], facts["rows_left_out"], facts["sent"])
