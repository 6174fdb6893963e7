"""Burden: counted from the steps of alerts' lives alone, the same for metrics, report and simulation."""

import pytest

from schemas.alert import AlertStep
from schemas.base import DAY_MS
from streams.core.burden import OTHER, Burden, quantile, rule_of, rules_of
from streams.core.rules import RULES
from tests.builders import Patient, alerts


def lived(*, verdict: str = "true", minutes: float = 7) -> list[AlertStep]:
    """A red alert: raised, taken after some minutes, closed."""
    patient = Patient(rules=["limits"])
    patient.measures(86)
    patient.commands("acknowledge", minutes=minutes)
    patient.commands("close", minutes=1, verdict=verdict)
    return [effect.step for effect in alerts(patient.effects)]


def counted(*lives: list[AlertStep]) -> Burden:
    """All of these, one after the other."""
    burden = Burden()
    for step in (step for life in lives for step in life):
        burden.step(step)
    return burden


def test_an_alert_is_counted_once_with_its_tier_wait_end_and_verdict() -> None:
    """Seven minutes from raise to a person."""
    burden = counted(lived())

    assert ({3: 1}, {3: [420]}, {"closed": 1}, {}) == (
        dict(burden.raised),
        burden.waits_s,
        dict(burden.ended),
        burden.open,
    )
    assert {"limits": (1, 1)} == dict(burden.precision())
    assert 1 == burden.alerts


def test_precision_is_the_share_of_closures_that_were_true() -> None:
    """False, technical and known ones did not need the rule."""
    burden = counted(*(lived(verdict=verdict) for verdict in ("true", "false", "technical", "known")))
    assert {"limits": (1, 4)} == dict(burden.precision())


def test_the_copy_for_a_second_team_does_not_count() -> None:
    """During a hand-over both teams' topics get the alert's life."""
    twice = [step for step in lived() for _ in range(2)]
    assert counted(lived()) == counted(twice)


def test_an_alert_that_began_before_is_open_and_gives_no_wait() -> None:
    """Its raise was not seen, so nobody knows the first acknowledgement from a later one."""
    _, *rest = lived()
    burden = counted(rest[:1])

    assert (0, {}, 1) == (burden.alerts, burden.waits_s, len(burden.open))


def test_only_the_first_acknowledgement_is_a_wait() -> None:
    """Whoever takes it over later did not let the patient wait."""
    patient = Patient()
    patient.measures(86)
    patient.commands("acknowledge", minutes=5)
    patient.commands("acknowledge", minutes=60, by="nurse-2")
    burden = counted([effect.step for effect in alerts(patient.effects)])
    assert {3: [300]} == burden.waits_s


def test_red_time_without_a_reader_is_added_up() -> None:
    """As the ladder has counted it; of open alerts too."""
    first, *_, last = lived()
    burden = counted([first.model_copy(update={"unattended_s": 60})])
    assert (0, 60) == (burden.unattended_s, burden.all_unattended_s)
    burden.step(last.model_copy(update={"unattended_s": 90}))
    assert (90, 90) == (burden.unattended_s, burden.all_unattended_s)


def test_unanswered_rungs_are_counted() -> None:
    """Four hours, then one more."""
    patient = Patient()
    patient.measures(86)
    patient.waits(hours=6)
    burden = counted([effect.step for effect in alerts(patient.effects)])
    assert patient.steps.count("escalated") == burden.escalated > 0


def test_the_rate_is_per_patient_and_day() -> None:
    """Nobody watched is no burden."""
    burden = counted(lived(), lived())
    assert 0.1 == burden.per_patient_day(10, 2 * DAY_MS)
    assert 0.0 == burden.per_patient_day(0, DAY_MS)


def test_every_rule_has_reasons_under_its_name() -> None:
    """Else its verdicts would be counted as somebody else's."""
    for rule in RULES:
        assert rule.id == rule_of(f"{rule.id}.anything")
    assert OTHER == rule_of("technical.not_assessed")
    assert ("limits",) == rules_of(lived()[0])


@pytest.mark.parametrize(("share", "expected"), [(0.5, 30), (0.9, 50), (0.0, 10), (1.0, 50)])
def test_a_quantile_is_a_value_that_was(share: float, expected: int) -> None:
    """No minutes that nobody has waited."""
    assert expected == quantile([50, 10, 30, 20, 40], share)
    assert quantile([], share) is None
