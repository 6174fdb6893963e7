"""A reading that comes late is judged as of when it was measured: what was red then is seen now."""

from schemas.base import rfc3339
from tests.builders import DAY, HOUR, MINUTE, T0, Patient, audits, make_limit, make_plan

SCORE_ONLY = {"rules": ["news2"], "limits": []}


def test_a_late_score_behind_newer_calm_readings_raises() -> None:
    """Breaths of 26 beside a pulse of 132 were NEWS2 six an hour ago; both are calm since, and closed is closed."""
    patient = Patient(**SCORE_ONLY)
    patient.measures(132, kind="pulse", ago=60)
    patient.measures(80, kind="pulse")
    patient.measures(16, kind="resp_rate")
    patient.commands("close")
    outcome = patient.measures(26, kind="resp_rate", ago=63)

    assert ("accepted.alert", "news2.medium.was_red") == (outcome.outcome, patient.step.reason)
    assert ("yellow", 2, "green") == (patient.step.level, patient.step.tier, patient.triage.level)


def test_a_late_reading_too_old_for_the_newest_score_is_scored_with_what_followed_it() -> None:
    """None is red alone; three hours ago the pulse of two hours before made them NEWS2 five."""
    patient = Patient(**SCORE_ONLY)
    patient.measures(22, kind="resp_rate", ago=180)
    patient.measures(105, kind="sbp", ago=180)
    patient.measures(36.8, kind="temp")
    before = patient.triage.level
    outcome = patient.measures(120, kind="pulse", ago=300)

    assert ("green", "accepted.alert", "news2.medium.was_red") == (before, outcome.outcome, patient.step.reason)


def test_a_late_extreme_behind_a_newer_calm_one_raises() -> None:
    """No limit names the kind, and still it was an extreme that nobody has seen."""
    patient = Patient(rules=[], limits=[])
    patient.measures(80, kind="pulse")
    outcome = patient.measures(25, kind="pulse", ago=60)

    assert ("accepted.alert", "extreme.pulse.was_red") == (outcome.outcome, patient.step.reason)
    assert ("yellow", 2) == (patient.step.level, patient.step.tier)
    assert rfc3339(T0 + 2 * MINUTE - HOUR) == patient.step.measured_at


def test_a_late_reading_that_was_calm_then_changes_nothing() -> None:
    """Neither its own kind nor the score of then were red."""
    patient = Patient()
    patient.measures(96)
    patient.measures(80, kind="pulse")

    assert "accepted.no_alert" == patient.measures(97, ago=60).outcome
    assert "accepted.no_alert" == patient.measures(81, kind="pulse", ago=60).outcome
    assert [] == patient.steps


def test_a_reading_is_held_against_the_limits_of_when_it_was_measured() -> None:
    """The plan was tightened since: what was inside its limits then stays so, and the outcome cites that plan."""
    patient = Patient(rules=["limits"])
    patient.waits(hours=1)
    patient.gets(
        make_plan(version=2, rules=["limits"], valid_from=rfc3339(patient.now_ms), limits=[make_limit(red_below=94)])
    )
    then = patient.measures(92, ago=30)
    now = patient.measures(92)

    assert ("accepted.no_alert", 1) == (then.outcome, then.decision.plan_version)
    assert ("accepted.alert", 2) == (now.outcome, now.decision.plan_version)


def test_a_late_red_under_the_limits_of_then_is_seen_though_the_limit_was_relaxed() -> None:
    """86 was red while 88 was the limit; the doctor has signed 80 since, and a newer reading is calm."""
    patient = Patient(rules=["limits"])
    patient.waits(hours=1)
    relaxed = make_plan(
        version=2, rules=["limits"], valid_from=rfc3339(patient.now_ms), limits=[make_limit(red_below=80)]
    )
    patient.gets(relaxed)
    patient.measures(90)
    outcome = patient.measures(86, ago=30)

    assert ("accepted.alert", "limits.spo2.was_red") == (outcome.outcome, patient.step.reason)
    assert 1 == patient.step.plan_version


def test_a_kind_that_got_its_limit_later_is_held_against_it() -> None:
    """The plan of then said nothing of it, and doubt goes up."""
    patient = Patient(rules=["limits"], limits=[])
    patient.measures(86)
    patient.waits(hours=1)
    patient.gets(make_plan(version=2, rules=["limits"], valid_from=rfc3339(patient.now_ms)))

    assert (["raised"], "red") == (patient.steps, patient.triage.level)


def test_readings_behind_a_late_one_are_looked_at_too() -> None:
    """The late pulse makes a red score with the breaths that followed it, and only with them."""
    patient = Patient(**SCORE_ONLY)
    patient.measures(25, kind="resp_rate", ago=120)
    patient.measures(16, kind="resp_rate", ago=10)
    patient.measures(80, kind="pulse", ago=9)
    patient.commands("close")
    assert patient.state.alert is None
    patient.measures(131, kind="pulse", ago=125)

    assert "news2.medium.was_red" == patient.step.reason


def test_freshness_counts_from_when_it_was_measured() -> None:
    """A pulse that arrives now and was measured five hours ago is not scored with the breaths of now."""
    patient = Patient(**SCORE_ONLY)
    patient.measures(22, kind="resp_rate")
    patient.measures(132, kind="pulse", ago=5 * 60)

    assert "news2.medium" not in patient.triage.reasons


def test_a_late_reading_fills_the_slot_it_was_measured_for() -> None:
    """It ends the silence although it comes after the deadline, and a decision is written for the deadline alone."""
    patient = Patient(slots=[{"id": "morning", "kinds": ["spo2"], "at": ["08:00"]}])
    patient.waits(hours=3)
    assert {"spo2"} == set(patient.triage.silence)
    patient.measures(96, ago=2 * 60)

    assert {} == dict(patient.triage.silence)
    assert ["decision"] == [body.type for body in audits(patient.effects) if body.type == "decision"]


def test_days_late_and_still_inside_the_bound() -> None:
    """A weekend without connection: the red of Saturday is seen on Monday, behind a calm Monday."""
    patient = Patient(rules=["limits"])
    patient.measures(96, minutes=2 * DAY / MINUTE)
    outcome = patient.measures(85, ago=DAY / MINUTE)

    assert ("accepted.alert", "limits.spo2.was_red") == (outcome.outcome, patient.step.reason)
