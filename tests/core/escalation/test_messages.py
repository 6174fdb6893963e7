"""Messages: who is told at each rung, by role and hour; what the patient hears; and when nobody reads."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from schemas.base import rfc3339, to_ms
from schemas.coverage import TeamCoverage
from streams.core.context import Context
from streams.core.effects import SendNotice, SendReply
from tests.builders import HOUR, MINUTE, Patient, alerts, make_limit, make_plan, rules

TZ = ZoneInfo("Europe/Copenhagen")
PEOPLE = [
    {"id": "n1", "role": "nurse"},
    {"id": "n2", "role": "nurse", "channels": ["webhook", "email"]},
    {"id": "d1", "role": "doctor"},
    {"id": "lead", "role": "duty_lead"},
]
DUTY = {"outside_hours": "on_call", "on_call": {"id": "duty", "role": "on_call"}}
OFFICE = [{"days": [1, 2, 3, 4, 5], "start": "08:00", "until": "16:00"}]
MONDAY, SATURDAY = "2026-01-05T09:00", "2026-01-10T12:00"
CONTACTS = [{"id": "daughter", "role": "relative"}, {"id": "gp", "role": "gp"}]


def at(text: str) -> int:
    """Local time in Copenhagen as epoch milliseconds."""
    return to_ms(datetime.fromisoformat(text).replace(tzinfo=TZ))


def patient(now: str, *, tier: int = 4, plan: dict[str, Any] | None = None, **coverage: Any) -> Patient:
    """A patient whose SpO2 turns red now; the team reads in office hours."""
    body = {"team": "lung", "version": 1, "shifts": OFFICE, "recipients": PEOPLE, "patient_phone": "+45 70 20 30 40"}
    lung = TeamCoverage.model_validate(body | coverage)
    around = Context(rules(), {"lung": lung, "heart": TeamCoverage(team="heart", version=1)}, "nattevagt/test")
    one = Patient(
        surroundings=around,
        limits=[make_limit(red_below=88, yellow_below=90, red_tier=tier)],
        rules=["limits"],
        **(plan or {}),
    )
    one.now_ms = at(now)
    one.measures(86, minutes=0)
    return one


def told(one: Patient, since: int = 0) -> list[tuple[str, str, str]]:
    """(action, recipient, channel) of every notice."""
    notices = [effect.notice for effect in one.effects[since:] if isinstance(effect, SendNotice)]
    return [(each.action.value, each.recipient, each.channel) for each in notices]


def answers(one: Patient) -> list[tuple[str, str | None]]:
    """(text, to be read by) of every automatic answer."""
    return [(e.reply.text_key, e.reply.read_by) for e in one.effects if isinstance(e, SendReply)]


def after(one: Patient, **time: float) -> list[tuple[str, str, str]]:
    """Who is told when so much time passes."""
    count = len(one.effects)
    one.waits(**time)
    return told(one, count)


def trigger(*people: str) -> list[tuple[str, str, str]]:
    """Each is paged on the webhook."""
    return [("trigger", person, "webhook") for person in people]


def test_the_rungs_of_a_red_in_working_hours() -> None:
    """escalation.json, tier 4: the nurse, the same again at 10, everybody of the next roles at 20, duty lead at 30."""
    one = patient(MONDAY)
    assert trigger("n1") == told(one)
    assert trigger("n1") == after(one, minutes=10)
    both = [*trigger("n1", "n2"), ("trigger", "n2", "email")]
    assert [*both, *trigger("d1")] == after(one, minutes=10)
    assert [*both, *trigger("d1", "lead")] == after(one, minutes=10)


def test_nobody_is_paged_for_an_unconfirmed_value_before_its_hold_is_over() -> None:
    """Only the paging waits; the step is there at once."""
    one = patient(MONDAY)
    one.commands("close")
    for _ in range(2):
        one.measures(96, minutes=20)
    count = len(one.effects)
    one.measures(190, kind="pulse")
    assert ("raised", []) == (one.step.type, told(one, count))
    assert trigger("n1") == after(one, minutes=15)


def test_who_was_paged_hears_when_somebody_has_it_and_when_it_is_over() -> None:
    """And the doctor outside is told once when a red is closed."""
    one = patient(MONDAY, plan={"contacts": CONTACTS})
    one.commands("acknowledge")
    one.commands("close")
    assert [*trigger("n1"), ("acknowledge", "n1", "webhook")] == told(one)[:2]
    assert [("resolve", "n1", "webhook"), ("inform", "gp", "webhook")] == told(one)[2:]
    last = [effect.notice for effect in one.effects if isinstance(effect, SendNotice)][-1]
    assert ("true", "nurse-1", None) == (last.verdict, last.by, last.deliver_by)


def test_a_notice_names_step_rung_and_deadline_and_no_value() -> None:
    """Its id is a function of alert, step, action, recipient and channel."""
    notice = next(effect.notice for effect in patient(MONDAY).effects if isinstance(effect, SendNotice))

    assert (1, 0, 4, "n1") == (notice.sequence, notice.rung, notice.tier, notice.recipient)
    assert (rfc3339(at(MONDAY) + 10 * MINUTE), None) == (notice.deliver_by, notice.not_before)
    assert "86" not in notice.model_dump_json(include={"reasons", "role", "verdict"})


def test_a_red_outside_hours_goes_to_the_on_call_route_and_the_patient_is_told() -> None:
    """Until when nobody of the team reads, and whom to call; it wants to be read within ten minutes."""
    one = patient(SATURDAY, **DUTY)
    reply = next(effect.reply for effect in one.effects if isinstance(effect, SendReply))

    assert trigger("duty") == told(one)
    assert [("unread.outside_hours", rfc3339(at(SATURDAY) + 10 * MINUTE))] == answers(one)
    assert {"at": "2026-01-12T08:00", "phone": "+45 70 20 30 40"} == reply.parameters
    assert one.state.alert is not None, "the answer is no action"


def test_an_unread_answer_brings_the_plans_contact_in_where_nobody_is_on_call() -> None:
    """At ten minutes, together with the rung; the alert stays open and its minutes count."""
    one = patient(SATURDAY, plan={"contacts": CONTACTS})
    assert [] == told(one)
    assert trigger("daughter") == after(one, minutes=10)
    assert 600 == one.step.unattended_s
    one.waits(hours=44)
    assert "n1" in [name for _, name, _ in told(one)]
    first = next(e.step for e in alerts(one.effects) if e.step.reason == "coverage.begins")
    assert (rfc3339(at("2026-01-12T08:00")), 44 * 3600) == (first.at, first.unattended_s)


def test_an_unread_answer_of_a_slower_clock_does_not_wait_for_the_rung() -> None:
    """Tier 3 outside hours: the on-call route again after ten minutes, the rung an hour after the raise."""
    one = patient(SATURDAY, tier=3, **DUTY)
    assert trigger("duty") == after(one, minutes=10)
    assert ("reply.unread", 0) == (one.step.reason, one.step.rung)
    assert [] == after(one, minutes=49)
    assert trigger("duty") == after(one, minutes=1)
    assert ("ladder.unanswered", 4) == (one.step.reason, one.step.tier)


def test_an_answer_that_was_read_brings_nobody_in() -> None:
    """The rung goes on as always."""
    one = patient(SATURDAY, tier=3, **DUTY)
    alert = one.state.alert
    one.commands("delivery_reported", notice_id=alert.reply_id, alert_id=alert.id, channel="app", result="read")

    assert [] == after(one, minutes=30)


def test_a_yellow_waits_for_the_next_shift() -> None:
    """The notice carries from when it may be sent; nobody on call is woken and the patient hears nothing."""
    one = patient(SATURDAY, **DUTY)
    one.commands("close")
    count = len(one.effects)
    one.measures(89)
    notices = [effect.notice for effect in one.effects[count:] if isinstance(effect, SendNotice)]

    assert ["n1"] == [notice.recipient for notice in notices]
    assert rfc3339(at("2026-01-12T08:00")) == notices[0].not_before
    assert rfc3339(at("2026-01-12T16:00")) == one.step.next_deadline
    assert 1 == len(answers(one))


def test_an_orange_before_the_shift_waits_for_it() -> None:
    """Raised at six on a working day: seen at eight, due at twelve."""
    one = patient("2026-01-06T06:00", tier=3, **DUTY)
    notice = next(effect.notice for effect in one.effects if isinstance(effect, SendNotice))

    assert ("n1", rfc3339(at("2026-01-06T08:00"))) == (notice.recipient, notice.not_before)
    assert rfc3339(at("2026-01-06T12:00")) == one.step.next_deadline


def test_nobody_answers_so_the_patient_is_told_to_call() -> None:
    """With the duty lead, at thirty minutes; read or not, the ladder goes on."""
    one = patient(MONDAY)
    one.waits(minutes=30)

    assert [("unread.nobody_answers", rfc3339(at(MONDAY) + 40 * MINUTE))] == answers(one)


def test_an_emergency_says_112_at_once_and_that_is_no_acknowledgement() -> None:
    """Tier 5, in and outside hours: the ladder runs as for tier 4 from minute 0."""
    for now in (MONDAY, SATURDAY):
        one = patient(now, tier=5, **DUTY)
        assert "emergency.call_112" == answers(one)[0][0]
        assert ("open", at(now) + 10 * MINUTE) == (one.state.alert.phase, one.state.alert.deadline_ms)


def test_a_failed_contact_is_told_to_whoever_is_next() -> None:
    """The patient by the app, the daughter by a notice, 112 by the app."""
    one = patient(MONDAY, plan={"contacts": CONTACTS})
    one.commands("acknowledge")
    count = len(one.effects)
    for _ in range(3):
        one.commands("contact_failed")

    assert trigger("daughter") == told(one, count)
    assert ["information.contact", "emergency.call_112"] == [key for key, _ in answers(one)]


def test_an_offer_asks_the_other_team_and_a_moved_plan_tells_both() -> None:
    """The old team's pagers stop; nobody of heart is known here."""
    one = patient(MONDAY)
    one.commands("hand_over")
    assert "offered" == one.step.type
    assert trigger("n1") == told(one)


