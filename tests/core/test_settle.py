"""An alert follows the triage: raised, upgraded, carried, expired; and what a person closed stays closed."""

import pytest

from schemas.base import rfc3339
from schemas.vitals import VITALS
from streams.core.escalation.moves import MAX_REASONS
from tests.builders import (
    HOUR,
    MINUTE,
    T0,
    Patient,
    alerts,
    audits,
    context,
    make_event,
    make_limit,
    make_plan,
    overviews,
)

PULSE = make_limit("pulse", red_from=130, yellow_from=110)


def lung(**plan: object) -> Patient:
    """Limits on SpO2 and pulse, no score: each reading stands for itself."""
    return Patient(**({"limits": [make_limit(), PULSE], "rules": ["limits", "missing"]} | plan))


def test_a_red_reading_raises_at_once() -> None:
    """The step names team, tier, reason and clocks, and no value."""
    patient = lung()
    outcome = patient.measures(86)

    step = patient.step
    assert ("accepted.alert", ["raised"]) == (outcome.outcome, patient.steps)
    assert ("lung", "red", 3, ("limits.spo2.red_below",)) == (step.team, step.level, step.tier, step.reasons)
    assert (rfc3339(T0 + MINUTE), False) == (step.page_from, step.unconfirmed)
    assert rfc3339(T0 + MINUTE + 4 * HOUR) == step.next_deadline
    assert "86" not in step.model_dump_json(include={"reasons", "reason", "team", "verdict"})


def test_more_of_the_same_is_carried_without_noise() -> None:
    """No second step; the outcome names the alert that carries it and its next deadline."""
    patient = lung()
    patient.measures(86)
    outcome = patient.measures(85)

    assert ("accepted.suppressed", ["raised"]) == (outcome.outcome, patient.steps)
    assert patient.state.alert.id == outcome.carried_by
    assert rfc3339(patient.state.alert.deadline_ms) == outcome.until
    assert patient.now_ms == patient.state.alert.evidence_ms


def test_a_green_reading_beside_an_open_alert_is_no_alert() -> None:
    """It is accepted for what it is; the alert stays open until a person closes it."""
    patient = lung()
    patient.measures(86)

    assert "accepted.no_alert" == patient.measures(80, kind="pulse").outcome
    assert patient.state.alert is not None


@pytest.mark.parametrize(("value", "steps"), [(131, ["raised", "upgraded"]), (111, ["raised", "joined"])])
def test_another_reason_of_the_same_urgency_is_news(value: int, steps: list[str]) -> None:
    """A milder one joins: seen, but nobody is paged anew."""
    patient = lung()
    patient.measures(86)
    outcome = patient.measures(value, kind="pulse")

    assert steps == patient.steps
    assert ("accepted.alert" if "upgraded" in steps else "accepted.suppressed") == outcome.outcome
    assert 2 == len(patient.state.alert.reasons)


def test_worse_takes_an_acknowledged_alert_up_again() -> None:
    """Nobody owns the news."""
    patient = lung()
    patient.measures(89)
    patient.commands("acknowledge")
    patient.measures(86)

    assert ["raised", "acknowledged", "upgraded"] == patient.steps
    assert (None, "open", 0) == (patient.state.alert.owner, patient.state.alert.phase, patient.state.alert.rung)


def test_what_was_closed_is_not_raised_again_by_a_green_reading() -> None:
    """The same red reading is still the newest, but a person has dealt with it."""
    patient = lung()
    patient.measures(86)
    patient.commands("close")
    patient.measures(80, kind="pulse")

    assert ["raised", "closed"] == patient.steps
    assert "red" == patient.triage.level


def test_what_was_closed_does_not_join_the_next_alert() -> None:
    """A yellow pulse after a closed red saturation is yellow, stays yellow and starts no ladder twice."""
    patient = lung()
    patient.measures(86)
    patient.commands("close")
    patient.measures(111, kind="pulse")
    patient.measures(112, kind="pulse")

    assert ["raised", "closed", "raised"] == patient.steps
    assert ("yellow", 2, ("limits.pulse.yellow_from",)) == (
        patient.step.level,
        patient.step.tier,
        patient.state.alert.reasons,
    )


def test_a_new_red_reading_after_a_close_raises_again() -> None:
    """Newer evidence is news."""
    patient = lung()
    patient.measures(86)
    patient.commands("close")
    patient.measures(86)

    assert ["raised", "closed", "raised"] == patient.steps


def test_a_red_measured_before_the_closed_evidence_but_arriving_after_is_not_lost() -> None:
    """Nobody has seen it: the pulse of ten minutes earlier comes when the alert has been closed."""
    patient = lung()
    patient.measures(86)
    patient.commands("close")
    outcome = patient.measures(140, kind="pulse", ago=10)

    assert ("accepted.alert", ["raised", "closed", "raised"]) == (outcome.outcome, patient.steps)


def test_a_hidden_red_measured_before_the_closed_evidence_is_not_lost() -> None:
    """The same behind newer green readings of its own kind."""
    patient = lung()
    patient.measures(96)
    patient.measures(97)
    patient.measures(140, kind="pulse")
    patient.commands("close")
    outcome = patient.measures(86, ago=20)

    assert ("accepted.alert", ["raised", "closed", "raised"]) == (outcome.outcome, patient.steps)
    assert ("yellow", "limits.spo2.was_red") == (patient.step.level, patient.step.reason)


def test_a_score_that_rises_by_an_older_reading_is_not_lost() -> None:
    """The closed alert knew of a 3; the pulse of an hour earlier makes it 5."""
    patient = Patient(rules=["news2"], limits=[])
    patient.measures(91)
    patient.commands("close")
    patient.measures(111, kind="pulse", ago=60)

    assert ["raised", "closed", "raised"] == patient.steps
    assert ("news2.medium", 4) == (patient.step.reason, patient.step.tier)


