"""The ladder under everything at once: readings, people, deaths of the worker, jumps of time, changes of team.

`LADDER_RUNS=1000 pytest tests/properties/test_ladder.py` is the full run: 1,000 lives of 50 steps.
"""

import os
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from schemas.alert import AlertStep
from schemas.audit import AuditBody
from schemas.base import rfc3339
from schemas.coverage import TeamCoverage
from schemas.events import EVENT, PatientEvent, Resumed, Stamp
from schemas.triage import TriageLevel
from streams.core.context import Context
from streams.core.escalation.ladder import HELD, TRANSITIONS, WAITING, Phase, phase_of
from streams.core.escalation.people import condition_of
from streams.core.plan import NEVER
from streams.core.record import StateRecord, decode_state, encode_state
from streams.core.state import AlertState, PatientState
from streams.core.step import Step, step
from streams.core.triage import assess
from tests.builders import (
    DAY,
    HOUR,
    MINUTE,
    PATIENT,
    T0,
    alerts,
    audits,
    make_bindings,
    make_command,
    make_event,
    make_limit,
    make_measurement,
    make_plan,
    make_timer,
    rules,
)

RUNS = int(os.environ.get("LADDER_RUNS", "30"))
OFFICE = [{"days": [1, 2, 3, 4, 5], "start": "08:00", "until": "16:00"}]
LIMITS = [
    make_limit(red_below=88, yellow_below=90, red_tier=4),
    make_limit("pulse", yellow_from=110, red_from=130),
]
TEAMS = {
    name: TeamCoverage.model_validate(
        {
            "team": name,
            "version": 1,
            "shifts": shifts,
            "recipients": [{"id": f"nurse-{name}", "role": "nurse"}, {"id": f"doctor-{name}", "role": "doctor"}],
            "outside_hours": "wait" if name == "lung" else "on_call",
            "on_call": {"id": f"duty-{name}", "role": "on_call"},
        }
    )
    for name, shifts in (("lung", OFFICE), ("heart", OFFICE), ("home", []))
}
CONTEXT = Context(rules(), TEAMS, "nattevagt/test")
gaps = st.sampled_from([0, 1, MINUTE, MINUTE, 2 * MINUTE, 5 * MINUTE, 11 * MINUTE, HOUR, 5 * HOUR, 20 * HOUR, 3 * DAY])
soon = st.sampled_from([0, 1, MINUTE, 2 * MINUTE, 5 * MINUTE, HOUR])
people = st.sampled_from(["owner", "owner", "team", "team", "asked", "nurse-lung", "doctor-heart", "somebody"])
READINGS = {"spo2": (89, 89, 96, 87, 60), "pulse": (115, 115, 80, 135, 115)}
WORK = ("contact_failed", "contacted", "note", "take_over", "hand_over")


