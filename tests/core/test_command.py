"""Commands: who may do what to which alert; everything else is refused, with a reason and what to do next."""

from typing import Any

import pytest

from schemas.audit import AuditBody
from schemas.base import rfc3339
from schemas.coverage import Recipient, TeamCoverage
from streams.core.context import Context
from streams.core.settle import NEWS
from tests.builders import DAY, HOUR, MINUTE, T0, Patient, alerts, make_command, make_limit, rejects, rules


def alarmed(tier: int = 3, surroundings: Context | None = None) -> Patient:
    """A patient with an open red alert of this tier."""
    spo2 = make_limit(red_below=88, yellow_below=90, red_tier=tier)
    pulse = make_limit("pulse", yellow_from=110, red_from=130)
    patient = Patient(limits=[spo2, pulse], rules=["limits"], surroundings=surroundings)
    patient.measures(86)
    return patient


@pytest.mark.parametrize("role", ["nurse", "doctor"])
@pytest.mark.parametrize(("kind", "step"), [("acknowledge", "acknowledged"), ("close", "closed")])
def test_who_treats_may_take_and_close(role: str, kind: str, step: str) -> None:
    """The step and the audit name who did it."""
    patient = alarmed()
    outcome = patient.commands(kind, role=role)

    assert ("accepted.recorded", "nurse-1") == (outcome.outcome, outcome.by)
    assert (step, "nurse-1") == (patient.step.type, patient.step.by)
    assert ("true" if kind == "close" else None) == patient.step.verdict


@pytest.mark.parametrize("role", ["assistant", "citizen", "system"])
@pytest.mark.parametrize("kind", ["acknowledge", "close"])
def test_others_may_not(role: str, kind: str) -> None:
    """The alert stays as it is; the refused command is kept whole."""
    patient = alarmed()
    before = patient.state.alert
    outcome = patient.commands(kind, role=role)

    assert ("rejected.role", "nurse-1") == (outcome.outcome, outcome.by)
    assert outcome.reason
    assert outcome.next_step
    assert before == patient.state.alert
    assert [outcome.reason] == [refusal.reason for refusal in rejects(patient.effects)]


@pytest.mark.parametrize("kind", ["acknowledge", "close"])
@pytest.mark.parametrize("changed", [{"alert_id": "another"}, {"sequence": 1}])
def test_the_wrong_alert_or_an_old_view_is_refused(kind: str, changed: dict[str, Any]) -> None:
    """Whoever acts must have seen the newest clinical news of this very alert."""
    patient = alarmed()
    patient.measures(140, kind="pulse")
    assert "upgraded" in NEWS
    before = patient.state.alert
    outcome = patient.commands(kind, **changed)

    assert ("rejected.state", before) == (outcome.outcome, patient.state.alert)


def test_an_escalation_is_no_news() -> None:
    """Who saw the raise may act after the ladder has moved on."""
    patient = alarmed()
    patient.waits(hours=4)
    assert 2 == patient.state.alert.sequence

    assert "accepted.recorded" == patient.commands("close", sequence=1).outcome


def test_without_an_open_alert_there_is_nothing_to_take() -> None:
    """Also after it has been closed."""
    patient = Patient()
    assert "rejected.state" == patient.commands("acknowledge").outcome
    patient = alarmed()
    closed = patient.state.alert
    patient.commands("close")

    assert "rejected.state" == patient.commands("close", alert_id=closed.id, sequence=9).outcome


def test_taking_it_twice_is_a_duplicate() -> None:
    """The hold of the first stays as it is; another person takes it over, and says so."""
    patient = alarmed()
    patient.commands("acknowledge")
    held = patient.state.alert
    assert "rejected.duplicate" == patient.commands("acknowledge").outcome
    assert "rejected.state" == patient.commands("acknowledge", by="nurse-2").outcome
    assert held == patient.state.alert
    assert "accepted.recorded" == patient.commands("take_over", by="nurse-2").outcome
    assert ("nurse-2", "taken_over") == (patient.state.alert.owner, patient.step.type)
    assert "rejected.duplicate" == patient.commands("take_over", by="nurse-2").outcome


