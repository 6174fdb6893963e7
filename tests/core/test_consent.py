"""Consent: monitoring is withdrawn and given again; nobody believes to be watched who is not."""

from typing import Any

import pytest

from schemas.audit import Outcome
from schemas.base import rfc3339
from schemas.coverage import TeamCoverage
from schemas.events import ConsentReceived
from streams.core.context import Context
from streams.core.effects import PublishScore, SendNotice, SendReply
from streams.core.permit import MAX_PERMITS
from streams.core.plan import NEVER
from tests.builders import (
    DAY,
    HOUR,
    T0,
    Patient,
    alerts,
    make_bindings,
    make_consent,
    make_outcome,
    make_plan,
    make_refusal,
    make_slot,
    overviews,
    rejects,
    rules,
)

PHONE = "+45 70 20 30 40"
COVERAGE = {
    "team": "lung",
    "version": 1,
    "shifts": [{"days": [1, 2, 3, 4, 5], "start": "08:00", "until": "16:00"}],
    "recipients": [{"id": "n1", "role": "nurse"}],
    "outside_hours": "on_call",
    "on_call": {"id": "duty", "role": "on_call"},
    "patient_phone": PHONE,
}


def watched(*, known: bool = True, **plan: Any) -> Patient:
    """A patient of a team with a nurse on duty on weekdays, a duty telephone and a number for patients."""
    around = Context(rules(), {"lung": TeamCoverage.model_validate(COVERAGE)}, "nattevagt/test")
    return Patient(
        known=known, surroundings=around, **({"slots": [make_slot()], "rules": ["limits", "missing"]} | plan)
    )


def replies(patient: Patient) -> list[str]:
    """Text of every answer to the patient; each names the team's telephone."""
    sent = [effect.reply for effect in patient.effects if isinstance(effect, SendReply)]
    assert {PHONE} >= {one.parameters["phone"] for one in sent if "phone" in one.parameters}
    return [one.text_key for one in sent]


def letters(patient: Patient) -> list[tuple[str, str, str | None]]:
    """(reason, to, from when) of every letter to the team."""
    notices = [effect.notice for effect in patient.effects if isinstance(effect, SendNotice)]
    return [(*one.reasons, one.recipient, one.not_before) for one in notices if one.action.value == "inform"]


def test_a_withdrawal_is_told_to_both_and_nothing_is_expected_any_more() -> None:
    """With whom to call; the slot of the next morning passes without a reminder; the list says why."""
    patient = watched()
    patient.measures(96)
    outcome = patient.gets(make_consent())
    assert ("accepted.recorded", "p1") == (outcome.outcome, outcome.by)
    patient.waits(hours=30)
    assert ["information.withdrawn"] == replies(patient)
    assert [("consent.withdrawn", "n1", None)] == letters(patient)
    assert ({}, NEVER) == (patient.state.slots, patient.last.due_data_ms)
    shown = overviews(patient.effects)[-1].overview
    assert (None, ("consent.withdrawn",), None, ("monitoring",)) == (
        shown.level,
        shown.reasons,
        shown.team,
        shown.consent.withheld,
    )


def test_what_is_sent_afterwards_is_refused_whole_and_told_once_a_day() -> None:
    """Also when it was measured before; nothing of it is remembered, scored or coloured."""
    patient = watched()
    patient.measures(96)
    patient.gets(make_consent(), minutes=30)
    series = patient.state.series
    refused = [
        patient.measures(60),
        patient.measures(60, ago=60),
        patient.fills("hf-daily", items={"woke": True}),
        patient.measures(96, minutes=24 * 60),
    ]
    assert {Outcome.REJECTED_CONSENT} == {body.outcome for body in refused}
    assert len(refused) == len(rejects(patient.effects))
    assert ["information.withdrawn", "unread.not_watched", "unread.not_watched"] == replies(patient)
    assert (series, (), []) == (patient.state.series, patient.state.refused, alerts(patient.effects))
    assert {T0 + 60_000} == {effect.now_ms for effect in patient.effects if isinstance(effect, PublishScore)}


def test_what_intake_refuses_is_answered_too_and_not_remembered() -> None:
    """The team may not learn of it, the patient must not believe to be watched."""
    patient = watched()
    patient.gets(make_consent())
    patient.feed(make_refusal(received_ms=patient.now_ms))
    assert (["information.withdrawn", "unread.not_watched"], ()) == (replies(patient), patient.state.refused)


