"""What is suppressed has a carrier and a time: when either ends and the finding still holds, it is raised."""

import pytest

from schemas.base import rfc3339
from schemas.rules import MitigationRules
from schemas.vitals import VITALS
from streams.core.escalation.moves import MAX_REASONS
from tests.builders import HOUR, T0, Patient, context, make_limit, make_plan, waiting


def lung(**plan: object) -> Patient:
    """Limits on SpO2 and pulse."""
    return Patient(limits=[make_limit(), make_limit("pulse", yellow_from=110)], rules=["limits"], **plan)


def test_what_an_alert_carries_is_named_in_the_audit() -> None:
    """The reason that the reading gave, not all that the patient has; nothing where nothing is suppressed."""
    patient = lung()
    assert None is patient.measures(86).suppressed
    assert ("limits.pulse.yellow_from",) == patient.measures(120, kind="pulse").suppressed
    assert ("limits.spo2.red_below",) == patient.measures(85).suppressed
    assert ("limits.pulse.yellow_from",) == patient.measures(121, kind="pulse").suppressed
    assert None is patient.measures(37, kind="temp").suppressed


def test_a_late_red_and_a_form_are_named_too() -> None:
    """Whatever is carried."""
    patient = lung()
    patient.measures(96, minutes=60)
    patient.measures(86)
    assert ("limits.spo2.red_below",) == patient.measures(85, ago=30).suppressed
    patient.fills("hf-daily", items={"dyspnoea": True})
    [reason] = {r for r in patient.triage.reasons if r.startswith("pro.")}
    assert reason in (patient.fills("hf-daily", items={"dyspnoea": True}).suppressed or ())


def test_the_carrier_cannot_be_closed_over_what_nobody_has_seen() -> None:
    """Closing by an older look is refused, so nothing that was suppressed goes with it."""
    patient = lung()
    patient.measures(86)
    alert = patient.state.alert
    seen = rfc3339(patient.now_ms)
    patient.measures(85)
    assert "rejected.state" == patient.commands("close", alert_id=alert.id, sequence=1, seen_until=seen).outcome
    assert patient.state.alert is not None


def test_once_the_carrier_is_closed_the_next_reading_that_holds_raises() -> None:
    """The suppressed one was seen by who closed; more of it is news."""
    patient = lung()
    patient.measures(86)
    patient.measures(120, kind="pulse")
    patient.commands("close")
    assert ["raised", "joined", "closed"] == patient.steps
    patient.measures(121, kind="pulse")
    assert ["raised", "joined", "closed", "raised"] == patient.steps


def test_what_a_full_alert_could_not_show_is_raised_when_it_is_closed() -> None:
    """Twenty reasons, sixteen shown: the other four still hold, and nobody has seen them."""
    bands = {key: sign.accept for key, sign in VITALS.items() if sign.accept is not None}
    limits = [make_limit(key, red_from=band[0] / 1000) for key, band in bands.items()]
    patient = Patient(limits=limits, rules=["limits"])
    for key, band in bands.items():
        patient.measures(band[1] / 1000, kind=key)
    shown = set(patient.state.alert.reasons)
    hidden = {reason for reason in patient.triage.reasons if reason.startswith("limits.")} - shown
    assert (MAX_REASONS, True) == (len(shown), bool(hidden))
    patient.commands("close")

    assert ["closed", "raised"] == patient.steps[-2:]
    assert hidden == set(patient.state.alert.reasons)
    patient.commands("close")
    assert "closed" == patient.steps[-1]


def test_a_snooze_ends_and_the_finding_pages_again() -> None:
    """Its time is up and it still holds."""
    patient = lung()
    patient.measures(120, kind="pulse")
    until = {"condition": "limits.pulse", "direction": "above", "until": rfc3339(T0 + 8 * HOUR)}
    assert "accepted.recorded" == patient.commands("snooze", **until).outcome
    assert ("limits.pulse.yellow_from",) == patient.measures(121, kind="pulse").suppressed
    patient.waits(hours=9)
    assert ("escalated", "ladder.snooze_over") == (patient.step.type, patient.step.reason)


@pytest.mark.parametrize("command", ["acknowledge", "take_over"])
def test_an_acknowledgement_runs_out_and_the_ladder_goes_on(command: str) -> None:
    """A person who took it and did not close it carries it no longer."""
    patient = lung()
    patient.measures(86)
    patient.commands("acknowledge", by="nurse-2")
    if command == "take_over":
        patient.commands("take_over")
    patient.waits(hours=24)
    assert "ladder.acknowledgement_lapsed" in [e.step.reason for e in patient.effects if hasattr(e, "step")]


def test_a_red_that_waits_for_its_repeat_is_paged_when_its_time_is_up() -> None:
    """Fifteen minutes without a repeat."""
    patient = Patient(surroundings=waiting(), rules=["limits"])
    patient.measures(86)
    patient.waits(minutes=16)
    assert ("upgraded", "confirm.hold_over") == (patient.step.type, patient.step.reason)


def test_a_yellow_that_waits_for_a_second_one_is_raised_when_its_time_is_up() -> None:
    """A day without a calm one; the audit has named it all the while."""
    patient = Patient(surroundings=context(mitigation=MitigationRules(twice=("limits",))), rules=["limits"])
    assert ("limits.spo2.yellow_below",) == patient.measures(89).decision.held
    assert [] == patient.steps
    patient.waits(hours=25)
    assert "raised" == patient.step.type


def test_when_the_plan_that_carried_it_ends_and_another_follows_it_is_raised_anew() -> None:
    """The alert expires with the plan, and no person has answered it."""
    patient = lung(valid_until=rfc3339(T0 + HOUR))
    patient.measures(86)
    patient.waits(hours=1)
    assert "expired" == patient.steps[-1]
    patient.gets(make_plan(version=2, valid_from=rfc3339(T0 + 2 * HOUR), rules=["limits"]), minutes=5)
    patient.waits(hours=2)
    assert ("red", "raised") == (patient.triage.level, patient.steps[-1])
    patient.commands("close")
    patient.waits(hours=24)
    assert "closed" == patient.steps[-1]
