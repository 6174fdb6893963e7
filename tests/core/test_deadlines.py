"""Time moves first: in due order, as of its own due time; held back where data may still be on their way."""

import pytest

from schemas.base import rfc3339
from schemas.events import Resumed, Stamp
from streams.core.plan import CLOCK_ENDS_MS, NEVER
from streams.core.state import PatientState
from streams.core.step import step
from tests.builders import (
    HOUR,
    MINUTE,
    PATIENT,
    T0,
    Patient,
    alerts,
    audits,
    context,
    make_bindings,
    make_command,
    make_event,
    make_measurement,
    make_plan,
    make_refusal,
    make_slot,
    make_timer,
    overviews,
    waiting,
)


def resumed(from_ms: int, to_ms: int) -> Resumed:
    """The watch stood still."""
    return Resumed(id="resumed", patient=PATIENT, from_ms=from_ms, to_ms=to_ms, stamp=Stamp())


def alarmed() -> Patient:
    """A red alert at T0 + 1 min and a slot due at T0 + 2 h for another kind."""
    patient = Patient(slots=[make_slot(kinds=["weight"])], rules=["limits", "missing"])
    patient.measures(86)
    return patient


def test_deadlines_fire_in_order_and_at_their_own_time() -> None:
    """One timer after six hours: the silence at 2 h is a worry of its own time, then the rungs."""
    patient = alarmed()
    patient.waits(hours=6)

    assert [("raised", MINUTE), ("upgraded", 2 * HOUR), ("escalated", 6 * HOUR)] == [
        (each.step.type, each.now_ms - T0) for each in alerts(patient.effects)
    ]


def test_a_deadline_on_the_ladder_comes_before_data_of_the_same_instant() -> None:
    """The order is fixed, so that it is the same on every machine."""
    patient = Patient(slots=[make_slot(grace_min=240)], rules=["limits", "missing"])
    patient.measures(86, minutes=0, ago=241)
    due = patient.last.due_ladder_ms
    assert due == patient.last.due_data_ms
    patient.feed(make_timer(due))

    assert ["raised", "escalated"] == patient.steps[:2]


def test_data_wait_while_intake_is_behind() -> None:
    """The reading was received before the slot fell due: no silence, though the ladder's time had passed it."""
    patient = alarmed()
    patient.feed(make_timer(T0 + 3 * HOUR, data_until_ms=T0 + HOUR))
    assert {} == patient.triage.silence
    assert T0 + 2 * HOUR == patient.last.due_data_ms
    patient.feed(make_event(make_measurement(80, kind="weight", at_ms=T0), received_ms=T0 + HOUR + MINUTE, offset=9))
    assert {} == patient.triage.silence
    patient.feed(make_timer(T0 + 3 * HOUR))

    assert {} == patient.triage.silence
    assert ["raised"] == patient.steps


def test_data_never_run_ahead_of_the_ladder() -> None:
    """A timer that asks for it is not obeyed."""
    patient = alarmed()
    patient.feed(make_timer(T0 + HOUR, data_until_ms=T0 + 9 * HOUR))

    assert (T0 + HOUR, {}) == (patient.state.now_ms, patient.triage.silence)


def test_time_does_not_go_back() -> None:
    """A timer of the past changes nothing and says nothing."""
    patient = alarmed()
    before = patient.state

    assert () == patient.feed(make_timer(T0 - HOUR))
    assert before == patient.state


def test_a_timer_for_nobody_creates_nothing() -> None:
    """Nor does a resumption; not even at the end of time."""
    for event in (make_timer(2**63 - 1), resumed(T0, T0 + HOUR)):
        done = step(PatientState(PATIENT), event, context())
        assert ((), NEVER, NEVER, False) == (done.effects, done.due_data_ms, done.due_ladder_ms, done.state.is_known)


def test_nothing_to_wait_for_is_never_due() -> None:
    """A plan without slots and end, no alert."""
    patient = Patient()

    assert (NEVER, NEVER) == (patient.last.due_data_ms, patient.last.due_ladder_ms)


def test_an_outage_runs_no_ladder_through() -> None:
    """Up to where it began the ladder moves; then the rung that ran gets the time back: 31 minutes are left of it."""
    patient = alarmed()
    patient.feed(resumed(T0 + 4 * HOUR + 30 * MINUTE, T0 + 40 * HOUR))

    assert ["raised", "escalated"] == patient.steps
    assert T0 + 40 * HOUR + 31 * MINUTE == patient.last.due_ladder_ms
    assert rfc3339(T0 + 40 * HOUR) == overviews(patient.effects)[-1].overview.as_of


def test_an_outage_floods_nobody_with_false_silence() -> None:
    """What was due in the gap waits for what was sent in the gap."""
    patient = alarmed()
    patient.feed(resumed(T0 + HOUR, T0 + 3 * HOUR))
    assert {} == patient.triage.silence
    patient.feed(make_event(make_measurement(80, kind="weight", at_ms=T0), received_ms=T0 + HOUR + MINUTE, offset=9))
    patient.feed(make_timer(T0 + 3 * HOUR))

    assert ({}, ["raised"]) == (patient.triage.silence, patient.steps)


def test_a_hold_that_ends_in_an_outage_pages_once() -> None:
    """No clock starts in the past: one page when the watch is back, the next a rung later."""
    patient = Patient(rules=["limits"], surroundings=waiting())
    patient.measures(65)
    patient.feed(resumed(T0 + 2 * MINUTE, T0 + 9 * HOUR))
    patient.feed(make_timer(T0 + 9 * HOUR))

    assert (["raised", "upgraded"], "confirm.hold_over") == (patient.steps, patient.step.reason)
    assert T0 + 13 * HOUR == patient.last.due_ladder_ms


def test_a_resumption_of_the_past_shortens_nothing() -> None:
    """A second timekeeper's late word counts from the patient's own clock."""
    patient = alarmed()
    patient.waits(minutes=60)
    patient.feed(resumed(T0, T0 + MINUTE))

    assert T0 + 5 * HOUR + MINUTE == patient.last.due_ladder_ms


def test_a_resumption_without_an_alert_only_lets_time_pass() -> None:
    """A patient without an alert has no clock to set."""
    patient = Patient()
    patient.feed(resumed(T0, T0 + HOUR))

    assert (T0 + HOUR, None) == (patient.state.now_ms, patient.state.alert)


def test_a_stamp_never_goes_back() -> None:
    """Two intakes may have read differently far."""
    patient = Patient()
    for coverage, models in ((3, 1), (2, 4), (3, 1)):
        patient.feed(make_timer(T0, stamp=Stamp(coverage=coverage, models=models)))

    assert Stamp(coverage=3, models=4) == patient.state.stamp


@pytest.mark.parametrize("at_ms", [-(2**63), -1, 0, 2**63 - 1])
def test_a_broken_clock_breaks_nothing(at_ms: int) -> None:
    """Record times are 64-bit numbers of somebody else."""
    patient = Patient(known=False)
    for contract in (make_plan(slots=[make_slot()]), make_bindings(), make_measurement(86), make_command()):
        patient.feed(make_event(contract, received_ms=at_ms))
    patient.feed(make_refusal(received_ms=at_ms))

    assert 4 == len([body for body in audits(patient.effects) if body.type == "outcome"])
    assert 0 <= patient.state.now_ms <= CLOCK_ENDS_MS
