"""The doctor's judgement: what is said of facts, without a broker."""

import os
import tomllib
from dataclasses import replace
from typing import Any

import orjson
import pytest
from aiokafka import ConsumerRecord
from click.testing import CliRunner

from schemas.base import rfc3339
from schemas.catalog import default_bundle
from schemas.coverage import Recipient, TeamCoverage
from schemas.topics import MEASUREMENTS, PATIENT_EVENTS
from streams.adapters.settings import Settings
from streams.adapters.topic_plan import BROKER, MISSING, problem
from streams.agents.progress import LATE_MS, SKEW_MS
from streams.cli import doctor, doctor_cluster, doctor_log, doctor_machine
from streams.cli.alive import SILENT_MS
from streams.cli.doctor_cluster import Group
from streams.cli.doctor_log import Reach
from streams.cli.remark import Remark, Verdict, exit_code, fail, ok, warn
from streams.core.record import PartitionRecord
from tests.contracts.house import ROOT

OK, WARN, FAIL = Verdict
NOW = 1_771_488_000_000
DEMO = Settings(demo=True, replication=1, min_insync=1, partitions=1)


def verdicts(remarks: list[Remark]) -> list[Verdict]:
    """What is not ok says what to do."""
    assert all(one.next_step for one in remarks if one.verdict is not OK)
    return [one.verdict for one in remarks]


def test_the_exit_code_is_that_of_the_worst_remark() -> None:
    """0, 1, 2; nothing to say is fine."""
    assert [0, 0, 1, 2] == [
        exit_code(said)
        for said in ([], [ok("a")], [warn("b", "c"), ok("a")], [ok("a"), fail("d", "e"), warn("b", "c")])
    ]


def test_tested_pythons_are_those_of_the_package() -> None:
    """One range, in pyproject.toml."""
    wanted = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["requires-python"]
    low, high = doctor_machine.OLDEST, doctor_machine.NEWEST

    assert f">={low[0]}.{low[1]},<{high[0]}.{high[1] + 1}" == wanted
    assert [FAIL, OK, OK, FAIL] == [
        verdicts(doctor_machine.python(found))[0] for found in ((3, 10, 9), (3, 11, 0), (3, 13, 9), (3, 14, 0))
    ]


def test_a_pin_that_is_another_or_missing_is_named() -> None:
    """Each of them, with both versions."""
    assert [OK] == verdicts(doctor_machine.pins())
    said = doctor_machine.pins({"aiokafka": "0.0.1", "no-such-thing": "1"})
    assert [FAIL, FAIL] == verdicts(said)
    assert "aiokafka 0.14.0, 0.0.1 is required" in said[0].text
    assert "no-such-thing is missing" in said[1].text


def test_every_unsafe_setting_is_named_and_not_only_the_first() -> None:
    """An operator mends them in one go."""
    said = doctor_machine.settings({}, Settings(replication=1, min_insync=1, debug=True, broker="kafka:9092"))

    assert [FAIL] * 4 == verdicts(said)
    assert ["NATTEVAGT_DEBUG", "NATTEVAGT_REPLICATION", "NATTEVAGT_MIN_INSYNC", "NATTEVAGT_SECURITY_PROTOCOL"] == [
        one.text.split(":")[0] for one in said
    ]
    assert [OK] == verdicts(doctor_machine.settings({"NATTEVAGT_DEMO": "1", "HOME": "x"}, DEMO))
    assert "NO patient" in doctor_machine.settings({}, DEMO)[0].text


def test_an_unreadable_password_file_is_a_failure() -> None:
    """Found before a broker would have refused it."""
    secured = Settings(security_protocol="SASL_SSL", sasl_username="worker", sasl_password_file="/no/such/file")

    assert [FAIL] == verdicts(doctor_machine.settings({}, secured))


def test_few_files_and_a_full_disk_are_warnings() -> None:
    """Hints: a worker starts all the same."""
    assert [WARN, WARN] == verdicts(doctor_machine.limits(256, 1 << 20))
    assert [OK] == verdicts(doctor_machine.limits(-1, 1 << 40))


@pytest.mark.parametrize(
    ("brokers", "latency_ms", "expected"), [(3, 2.0, OK), (3, 900.0, WARN), (2, 2.0, FAIL), (4, 2.0, OK)]
)
def test_brokers_must_be_enough_and_quick(brokers: int, latency_ms: float, expected: Verdict) -> None:
    """Three copies need three of them."""
    assert [expected] == verdicts(doctor_cluster.answering(Settings(), brokers, latency_ms))


