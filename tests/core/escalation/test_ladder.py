"""The ladder: every row of its table, its clocks as the clinical table says, and no state without a next step."""

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise, product

import pytest

from schemas.alert import AlertStepType
from schemas.triage import Finding, TriageLevel
from streams.core.escalation.ladder import HELD, LIVE, TRANSITIONS, WAITING, Phase, Trigger, is_legal, phase_of
from streams.core.escalation.moves import (
    MAX_REASONS,
    Move,
    absorb,
    clock_of,
    deadline_passed,
    delivered,
    end,
    join,
    open_alert,
    plan_moved,
    resume,
    undelivered,
    unread,
    worsen,
)
from streams.core.escalation.people import (
    accept,
    acknowledge,
    contact_failed,
    contacted,
    note,
    offer,
    snooze,
    take_over,
)
from streams.core.escalation.policy import Terms
from streams.core.plan import NEVER
from streams.core.state import AlertState
from tests.builders import DAY, HOUR, MINUTE, T0, make_plan, rules

WITHIN = Terms(rules().ladder)
TIERS = (2, 3, 4, 5)
AT = T0 + MINUTE


def concern(**changed: object) -> Finding:
    """A confirmed red of tier 4."""
    finding = Finding("limits", "1", TriageLevel.RED, 4, "limits.spo2.red_below", T0)
    return replace(finding, **changed)


def opened(**changed: object) -> AlertState:
    """An alert that this concern has opened at T0."""
    return open_alert("cause", [concern(**changed)], "lung", T0, WITHIN).alert


def acknowledged(**changed: object) -> AlertState:
    """An open alert that a nurse has taken a minute later."""
    return acknowledge(opened(**changed), "nurse-1", AT, AT, WITHIN).alert


ALERTS: dict[Phase, Callable[[], AlertState | None]] = {
    Phase.ENDED: lambda: None,
    Phase.OPEN: lambda: opened(unconfirmed=True),
    Phase.DELIVERED: lambda: delivered(opened(unconfirmed=True), AT, WITHIN, "notify").alert,
    Phase.ACKNOWLEDGED: acknowledged,
    Phase.UNREACHED: lambda: contact_failed(acknowledged(), "nurse-1", AT, WITHIN, None).alert,
    Phase.REACHED: lambda: contacted(acknowledged(), "nurse-1", AT, WITHIN).alert,
    Phase.SNOOZED: lambda: snooze(opened(), "limits.spo2/below", T0 + HOUR, "nurse-1", AT, WITHIN).alert,
    Phase.OFFERED: lambda: offer(opened(), "heart", "nurse-1", AT, WITHIN).alert,
}

PULLS: dict[Trigger, Callable[[AlertState], Move | None]] = {
    Trigger.JOINED: lambda a: join(a, [concern(tier=2, reason="mild")], AT, WITHIN, "mild"),
    Trigger.WORSE: lambda a: worsen(a, Trigger.WORSE, [concern(tier=5)], AT, WITHIN, "worse"),
    Trigger.CONFIRMED: lambda a: worsen(a, Trigger.CONFIRMED, [concern()], AT, WITHIN, "agreed"),
    Trigger.REMEASURED: lambda a: end(a, Trigger.REMEASURED, "remeasured", AT, WITHIN),
    Trigger.DEADLINE: lambda a: deadline_passed(a, a.deadline_ms, WITHIN),
    Trigger.DELIVERED: lambda a: delivered(a, AT, WITHIN, "notify"),
    Trigger.UNDELIVERED: lambda a: undelivered(a, AT, WITHIN),
    Trigger.UNREAD: lambda a: unread(a, AT, WITHIN),
    Trigger.PLAN_MOVED: lambda a: plan_moved(a, "heart", AT, WITHIN),
    Trigger.PLAN_ENDED: lambda a: end(a, Trigger.PLAN_ENDED, "plan.ended", AT, WITHIN),
    Trigger.INVALIDATED: lambda a: end(a, Trigger.INVALIDATED, "invalidated", AT, WITHIN),
    Trigger.ACKNOWLEDGE: lambda a: acknowledge(a, "nurse-2", AT, AT, WITHIN),
    Trigger.TAKE_OVER: lambda a: take_over(a, "nurse-2", AT, AT, WITHIN),
    Trigger.HAND_OVER: lambda a: offer(a, "heart", "nurse-1", AT, WITHIN),
    Trigger.ACCEPT: lambda a: accept(a, "nurse-h", AT, AT, WITHIN),
    Trigger.CONTACT_FAILED: lambda a: contact_failed(a, "nurse-1", AT, WITHIN, None),
    Trigger.CONTACTED: lambda a: contacted(a, "nurse-1", AT, WITHIN),
    Trigger.NOTE: lambda a: note(a, "nurse-1", AT, WITHIN),
    Trigger.SNOOZE: lambda a: snooze(a, "limits.spo2/below", T0 + HOUR, "nurse-1", AT, WITHIN),
    Trigger.CLOSE: lambda a: end(a, Trigger.CLOSE, "command.close", AT, WITHIN, by="nurse-1", verdict="true"),
}
"""The one function that takes each trigger."""