def test_red_minutes_count_only_while_nobody_reads_and_nobody_has_it() -> None:
    """Each step carries what has been added since the one before, to one team only."""
    one = patient("2026-01-09T15:00")
    one.waits(hours=3)
    one.commands("acknowledge", minutes=60)
    one.commands("close", minutes=60)
    added = [each.alone_ms for each in alerts(one.effects)]

    assert (3 * HOUR, 3 * 3600) == (sum(added), one.step.unattended_s)


@pytest.mark.parametrize(
    ("plan", "coverage", "reason"),
    [
        ({}, {}, "coverage.no_route"),
        ({"contacts": CONTACTS}, {}, None),
        ({"contacts": CONTACTS[1:]}, {}, "coverage.no_route"),
        ({}, DUTY, None),
        ({}, {"recipients": []}, "coverage.no_recipient"),
        ({}, {"shifts": []}, None),
        ({}, {"shifts": [], "recipients": []}, "coverage.no_recipient"),
        ({"team": "nobody"}, {}, "team.unknown"),
    ],
)
def test_a_plan_without_a_way_out_is_a_finding_before_it_starts(
    plan: dict[str, Any], coverage: dict[str, Any], reason: str | None
) -> None:
    """The plan is taken, and its outcome says what a red outside hours would meet."""
    one = patient(MONDAY, **coverage)
    outcome = one.gets(make_plan(version=2, **plan))

    assert ("accepted.recorded", reason) == (outcome.outcome, outcome.reason)
    assert (reason is None) is (outcome.next_step is None)