def test_a_late_red_behind_newer_green_is_yellow() -> None:
    """`was red`, with the age of the reading in the step."""
    patient = lung()
    patient.measures(96, ago=2)
    patient.measures(97, ago=1)
    outcome = patient.measures(86, minutes=60, ago=120)

    assert "accepted.alert" == outcome.outcome
    assert ("yellow", 2, "limits.spo2.was_red") == (patient.step.level, patient.step.tier, patient.step.reason)
    assert rfc3339(patient.now_ms - 2 * HOUR) == patient.step.measured_at
    assert "green" == patient.triage.level


def test_a_late_red_beside_an_open_alert_is_carried() -> None:
    """The open one is more urgent."""
    patient = lung()
    patient.measures(86)
    outcome = patient.measures(85, ago=30)

    assert ("accepted.suppressed", ["raised"]) == (outcome.outcome, patient.steps)
    assert ("limits.spo2.red_below",) == patient.state.alert.reasons


def test_more_reasons_than_an_alert_holds_do_not_start_the_ladder_for_ever() -> None:
    """Each further reason would be news again with every reading."""
    bands = {key: sign.accept for key, sign in VITALS.items() if sign.accept is not None}
    middle = {key: sum(band) // 2000 for key, band in bands.items()}
    patient = Patient(limits=[make_limit(key, red_below=at, red_from=at) for key, at in middle.items()])
    for end in (0, 1):
        for key, band in bands.items():
            patient.measures(band[end] / 1000, kind=key)
    assert MAX_REASONS == len(patient.state.alert.reasons)
    before = patient.steps.count("upgraded")
    for key, band in bands.items():
        patient.measures(band[0] / 1000, kind=key)

    assert before == patient.steps.count("upgraded")
    assert "escalated" == patient.steps[-1]


def test_an_unknown_team_loses_no_alert() -> None:
    """It goes to `unassigned` and says so."""
    patient = Patient(surroundings=context("other"), rules=["limits"])
    patient.measures(86)
    effect = alerts(patient.effects)[0]

    assert ("unassigned", "lung") == (effect.topic_team, effect.step.team)
    assert "team.unknown" in effect.step.reasons


def test_the_plans_end_expires_the_alert() -> None:
    """At its own time, with nothing but a timer; afterwards nothing is asked of anybody."""
    patient = lung(valid_until=rfc3339(T0 + HOUR))
    patient.measures(86)
    patient.waits(hours=1)

    assert (["raised", "expired"], "plan.ended") == (patient.steps, patient.step.reason)
    assert (rfc3339(T0 + HOUR), None) == (patient.step.at, patient.step.next_deadline)
    assert patient.last.due_ladder_ms == patient.last.due_data_ms
    assert ("ended", None) == (patient.effects[-1].overview.status, patient.effects[-1].overview.team)


def test_what_time_brings_about_is_audited_without_a_source() -> None:
    """A decision, not an outcome; it names the rules and the code that decided."""
    patient = lung()
    patient.measures(86)
    body = audits(patient.waits(hours=4))[0]

    assert ("decision", None, None) == (body.type, body.source, body.outcome)
    assert (patient.context.rules.digest, "nattevagt/test") == (body.decision.rules_digest, body.decision.code)
    assert (patient.state.alert.id, 2, 1) == (
        body.decision.alert_id,
        body.decision.alert_sequence,
        body.decision.plan_version,
    )


def test_the_overview_shows_the_open_alert() -> None:
    """Who has it, since when, and when the ladder moves on."""
    patient = lung()
    patient.measures(86)
    patient.commands("acknowledge")
    alert = overviews(patient.effects)[-1].overview.alert

    assert ("acknowledged", "nurse-1", rfc3339(T0 + MINUTE)) == (alert.state, alert.owner, alert.raised_at)


def test_a_team_change_in_the_plan_moves_an_open_alert() -> None:
    """The new team is responsible at once and paged from its first rung; the old one hears on until it is taken."""
    patient = lung()
    patient.context = context("lung", "heart")
    patient.measures(86)
    told = alerts(patient.feed(make_event(make_plan(version=2, team="heart", rules=["limits"]), offset=9)))
    assert [("heart", "handed_over"), ("lung", "handed_over")] == [(each.topic_team, each.step.type) for each in told]
    assert 1 == len({each.id for each in told})
    assert {"heart"} == {each.step.team for each in told}
    patient.commands("acknowledge", team="heart")
    patient.commands("close", team="heart")
    assert ["heart", "lung", "heart"] == [each.topic_team for each in alerts(patient.effects)[-3:]]
    patient.measures(85)
    assert "heart" == patient.step.team


def test_a_plan_with_another_team_and_new_limits_is_followed_in_both_at_once() -> None:
    """The alert goes to the new team, and what the new limits call red is told with it, not hours later."""
    patient = Patient(limits=[make_limit(yellow_below=92, red_below=None)], rules=["limits"])
    patient.measures(85)
    before = patient.step.tier
    patient.gets(
        make_plan(version=2, team="heart", limits=[make_limit(red_below=88, red_tier=4)], rules=["limits"]), minutes=1
    )
    first, second = list({each.id: each.step for each in alerts(patient.effects)}.values())[-2:]  # both teams see each

    assert ("handed_over", "plan.team_changed", "heart") == (first.type, first.reason, first.team)
    assert ("upgraded", "limits.spo2.red_below", "heart") == (second.type, second.reason, second.team)
    assert (before < 4, 4, first.sequence + 1) == (True, second.tier, second.sequence)
