"""What `step` promises for every sequence of events: total, the same again, fair to time and order, nothing lost."""

from collections.abc import Sequence
from dataclasses import replace
from os import environ

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from schemas.base import to_ms
from schemas.coverage import Recipient, TeamCoverage
from schemas.events import (
    EVENT,
    CommandReceived,
    DeviceStatusReceived,
    InputEvent,
    MeasurementReceived,
    PatientEvent,
    Resumed,
    TimerFired,
)
from schemas.measurement import Measurement
from schemas.triage import TriageLevel
from schemas.vitals import VITALS
from streams.core.effects import Effect, SendNotice
from streams.core.escalation.ladder import TRANSITIONS
from streams.core.escalation.moves import MAX_REASONS
from streams.core.plan import NEVER
from streams.core.record import StateRecord, decode_state, encode_state
from streams.core.rules.limits import side
from streams.core.state import PatientState
from streams.core.step import Step, step
from streams.core.triage import NOTHING, Triage, assess
from tests.builders import (
    HOUR,
    PATIENT,
    T0,
    alerts,
    audits,
    context,
    make_binding,
    make_bindings,
    make_command,
    make_event,
    make_limit,
    make_plan,
    make_slot,
    make_timer,
    rejects,
)
from tests.properties.lives import lives, steady

NURSE = Recipient(id="n1", role="nurse")
CONTEXT = replace(context(), teams={"lung": TeamCoverage(team="lung", version=1, recipients=(NURSE,))})
OUTCOMES = {
    *("accepted.no_alert", "accepted.alert", "accepted.suppressed", "accepted.recorded"),
    *(
        "rejected.unknown_patient",
        "rejected.unbound_device",
        "rejected.consent",
        "rejected.role",
        "rejected.state",
        "rejected.duplicate",
    ),
    "quarantined.flood",
}
"""Every outcome that `step` can come to."""

ONLY_BY_COMMANDS = {
    *("delivered", "taken_over", "contact_failed", "contacted", "noted", "snoozed", "offered"),
}
"""Steps that tests/properties/test_ladder.py brings about; lives know acknowledge and close only."""

COUNT = int(environ.get("NATTEVAGT_TEST_EXAMPLES", "50"))
pytestmark = pytest.mark.timeout(max(300, COUNT))

EXAMPLES = settings(
    max_examples=COUNT,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)
"""Fifty in CI. `NATTEVAGT_TEST_EXAMPLES=2000 pytest tests/properties/test_step.py` is the long run."""


def aimed(event: PatientEvent, state: PatientState) -> PatientEvent:
    """A command about `open` becomes one about the alert that is open now, or about none."""
    if not isinstance(event, CommandReceived):
        return event
    payload = event.payload.replace('"open"', f'"{"none" if state.alert is None else state.alert.id}"')
    return event.model_copy(update={"payload": payload})


def live(events: Sequence[PatientEvent], state: PatientState | None = None) -> tuple[list[PatientEvent], list[Step]]:
    """Fold a life, from nothing if need be; the events as aimed and each step."""
    state = PatientState(PATIENT) if state is None else state
    told, steps = [], []
    for event in events:
        told.append(aimed(event, state))
        steps.append(step(state, told[-1], CONTEXT))
        state = steps[-1].state
    return told, steps


def effects_of(steps: Sequence[Step]) -> list[Effect]:
    """All effects in order."""
    return [effect for each in steps for effect in each.effects]


def view(state: PatientState) -> tuple[object, Triage]:
    """The clinical view: series, charge, signs of life, slots, findings, colour. Alert history is excepted."""
    if not state.is_known:
        return None, NOTHING
    triage = assess(state, CONTEXT)
    findings = tuple(
        replace(f, evidence={k: v for k, v in f.evidence.items() if k != "path_late"}) for f in triage.findings
    )
    return (state.series, state.battery, state.slots, state.now_ms, state.alive), triage._replace(findings=findings)


@EXAMPLES
@given(lives())
def test_every_input_has_one_outcome_and_every_alert_a_deadline(events: list[PatientEvent]) -> None:
    """Total: no life makes step raise. What is refused is kept whole; an alert is never without a next step."""
    told, steps = live(events)
    for event, done in zip(told, steps, strict=True):
        outcomes = [body for body in audits(done.effects) if body.type == "outcome"]
        assert isinstance(event, InputEvent) is (len(outcomes) == 1)
        assert [event] * len(rejects(done.effects)) == [refusal.event for refusal in rejects(done.effects)]
        for body in outcomes:
            assert body.outcome.is_accepted is not bool(rejects(done.effects))
            assert body.outcome.is_accepted or (body.reason and body.next_step)
        alert = done.state.alert
        assert (alert is None) is (done.due_ladder_ms == NEVER)
        assert alert is None or alert.deadline_ms < NEVER
        # Where data must wait, so does the end of the plan: it is still due.
        ends = done.due_data_ms <= done.state.now_ms
        assert alert is None or ends or done.state.plan_at(done.state.now_ms) is not None


