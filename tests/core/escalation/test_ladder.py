"""The ladder: every row of its table, its clocks as the clinical table says, and no state without a next step."""

from collections.abc import Callable
from dataclasses import replace
from itertools import product

import pytest

from schemas.alert import AlertStepType
from schemas.rules import LadderRules
from schemas.triage import Finding, TriageLevel
from streams.core.escalation.ladder import (
    MAX_REASONS,
    TRANSITIONS,
    Move,
    Phase,
    Trigger,
    absorb,
    acknowledge,
    deadline_passed,
    end,
    is_legal,
    open_alert,
    phase_of,
    resume,
    worsen,
)
from streams.core.escalation.policy import LONGEST_REPEAT_MIN, rung_deadline, rung_length
from streams.core.plan import NEVER
from streams.core.state import AlertState
from tests.builders import HOUR, MINUTE, T0, rules

RULES = rules()
TIERS = (2, 3, 4, 5)


def concern(**changed: object) -> Finding:
    """A confirmed red of tier 4."""
    finding = Finding("limits", "1", TriageLevel.RED, 4, "limits.spo2.red_below", T0)
    return replace(finding, **changed)


def opened(**changed: object) -> AlertState:
    """An alert that this concern has opened at T0."""
    return open_alert("cause", [concern(**changed)], "lung", T0, RULES).alert


def acknowledged(**changed: object) -> AlertState:
    """An open alert that a nurse has taken a minute later."""
    return acknowledge(opened(**changed), "nurse-1", T0 + MINUTE, RULES).alert


ALERTS: dict[Phase, Callable[[], AlertState | None]] = {
    Phase.ENDED: lambda: None,
    Phase.OPEN: lambda: opened(unconfirmed=True),
    Phase.ACKNOWLEDGED: acknowledged,
}


def pull(alert: AlertState | None, trigger: Trigger) -> Move:
    """The one function that takes each trigger."""
    if alert is None:
        assert trigger is Trigger.CONCERN
        return open_alert("cause", [concern()], "lung", T0, RULES)
    if trigger is Trigger.DEADLINE:
        return deadline_passed(alert, alert.deadline_ms, RULES)
    if trigger is Trigger.ACKNOWLEDGE:
        return acknowledge(alert, "nurse-2", T0 + MINUTE, RULES)
    if trigger in (Trigger.WORSE, Trigger.CONFIRMED):
        return worsen(alert, trigger, [concern(tier=5)], T0 + MINUTE, RULES, "worse")
    return end(alert, trigger, "because")


@pytest.mark.parametrize(("phase", "trigger"), list(TRANSITIONS))
def test_every_row_of_the_table(phase: Phase, trigger: Trigger) -> None:
    """The row says where it goes and which step people see; the sequence rises; what is open has a deadline."""
    alert = ALERTS[phase]()
    after, step = TRANSITIONS[phase, trigger]

    move = pull(alert, trigger)

    assert (after, step) == (phase_of(move.alert), move.step)
    assert move.alert.sequence == (1 if alert is None else alert.sequence + 1)
    assert T0 < move.alert.deadline_ms < NEVER


@pytest.mark.parametrize(
    ("phase", "trigger"), [pair for pair in product(Phase, Trigger) if pair not in TRANSITIONS], ids=str
)
def test_what_is_not_in_the_table_is_illegal(phase: Phase, trigger: Trigger) -> None:
    """It is refused before anything is changed."""
    alert = ALERTS[phase]()

    assert not is_legal(alert, trigger)
    if alert is not None and trigger is not Trigger.CONCERN:
        with pytest.raises(KeyError):
            pull(alert, trigger)


def test_every_phase_can_be_reached_and_left() -> None:
    """No dead end but the end."""
    reached = {after for after, _ in TRANSITIONS.values()}

    assert set(Phase) == reached
    assert {Phase.ENDED, Phase.OPEN, Phase.ACKNOWLEDGED} == {phase for phase, _ in TRANSITIONS}
    assert {AlertStepType.SNOOZED} == set(AlertStepType) - {step for _, step in TRANSITIONS.values()}


