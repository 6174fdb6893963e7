"""Each scope against each effect: what is withdrawn is not done, and everything else is."""

from dataclasses import replace
from typing import Any

import pytest

from schemas.audit import Outcome
from schemas.base import rfc3339
from schemas.consent import SCOPES
from schemas.coverage import TeamCoverage
from streams.core.context import Context
from streams.core.effects import PublishAlert, PublishExample, SendNotice, SendReply
from streams.core.learning.memory import Memory
from tests.builders import HOUR, T0, Patient, context, make_consent, make_limit, make_outcome, overviews, rules
from tests.core.learning.test_floor import models

PEOPLE = [
    {"id": "n1", "role": "nurse"},
    {"id": "n2", "role": "nurse"},
    {"id": "lead", "role": "duty_lead"},
]
CONTACTS = [{"id": "daughter", "role": "relative"}, {"id": "gp", "role": "gp"}]
DUTY = {"outside_hours": "on_call", "on_call": {"id": "duty", "role": "on_call"}}


def asked(consent: dict[str, Any] | None, **coverage: Any) -> Patient:
    """A patient who has said this; the team always reads, the plan shows colours and names daughter and GP."""
    body = {"team": "lung", "version": 1, "recipients": PEOPLE, "patient_phone": "+45 70 20 30 40"} | coverage
    heart = TeamCoverage.model_validate({"team": "heart", "version": 1, "recipients": [{"id": "h1", "role": "nurse"}]})
    teams = {"lung": TeamCoverage.model_validate(body), "heart": heart}
    patient = Patient(
        surroundings=Context(rules(), teams, "nattevagt/test"),
        limits=[make_limit(red_below=88, yellow_below=90, red_tier=4)],
        rules=["limits"],
        replies="all",
        contacts=CONTACTS,
    )
    if consent is not None:
        patient.gets(make_consent(**({"monitoring": "given"} | consent)))
    return patient


def told(patient: Patient, action: str) -> list[str]:
    """Who got a notice of this kind."""
    notices = [effect.notice for effect in patient.effects if isinstance(effect, SendNotice)]
    return [one.recipient for one in notices if one.action.value == action]


def keys(patient: Patient) -> list[str]:
    """The texts sent to the patient."""
    return [effect.reply.text_key for effect in patient.effects if isinstance(effect, SendReply)]


def judged(consent: dict[str, Any] | None) -> bool:
    """Does a red reading raise an alert?"""
    return asked(consent).measures(80).outcome is Outcome.ACCEPTED_ALERT


def shown(consent: dict[str, Any] | None) -> bool:
    """Does the patient see a colour, after a reading or a form?"""
    patient = asked(consent)
    patient.measures(80)
    patient.fills("hf-daily")
    sent = [effect.reply for effect in patient.effects if isinstance(effect, SendReply)]
    return any(one.level is not None for one in sent)


def shared(consent: dict[str, Any] | None) -> bool:
    """Does the GP hear of a closed red?"""
    patient = asked(consent)
    patient.measures(80)
    patient.commands("close", by="n1")
    return "gp" in told(patient, "inform")


def foreseen(consent: dict[str, Any] | None) -> bool:
    """Does a promoted model raise a colour while all limits are met?"""
    limits = [{"kind": "spo2", "red_below": 80, "yellow_below": 82}]
    patient = Patient(surroundings=replace(context(), models=models()), limits=limits, rules=["limits"])
    if consent is not None:
        patient.gets(make_consent(**({"monitoring": "given"} | consent)))
    patient.measures(97)
    patient.measures(90)
    return "model.risk" in patient.triage.reasons


def learned(consent: dict[str, Any] | None) -> bool:
    """Does a moment of scoring become an example once its outcome is known?"""
    patient = asked(consent)
    for _ in range(3):
        patient.measures(96, minutes=24 * 60)
    patient.gets(make_outcome(at_ms=patient.now_ms + HOUR), minutes=120)
    return any(isinstance(effect, PublishExample) for effect in patient.effects)


