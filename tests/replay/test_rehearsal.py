"""Rehearsal: what would have been under other rules; a lost red is found, and nothing else is called one."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.alert import AlertStepType
from schemas.base import DAY_MS
from schemas.catalog import default_bundle, plan_templates
from schemas.coverage import TeamCoverage
from schemas.events import PatientEvent, TimerFired
from schemas.rules import RuleBundle
from schemas.triage import TriageLevel
from streams.adapters.input_records import coverage
from streams.replay.lost_reds import Both, Rehearsal, Seen, compared
from streams.replay.rehearsal import Gathered, rehearse, side
from tests.builders import (
    DAY,
    HOUR,
    T0,
    TEAM,
    make_binding,
    make_bindings,
    make_command,
    make_event,
    make_limit,
    make_measurement,
    make_plan,
    make_timer,
)

RULES = default_bundle()


def bundle(**changed: Any) -> RuleBundle:
    """The shipped one with parts exchanged."""
    return RuleBundle.model_validate_json(RuleBundle.model_validate(RULES.model_dump() | changed).model_dump_json())


def life(
    *values: tuple[float, float],
    days: float = 20,
    plan: dict[str, Any] | None = None,
    kind: str = "spo2",
    calm: float = 96.0,
) -> list[PatientEvent]:
    """A patient enrolled long ago, calm twice a day; and these (hours from T0, value). The newest input is at T0."""
    limits = {"limits": [make_limit(red_below=88, yellow_below=92, red_tier=4)], "rules": ["limits"]} | (plan or {})
    begun = T0 - 200 * DAY
    found: list[PatientEvent] = [
        make_event(make_plan(valid_from="2025-01-01T00:00:00Z", **limits), received_ms=begun, offset=0),
        make_event(
            make_bindings(devices=[make_binding(valid_from="2025-01-01T00:00:00Z")]), received_ms=begun, offset=1
        ),
    ]
    usual = [(-hours, calm) for hours in range(0, int(days * 24) + 1, 12)]
    for number, (hours, value) in enumerate(sorted([*usual, *values]), start=2):
        at_ms = T0 + round(hours * HOUR)
        reading = make_measurement(value, kind=kind, id=f"r{number}", at_ms=at_ms)
        found.append(make_event(reading, received_ms=at_ms, offset=number))
    return found


def played(events: list[PatientEvent], after: RuleBundle, **sides: Any) -> Rehearsal:
    """These events under the shipped rules and under others."""
    gathered = Gathered()
    for event in events:
        gathered.take(event)
    reference = [coverage(TeamCoverage(team=TEAM, version=1), 0)]
    return rehearse(gathered.people(), reference, (side(RULES), side(after, **sides)), gathered)


REDS = ((-100.5, 84.0), (-100.4, 84.0), (-50.5, 85.0), (-50.4, 85.0))


def test_the_same_rules_change_nothing() -> None:
    """Two reds on both sides, and no objection."""
    found = played(life(*REDS), bundle(version=2))
    assert (1, 2, 2) == (found.people, found.before, found.after)
    assert ((), (), ()) == (found.lost, found.gained, found.objections)
    assert {"limits.spo2.red_below": (2, 2)} == dict(found.reasons)


@settings(max_examples=15, deadline=None)
@given(st.lists(st.tuples(st.integers(-400, -1), st.integers(78, 99)), max_size=12))
def test_whatever_happened_the_same_rules_lose_nothing(values: list[tuple[int, int]]) -> None:
    """Nor gain, nor slow down: what is found is the change, not the replay."""
    found = played(life(*((hours + 0.3, float(value)) for hours, value in values)), bundle(version=2))
    assert ((), (), ()) == (found.lost, found.gained, found.slower)
    assert found.before == found.after


def test_a_rule_that_no_longer_fires_loses_its_reds() -> None:
    """Every red that nobody would have heard of is found, with its reason; one is enough for an objection."""
    events = life((-30, 2.6), (-29, 2.6), kind="glucose", calm=6.0, plan={"limits": [], "rules": ["dm"]})
    without = bundle(table=[row for row in RULES.table if not row.id.startswith("dm.")])
    found = played(events, without)
    assert (1, 0) == (found.before, found.after)
    assert [("p1", T0 - 30 * HOUR)] == [(red.person, red.at_ms) for red in found.lost]
    assert ("lost reds: 1",) == found.objections


def test_a_template_that_drops_a_rule_loses_the_red_it_raised() -> None:
    """Only plans made from it are played anew; its limits stay personal."""
    template = plan_templates()["copd"]
    events = life(*REDS, plan={"template": "copd"})
    without = template.model_copy(update={"rules": ("missing",)})
    found = played(events, RULES, template=without)
    assert (2, 2) == (found.before, len(found.lost))
    assert ("lost reds: 2",) == found.objections
    assert "reds lost 2" in found.line

    other = played(life(*REDS, plan={"template": "hypertension"}), RULES, template=without)
    assert () == other.lost


def test_only_the_window_counts_and_what_is_older_only_warms() -> None:
    """A red of sixteen days ago is neither before nor after."""
    found = played(life((-16 * 24 + 0.5, 84.0), (-16 * 24 + 0.6, 84.0)), RULES)
    assert (0, 0) == (found.before, found.after)


def test_nobody_in_the_window_is_no_history() -> None:
    """An empty log, and one that holds plans, the watchdog's patients and clocks only, are said to be empty."""
    plans = life()[:2]
    timer: TimerFired = make_timer(T0)
    synthetic = make_event(make_measurement(84, patient="nattevagt-watchdog-3"), received_ms=T0, offset=9)
    for events in ([], plans, [*plans, timer, synthetic]):
        found = played(list(events), RULES)
        assert found.is_empty
        assert ("no history of 14 days to rehearse with", ()) == (found.line, found.objections)