def test_a_missing_topic_comes_before_what_follows_from_it() -> None:
    """One line and the count; the broker's own settings have no topic."""
    wrong = [problem(BROKER, "auto.create.topics.enable", "true", "false"), problem("audit.v1", "topic", MISSING, "")]
    (said,) = doctor_cluster.as_they_must(wrong)

    assert "audit.v1: missing (1 more)" == said.text
    assert "`nattevagt topics apply`" == said.next_step
    assert "the broker: auto.create.topics.enable is true" in doctor_cluster.as_they_must(wrong[:1])[0].text
    assert [OK] == verdicts(doctor_cluster.as_they_must([]))


def team(name: str, *, answers: bool = True) -> TeamCoverage:
    """A team with one nurse, or with nobody."""
    return TeamCoverage(team=name, version=1, recipients=(Recipient(id="n1", role="nurse"),) if answers else ())


def test_teams_topics_and_people_must_fit() -> None:
    """A team needs a topic and a person, a topic needs a team; the watchdog's is nobody's."""
    say = doctor_cluster.answered

    assert [OK] == verdicts(say({"heart": team("heart")}, {"heart", "unassigned", "watchdog"}))
    assert [FAIL] == verdicts(say({"heart": team("heart")}, {"unassigned"}))
    assert [WARN] == verdicts(say({"heart": team("heart", answers=False)}, {"heart"}))
    assert [WARN] == verdicts(say({"heart": team("heart")}, {"heart", "lung"}))
    assert [WARN] == verdicts(say({"watchdog": team("watchdog")}, {"watchdog"}))


def test_rules_that_nobody_signed_are_a_warning_where_patients_are_watched() -> None:
    """The digest is what decisions name."""
    bundle = default_bundle()
    signed = bundle.model_copy(update={"signed_by": "dr-hansen"})

    assert bundle.digest[:12] in doctor_cluster.deciding(bundle, published=False, toy=True)[0].text
    assert [OK] == verdicts(doctor_cluster.deciding(bundle, published=False, toy=True))
    assert [WARN] == verdicts(doctor_cluster.deciding(bundle, published=True, toy=False))
    assert [OK] == verdicts(doctor_cluster.deciding(signed, published=True, toy=False))


@pytest.mark.parametrize(
    ("state", "members", "expected"),
    [("Stable", 2, OK), ("Stable", 5, WARN), ("PreparingRebalance", 2, WARN), ("Empty", 0, WARN), ("Dead", 0, WARN)],
)
def test_somebody_must_watch_and_be_settled(state: str, members: int, expected: Verdict) -> None:
    """More workers than partitions are idle."""
    assert [expected] == verdicts(doctor_cluster.watching(Group("nattevagt", state, members), partitions=4))


def reach(**changes: Any) -> Reach:
    """One partition of two topics: ten readings let in and folded."""
    held = PartitionRecord(offset=9, topic_id="id", sources={f"{MEASUREMENTS}/0": 9})
    ends = {(MEASUREMENTS, 0): 10, (PATIENT_EVENTS, 0): 10}
    found = Reach(dict.fromkeys(ends, 0), ends, {**ends}, "id", {0: held})
    return replace(found, **changes)


def test_a_state_that_fits_its_log_is_fine() -> None:
    """Also a cluster that nobody has worked on."""
    fresh = reach(committed=dict.fromkeys(reach().ends), held={0: None})

    assert [OK] == verdicts(doctor_log.belonging(reach()))
    assert [OK] == verdicts(doctor_log.belonging(fresh))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"held": {0: None}}, "emptied"),
        ({"topic_id": "other"}, "recreated"),
        ({"ends": {(MEASUREMENTS, 0): 10, (PATIENT_EVENTS, 0): 5}}, "cut"),
        ({"ends": {(MEASUREMENTS, 0): 3, (PATIENT_EVENTS, 0): 10}}, "recreated"),
    ],
    ids=["emptied changelog", "recreated record", "cut record", "recreated input"],
)
def test_what_a_worker_would_refuse_is_foretold(changes: dict[str, Any], words: str) -> None:
    """In the worker's own words, and with its next step."""
    (said,) = doctor_log.belonging(reach(**changes))

    assert (FAIL, True) == (said.verdict, words in said.text)
    assert said.next_step