class Ladder(RuleBasedStateMachine):
    """One patient's life. before: the state ahead of the newest event. seen: step -> what it told."""

    @initialize()
    def enrol(self) -> None:
        """A plan of lung and a device."""
        self.now_ms = T0
        self.state = PatientState(PATIENT)
        self.events: list[PatientEvent] = []
        self.seen: dict[tuple[str, int], AlertStep] = {}
        self.version = 1
        self.feed(make_event(make_plan(limits=LIMITS, rules=["limits"]), received_ms=T0, offset=0))
        self.feed(make_event(make_bindings(), received_ms=T0, offset=1))

    def feed(self, event: PatientEvent) -> Step:
        """Fold one event and remember what the teams were told."""
        self.before, self.events = self.state, [*self.events, event]
        done = step(self.state, event, CONTEXT)
        self.check_steps(self.state.alert, done)
        self.state = done.state
        return done

    def check_steps(self, alert: AlertState | None, done: Step) -> None:
        """Every step is a row of the table, sequences have no gap, and one alert ends before another opens."""
        held = None if alert is None else (alert.id, alert.sequence)
        for told in {each.id: each.step for each in alerts(done.effects)}.values():
            if held is None:
                assert ("raised", 1) == (told.type, told.sequence)
            else:
                assert (held[0], held[1] + 1) == (told.alert_id, told.sequence)
            assert told.type in {each for _, each in TRANSITIONS.values()}
            held = None if told.next_deadline is None else (told.alert_id, told.sequence)
            self.seen[told.alert_id, told.sequence] = told
        after = done.state.alert
        assert held == (None if after is None else (after.id, after.sequence))

    def ask(self, kind: str, **said: Any) -> AuditBody:
        """A command, now; a refused one has changed nothing of the alert that time alone does not."""
        event = make_event(make_command(kind, **said), received_ms=self.now_ms, offset=len(self.events))
        done = self.feed(event)
        outcome = next(body for body in audits(done.effects) if body.type == "outcome")
        if outcome.outcome is not None and not outcome.outcome.is_accepted:
            alone = step(self.before, make_timer(self.now_ms), CONTEXT).state
            assert alone.alert == self.state.alert
        return outcome

    def who(self, by: str) -> str:
        """The person who has it, a doctor of the responsible team or of the one that is asked, or that very name."""
        alert = self.state.alert
        assert alert is not None
        named = {"owner": alert.owner or f"nurse-{alert.team}", "team": f"doctor-{alert.team}"}
        return {**named, "asked": f"nurse-{alert.to_team or alert.team}"}.get(by, by)

    @rule(gap=gaps, kind=st.sampled_from(sorted(READINGS)), index=st.integers(0, 4), late=st.sampled_from([0, 0, HOUR]))
    def produce(self, gap: int, kind: str, index: int, late: int) -> None:
        """A reading of some colour, some of them late."""
        self.now_ms += gap
        value = READINGS[kind][index % len(READINGS[kind])]
        reading = make_measurement(value, kind=kind, at_ms=self.now_ms - late)
        self.feed(make_event(reading, received_ms=self.now_ms, offset=len(self.events)))

    @precondition(lambda self: self.state.alert is not None)
    @rule(
        gap=soon,
        by=people,
        behind=st.sampled_from([0, 0, 0, 1]),
        kind=st.sampled_from(["fitting"] * 3 + ["acknowledge", *WORK]),
        to_team=st.sampled_from(["heart", "lung", "home", "nobody"]),
        work=st.sampled_from(WORK),
    )
    def act(self, gap: int, by: str, behind: int, kind: str, to_team: str, work: str) -> None:
        """A person does something to the alert, mostly what fits, having seen its newest step or the one before."""
        self.now_ms += gap
        alert, by = self.state.alert, self.who(by)
        if kind == "fitting":
            kind = work if phase_of(alert) in HELD else "acknowledge"
        said = {"to_team": to_team} if kind == "hand_over" else {}
        self.ask(kind, by=by, alert_id=alert.id, sequence=max(1, alert.sequence - behind), **said)

    @precondition(lambda self: self.state.alert is not None)
    @rule(gap=soon, by=people, behind=st.integers(0, 2), current=st.booleans())
    def close(self, gap: int, by: str, behind: int, current: bool) -> None:
        """Never over a finding that this person has not seen."""
        alert, sequence, by = self.state.alert, max(1, self.state.alert.sequence - behind), self.who(by)
        told = self.seen[alert.id, sequence]
        said = {"seen_until": rfc3339(alert.evidence_ms)} if current else {}
        self.now_ms += gap
        outcome = self.ask("close", by=by, alert_id=alert.id, sequence=sequence, **said)
        if outcome.outcome == "accepted.recorded":
            closed = self.seen[alert.id, max(number for name, number in self.seen if name == alert.id)]
            assert set(closed.reasons) - {"team.unknown"} <= set(told.reasons)
            assert closed.measured_at <= (rfc3339(alert.evidence_ms) if current else told.measured_at)

    @precondition(lambda self: self.state.alert is not None)
    @rule(
        by=people,
        condition=st.sampled_from(["limits.spo2", "limits.pulse", "its own", "its own"]),
        direction=st.sampled_from(["below", "above"]),
        lasts=st.sampled_from([-HOUR, HOUR, HOUR, 3 * DAY, 30 * DAY]),
    )
    def snooze(self, by: str, condition: str, direction: str, lasts: int) -> None:
        """One condition in one direction, for a while that may be too long or over."""
        alert, by = self.state.alert, self.who(by)
        if condition == "its own":
            condition, direction = condition_of(alert.reasons[0])
        said = {"condition": condition, "direction": direction, "until": rfc3339(self.now_ms + lasts)}
        evidence = rfc3339(alert.evidence_ms)
        self.ask("snooze", by=by, alert_id=alert.id, sequence=alert.sequence, seen_until=evidence, **said)

    @precondition(lambda self: self.state.alert is not None and bool(self.state.alert.pending))
    @rule(result=st.sampled_from(["delivered", "failed", "read"]))
    def report(self, result: str) -> None:
        """What became of a message of this rung."""
        alert = self.state.alert
        self.ask("delivery_reported", by="notify", notice_id=alert.pending[0], alert_id=alert.id, result=result)

    @rule(gap=gaps)
    def jump(self, gap: int) -> None:
        """Nothing comes for a while."""
        self.now_ms += gap
        self.feed(make_timer(self.now_ms))

    @rule(gap=st.sampled_from([31_000, 31_000, 10 * MINUTE, 5 * HOUR]))
    def stand_still(self, gap: int) -> None:
        """Nobody watched: at most what had been due before is done, and no rung runs through."""
        since, self.now_ms = self.now_ms, self.now_ms + gap
        rung = step(self.state, make_timer(since), CONTEXT).state.alert
        stamp = Stamp()
        self.feed(Resumed(id=f"r{self.now_ms}", patient=PATIENT, from_ms=since, to_ms=self.now_ms, stamp=stamp))
        if rung is not None and self.state.alert is not None:
            assert rung.rung == self.state.alert.rung
            after = step(self.state, make_timer(self.now_ms), CONTEXT).state.alert
            assert after is None or after.rung <= rung.rung + 1

    @rule(team=st.sampled_from([None] * 8 + ["lung", "heart", "home", "nobody"]))
    def move(self, team: str | None) -> None:
        """The plan names another team, now and then; else the patient asks for contact."""
        if team is None:
            self.now_ms += 1
            self.ask("request_contact", by="app")
            return
        self.version += 1
        plan = make_plan(version=self.version, team=team, limits=LIMITS, rules=["limits"])
        self.feed(make_event(plan, received_ms=self.now_ms, offset=len(self.events)))

    @rule()
    def kill(self) -> None:
        """The worker dies after any step: the state comes back from its bytes, and the event is folded once more."""
        event = EVENT.validate_json(EVENT.dump_json(self.events[-1]))
        before = decode_state(encode_state(StateRecord(1, 0, 0, self.before))).state
        again = step(before, event, CONTEXT)
        assert self.state == again.state
        self.state = decode_state(
            encode_state(StateRecord(2, again.due_data_ms, again.due_ladder_ms, again.state))
        ).state
        assert self.state == again.state

    @invariant()
    def an_open_alert_has_a_next_deadline(self) -> None:
        """And whoever lets time pass to it sees a step."""
        done = step(self.state, make_timer(self.state.now_ms), CONTEXT)
        alert = done.state.alert
        assert (alert is None) is (done.due_ladder_ms == NEVER)
        assert alert is None or self.state.now_ms < done.due_ladder_ms < NEVER

    @invariant()
    def there_is_one_owner_and_one_team(self) -> None:
        """Held means by one person; waiting means by nobody; one team is responsible, another may be asked."""
        alert, phase = self.state.alert, phase_of(self.state.alert)
        if alert is None:
            return
        assert (alert.owner is not None) is (phase in (*HELD, Phase.OFFERED))
        assert (alert.to_team is not None) is (phase is Phase.OFFERED)
        assert alert.to_team != alert.team
        assert phase in WAITING or not alert.pending

    @invariant()
    def no_red_is_hidden_by_a_snooze(self) -> None:
        """Neither by the alert's colour nor by what the readings say now."""
        alert = self.state.alert
        if phase_of(alert) is Phase.SNOOZED:
            assert alert is not None
            assert alert.level is not TriageLevel.RED
            reds = [f for f in assess(self.state, CONTEXT).concerns if f.level is TriageLevel.RED]
            assert not [f for f in reds if f.at_ms > self.state.handled_ms]

    def teardown(self) -> None:
        """The whole life once more, from nothing: the same state."""
        state = PatientState(PATIENT)
        for event in getattr(self, "events", []):
            state = step(state, event, CONTEXT).state
        assert not getattr(self, "events", []) or state == self.state


TestLadder = Ladder.TestCase
TestLadder.settings = settings(
    max_examples=RUNS,
    stateful_step_count=50,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
