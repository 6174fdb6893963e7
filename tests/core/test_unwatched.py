"""Who sends though nobody watches: from what `step` itself wrote down, with why, which team, and since when."""

from datetime import datetime

import pytest

from schemas.base import rfc3339, to_ms
from schemas.clinical_outcome import ClinicalOutcome
from schemas.consent import Consent
from schemas.events import CarePlanReceived, ClinicalOutcomeReceived, ConsentReceived
from schemas.ids import SYNTHETIC_PREFIX
from schemas.plan import CarePlan
from streams.core.unwatched import Sender, Unwatched, Why, by_why
from tests.builders import (
    DAY,
    HOUR,
    MINUTE,
    PATIENT,
    T0,
    TEAM,
    Patient,
    audits,
    make_bindings,
    make_consent,
    make_outcome,
    make_plan,
)


def listed(patient: Patient, *, hours: float = 24, refused: tuple[CarePlan, ...] = ()) -> Unwatched:
    """The list at the patient's now, from the audit, the plans and the outcomes that this patient's life left."""
    found = Unwatched(patient.now_ms - round(hours * HOUR), patient.now_ms + 1)
    for event in patient.events:
        if isinstance(event, CarePlanReceived):
            found.planned(CarePlan.model_validate_json(event.payload), (event.source.partition, event.source.offset))
        elif isinstance(event, ConsentReceived):
            found.asked(Consent.model_validate_json(event.payload), (event.source.partition, event.source.offset))
        elif isinstance(event, ClinicalOutcomeReceived):
            found.happened(ClinicalOutcome.model_validate_json(event.payload))
    for n, plan in enumerate(refused):
        found.planned(plan, (0, 1000 + n))
    for body in audits(patient.effects):
        found.audited(body, to_ms(datetime.fromisoformat(body.at)))
    return found


def test_a_watched_patient_is_not_on_the_list() -> None:
    """Nor one of whom nothing has come."""
    patient = Patient()
    patient.measures(96)
    assert () == listed(patient).senders()
    assert dict.fromkeys(Why, 0) == by_why(listed(patient).senders())


def test_who_never_had_a_plan_is_listed_since_the_first_input() -> None:
    """Two inputs in the day, one before it."""
    patient = Patient(known=False)
    patient.measures(96)
    first_ms = patient.now_ms
    patient.measures(96, minutes=30 * 60)
    patient.fills("hf-daily", minutes=5)
    assert (Sender(PATIENT, Why.NO_PLAN, None, 2, first_ms, patient.now_ms),) == listed(patient).senders()
    assert {"no_plan": 1} == {why: n for why, n in by_why(listed(patient).senders()).items() if n}


def test_whose_plan_has_ended_is_listed_since_its_end_under_its_team() -> None:
    """What was measured before the end is no reason."""
    patient = Patient(valid_until=rfc3339(T0 + HOUR))
    patient.measures(96)
    patient.measures(96, minutes=120)
    [sender] = listed(patient).senders()
    assert Sender(PATIENT, Why.ENDED, TEAM, 1, T0 + HOUR, patient.now_ms) == sender
    assert (sender,) == listed(patient).senders(TEAM)
    assert () == listed(patient).senders("heart")


def test_whose_plan_has_been_renewed_is_watched_again() -> None:
    """The readings between were answered; the list is about now."""
    patient = Patient(valid_until=rfc3339(T0 + HOUR))
    patient.measures(96, minutes=120)
    patient.gets(make_plan(version=2))
    assert () == listed(patient).senders()


def test_a_plan_that_has_not_begun_watches_nobody() -> None:
    """The device was given out a week too early."""
    patient = Patient(known=False)
    patient.gets(make_plan(valid_from=rfc3339(T0 + 7 * DAY)))
    patient.gets(make_bindings())
    patient.measures(96)
    assert [Why.PLANNED] == [one.why for one in listed(patient).senders()]


def test_a_plan_that_was_refused_is_told_apart_from_none() -> None:
    """Somebody thinks that the patient is watched."""
    patient = Patient(known=False)
    patient.measures(96)
    assert [Why.REFUSED] == [one.why for one in listed(patient, refused=(make_plan(),)).senders()]


def test_the_dead_are_named_as_such() -> None:
    """Nobody is to ring; the device is to be fetched."""
    patient = Patient()
    patient.gets(make_outcome("death"))
    patient.measures(96)
    assert [Why.DIED] == [one.why for one in listed(patient).senders()]


@pytest.mark.parametrize(("hours", "listed_there"), [(1, 0), (3, 1)])
def test_only_who_has_sent_in_the_span_is_listed(hours: float, listed_there: int) -> None:
    """Who has stopped sending is not a matter of today."""
    patient = Patient(known=False)
    patient.measures(96)
    patient.now_ms += 2 * HOUR
    assert listed_there == len(listed(patient, hours=hours).senders())


def test_refusals_for_other_reasons_do_not_count() -> None:
    """A stranger's device, a duplicate, a command that came too late: the patient is watched."""
    patient = Patient()
    patient.measures(96)
    patient.measures(96, device="found")
    patient.gets(make_plan(version=1, team="heart"))
    patient.commands("acknowledge", alert_id="a1", sequence=1)
    assert () == listed(patient).senders()


def test_the_longest_unwatched_comes_first() -> None:
    """And the watchdog's patients are nobody."""
    older, newer = Patient(known=False), Patient(known=False)
    older.measures(96)
    newer.measures(96, minutes=5)
    found = Unwatched(T0, T0 + DAY)
    for name, patient in (("b", newer), ("a", older), (f"{SYNTHETIC_PREFIX}0", older)):
        for body in audits(patient.effects):
            found.audited(body.model_copy(update={"patient": name}), patient.now_ms)
    assert [("a", T0 + MINUTE), ("b", T0 + 5 * MINUTE)] == [(one.patient, one.since_ms) for one in found.senders()]


def test_who_has_withdrawn_consent_is_listed_since_then_and_no_longer_once_it_is_given() -> None:
    """With the team of the plan that still stands; what did not count changes nothing."""
    patient = Patient()
    patient.measures(96)
    patient.gets(make_consent(), minutes=60)
    since_ms = patient.now_ms
    patient.gets(make_consent(monitoring="given"), minutes=1)
    patient.measures(96)
    patient.measures(96)
    assert (Sender(PATIENT, Why.CONSENT, TEAM, 2, since_ms, patient.now_ms),) == listed(patient).senders()
    patient.gets(make_consent(version=2, monitoring="given"), minutes=1)
    assert () == listed(patient).senders()