@pytest.mark.parametrize(
    ("tier", "minutes"),
    [
        (4, (10, 20, 30, 50, 90, 170, 330, 570, 810)),
        (5, (10, 20, 30, 50, 90, 170, 330, 570, 810)),
        (3, (240, 300, 420, 660, 900, 1140)),
        (2, (1440, 2880, 4320, 5760)),
    ],
)
def test_nobody_answers(tier: int, minutes: tuple[int, ...]) -> None:
    """clinical/escalation.json: tier 4 at 10, 20 and 30 min; behind the last rung ever longer, but never silent."""
    alert = opened(tier=tier)
    seen = []
    for _ in minutes:
        seen.append((alert.deadline_ms - T0) // MINUTE)
        move = deadline_passed(alert, alert.deadline_ms, RULES)
        assert ("ladder.unanswered", alert.rung + 1) == (move.reason, move.alert.rung)
        alert = move.alert

    assert list(minutes) == seen


@pytest.mark.parametrize("tier", TIERS)
def test_repeats_grow_to_a_longest_and_never_stop(tier: int) -> None:
    """A thousand rungs on there is still a next one, no further than the longest repeat away."""
    ladder = LadderRules()
    gaps = [rung_length(ladder, tier, rung) for rung in range(1, 1000)]
    behind = gaps[len(ladder.rungs_min[str(tier)]) - 1 :]

    assert sorted(behind) == behind
    assert behind[-1] == max(LONGEST_REPEAT_MIN * MINUTE, gaps[len(ladder.rungs_min[str(tier)]) - 2])
    assert rung_deadline(ladder, tier, 999, 0) == rung_length(ladder, tier, 0) + sum(gaps)


def test_a_single_rung_repeats_at_its_own_distance() -> None:
    """A ladder of one rung of 30 min pages on at growing distance."""
    ladder = LadderRules(rungs_min=LadderRules().rungs_min | {"4": (30,)})

    assert [30, 90, 210, 450, 690] == [rung_deadline(ladder, 4, rung, 0) // MINUTE for rung in range(5)]


def test_a_concern_without_doubt_pages_at_once() -> None:
    """page_from is now; the first rung counts from it."""
    alert = opened()

    assert (T0, T0 + 10 * MINUTE, False) == (alert.page_ms, alert.deadline_ms, alert.unconfirmed)


def test_an_unconfirmed_concern_waits_15_minutes() -> None:
    """Only the paging waits: the clock of the first rung starts when it ends."""
    alert = opened(unconfirmed=True)

    assert (T0 + 15 * MINUTE, T0 + 25 * MINUTE) == (alert.page_ms, alert.deadline_ms)


def test_one_confirmed_concern_ends_the_waiting() -> None:
    """All concerns must be in doubt for the alert to be."""
    both = [concern(unconfirmed=True), concern(tier=2, reason="other")]

    assert not open_alert("cause", both, "lung", T0, RULES).alert.unconfirmed


@pytest.mark.parametrize("trigger", [Trigger.WORSE, Trigger.CONFIRMED])
def test_news_starts_the_ladder_anew(trigger: Trigger) -> None:
    """Rung 0, paging now, and whoever acknowledges must have seen this step."""
    alert = deadline_passed(opened(tier=3), T0 + 4 * HOUR, RULES).alert

    after = (
        worsen(alert, trigger, [concern()], T0 + 5 * HOUR, RULES, "worse").alert
        if trigger is Trigger.WORSE
        else (worsen(alert, trigger, [], T0 + 5 * HOUR, RULES, "confirmed").alert)
    )

    assert (0, T0 + 5 * HOUR, after.sequence) == (after.rung, after.page_ms, after.news_sequence)
    assert after.deadline_ms == T0 + 5 * HOUR + (10 if trigger is Trigger.WORSE else 240) * MINUTE


def test_worse_but_still_in_doubt_keeps_waiting() -> None:
    """Nobody has been paged for it yet, and the hold does not start anew."""
    after = worsen(
        opened(unconfirmed=True, tier=3), Trigger.WORSE, [concern(unconfirmed=True)], T0 + MINUTE, RULES, "worse"
    ).alert

    assert (True, T0 + 15 * MINUTE, T0 + 25 * MINUTE) == (after.unconfirmed, after.page_ms, after.deadline_ms)


def test_worse_in_doubt_after_the_hold_pages_at_once() -> None:
    """A nurse took the doubtful alert; an hour later it gets worse: no clock may start in the past."""
    at_ms = T0 + HOUR
    after = worsen(
        acknowledged(unconfirmed=True, tier=3), Trigger.WORSE, [concern(unconfirmed=True)], at_ms, RULES, "worse"
    ).alert

    assert (False, at_ms, at_ms + 10 * MINUTE) == (after.unconfirmed, after.page_ms, after.deadline_ms)


def test_severity_never_falls() -> None:
    """A milder concern joins; colour, tier and evidence stay at their worst."""
    mild = concern(level=TriageLevel.YELLOW, tier=2, reason="mild", at_ms=T0 - HOUR)
    after = absorb(opened(), [mild])
    worse = worsen(after, Trigger.WORSE, [mild], T0 + MINUTE, RULES, "worse").alert

    assert (TriageLevel.RED, 4, T0) == (worse.level, worse.tier, worse.evidence_ms)
    assert ("limits.spo2.red_below", "mild") == worse.reasons


def test_reasons_are_bounded() -> None:
    """The first sixteen stay; the state is bounded."""
    after = absorb(opened(), [concern(reason=f"r{number:02}", tier=2) for number in range(40)])

    assert MAX_REASONS == len(after.reasons)
    assert "limits.spo2.red_below" == after.reasons[0]


@pytest.mark.parametrize(("tier", "hours"), [(2, 72), (3, 24), (4, 4), (5, 4)])
def test_an_acknowledgement_lapses_and_the_ladder_resumes(tier: int, hours: int) -> None:
    """It goes on where it stood: the next rung, at the distance the ladder has there."""
    alert = acknowledged(tier=tier)
    assert T0 + MINUTE + hours * HOUR == alert.deadline_ms

    move = deadline_passed(alert, alert.deadline_ms, RULES)

    assert ("ladder.acknowledgement_lapsed", 1, None) == (move.reason, move.alert.rung, move.alert.owner)
    assert alert.deadline_ms + rung_length(RULES.ladder, tier, 1) == move.alert.deadline_ms


def test_another_person_may_take_it() -> None:
    """The hold counts from the new person."""
    after = acknowledge(acknowledged(), "nurse-2", T0 + HOUR, RULES).alert

    assert ("nurse-2", T0 + 5 * HOUR) == (after.owner, after.deadline_ms)


@pytest.mark.parametrize("rung", [0, 1, 2, 5])
def test_after_an_outage_the_current_rung_starts_anew(rung: int) -> None:
    """Nothing runs through: the next step is one rung length after the watch came back."""
    alert = opened()
    for _ in range(rung):
        alert = deadline_passed(alert, alert.deadline_ms, RULES).alert
    back = T0 + 100 * HOUR

    after = resume(alert, back, RULES)

    assert back + rung_length(RULES.ladder, 4, rung) == after.deadline_ms
    following = deadline_passed(after, after.deadline_ms, RULES).alert
    assert after.deadline_ms + rung_length(RULES.ladder, 4, rung + 1) == following.deadline_ms


def test_a_hold_that_ended_in_an_outage_ends_when_the_watch_is_back() -> None:
    """The paging starts then, and the first rung after it: no clock may start in the past."""
    back = T0 + 2 * HOUR
    after = resume(opened(unconfirmed=True), back, RULES)

    assert (back, back + 10 * MINUTE) == (after.page_ms, after.deadline_ms)


def test_a_hold_that_lasts_longer_than_the_outage_keeps_its_end() -> None:
    """A minute of standstill is no reason to page earlier or later."""
    alert = opened(unconfirmed=True)

    assert alert == resume(alert, T0 + MINUTE, RULES)


def test_an_acknowledgement_that_ran_out_in_an_outage_lapses_when_the_watch_is_back() -> None:
    """One that still holds is left alone."""
    alert = acknowledged()

    assert alert == resume(alert, T0 + HOUR, RULES)
    assert T0 + 9 * HOUR == resume(alert, T0 + 9 * HOUR, RULES).deadline_ms