OWNER = {"id": "devices", "role": "operator", "channels": ["webhook", "email"]}


def unbound(now: str, **coverage: Any) -> tuple[Patient, int]:
    """A patient with an open red, to whom a device that nobody bound sends, and where its second reading begins."""
    one = patient(now, **coverage)
    one.gets(make_plan(version=2, rules=["limits", "refused"]))
    one.commands("acknowledge", minutes=0)
    one.measures(96, device="found", minutes=5)
    since = len(one.effects)
    one.measures(96, device="found", minutes=10)
    return one, since


@pytest.mark.parametrize("now", [MONDAY, SATURDAY])
def test_who_gives_out_devices_hears_of_one_that_keeps_sending_within_15_minutes(now: str) -> None:
    """With its second reading, at any hour, on each channel; a letter, for the team has the alert."""
    one, since = unbound(now, device_owner=OWNER)
    letters = [row for row in told(one, since) if row[1] == "devices"]
    assert [("inform", "devices", "webhook"), ("inform", "devices", "email")] == letters
    one.measures(96, device="found", minutes=10)
    assert 2 == len([row for row in told(one, since) if row[1] == "devices"])


def test_the_letter_about_a_device_holds_nothing_clinical() -> None:
    """Not the red that is open beside it."""
    one, since = unbound(MONDAY, device_owner=OWNER)
    notices = [e.notice for e in one.effects[since:] if isinstance(e, SendNotice)]
    letters = [each for each in notices if each.recipient == "devices"]
    assert {(("refused.spo2.keeps_sending",), "yellow", 2, None)} == {
        (each.reasons, each.level.value, each.tier, each.not_before) for each in letters
    }
    assert "limits.spo2.red_below" in one.state.alert.reasons


def test_without_a_device_owner_the_team_hears_of_it_as_of_any_task() -> None:
    """Nobody is left out silently."""
    one, since = unbound(MONDAY)
    assert ["joined"] == [each.step.type.value for each in alerts(one.effects[since:])]
    assert [] == told(one, since)