def test_a_command_about_nobody_is_refused() -> None:
    """An unknown pseudonym creates no state."""
    patient = Patient(known=False)
    outcome = patient.gets(make_command())

    assert "rejected.unknown_patient" == outcome.outcome
    assert not patient.state.is_known


def test_a_command_after_its_deadline_meets_the_ladder_as_it_is() -> None:
    """Time moves first: the rung passes, then the nurse takes it."""
    patient = alarmed()
    patient.commands("acknowledge", minutes=241)

    assert ["raised", "escalated", "acknowledged"] == patient.steps


@pytest.mark.parametrize("kind", ["note", "contacted", "contact_failed", "take_over"])
def test_what_the_ladder_has_no_row_for_changes_nothing(kind: str) -> None:
    """Nobody has it yet: it is refused and audited."""
    patient = alarmed()
    before = patient.state.alert

    assert ("rejected.state", before) == (patient.commands(kind).outcome, patient.state.alert)


@pytest.mark.parametrize(
    ("kind", "changed"),
    [
        ("acknowledge", {"team": "heart"}),
        ("close", {"team": "heart"}),
        ("acknowledge", {"by": "nurse-h"}),
        ("hand_over", {"by": "duty-h"}),
    ],
)
def test_a_person_of_another_team_is_refused(kind: str, changed: dict[str, Any]) -> None:
    """By the team they name, or by the coverage that names them."""
    patient = alarmed()
    patient.context = two_teams()
    before = patient.state.alert

    assert ("rejected.role", before) == (patient.commands(kind, **changed).outcome, patient.state.alert)


def two_teams() -> Context:
    """lung and heart, each with a nurse and somebody on call."""
    teams = {
        name: TeamCoverage(
            team=name,
            version=1,
            recipients=(Recipient(id=f"nurse-{name[0]}", role="nurse"),),
            outside_hours="on_call",
            on_call=Recipient(id=f"duty-{name[0]}", role="on_call"),
        )
        for name in ("heart", "lung")
    }
    return Context(rules(), teams, "nattevagt/test")


def test_a_handover_has_one_responsible_team_at_every_moment() -> None:
    """The old one until somebody of the new one takes it; both hear of every step on the way."""
    patient = alarmed()
    patient.context = two_teams()
    assert "accepted.recorded" == patient.commands("hand_over").outcome
    assert ("lung", "heart", "offered", "nurse-1") == facts(patient)
    assert ["lung", "heart"] == topics(patient, "offered")
    patient.commands("acknowledge", by="nurse-h")
    assert ("heart", None, "acknowledged", "nurse-h") == facts(patient)
    assert ["heart", "lung"] == topics(patient, "handed_over")
    patient.commands("close", by="nurse-h")
    assert ["heart"] == topics(patient, "closed")


def facts(patient: Patient) -> tuple[str, str | None, str, str | None]:
    """Who is responsible, who is asked, how it stands, who has it."""
    alert = patient.state.alert
    return alert.team, alert.to_team, alert.phase, alert.owner


def topics(patient: Patient, step: str) -> list[str]:
    """Where this step went."""
    return [each.topic_team for each in alerts(patient.effects) if each.step.type == step]


def test_an_offer_that_nobody_takes_comes_back() -> None:
    """After ten minutes at tier 4; the ladder resumes where it stood."""
    patient = alarmed(tier=4)
    patient.context = two_teams()
    patient.commands("hand_over")
    patient.waits(minutes=10)

    assert ("lung", None, "open", None) == facts(patient)
    assert ("escalated", "ladder.offer_not_taken", 0) == (patient.step.type, patient.step.reason, patient.step.rung)


def test_the_old_team_may_take_back_what_it_has_offered() -> None:
    """Then the offer is over, and nobody of the other team can take it any more."""
    patient = alarmed()
    patient.context = two_teams()
    patient.commands("hand_over")
    patient.commands("acknowledge", by="nurse-l")
    assert ("lung", None, "acknowledged", "nurse-l") == facts(patient)
    assert "rejected.role" == patient.commands("take_over", by="nurse-h").outcome


@pytest.mark.parametrize("to_team", ["lung", "nobody"])
def test_it_cannot_be_handed_to_oneself_or_to_nobody(to_team: str) -> None:
    """A team exists when its coverage does."""
    patient = alarmed()
    patient.context = two_teams()

    assert "rejected.state" == patient.commands("hand_over", to_team=to_team).outcome


