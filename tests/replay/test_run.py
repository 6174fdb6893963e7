"""The run without Kafka: every input one outcome, the same twice, and time that may pass whenever it likes."""

from pathlib import Path
from random import Random

import pytest

from schemas.audit import AuditBody, Outcome
from schemas.coverage import TeamCoverage
from schemas.topics import COVERAGE, MODELS, RULES
from streams.adapters.input_records import InputRecord, coverage, partition_of
from streams.core.effects import PublishAlert, PublishScore, WriteAudit
from streams.core.intake.route import is_clock
from streams.replay.run import PureRun
from streams.replay.tihm import EXCERPT
from streams.replay.tihm_records import TEAM, tihm_records, tihm_replay
from streams.sim.load import load
from streams.sim.scenarios import first_night
from streams.sim.story import Story


def played(story: Story) -> PureRun:
    """A story from a new start to its end."""
    run = PureRun(story.partitions).feed_all(story.reference).feed_all(story.records)
    run.advance(story.end_ms)
    return run


def told(run: PureRun) -> dict[str, AuditBody]:
    """Every audit record by its id."""
    return {effect.body.id: effect.body for effect in run.effects if isinstance(effect, WriteAudit)}


@pytest.fixture(scope="module")
def night() -> Story:
    """The bundled story."""
    return first_night(watch=PureRun())


def test_two_runs_decide_the_same(night: Story) -> None:
    """And whoever watched the story while it was written saw the same, too."""
    watcher = PureRun()
    first_night(watch=watcher)
    watcher.advance(night.end_ms)
    assert played(night).digest() == played(night).digest() == watcher.digest()


def test_offsets_are_dense_for_each_partition(night: Story) -> None:
    """As a broker would give them."""
    run = played(night)
    ends: dict[tuple[str, int], int] = {}
    for topic, partition, offset in sorted(run.outcomes):
        assert ends.get((topic, partition), 0) == offset
        ends[topic, partition] = offset + 1
    assert run.sent == sum(ends.values())


def test_where_time_passes_changes_nothing() -> None:
    """Timers at chosen, at random and at no moments: the same audit and the same decisions (design.md 3, point 2)."""
    story = first_night(watch=PureRun())
    late = played(story)
    for share in (1.0, 0.3):
        random = Random(1)
        run = PureRun().feed_all(story.reference)
        for record in story.records:
            run.feed(record)
            if is_clock(record.received(0, 0)) and record.partition == 11 and random.random() < share:
                run.advance(record.at_ms)
        run.advance(story.end_ms)
        assert run.timers > late.timers
        assert (late.digest(), told(late)) == (run.digest(), told(run))


def test_how_patients_share_partitions_changes_no_decision_but_ids() -> None:
    """One partition or twelve: the same steps at the same times."""
    runs = [played(load(30, 600, partitions=n)) for n in (1, 12)]
    steps = [
        sorted((e.step.patient, e.step.at, e.step.type) for e in run.effects if isinstance(e, PublishAlert))
        for run in runs
    ]
    assert steps[0] == steps[1] != []


def test_reference_data_are_in_force_from_where_they_stand() -> None:
    """Coverage makes the team known; what cannot be read passes without changing anything."""
    run = PureRun()
    for topic in (COVERAGE, RULES, MODELS):
        assert (topic, 0, 0) == run.feed(InputRecord(topic, b"x", b"not JSON", 0, partition=0))
    assert (COVERAGE, 0, 1) == run.feed(coverage(TeamCoverage(team=TEAM, version=1), 0))
    for record in tihm_records():
        run.feed(record)
    teams = {effect.topic_team for effect in run.effects if isinstance(effect, PublishAlert)}
    assert {TEAM} == teams


def test_the_excerpt_is_accounted_for_and_raises_alerts() -> None:
    """accepted + rejected = sent; plans and bindings are inputs as well."""
    source = tihm_replay(EXCERPT)
    run = PureRun().feed_all(source.reference).feed_all(source.records)
    run.advance(source.end_ms)
    outcomes = [bodies[0].outcome for bodies in run.outcomes.values()]
    accepted = [outcome for outcome in outcomes if outcome is not None and outcome.is_accepted]
    clocks = sum(1 for record in source.records if is_clock(record.received(0, 0)))
    assert {1} == {len(bodies) for bodies in run.outcomes.values()}
    assert source.readings + 2 * len(run.states) == len(outcomes) - clocks == len(accepted) - clocks
    assert Outcome.ACCEPTED_ALERT in outcomes
    assert run.decision_stream()
    scored = [effect for effect in run.effects if isinstance(effect, PublishScore)]
    assert 2 * source.readings == len(scored) == run.decision_stream().count(b'"contributions"')


def test_the_excerpt_is_the_same_records_each_time(tmp_path: Path) -> None:
    """A function of the file's bytes, wherever it lies."""
    copy = tmp_path / "Physiology.csv"
    copy.write_bytes(EXCERPT.read_bytes())
    assert list(tihm_records()) == list(tihm_records(copy))


def test_readings_come_in_the_order_of_time_after_plans_and_bindings() -> None:
    """And the clock never strikes before what happened until then."""
    records = list(tihm_records(partitions=3))
    topics = list(dict.fromkeys(record.topic for record in records))
    assert ["care-plans.v1", "device-bindings.v1", "measurements.v1"] == topics
    times = [record.at_ms for record in records]
    assert sorted(times) == times
    assert [0, 1, 2] == [record.partition for record in records[-3:]]


def test_an_open_alert_can_be_asked_for(night: Story) -> None:
    """As a nurse sees it; nobody unknown has one."""
    run = played(night)
    alert = run.open_alert("lung-01")
    assert alert is not None
    assert alert[1] > 5
    assert run.open_alert("nobody-01") is None
    assert 0 <= partition_of(b"lung-01", run.partitions) < 12