EFFECTS = {
    "monitoring": judged,
    "showing": shown,
    "sharing": shared,
    "prevention": foreseen,
    "secondary_use": learned,
}


@pytest.mark.parametrize("effect", SCOPES)
@pytest.mark.parametrize("withdrawn", [None, *SCOPES])
def test_what_is_withdrawn_is_not_done_and_everything_else_is(withdrawn: str | None, effect: str) -> None:
    """Without monitoring nothing is done; each other scope stops its own effect and no other."""
    consent = None if withdrawn is None else {withdrawn: "withdrawn"}
    assert EFFECTS[effect](consent) is (withdrawn not in (effect, "monitoring"))


def test_without_showing_the_patient_is_still_told_what_the_ladder_owes() -> None:
    """That nobody answers is no colour."""
    patient = asked({"showing": "withdrawn"}, shifts=[{"days": [1], "start": "08:00", "until": "09:00"}])
    patient.measures(80, minutes=5 * 60)
    assert "unread.outside_hours" in keys(patient)


def test_examples_that_wait_are_forgotten_when_secondary_use_is_withdrawn() -> None:
    """And do not come back when it is given again: they are of a time that was taken back."""
    patient = asked(None)
    for _ in range(3):
        patient.measures(96, minutes=24 * 60)
    assert patient.state.memory.rows
    patient.gets(make_consent(monitoring="given", secondary_use="withdrawn"))
    assert ((), 0) == (patient.state.memory.rows, sum(isinstance(e, PublishExample) for e in patient.effects))
    patient.gets(make_consent(version=2, monitoring="given"), minutes=5)
    patient.gets(make_outcome(at_ms=patient.now_ms), minutes=120)
    assert not any(isinstance(effect, PublishExample) for effect in patient.effects)
    patient.measures(96)
    assert isinstance(patient.state.memory, Memory)
    assert patient.state.memory.rows


def test_without_sharing_relatives_are_still_asked_and_without_them_the_next_one() -> None:
    """Who cannot be reached may be in danger; a relative who is blocked by name is not asked."""
    for consent, expected in (({"sharing": "withdrawn"}, "daughter"), ({"blocks": {"recipients": ["daughter"]}}, None)):
        patient = asked(consent)
        patient.measures(80)
        patient.commands("acknowledge", by="n1")
        for _ in range(2):
            patient.commands("contact_failed", by="n1")
        assert (expected in told(patient, "trigger")) is (expected is not None)
        assert "daughter" not in told(patient, "trigger") or expected == "daughter"


def test_a_blocked_person_is_told_nothing_may_do_nothing_and_somebody_else_is_paged() -> None:
    """The first nurse is blocked, so the second one is asked; also when the first alone is on the shift."""
    shift = {"days": [1, 2, 3, 4, 5, 6, 7], "start": "00:00", "until": "00:00", "recipients": ["n1"]}
    for coverage in ({}, {"shifts": [shift]}):
        patient = asked({"blocks": {"recipients": ["n1"]}}, **coverage)
        patient.measures(80)
        patient.waits(hours=2)
        assert "n2" in told(patient, "trigger")
        assert "n1" not in [*told(patient, "trigger"), *told(patient, "acknowledge")]
        refused = patient.commands("acknowledge", by="n1")
        assert (Outcome.REJECTED_ROLE, "the patient has blocked this person or team") == (
            refused.outcome,
            refused.reason,
        )
        assert Outcome.ACCEPTED_RECORDED is patient.commands("acknowledge", by="n2").outcome


def test_a_blocked_duty_telephone_leaves_the_red_for_the_next_shift_and_the_patient_is_told() -> None:
    """As for a team that has none: nobody reads this now, and whom to call."""
    shift = {"days": [1, 2, 3, 4, 5], "start": "08:00", "until": "16:00"}
    patient = asked({"blocks": {"recipients": ["duty"]}}, shifts=[shift], **DUTY)
    patient.measures(80, minutes=12 * 60)
    assert "duty" not in told(patient, "trigger")
    assert "unread.outside_hours" in keys(patient)
    assert patient.state.alert is not None
    patient.waits(hours=12)
    assert "n1" in told(patient, "trigger")