def test_a_close_over_an_unseen_finding_is_refused_and_names_it() -> None:
    """A new reason, or newer evidence of the same: whoever closes must have seen it."""
    patient = alarmed()
    seen = patient.state.alert
    patient.measures(115, kind="pulse")
    refused = patient.commands("close", sequence=seen.sequence)
    assert "limits.pulse.yellow_from" in refused.reason
    patient.measures(84)
    refused = patient.commands("close", sequence=2)
    assert ("rejected.state", True) == (refused.outcome, "limits.spo2.red_below" in refused.reason)
    assert "seen_until" in refused.next_step
    assert patient.state.alert is not None
    assert "accepted.recorded" == patient.commands("close").outcome


def test_an_acknowledgement_that_was_long_on_its_way_holds_shorter() -> None:
    """It holds from when it was decided; when that is over it is no acknowledgement any more."""
    patient = alarmed(tier=4)
    patient.commands("acknowledge", minutes=5, at=rfc3339(T0 + 2 * MINUTE))
    assert T0 + 2 * MINUTE + 4 * HOUR == patient.state.alert.deadline_ms
    late = patient.commands("acknowledge", by="nurse-2", minutes=239, at=rfc3339(T0 + 3 * MINUTE))
    assert ("rejected.state", None) == (late.outcome, patient.state.alert.owner)
    assert "its hold is over" in late.reason


def test_a_command_from_before_the_alert_is_refused() -> None:
    """A clock that is wrong by more than ten minutes; one from the future counts as now."""
    patient = alarmed()
    assert "rejected.state" == patient.commands("acknowledge", at=rfc3339(T0 - HOUR)).outcome
    assert "accepted.recorded" == patient.commands("acknowledge", at=rfc3339(T0 + DAY)).outcome
    assert T0 + 3 * MINUTE + DAY == patient.state.alert.deadline_ms


def test_acknowledged_is_not_reached() -> None:
    """Each failed contact has its own next attempt and its time; when that lapses the ladder resumes."""
    patient = alarmed(tier=4)
    patient.commands("acknowledge")
    patient.commands("contact_failed")
    assert ("contact_failed", "patient", "nurse-1") == (
        patient.step.type,
        patient.step.next_contact,
        patient.step.owner,
    )
    assert patient.now_ms + 5 * MINUTE == patient.state.alert.deadline_ms
    patient.commands("contact_failed")
    assert "emergency" == patient.step.next_contact
    patient.waits(minutes=10)
    assert ("escalated", "ladder.contact_lapsed", 1) == (patient.step.type, patient.step.reason, patient.step.rung)


def test_contact_and_notes_lengthen_the_hold_of_their_owner_only() -> None:
    """Somebody else first takes it over."""
    patient = alarmed(tier=4)
    patient.commands("acknowledge")
    assert "rejected.state" == patient.commands("contacted", by="nurse-2").outcome
    patient.commands("note", minutes=60)
    assert patient.now_ms + 4 * HOUR == patient.state.alert.deadline_ms
    patient.commands("contacted")
    assert ("reached", patient.now_ms + DAY) == (patient.state.alert.phase, patient.state.alert.deadline_ms)
    patient.commands("note", minutes=60)
    assert ("reached", patient.now_ms + DAY) == (patient.state.alert.phase, patient.state.alert.deadline_ms)
    assert ["acknowledged", "noted", "contacted", "noted"] == patient.steps[1:]


def yellow() -> Patient:
    """A patient with an open yellow alert for SpO2."""
    patient = Patient(limits=[make_limit(), make_limit("pulse", yellow_from=110, red_from=130)], rules=["limits"])
    patient.measures(89)
    return patient


def test_a_snooze_waits_with_its_condition_and_ends_at_its_time() -> None:
    """More of the same is quiet; then the same rung asks again."""
    patient = yellow()
    assert "accepted.recorded" == patient.commands("snooze").outcome
    patient.measures(89, minutes=60)
    assert ["raised", "snoozed"] == patient.steps
    patient.waits(hours=7)
    assert ("escalated", "ladder.snooze_over", 0) == (patient.step.type, patient.step.reason, patient.step.rung)