def test_an_open_red_ends_with_the_reason_and_whoever_would_be_paged_is_told_at_once() -> None:
    """On a Monday night the duty telephone; the nurse's letter waits for the morning. The patient is told to call."""
    patient = watched()
    patient.measures(80, minutes=12 * 60)
    paged = {effect.notice.recipient for effect in patient.effects if isinstance(effect, SendNotice)}
    patient.gets(make_consent(valid_from=rfc3339(T0)), minutes=1)
    assert (["raised", "expired"], "consent.withdrawn") == (patient.steps, patient.step.reason)
    assert (1, {"duty"}) == (patient.step.plan_version, paged)
    resolved = [e.notice for e in patient.effects if isinstance(e, SendNotice) and e.notice.action.value == "resolve"]
    assert ["duty"] == [one.recipient for one in resolved]
    assert [("consent.withdrawn_in_red", "duty", None), ("consent.withdrawn", "n1", rfc3339(T0 + DAY))] == letters(
        patient
    )
    assert "information.withdrawn_in_red" == replies(patient)[-1]
    assert patient.state.alert is None


def test_an_open_yellow_ends_with_the_reason_and_a_letter() -> None:
    """Nobody is woken for it."""
    patient = watched()
    patient.measures(89)
    patient.gets(make_consent())
    assert (["raised", "expired"], "consent.withdrawn") == (patient.steps, patient.step.reason)
    assert ["consent.withdrawn"] == [reason for reason, _, _ in letters(patient)]


def test_given_again_the_watch_goes_on_from_then_and_an_unanswered_red_is_raised_anew() -> None:
    """As behind a plan's end: what nobody answered still holds."""
    patient = watched()
    patient.measures(80)
    patient.gets(make_consent())
    patient.gets(make_consent(version=2, monitoring="given"), minutes=60)
    assert ["raised", "expired", "raised"] == patient.steps
    assert "information.watched" in replies(patient)
    assert "consent.given" == letters(patient)[-1][0]
    assert Outcome.ACCEPTED_SUPPRESSED is patient.measures(80, minutes=5).outcome
    assert (None, "lung") == (
        overviews(patient.effects)[-1].overview.consent,
        overviews(patient.effects)[-1].overview.team,
    )
    assert list(patient.state.slots) == ["morning"]


def test_a_second_withdrawal_within_the_day_is_told_at_the_next_reading() -> None:
    """Once a day counts from each withdrawal."""
    patient = watched(slots=[])
    for version, monitoring in ((1, "withdrawn"), (2, "given"), (3, "withdrawn")):
        patient.gets(make_consent(version=version, monitoring=monitoring), minutes=5)
        patient.measures(96)
    assert 2 == replies(patient).count("unread.not_watched")


def test_a_withdrawal_for_a_time_begins_and_ends_by_the_clock_alone() -> None:
    """The holiday of somebody who will not be watched then: no event is needed at either end."""
    patient = watched(slots=[])
    span = {"valid_from": rfc3339(T0 + HOUR), "valid_until": rfc3339(T0 + 3 * HOUR)}
    patient.gets(make_consent(**span))
    assert Outcome.ACCEPTED_NO_ALERT is patient.measures(96, minutes=30).outcome
    assert T0 + HOUR == patient.last.due_data_ms
    patient.waits(minutes=30)
    assert ["information.withdrawn"] == replies(patient)
    assert Outcome.REJECTED_CONSENT is patient.measures(96, minutes=30).outcome
    assert T0 + 3 * HOUR == patient.last.due_data_ms
    patient.waits(hours=2)
    assert ["information.withdrawn", "unread.not_watched", "information.watched"] == replies(patient)
    assert ["consent.withdrawn", "consent.given"] == [reason for reason, _, _ in letters(patient)]
    assert Outcome.ACCEPTED_NO_ALERT is patient.measures(96).outcome


def test_now_chooses_the_consent_and_not_the_time_of_measuring() -> None:
    """Measured while it was withdrawn and sent behind it counts; measured before and sent while it is, does not."""
    patient = watched(slots=[])
    patient.gets(make_consent())
    patient.gets(make_consent(version=2, monitoring="given"), minutes=120)
    assert Outcome.ACCEPTED_NO_ALERT is patient.measures(96, ago=60).outcome
    outcome = patient.measures(80, ago=90)
    assert (Outcome.ACCEPTED_ALERT, ("limits.spo2.was_red",)) == (outcome.outcome, patient.step.reasons)