def pull(alert: AlertState | None, trigger: Trigger) -> Move:
    """Take the row."""
    if alert is None:
        assert trigger is Trigger.CONCERN
        return open_alert("cause", [concern()], "lung", T0, WITHIN)
    move = PULLS[trigger](alert)
    assert move is not None
    return move


@pytest.mark.parametrize(("phase", "trigger"), list(TRANSITIONS))
def test_every_row_of_the_table(phase: Phase, trigger: Trigger) -> None:
    """The row says where it goes and which step people see; the sequence rises; what is open has a deadline."""
    alert = ALERTS[phase]()
    assert phase is phase_of(alert)
    after, step = TRANSITIONS[phase, trigger]

    move = pull(alert, trigger)

    assert (after, step) == (phase_of(move.alert), move.step)
    assert move.alert.sequence == (1 if alert is None else alert.sequence + 1)
    assert T0 < move.alert.deadline_ms < NEVER
    assert move.alert.team in ("lung", "heart")


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
    """No dead end but the end, and every step of the contract is somebody's."""
    assert set(Phase) == {after for after, _ in TRANSITIONS.values()}
    assert set(Phase) == {phase for phase, _ in TRANSITIONS}
    assert set(AlertStepType) == {step for _, step in TRANSITIONS.values()}


@pytest.mark.parametrize("trigger", [Trigger.DEADLINE, Trigger.CLOSE, Trigger.PLAN_ENDED, Trigger.WORSE])
def test_whatever_state_it_is_in_it_can_go_on_and_end(trigger: Trigger) -> None:
    """Time, a person, the plan and worse news have a row in every phase."""
    assert all((phase, trigger) in TRANSITIONS for phase in LIVE)


