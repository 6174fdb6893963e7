"""Stories: deterministic, and every patient meets the fate that the cast list promises."""

from collections import Counter
from functools import cache

import pytest

from schemas.alert import AlertStep, AlertStepType
from schemas.audit import Outcome
from schemas.topics import INPUTS
from streams.core.effects import PublishAlert
from streams.core.intake.route import CLOCK_HEADER
from streams.replay.run import PureRun
from streams.sim.nonsense import NONSENSE, Sender
from streams.sim.patients import copd
from streams.sim.scenarios import PEOPLE, first_night
from streams.sim.story import FIRST_NIGHT_MS, Story

DAY_MS = 86_400_000
UNREACHED = {
    Outcome.REJECTED_AUTH: "the gateway decides it",
    Outcome.REJECTED_CONSENT: "nobody withdraws consent that night; the golden story consent-withdrawn does",
    Outcome.FAILED_INTERNAL: "a defect of ours",
    Outcome.LOST_GAP: "a log that lost records",
}


@cache
def night(seed: int = 1, end_ms: int = FIRST_NIGHT_MS) -> tuple[Story, PureRun]:
    """The story and the run that watched it, until its end."""
    run = PureRun()
    story = first_night(seed, end_ms=end_ms, watch=run)
    run.advance(story.end_ms)
    return story, run


def steps(patient: str) -> list[AlertStep]:
    """The steps of one patient's alerts, in order."""
    published = [effect.step for effect in night()[1].effects if isinstance(effect, PublishAlert)]
    return [step for step in published if step.patient == patient]


def test_the_same_seed_gives_the_same_bytes() -> None:
    """Written twice, once with a new watcher, the story is the same; another seed gives another one."""
    again = PureRun()
    assert night()[0] == first_night(1, watch=again)
    assert night()[0].records != night(2)[0].records


@pytest.mark.parametrize("seed", [1, 2, 3, 7])
@pytest.mark.parametrize("end_ms", [FIRST_NIGHT_MS, 1_767_222_001_234])
def test_every_input_has_exactly_one_outcome_whatever_seed_and_end(seed: int, end_ms: int) -> None:
    """The story does not depend on the hour of the day at which it ends."""
    story, run = night(seed, end_ms)
    inputs = [record for record in story.records if record.topic in INPUTS]
    assert len(inputs) == run.sent == len(run.outcomes)
    assert {1} == {len(told) for told in run.outcomes.values()}
    shown = {name: record.state.shown for name, record in run.states.items()}
    assert {name: (one and one.level, one and one.reasons) for name, one in shown.items()} == {
        name: (one.state.shown and one.state.shown.level, one.state.shown and one.state.shown.reasons)
        for name, one in night()[1].states.items()
    }


def test_the_night_shows_every_outcome_that_can_be_reached() -> None:
    """One story for all of them, so that a newcomer sees each once."""
    seen = Counter(told[0].outcome for told in night()[1].outcomes.values())
    assert set(Outcome) - set(UNREACHED) == set(seen)


def test_records_are_in_the_order_of_time_and_end_with_the_clock() -> None:
    """A clock that strikes before what happened would let time pass over it."""
    story, _ = night()
    times = [record.at_ms for record in story.records]
    assert sorted(times) == times
    last = story.records[-story.partitions :]
    assert list(range(story.partitions)) == [record.partition for record in last]
    assert {(CLOCK_HEADER, story.end_ms)} == {(record.headers[0][0], record.at_ms) for record in last}


def test_everybody_of_the_cast_is_enrolled_and_nobody_else() -> None:
    """A stranger creates no state."""
    assert set(PEOPLE) == set(night()[1].states)


def test_a_deterioration_is_yellow_then_red_and_climbs_while_nobody_answers() -> None:
    """lung-01: the case the pipeline exists for."""
    levels = [step.level for step in steps("lung-01")]
    assert ("yellow", "red") == (levels[0], levels[-1])
    types = [step.type for step in steps("lung-01")]
    assert AlertStepType.RAISED == types[0]
    assert types.count(AlertStepType.ESCALATED) >= 5
    assert "news2.high" in steps("lung-01")[-1].reasons


def test_an_acknowledged_weight_gain_comes_back_when_it_turns_red() -> None:
    """heart-01: who had the yellow one is asked again."""
    types = [step.type for step in steps("heart-01")][:3]
    assert [AlertStepType.RAISED, AlertStepType.ACKNOWLEDGED, AlertStepType.UPGRADED] == types
    assert "red" == steps("heart-01")[2].level


def test_an_extreme_value_is_kept_and_the_repeat_decides() -> None:
    """lung-04 is confirmed, taken and closed; lung-05 is withdrawn."""
    confirmed = [step.type for step in steps("lung-04")]
    taken = [AlertStepType.ACKNOWLEDGED, AlertStepType.JOINED, AlertStepType.CLOSED]
    assert [AlertStepType.RAISED, AlertStepType.UPGRADED, *taken] == confirmed
    assert [AlertStepType.RAISED, AlertStepType.WITHDRAWN] == [step.type for step in steps("lung-05")]
    assert steps("lung-04")[0].unconfirmed
    assert "confirm.agreed" == steps("lung-04")[1].reason


def test_silence_after_a_concern_is_an_alert_and_silence_of_a_healthy_one_is_blue() -> None:
    """lung-06 and heart-04."""
    assert "missing.after_concern" in steps("lung-06")[-1].reasons
    assert [] == steps("heart-04")
    shown = night()[1].states["heart-04"].state.shown
    assert shown is not None
    assert (None, ("dbp", "pulse", "sbp", "weight")) == (shown.level, shown.silence)


def test_a_dying_battery_is_told_before_its_device_falls_silent() -> None:
    """heart-03: the scale still speaks, the cuff does not."""
    shown = night()[1].states["heart-03"].state.shown
    assert shown is not None
    assert {"battery.low", "device.silent.sbp"} <= set(shown.reasons)
    assert ("dbp", "pulse", "sbp") == shown.silence


def test_the_end_of_a_plan_ends_its_alert_and_a_late_red_is_still_seen() -> None:
    """heart-05 and lung-08."""
    assert [AlertStepType.RAISED, AlertStepType.EXPIRED] == [step.type for step in steps("heart-05")]
    assert ("limits.spo2.was_red",) == steps("lung-08")[0].reasons


def test_stable_patients_are_green_without_an_alert() -> None:
    """The nurse hears nothing of them."""
    for name in ("lung-02", "lung-03", "heart-02"):
        shown = night()[1].states[name].state.shown
        assert shown is not None
        assert ("green", []) == (shown.level, steps(name))


@pytest.mark.parametrize("row", NONSENSE, ids=lambda row: row.what)
def test_nonsense_gets_the_outcome_of_its_row(row: object) -> None:
    """Each row alone, from an enrolled patient's device."""
    assert row in NONSENSE
    sender = Sender(copd("lung-07"), FIRST_NIGHT_MS, "lung-03")
    run = PureRun()
    for record in night()[0].records[: 2 * len(PEOPLE)]:
        run.feed(record)
    kind = next(one for one in NONSENSE if one is row)
    assert kind.outcome == run.outcome(run.feed(kind.record(sender)))