def test_what_people_did_about_old_alerts_is_left_out() -> None:
    """Their commands name alerts that may not exist on the other side."""
    gathered = Gathered()
    for contract in (make_command("close", alert_id="a", sequence=1), make_command("request_contact")):
        gathered.take(make_event(contract, received_ms=T0, offset=1))
    assert ["request_contact"] == [
        b"request_contact" in (one.value or b"") and "request_contact" for one in gathered._theirs["p1"]
    ]


def seen(alert: str, hours: float, kind: str = "raised", level: str = "red", tier: int = 4) -> Seen:
    """One step, hours after T0."""
    at_ms = T0 + round(hours * HOUR)
    return Seen(alert, at_ms, AlertStepType(kind), TriageLevel(level), tier, "limits.spo2.red_below")


def against(before: list[Seen], after: list[Seen]) -> Rehearsal:
    """One person's two lives from T0 on."""
    return compared([Both("p1", tuple(before), tuple(after))], 14, T0)


def test_a_red_a_quarter_of_an_hour_later_is_not_lost() -> None:
    """It waits for its repeat; a minute more and it is late."""
    assert () == against([seen("a", 1)], [seen("b", 1.25)]).lost
    assert 1 == len(against([seen("a", 1)], [seen("b", 1.25 + 1 / 60)]).lost)


def test_a_red_in_an_alert_that_is_red_already_is_not_lost() -> None:
    """Somebody knows; also where it was opened before the window. One that had ended is no help."""
    assert () == against([seen("a", 5)], [seen("b", -30)]).lost
    assert 1 == len(against([seen("a", 5)], [seen("b", -30), seen("b", 4, "closed")]).lost)


def test_a_red_that_has_become_yellow_is_lost() -> None:
    """Until it is upgraded."""
    assert 1 == len(against([seen("a", 1)], [seen("b", 1, level="yellow", tier=2)]).lost)
    upgraded = [seen("b", 1, level="yellow", tier=2), seen("b", 1.2, "upgraded")]
    assert () == against([seen("a", 1)], upgraded).lost


def test_a_longer_clock_is_told_and_is_no_loss() -> None:
    """Tier 5 has become tier 3: still red, and somebody should know."""
    found = against([seen("a", 1, tier=5)], [seen("b", 1, tier=3)])
    assert ((), 1, ()) == (found.lost, len(found.slower), found.objections)


def test_an_alert_is_lost_once_whatever_it_did_later() -> None:
    """Two pages of one red that nobody would have had are one lost red."""
    assert 1 == len(against([seen("a", 1), seen("a", 2, "upgraded", tier=5)], []).lost)


@pytest.mark.parametrize(("before", "after", "objects"), [(2, 4, False), (2, 5, True), (0, 0, False), (0, 1, True)])
def test_more_than_twice_the_alerts_wants_a_yes(before: int, after: int, *, objects: bool) -> None:
    """Exactly twice is within limits."""
    sides = [[seen(f"a{n}", n, level="yellow", tier=2) for n in range(count)] for count in (before, after)]
    assert objects == bool(against(*sides).objections)


def test_a_long_log_is_kept_short() -> None:
    """Readings from before the window go; plans never do."""
    gathered = Gathered(days=1)
    for event in life(days=60):
        gathered.take(event)
    (person,) = gathered.people()
    assert T0 - (1 + 7) * DAY_MS <= min(record.at_ms for record in person.records)
    assert {"care-plans.v1", "device-bindings.v1", "measurements.v1"} == {record.topic for record in person.records}