@EXAMPLES
@given(lives())
def test_the_same_life_gives_the_same_bytes(events: list[PatientEvent]) -> None:
    """Also when the state went through the changelog and the event through the log after every step."""
    told, steps = live(events)
    state = PatientState(PATIENT)
    for event, done in zip(told, steps, strict=True):
        read = EVENT.validate_json(EVENT.dump_json(event))
        again = step(state, read, CONTEXT)
        assert done.effects == again.effects
        record = StateRecord(1, again.due_data_ms, again.due_ladder_ms, again.state)
        assert StateRecord(1, done.due_data_ms, done.due_ladder_ms, done.state) == record
        state = decode_state(encode_state(record)).state
        assert encode_state(record) == encode_state(replace(record, state=state))


def content(steps: Sequence[Step]) -> list[tuple[str, dict[str, object]]]:
    """Id and content of every alert step."""
    return [(each.id, each.step.model_dump()) for each in alerts(effects_of(steps))]


@EXAMPLES
@given(lives(), st.data())
def test_where_a_timer_lands_changes_nothing(events: list[PatientEvent], data: st.DataObject) -> None:
    """Inserted anywhere, up to the time of the next event: the same view in the end, the same alert steps."""
    events = [event for event in events if not isinstance(event, Resumed)] or [make_timer(T0)]
    events = [
        event.model_copy(update={"data_until_ms": event.until_ms}) if isinstance(event, TimerFired) else event
        for event in events
    ]
    told, steps = live(events)
    more: list[PatientEvent] = []
    now_ms = T0
    for event in told:
        now_ms = max(now_ms, time_of(event))
        if data.draw(st.booleans()):
            more.append(make_timer(now_ms - data.draw(st.sampled_from([0, 1, 60_000, 3_600_000, 90_000_000]))))
        more.append(event)
    _, with_timers = live(more)

    assert content(steps) == content(with_timers)
    assert view(steps[-1].state) == view(with_timers[-1].state)
    assert outcomes(steps) == outcomes(with_timers)


def time_of(event: PatientEvent) -> int:
    """When it comes."""
    return event.until_ms if isinstance(event, TimerFired) else event.received_ms


def outcomes(steps: Sequence[Step]) -> list[tuple[str, str]]:
    """Id and outcome of every input."""
    return [(body.id, body.outcome) for body in audits(effects_of(steps)) if body.type == "outcome"]


def known(**plan: object) -> PatientState:
    """A patient with a plan, and a device that says every hour that it is alive, at T0."""
    contracts = (make_plan(**plan), make_bindings(devices=[make_binding(heartbeat_min=60)]))
    return live([make_event(each, received_ms=T0) for each in contracts])[1][-1].state


@EXAMPLES
@given(steady(), st.data())
def test_order_and_copies_do_not_matter(events: list[PatientEvent], data: st.DataObject) -> None:
    """Any permutation with any duplicates ends in the same series, findings and colour."""
    limits = [make_limit(), make_limit("pulse", red_below=30, yellow_from=100, red_from=130)]
    state = known(limits=limits, slots=[make_slot(kinds=["spo2", "pulse"], at=["05:30", "12:00"])])
    mixed = data.draw(st.permutations([*events, *data.draw(st.lists(st.sampled_from(events), max_size=4))]))
    later = data.draw(st.sampled_from([T0, T0 + 7 * HOUR, T0 + 24 * HOUR]))
    _, steps = live([*events, make_timer(later)], state)
    _, others = live([*mixed, make_timer(later)], state)

    assert view(steps[-1].state) == view(others[-1].state)


@EXAMPLES
@given(lives())
def test_heartbeats_change_nothing_that_a_person_answers(events: list[PatientEvent]) -> None:
    """With another input that says nothing in place of each, the same alerts go the same ways at the same times.

    Not with a timer: any input lets be seen at once what else waits for the next deadline, so it comes no later.
    """
    told, steps = live(events)
    nothing = make_command("acknowledge", alert_id="none")
    mute = [
        make_event(nothing, received_ms=event.received_ms, id=event.id, stamp=event.stamp)
        if isinstance(event, DeviceStatusReceived)
        else event
        for event in told
    ]
    _, others = live(mute)

    assert content(steps) == content(others)
    for with_them, without in zip(steps, others, strict=True):
        assert answered(with_them.state) == answered(without.state)


def answered(state: PatientState) -> tuple[object, ...]:
    """What a person answers, and what it rests on."""
    triage = view(state)[1]
    return triage.level, triage.concerns, triage.silence, state.series, state.slots, state.alert