def test_an_opt_out_before_any_plan_holds_when_the_plan_comes() -> None:
    """It makes the patient known, as bindings do; the plan's owner and its team are told that nobody watches."""
    patient = watched(known=False)
    assert "accepted.recorded" == patient.gets(make_consent()).outcome
    assert Outcome.REJECTED_UNKNOWN_PATIENT is patient.measures(80).outcome
    outcome = patient.gets(make_plan(), minutes=1)
    patient.gets(make_bindings())
    assert ("consent.withdrawn", True) == (outcome.reason, bool(outcome.next_step))
    assert [("consent.withdrawn", "n1", None)] == letters(patient)
    assert Outcome.REJECTED_CONSENT is patient.measures(80).outcome
    assert [] == alerts(patient.effects)


def test_a_scheduled_plan_that_begins_without_consent_is_told_to_its_team_then() -> None:
    """At its own time; a slot or another deadline tells nothing again."""
    patient = watched(known=False, slots=[])
    patient.gets(make_consent())
    patient.gets(make_plan(valid_from=rfc3339(T0 + HOUR), valid_until=rfc3339(T0 + 5 * HOUR)))
    assert [] == letters(patient)
    patient.waits(hours=2)
    assert [("consent.withdrawn", "n1", None)] == letters(patient)
    patient.waits(hours=30)
    assert 1 == len(letters(patient))


@pytest.mark.parametrize(
    ("version", "same", "expected"), [(2, True, "duplicate"), (2, False, "state"), (1, False, "state")]
)
def test_a_version_that_is_not_higher_changes_nothing(version: int, expected: str, *, same: bool) -> None:
    """Lest an old record, sent again, undoes a withdrawal."""
    patient = watched()
    patient.gets(make_consent(version=2))
    again = make_consent(version=version, monitoring="withdrawn" if same else "given")
    outcome = patient.gets(again, minutes=5)
    assert (f"rejected.{expected}", "p1") == (outcome.outcome, outcome.by)
    assert patient.state.withholds("monitoring")


def test_many_scheduled_versions_are_bounded_and_spare_the_one_in_force() -> None:
    """Of those to come the lower ones go; a version that no longer holds is forgotten."""
    patient = watched(slots=[])
    patient.gets(make_consent())
    for version in range(2, 9):
        begins = rfc3339(T0 + version * DAY)
        patient.gets(make_consent(version=version, monitoring="given", valid_from=begins))
    assert (MAX_PERMITS, [1, 7, 8]) == (len(patient.state.consents), [one.version for one in patient.state.consents])
    assert patient.state.withholds("monitoring")


def test_a_death_or_the_plans_end_goes_before_consent() -> None:
    """The dead are not written to, and the reason is the first that holds."""
    patient = watched(valid_until=rfc3339(T0 + HOUR))
    patient.gets(make_consent())
    patient.waits(hours=2)
    assert ("plan.ended",) == overviews(patient.effects)[-1].overview.reasons
    patient.gets(make_outcome("death"))
    count = len(replies(patient))
    patient.measures(96, minutes=DAY // 60_000)
    assert (("patient.died",), count) == (overviews(patient.effects)[-1].overview.reasons, len(replies(patient)))


def test_a_wish_for_contact_is_answered_with_whom_to_call() -> None:
    """Nobody is on the list for it, so it may not seem to have been taken."""
    patient = watched()
    patient.gets(make_consent())
    for _ in range(2):
        assert Outcome.REJECTED_CONSENT is patient.commands("request_contact").outcome
    assert ["information.withdrawn", "unread.not_watched", "unread.not_watched"] == replies(patient)


def test_a_patient_without_a_record_is_watched_as_ever() -> None:
    """No record, and one that withholds nothing, are the same."""
    one, other = watched(), watched()
    other.gets(make_consent(monitoring="given"))
    for patient in (one, other):
        patient.measures(96)
        patient.measures(80)
        patient.waits(hours=30)
    assert one.steps == other.steps
    assert replies(one) == replies(other)
    assert isinstance(other.events[2], ConsentReceived)