def test_a_record_let_in_beyond_the_end_tells_of_a_recreated_input() -> None:
    """Even where the group's commits were lost with the topic: its new readings would be taken for copies."""
    ends = {(MEASUREMENTS, 0): 3, (PATIENT_EVENTS, 0): 10}
    (said,) = doctor_log.belonging(reach(ends=ends, committed={(MEASUREMENTS, 0): None, (PATIENT_EVENTS, 0): 10}))

    assert "record 9 was let in" in said.text


@pytest.mark.parametrize(
    ("age_ms", "expected"), [(None, OK), (2_000, OK), (30_000, WARN), (LATE_MS + 1, FAIL)], ids=str
)
def test_what_waits_is_judged_by_its_age(age_ms: int | None, expected: Verdict) -> None:
    """A number of records says nothing: a second's worth of them always waits for the next commit."""
    ages = {} if age_ms is None else {(MEASUREMENTS, 0): age_ms}

    assert [expected] == verdicts(doctor_log.waiting({MEASUREMENTS: 7}, ages))


def test_claims_that_wait_are_a_warning_where_people_are_watched() -> None:
    """Two may hold one device; a demo needs no registry."""
    left = [(0, False), (3, True), (3, False)]
    assert [OK, OK, WARN] == verdicts([one for few, toy in left for one in doctor_log.decided(9, few, toy=toy)])


def sign(age_ms: int, *, assessed_ms: int = 1_000) -> ConsumerRecord:
    """A WatchAlive so old, which stands for an instant so long ago."""
    value = orjson.dumps({"type": "watch_alive", "assessed_up_to": rfc3339(NOW - assessed_ms)})
    return ConsumerRecord("alerts.v1.heart", 0, 0, NOW - age_ms, 1, None, value, None, 0, len(value), ())


@pytest.mark.parametrize(
    ("signs", "expected"),
    [
        ([sign(60_000), sign(1_000)], OK),
        ([sign(SILENT_MS + 1), sign(1_000)], FAIL),
        ([None, sign(1_000)], WARN),
        ([None, None], WARN),
        ([sign(1_000, assessed_ms=LATE_MS + 1)], WARN),
    ],
    ids=["heard", "silent", "not yet", "never", "late path"],
)
def test_a_silent_watch_is_a_failure(signs: list[ConsumerRecord | None], expected: Verdict) -> None:
    """In one partition is enough."""
    said = doctor_log.heard({("alerts.v1.heart", number): one for number, one in enumerate(signs)}, NOW)

    assert [expected] == verdicts(said)


@pytest.mark.parametrize(
    ("beat", "expected"),
    [
        (None, OK),
        ((NOW - 100, NOW - 110), OK),
        ((NOW + SKEW_MS + 1, NOW), WARN),
        ((NOW - 100, NOW - 200 - SKEW_MS), WARN),
        ((NOW - 3_600_000, NOW - 3_600_000), OK),
    ],
    ids=["none", "together", "ahead of us", "worker apart", "old"],
)
def test_clocks_that_are_apart_are_a_warning(beat: tuple[int, int] | None, expected: Verdict) -> None:
    """Beyond what the timekeeper allows for."""
    assert [expected] == verdicts(doctor_log.agreeing(beat, NOW))


@pytest.mark.parametrize(
    ("age_ms", "words"),
    [(-5, "0 s"), (59_999, "59 s"), (119_999, "119 s"), (120_000, "2 min"), (7_200_000, "2 h"), (864_000_000, "10 d")],
)
def test_ages_are_told_in_one_unit(age_ms: int, words: str) -> None:
    """Two of a unit before it is used."""
    assert words == doctor_log.ago(age_ms)


def test_a_setting_that_does_not_exist_is_a_remark_and_no_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    """What depends on it is named as not asked."""
    for name in [name for name in os.environ if name.startswith("NATTEVAGT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("NATTEVAGT_BROKR", "x")
    result = CliRunner().invoke(doctor.command, ["--json"])
    said = orjson.loads(result.stdout)

    assert 2 == result.exit_code
    assert ["fail"] == [one["verdict"] for one in said["remarks"] if one["check"] == "settings"]
    assert {"broker", "state", "alive"} <= set(said["not_asked"])
