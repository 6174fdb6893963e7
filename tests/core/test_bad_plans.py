"""TABLE of bad plans and forms: a clear outcome each with what to do next, and nobody silently unwatched."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pytest

from schemas.audit import Outcome
from schemas.base import rfc3339, to_ms
from schemas.codec import dumps
from schemas.events import Stamp
from schemas.questionnaire import Questionnaire
from schemas.topics import ANSWERS, CARE_PLANS
from streams.core.intake.accept import RawRecord, Refused, accept
from tests.builders import (
    DAY,
    HOUR,
    MINUTE,
    PATIENT,
    T0,
    Patient,
    alerts,
    audits,
    context,
    make_answers,
    make_limit,
    make_plan,
    make_slot,
    overviews,
)

RECORDED, RAISED = Outcome.ACCEPTED_RECORDED, Outcome.ACCEPTED_ALERT
SCHEMA, STATE = Outcome.REJECTED_SCHEMA, Outcome.REJECTED_STATE


@dataclass(frozen=True, slots=True)
class Bad:
    """A row. change: what differs from a good plan (version 2) or form. reasons: what the team sees afterwards.

    plan: the version that is in force then.
    """

    what: str
    topic: str
    change: dict[str, Any]
    outcome: Outcome
    reasons: tuple[str, ...]
    plan: int = 1
    level: str | None = None
    says: str = field(default="", kw_only=True)


def plan(what: str, outcome: Outcome, *reasons: str, holds: int = 1, says: str = "", **change: Any) -> Bad:
    """A row about a plan. holds: the version in force afterwards."""
    return Bad(what, CARE_PLANS, change, outcome, reasons, holds, says=says)


def form(what: str, outcome: Outcome, *reasons: str, says: str = "", **change: Any) -> Bad:
    """A row about a form: at least yellow, because what the patient said is not known."""
    return Bad(what, ANSWERS, change, outcome, reasons, level="yellow", says=says)


GATE = Questionnaire.model_validate(
    {
        "id": "gate",
        "version": 1,
        "title": {"en": "Gate"},
        "rights": "own_words",
        "licence": "own",
        "source": "test",
        "valid_hours": 24,
        "items": [
            {"id": "ill", "type": "boolean"},
            {"id": "worse", "type": "boolean", "show_if": [[{"item": "ill", "any_of": [1]}]]},
        ],
        "rows": [{"reason": "calm", "level": "green", "tier": 0, "text": {"en": "Calm"}}],
    }
)
"""An institution's own form: the second question is asked only when the first is answered with yes."""

REFUSED = "refused.input.schema"
UNREADABLE = ("pro.form.unreadable", "refused.answers.schema")
UPSIDE_DOWN = make_limit() | {"red_below": 90, "yellow_below": 88}

TABLE = (
    plan("without limits", RECORDED, "reference.limits", holds=2, limits=[]),
    plan("limits in the wrong order", SCHEMA, REFUSED, limits=[UPSIDE_DOWN], says="limits"),
    plan("a limit without a bound", SCHEMA, REFUSED, limits=[{"kind": "spo2"}], says="limits"),
    plan("two limits of one kind", SCHEMA, REFUSED, limits=[make_limit(), make_limit()]),
    plan("a limit of a kind that does not exist", SCHEMA, REFUSED, limits=[make_limit("aura")], says="kind"),
    plan("an unknown rule", SCHEMA, REFUSED, rules=["limits", "horoscope"], says="rules"),
    plan("an unknown row of a rule", SCHEMA, REFUSED, rules=["limits", "hf.99"], says="rules"),
    plan("a rule without its reference", RECORDED, "reference.best", holds=2, rules=["limits", "asthma"]),
    plan("an unknown team", RECORDED, holds=2, team="nobody", says="team.unknown"),
    plan("overlaps the plan in force: the higher version holds", RECORDED, holds=2),
    plan("overlaps with an old version", STATE, version=1, team="heart", says="version"),
    plan("begins only tomorrow: today's holds", RECORDED, valid_from=rfc3339(T0 + DAY)),
    plan("ends before it begins", SCHEMA, REFUSED, valid_until=rfc3339(T0 - 60 * DAY)),
    plan("two slots of one id", SCHEMA, REFUSED, slots=[make_slot(), make_slot()]),
    plan("a slot at 25:00", SCHEMA, REFUSED, slots=[make_slot(at=["25:00"])]),
    form("an unknown questionnaire", SCHEMA, *UNREADABLE, questionnaire="mood"),
    form("an unknown version of it", SCHEMA, *UNREADABLE, version=99),
    form("an item it does not have", SCHEMA, *UNREADABLE, items={"luck": 1}),
    form("an answer of the wrong type", SCHEMA, *UNREADABLE, items={"dizzy": 7}),
    form("nothing at all", SCHEMA, *UNREADABLE, items=...),
    form("missing items", RAISED, "pro.hf-daily.incomplete", items={"dizzy": ...}, says="not answered"),
    form(
        "an answer to a question that was not asked",
        RAISED,
        "pro.gate.not_asked",
        questionnaire="gate",
        items={"ill": False, "worse": False},
        says="asked",
    ),
)