@pytest.mark.parametrize(("value", "kind"), [(86, "spo2"), (115, "pulse"), (135, "pulse")])
def test_a_snooze_is_broken_by_a_worse_colour_and_by_anything_it_does_not_cover(value: float, kind: str) -> None:
    """A red is never hidden by it, nor is another condition."""
    patient = yellow()
    patient.commands("snooze")
    patient.measures(value, kind=kind)

    assert ("upgraded", "open", "") == (patient.step.type, patient.state.alert.phase, patient.state.alert.snoozed)


@pytest.mark.parametrize(
    "changed",
    [
        {"direction": "above"},
        {"condition": "limits.pulse"},
        {"until": rfc3339(T0)},
        {"until": rfc3339(T0 + 8 * DAY)},
    ],
)
def test_a_snooze_names_its_own_condition_and_ends_in_time(changed: dict[str, Any]) -> None:
    """The other direction is another condition; a week is the longest for a yellow."""
    patient = yellow()

    assert ("rejected.state", "open") == (patient.commands("snooze", **changed).outcome, patient.state.alert.phase)


def test_a_red_cannot_be_snoozed() -> None:
    """It can be taken."""
    patient = alarmed()

    assert "rejected.state" == patient.commands("snooze").outcome


def test_who_asks_for_contact_gets_an_alert() -> None:
    """Tier 3, whatever the readings say; it ends when a person closes it."""
    patient = Patient(rules=["limits"])
    patient.measures(96)
    assert "accepted.alert" == patient.commands("request_contact").outcome
    assert (("contact.requested",), 3, "red") == (patient.step.reasons, patient.step.tier, patient.step.level)
    patient.measures(96)
    assert "red" == patient.triage.level
    patient.commands("close")
    assert ("green", "accepted.alert") == (patient.triage.level, patient.commands("request_contact").outcome)
    assert "rejected.role" == patient.commands("request_contact", role="system").outcome


def paged(tier: int = 4) -> Patient:
    """A red alert of a team with one nurse: one notice is on its way."""
    patient = alarmed(tier=tier, surroundings=two_teams())
    assert 1 == len(patient.state.alert.pending)
    return patient


def reports(patient: Patient, result: str, **changed: Any) -> AuditBody:
    """The sender's report about the notice on its way."""
    alert = patient.state.alert
    about = {"notice_id": alert.pending[0], "alert_id": alert.id, "result": result}
    return patient.commands("delivery_reported", **(about | changed))


def test_told_is_not_taken() -> None:
    """A delivered notice is a step of its own; the rung ends as if it had not arrived."""
    patient = paged()
    due = patient.state.alert.deadline_ms
    assert "accepted.recorded" == reports(patient, "delivered").outcome
    assert ("delivered", due) == (patient.state.alert.phase, patient.state.alert.deadline_ms)
    patient.waits(minutes=10)
    assert ["raised", "delivered", "escalated"] == patient.steps


def test_an_unreachable_channel_moves_the_ladder_on() -> None:
    """The next rung is told at once, not in ten minutes; behind the last one it waits."""
    patient = paged()
    for _ in range(2):
        reports(patient, "failed")
    assert ["ladder.undelivered"] * 2 == [each.step.reason for each in alerts(patient.effects)][1:]
    before = patient.state.alert
    reports(patient, "failed")
    assert (before.deadline_ms, ()) == (patient.state.alert.deadline_ms, patient.state.alert.pending)
    assert 3 == len(patient.steps)


@pytest.mark.parametrize("changed", [{"notice_id": "another"}, {"alert_id": "another"}, {"alert_id": None}])
def test_a_report_about_something_else_is_recorded(changed: dict[str, Any]) -> None:
    """Messages outlive alerts and rungs; twice the same report is the second time about something else."""
    patient = paged()
    before = patient.state.alert
    outcome = reports(patient, "failed", **changed).outcome
    moved = changed == {"alert_id": None}

    assert ("accepted.recorded", moved) == (outcome, before != patient.state.alert)


def test_only_the_sender_reports() -> None:
    """And a report without an alert is recorded."""
    patient = paged()
    assert "rejected.role" == reports(patient, "failed", role="nurse").outcome
    patient.commands("close")
    assert "accepted.recorded" == patient.commands("delivery_reported").outcome