@EXAMPLES
@given(steady(corrections=False), st.data())
def test_every_red_of_the_order_of_measurement_is_seen_in_any_order(
    events: list[PatientEvent], data: st.DataObject
) -> None:
    """Limits, NEWS2 and extremes: what triage as of any moment calls red stands in a step, as red or as was red."""
    limits = [make_limit(), make_limit("pulse", red_below=30, yellow_from=100, red_from=130)]
    state = known(limits=limits)
    _, steps = live(data.draw(st.permutations(events)), state)
    seen = {reason for each in alerts(effects_of(steps)) for reason in each.step.reasons}
    seen |= {reason for each in steps if each.state.alert is not None for reason in each.state.alert.reasons}
    assume(len(seen) < MAX_REASONS)
    final = steps[-1].state
    for moment in {point.at_ms for points in final.series.values() for point in points}:
        series = {kind: tuple(p for p in points if p.at_ms <= moment) for kind, points in final.series.items()}
        then = replace(final, now_ms=moment, series={kind: points for kind, points in series.items() if points})
        reds = [f for f in assess(then, CONTEXT).concerns if f.level is TriageLevel.RED and not f.unconfirmed]
        for finding in reds:
            # A score that has grown from medium to high is told as high: the worse red of the same readings and more.
            worse = {"news2.high", "news2.high.was_red"} if finding.reason == "news2.medium" else set()
            assert {finding.reason, finding.reason_then, *worse} & seen


@EXAMPLES
@given(lives())
def test_no_order_loses_a_red_reading(events: list[PatientEvent]) -> None:
    """An accepted red of the plan in force raises or upgrades, or the open alert carries it.

    Where that plan has ended since and none follows, its team gets a letter.
    """
    told, steps = live(events)
    for event, done in zip(told, steps, strict=True):
        reason = red_reason(event, done)
        if reason is None:
            continue
        if done.state.plan_at(done.state.now_ms) is None:
            letters = [each.notice.reasons for each in done.effects if isinstance(each, SendNotice)]
            assert letters or team_then(event, done) not in CONTEXT.teams  # the overview says so
            continue
        seen = [each.step for each in alerts(done.effects) if each.step.type in ("raised", "upgraded")]
        carried = done.state.alert.reasons if done.state.alert is not None else ()
        assert any(reason & set(each.reasons) for each in seen) or reason & set(carried) or len(carried) == MAX_REASONS


def team_then(event: PatientEvent, done: Step) -> str | None:
    """The team of the plan in force when the reading was measured."""
    assert isinstance(event, MeasurementReceived)
    plan = done.state.plan_at(to_ms(Measurement.model_validate_json(event.payload).measured_at))
    return None if plan is None else plan.contract.team


def red_reason(event: PatientEvent, done: Step) -> set[str] | None:
    """The reasons that may name an accepted red reading of the plan in force; None = it was none."""
    if not isinstance(event, MeasurementReceived):
        return None
    reading = Measurement.model_validate_json(event.payload)
    plan = done.state.plan_at(to_ms(reading.measured_at))
    limits = None if plan is None else plan.limits.get(reading.kind)
    milli = VITALS[reading.kind].to_milli(reading.value, reading.unit)
    body = next(body for body in audits(done.effects) if body.type == "outcome")
    if limits is None or not body.outcome.is_accepted or body.outcome == "accepted.recorded":
        return None
    level, bound = side(limits, milli)
    names = {f"limits.{reading.kind}.{bound}", f"limits.{reading.kind}.was_red"}
    return names if level is TriageLevel.RED else None


@EXAMPLES
@given(lives())
def test_an_alert_ends_by_a_person_a_remeasure_or_the_plan(events: list[PatientEvent]) -> None:
    """Sequences have no gap, ids no twin, and nothing else closes an alert."""
    told, steps = live(events)
    newest: dict[str, int] = {}
    ids = set()
    for event, done in zip(told, steps, strict=True):
        for each in {each.id: each for each in alerts(done.effects)}.values():  # two teams see the same step
            assert newest.get(each.step.alert_id, 0) + 1 == each.step.sequence
            newest[each.step.alert_id] = each.step.sequence
            assert each.id not in ids
            ids.add(each.id)
            assert (each.step.type == "closed") <= isinstance(event, CommandReceived)
            assert (each.step.next_deadline is None) is (each.step.type in ("closed", "withdrawn", "expired"))


@EXAMPLES
@given(lives(), st.integers(0, 40))
def test_an_open_alert_is_never_quiet_for_ever(events: list[PatientEvent], hours: int) -> None:
    """Let time pass to its deadline: there is a step then, and a later deadline."""
    _, steps = live(events)
    state = steps[-1].state
    if state.alert is None or state.plan_at(steps[-1].due_ladder_ms + hours) is None:
        return
    due = max(steps[-1].due_ladder_ms, state.now_ms)
    done = step(state, make_timer(due), CONTEXT)

    assert alerts(done.effects)
    assert done.state.alert is None or done.due_ladder_ms > due


def test_lives_reach_what_they_should() -> None:
    """The generator of lives is worth its time: every step of an alert's life and most outcomes are among them."""
    steps_seen: set[str] = set()
    outcomes_seen: set[str] = set()

    @settings(EXAMPLES, max_examples=max(200, EXAMPLES.max_examples))  # some steps are rare
    @given(lives())
    def look(events: list[PatientEvent]) -> None:
        effects = effects_of(live(events)[1])
        steps_seen.update(each.step.type.value for each in alerts(effects))
        outcomes_seen.update(body.outcome.value for body in audits(effects) if body.outcome is not None)

    look()
    assert {step.value for _, step in TRANSITIONS.values()} - ONLY_BY_COMMANDS == steps_seen
    assert OUTCOMES <= outcomes_seen