def climbed(alert: AlertState, steps: int) -> list[tuple[int, int]]:
    """(minutes since T0, the clock's tier) of each deadline nobody meets."""
    seen = []
    for _ in range(steps):
        at_ms = alert.deadline_ms
        alert = deadline_passed(alert, at_ms, WITHIN).alert
        seen.append(((at_ms - T0) // MINUTE, clock_of(alert)))
    return seen


@pytest.mark.parametrize(
    ("tier", "expected"),
    [
        (5, [(10, 5), (20, 5), (30, 5), (50, 5), (90, 5), (170, 5), (330, 5), (570, 5), (810, 5)]),
        (4, [(10, 4), (20, 4), (30, 4), (50, 4), (90, 4), (170, 4), (330, 4), (570, 4), (810, 4)]),
        (3, [(240, 3), (300, 4), (310, 4), (320, 4), (330, 4), (350, 4)]),
        (2, [(1440, 3), (1680, 3), (1740, 4), (1750, 4), (1760, 4), (1770, 4), (1790, 4)]),
    ],
)
def test_nobody_answers(tier: int, expected: list[tuple[int, int]]) -> None:
    """escalation.json: 2 becomes 3 at its deadline, 3 becomes 4 an hour past it; 4 at 10, 20, 30; never silent."""
    assert expected == climbed(opened(tier=tier), len(expected))


@pytest.mark.parametrize("tier", TIERS)
def test_a_thousand_rungs_on_there_is_still_a_next_one(tier: int) -> None:
    """No further than four hours away."""
    times = [minutes for minutes, _ in climbed(opened(tier=tier), 1000)]

    assert {240} == {after - before for before, after in pairwise(times[20:])}


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

    assert not open_alert("cause", both, "lung", T0, WITHIN).alert.unconfirmed


@pytest.mark.parametrize("trigger", [Trigger.WORSE, Trigger.CONFIRMED])
def test_news_starts_the_ladder_anew(trigger: Trigger) -> None:
    """Rung 0, paging now, and whoever acknowledges must have seen this step."""
    alert = deadline_passed(opened(tier=3), T0 + 4 * HOUR, WITHIN).alert
    concerns = [concern()] if trigger is Trigger.WORSE else []

    after = worsen(alert, trigger, concerns, T0 + 5 * HOUR, WITHIN, "news").alert

    assert (0, T0 + 5 * HOUR, after.sequence) == (after.rung, after.page_ms, after.news_sequence)
    assert after.deadline_ms == T0 + 5 * HOUR + (10 if trigger is Trigger.WORSE else 240) * MINUTE


def test_a_clock_that_has_risen_does_not_fall_with_news() -> None:
    """Worse news of tier 3 on an alert whose clock is tier 4 already: ten minutes, not four hours."""
    alert = opened(tier=2)
    for _ in range(3):
        alert = deadline_passed(alert, alert.deadline_ms, WITHIN).alert
    after = worsen(alert, Trigger.WORSE, [concern(tier=3)], alert.base_ms + MINUTE, WITHIN, "news").alert

    assert (3, 4, 10 * MINUTE) == (after.tier, clock_of(after), after.deadline_ms - after.page_ms)


def test_worse_but_still_in_doubt_keeps_waiting() -> None:
    """Nobody has been paged for it yet, and the hold does not start anew."""
    doubt = opened(unconfirmed=True, tier=3)
    after = worsen(doubt, Trigger.WORSE, [concern(unconfirmed=True)], AT, WITHIN, "worse").alert

    assert (True, T0 + 15 * MINUTE, T0 + 25 * MINUTE) == (after.unconfirmed, after.page_ms, after.deadline_ms)


def test_worse_in_doubt_after_the_hold_pages_at_once() -> None:
    """A nurse took the doubtful alert; an hour later it gets worse: no clock may start in the past."""
    held, at_ms = acknowledged(unconfirmed=True, tier=3), T0 + HOUR
    after = worsen(held, Trigger.WORSE, [concern(unconfirmed=True)], at_ms, WITHIN, "worse").alert

    assert (False, at_ms, at_ms + 10 * MINUTE) == (after.unconfirmed, after.page_ms, after.deadline_ms)


def test_severity_never_falls() -> None:
    """A milder concern joins; colour, tier and evidence stay at their worst."""
    mild = concern(level=TriageLevel.YELLOW, tier=2, reason="mild", at_ms=T0 - HOUR)
    after = absorb(opened(), [mild])
    worse = worsen(after, Trigger.WORSE, [mild], AT, WITHIN, "worse").alert

    assert (TriageLevel.RED, 4, T0) == (worse.level, worse.tier, worse.evidence_ms)
    assert ("limits.spo2.red_below", "mild") == worse.reasons


def test_a_joined_finding_leaves_the_clock_alone() -> None:
    """Seen as a step, with the sequence that brought it; nobody is paged anew."""
    alert = opened()
    after = join(alert, [concern(tier=2, reason="mild")], AT, WITHIN, "mild").alert

    assert (alert.deadline_ms, alert.rung, 1) == (after.deadline_ms, after.rung, after.news_sequence)
    assert ((1, 2), 2) == (after.brought, after.found_sequence)


def test_reasons_are_bounded() -> None:
    """The first sixteen stay; the state is bounded."""
    after = absorb(opened(), [concern(reason=f"r{number:02}", tier=2) for number in range(40)])

    assert MAX_REASONS == len(after.reasons)
    assert "limits.spo2.red_below" == after.reasons[0]


@pytest.mark.parametrize(("tier", "hours", "then_min"), [(2, 72, 240), (3, 24, 60), (4, 4, 10), (5, 4, 10)])
def test_an_acknowledgement_lapses_and_the_ladder_resumes(tier: int, hours: int, then_min: int) -> None:
    """It goes on where it stood: the next rung, at the distance the ladder has there."""
    alert = acknowledged(tier=tier)
    assert AT + hours * HOUR == alert.deadline_ms

    move = deadline_passed(alert, alert.deadline_ms, WITHIN)

    assert ("ladder.acknowledgement_lapsed", 1, None) == (move.reason, move.alert.rung, move.alert.owner)
    assert alert.deadline_ms + then_min * MINUTE == move.alert.deadline_ms


@pytest.mark.parametrize(
    ("phase", "reason", "rung"),
    [
        (Phase.UNREACHED, "ladder.contact_lapsed", 1),
        (Phase.REACHED, "ladder.not_closed", 1),
        (Phase.SNOOZED, "ladder.snooze_over", 0),
        (Phase.OFFERED, "ladder.offer_not_taken", 0),
    ],
)
def test_every_hold_has_an_end(phase: Phase, reason: str, rung: int) -> None:
    """A person's work asks the next rung when it runs out; a snooze or an offer asks the same one again."""
    alert = ALERTS[phase]()
    move = deadline_passed(alert, alert.deadline_ms, WITHIN)

    assert (reason, rung, None, None) == (move.reason, move.alert.rung, move.alert.owner, move.alert.to_team)
    assert alert.deadline_ms + 10 * MINUTE == move.alert.deadline_ms


def test_a_message_that_cannot_arrive_moves_the_ladder_on_but_not_for_ever() -> None:
    """Up to the last rung of the tier's row, and never into a higher tier before its time."""
    alert, asked = opened(), 0
    while (move := undelivered(alert, AT, WITHIN)) is not None:
        alert, asked = move.alert, asked + 1

    assert (2, 4) == (asked, clock_of(alert))
    assert undelivered(opened(tier=2), AT, WITHIN) is None


def test_contacts_are_tried_in_the_order_of_tier_and_plan() -> None:
    """Again, then whoever the plan names, then 112; the last one repeats. Without contacts nobody is named in vain."""
    plan = make_plan(contacts=[{"id": "daughter", "role": "relative"}, {"id": "home-care", "role": "home_care"}])

    def tried(named: object) -> list[tuple[str | None, int]]:
        alert, seen = acknowledged(), []
        for _ in range(5):
            move = contact_failed(alert, "nurse-1", AT, WITHIN, named)
            alert = move.alert
            seen.append((move.next_contact, (alert.deadline_ms - AT) // MINUTE))
        return seen

    known = [("patient", 5), ("relative", 10), ("home_care", 10), ("emergency", 10), ("emergency", 10)]
    assert known == tried(plan)
    assert [("patient", 5), *[("emergency", 10)] * 4] == tried(None)


@pytest.mark.parametrize("rung", [0, 1, 2, 5])
def test_after_an_outage_a_rung_gets_back_the_time_that_stood_still(rung: int) -> None:
    """And no more: what had run of it has run. The next one follows at its own distance."""
    alert = opened()
    for _ in range(rung):
        alert = deadline_passed(alert, alert.deadline_ms, WITHIN).alert
    from_ms, to_ms = alert.base_ms + MINUTE, alert.base_ms + 100 * HOUR

    after = resume(alert, from_ms, to_ms, WITHIN)

    assert alert.deadline_ms - from_ms == after.deadline_ms - to_ms
    assert after == resume(after, from_ms, to_ms, WITHIN), "the same outage told twice counts once"
    longer = resume(after, from_ms, to_ms + MINUTE, WITHIN)
    assert after.deadline_ms + MINUTE == longer.deadline_ms


def test_frequent_restarts_cannot_keep_a_rung_from_ending() -> None:
    """31 s of standstill each minute: a rung of ten minutes ends after 29 s of watching in each."""
    alert, now_ms = opened(), T0
    for minute in range(60):
        now_ms = T0 + minute * MINUTE
        if alert.deadline_ms <= now_ms:
            break
        alert = resume(alert, now_ms, now_ms + 31_000, WITHIN)

    assert T0 + 21 * MINUTE == now_ms


def test_a_rung_begun_within_an_outage_gets_back_only_what_followed() -> None:
    """What was raised by a reading that arrived in the gap has not been waiting since before it."""
    after = resume(opened(), T0 - HOUR, T0 + HOUR, WITHIN)

    assert T0 + HOUR + 10 * MINUTE == after.deadline_ms


def test_a_hold_that_ended_in_an_outage_ends_when_the_watch_is_back() -> None:
    """The paging starts then, and the first rung after it: no clock may start in the past."""
    back = T0 + 2 * HOUR
    after = resume(opened(unconfirmed=True), T0, back, WITHIN)

    assert (back, back + 10 * MINUTE) == (after.page_ms, after.deadline_ms)


def test_a_hold_that_lasts_longer_than_the_outage_keeps_its_end() -> None:
    """A minute of standstill is no reason to page earlier or later."""
    alert = opened(unconfirmed=True)

    assert alert == resume(alert, T0, T0 + MINUTE, WITHIN)


@pytest.mark.parametrize("phase", [*HELD, Phase.SNOOZED])
def test_a_persons_hold_that_ran_out_in_an_outage_lapses_when_the_watch_is_back(phase: Phase) -> None:
    """One that still holds is left alone."""
    alert = ALERTS[phase]()

    assert alert == resume(alert, T0, T0 + 2 * MINUTE, WITHIN)
    assert T0 + 9 * DAY == resume(alert, T0, T0 + 9 * DAY, WITHIN).deadline_ms


def test_waiting_and_held_are_apart() -> None:
    """Either a person has it or the rung's clock runs."""
    assert not set(WAITING) & set(HELD)