def patient() -> Patient:
    """Watched by version 1, with limits on SpO2."""
    return Patient(surroundings=context(questionnaires=(GATE,)), rules=["limits", "refused"])


def body(row: Bad) -> dict[str, Any]:
    """The content of the bytes: a good one with the change. `...` leaves a field or an item out."""
    good = make_plan(version=2, rules=["limits", "refused"]) if row.topic == CARE_PLANS else make_answers()
    made = good.model_dump(mode="json", exclude_none=True)
    for name, value in row.change.items():
        if value is ...:
            made[name] = {}
        elif name == "items":
            items = value if "questionnaire" in row.change else {**made["items"], **value}
            made[name] = {item: given for item, given in items.items() if given is not ...}
        else:
            made[name] = value
    return made


def arrives(someone: Patient, row: Bad) -> tuple[Outcome, str]:
    """Through intake and `step`; the outcome and what it says."""
    someone.now_ms += MINUTE
    record = RawRecord(row.topic, 0, 7, someone.now_ms, PATIENT.encode(), dumps(body(row)))
    taken = accept(record, Stamp(), someone.context)
    if isinstance(taken, Refused):
        assert taken.event is not None
        someone.feed(taken.event)
        outcome, reason, next_step = taken.outcome, taken.reason, taken.next_step
    else:
        [told] = [one for one in audits(someone.feed(taken)) if one.type == "outcome"]
        assert told.outcome is not None
        outcome, reason, next_step = told.outcome, told.reason or "", told.next_step or ""
    assert outcome.is_accepted or (reason and next_step)
    return outcome, f"{reason} {next_step}"


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.what)
def test_a_clear_outcome_and_the_patient_is_watched_on(row: Bad) -> None:
    """What came to it, what the team sees, by which plan the patient is watched, and that a red still raises."""
    someone = patient()
    outcome, says = arrives(someone, row)
    assert row.outcome is outcome
    assert row.says in says
    assert set(row.reasons) == set(someone.triage.reasons)
    assert row.level in (None, someone.triage.level)
    assert ("active", row.plan) == (
        overviews(someone.effects)[-1].overview.status,
        overviews(someone.effects)[-1].overview.plan_version,
    )
    if row.what != "without limits":
        someone.measures(80)
        assert "red" == someone.triage.level
        assert someone.state.alert is not None


def test_without_limits_other_rules_watch_and_a_task_says_so() -> None:
    """An impossible-looking value colours all the same."""
    someone = patient()
    arrives(someone, TABLE[0])
    someone.measures(65)
    assert {"extreme.spo2", "reference.limits"} == set(someone.triage.reasons)
    assert "red" == someone.triage.level


def test_the_alert_of_an_unknown_team_goes_where_somebody_reads() -> None:
    """`unassigned` always exists."""
    someone = patient()
    arrives(someone, next(row for row in TABLE if row.what == "an unknown team"))
    someone.measures(80)
    assert "team.unknown" in someone.step.reasons
    assert ["unassigned"] == [effect.topic_team for effect in alerts(someone.effects)]


@pytest.mark.parametrize(
    ("day", "local", "due"),
    [
        ("2026-03-28", "02:30", "2026-03-28T01:30:00.000Z"),
        ("2026-03-29", "02:30", "2026-03-29T01:30:00.000Z"),
        ("2026-03-30", "02:30", "2026-03-30T00:30:00.000Z"),
        ("2026-10-25", "02:30", "2026-10-25T00:30:00.000Z"),
        ("2026-10-26", "02:30", "2026-10-26T01:30:00.000Z"),
    ],
)
def test_a_slot_in_the_changed_hour_falls_due_once(day: str, local: str, due: str) -> None:
    """Skipped in spring: an hour later by the wall clock; twice in autumn: the first of the two. Never lost."""
    someone = Patient(slots=[make_slot(at=[local], grace_min=0, opens_min=60)])
    someone.waits(minutes=(start_of(day) - someone.now_ms) / MINUTE)
    fell_due = [someone.last.due_data_ms]
    someone.waits(hours=24)
    assert due == rfc3339(fell_due[0])
    assert {"spo2"} == set(someone.triage.silence)
    assert HOUR * 23 <= someone.last.due_data_ms - fell_due[0] <= HOUR * 25


def start_of(day: str) -> int:
    """23:00 UTC of the day before."""
    return to_ms(datetime.fromisoformat(f"{day}T00:00:00+00:00")) - HOUR


def test_every_row_is_told_apart() -> None:
    """A table with two rows of one name would hide one."""
    assert len({row.what for row in TABLE}) == len(TABLE)