def topics(patient: Patient) -> set[str]:
    """Where steps of alerts went."""
    return {effect.topic_team for effect in patient.effects if isinstance(effect, PublishAlert)}


def test_a_blocked_team_loses_no_alert() -> None:
    """Everything goes to `unassigned`, at once with a task that the plan needs another team; both hear of the block."""
    patient = asked({"blocks": {"teams": ["lung"]}})
    assert ({"unassigned"}, ("consent.team_blocked", "team.unknown")) == (topics(patient), patient.step.reasons)
    assert (["n1"], ["information.blocked"]) == (told(patient, "inform"), keys(patient)[-1:])
    patient.measures(80)
    patient.waits(hours=30)
    # The answer to the patient is unread, so the plan's contact is rung: blocked is the team alone.
    assert ({"unassigned"}, ["daughter"]) == (topics(patient), told(patient, "trigger"))
    assert "escalated" in patient.steps
    assert "unassigned" == overviews(patient.effects)[-1].overview.team
    assert ("lung",) == overviews(patient.effects)[-1].overview.consent.blocked_teams
    assert Outcome.REJECTED_ROLE is patient.commands("acknowledge", by="n1").outcome
    assert Outcome.REJECTED_ROLE is patient.commands("acknowledge", by="x", team="lung").outcome


def test_an_open_alert_of_a_team_that_is_blocked_moves_with_the_next_plan() -> None:
    """Until then it is open on `unassigned`, never without a deadline."""
    patient = asked(None)
    patient.measures(80)
    patient.gets(make_consent(monitoring="given", blocks={"teams": ["lung"]}))
    alert = patient.state.alert
    assert alert is not None
    assert {"lung", "unassigned"} == topics(patient)
    plan = patient.state.planned_at(patient.now_ms)
    assert plan is not None
    patient.gets(plan.contract.model_copy(update={"version": 2, "team": "heart"}), minutes=5)
    assert "heart" in topics(patient)
    assert "h1" in told(patient, "trigger")
    assert patient.state.alert is not None
    assert (alert.id, "heart") == (patient.state.alert.id, patient.state.alert.team)


def test_an_alert_may_not_be_offered_to_a_blocked_team() -> None:
    """Though it exists."""
    patient = asked({"blocks": {"teams": ["heart"]}})
    patient.measures(80)
    patient.commands("acknowledge", by="n1")
    assert Outcome.REJECTED_ROLE is patient.commands("hand_over", by="n1").outcome


def test_a_block_for_a_time_begins_and_ends_by_the_clock() -> None:
    """Between the two an alert goes to `unassigned`; afterwards the team has it again."""
    patient = asked(
        {
            "blocks": {"teams": ["lung"]},
            "valid_from": rfc3339(T0 + HOUR),
            "valid_until": rfc3339(T0 + 3 * HOUR),
        }
    )
    patient.measures(96)
    patient.waits(hours=2)
    assert {"unassigned"} == topics(patient)
    patient.waits(hours=2)
    patient.measures(80)
    assert {"unassigned", "lung"} == topics(patient)
    assert "n1" in told(patient, "trigger")


def test_a_team_that_nobody_knows_is_named_to_whoever_blocked_it() -> None:
    """A slip of the pen would else leave the block without effect."""
    patient = asked(None)
    outcome = patient.gets(make_consent(monitoring="given", blocks={"teams": ["lungs"]}))
    assert ("accepted.recorded", "team.unknown") == (outcome.outcome, outcome.reason)
    assert outcome.next_step


def test_readings_measured_before_count_as_ever_while_only_other_scopes_are_withdrawn() -> None:
    """Late readings are put in their place."""
    patient = asked({scope: "withdrawn" for scope in SCOPES if scope != "monitoring"})
    patient.measures(96)
    assert Outcome.ACCEPTED_ALERT is patient.measures(80, ago=30).outcome
    assert ("limits.spo2.was_red",) == patient.step.reasons
