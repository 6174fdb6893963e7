"""Personal limits: half-open bands without a gap, and a red that needs two calm readings to be forgotten."""

import pytest

from schemas.rules import MitigationRules
from schemas.triage import TriageLevel
from streams.core.context import Context
from streams.core.plan import Limits, parse_plan
from streams.core.rules.limits import side
from tests.builders import Patient, context, make_limit, make_plan, waiting

FOUR = {"red_below": 88, "yellow_below": 92.5, "yellow_from": 96, "red_from": 98}
LIMITS = Limits(88_000, 92_500, 96_000, 98_000, 3, 2)


@pytest.mark.parametrize(
    ("milli", "level", "bound"),
    [
        (87_999, TriageLevel.RED, "red_below"),
        (88_000, TriageLevel.YELLOW, "yellow_below"),
        (92_499, TriageLevel.YELLOW, "yellow_below"),
        (92_500, TriageLevel.GREEN, "within"),
        (95_999, TriageLevel.GREEN, "within"),
        (96_000, TriageLevel.YELLOW, "yellow_from"),
        (97_999, TriageLevel.YELLOW, "yellow_from"),
        (98_000, TriageLevel.RED, "red_from"),
    ],
)
def test_each_bound_from_both_sides(milli: int, level: TriageLevel, bound: str) -> None:
    """A lower bound belongs to the milder band, an upper bound to the worse one."""
    assert (level, bound) == side(LIMITS, milli)


def test_limits_of_a_plan_are_exact() -> None:
    """Decimals become thousandths without a detour over binary fractions."""
    plan = parse_plan(make_plan(limits=[make_limit("temp", red_from=38.5, yellow_from=37.0005)]).model_dump_json())

    assert Limits(None, None, 37_001, 38_500, 3, 2) == plan.limits["temp"]


@pytest.mark.parametrize("bound", ["red_below", "red_from"])
def test_one_sided_limits_leave_the_other_side_open(bound: str) -> None:
    """None = no limit there."""
    patient = Patient(limits=[make_limit("weight", **{bound: 80})], rules=["limits"])

    patient.measures(60 if bound == "red_from" else 100, kind="weight")

    assert "green" == patient.triage.level


def test_the_plan_says_how_urgent_red_is() -> None:
    """Tier 3 unless a clinician signs another; yellow is tier 2."""
    patient = Patient(limits=[make_limit(red_below=88, yellow_below=90, red_tier=5)], rules=["limits"])
    patient.measures(89)
    assert (2, "yellow") == (patient.triage.tier, patient.triage.level)
    patient.measures(87)
    assert (5, "red") == (patient.triage.tier, patient.triage.level)


@pytest.mark.parametrize(
    ("values", "level", "reason"),
    [
        ((86,), "red", "limits.spo2.red_below"),
        ((86, 96), "yellow", "limits.spo2.was_red"),
        ((86, 96, 96), "green", None),
        ((86, 89, 96), "yellow", "limits.spo2.was_red"),
        ((86, 89, 89, 96), "yellow", "limits.spo2.was_red"),
        ((86, 89, 96, 96), "green", None),
        ((86, 96, 89, 96), "green", None),
        ((86, 89), "yellow", "limits.spo2.yellow_below"),
        ((89, 96), "green", None),
        ((65, 96), "yellow", "limits.spo2.was_red"),
        ((65, 66, 96), "yellow", "limits.spo2.was_red"),
        ((86, 65, 96), "yellow", "limits.spo2.was_red"),
    ],
)
def test_red_is_forgotten_after_two_readings_inside(values: tuple[int, ...], level: str, reason: str | None) -> None:
    """One good reading does not hide a red one, however extreme it was."""
    patient = Patient(rules=["limits"])
    for value in values:
        patient.measures(value)

    assert level == patient.triage.level
    assert ([reason] if reason else []) == [r for r in patient.triage.reasons if r.startswith("limits")]


def test_any_order_of_arrival_gives_the_same_colour() -> None:
    """The red one may come last: it was measured first."""
    patient = Patient(rules=["limits"])
    patient.measures(96, ago=1)
    patient.measures(86, ago=10)

    assert ("limits.spo2.was_red",) == patient.triage.reasons


def test_a_kind_without_limits_has_no_findings() -> None:
    """Weight is nobody's business in this plan."""
    patient = Patient(rules=["limits"])
    patient.measures(250, kind="weight")

    assert () == patient.triage.findings


def test_a_plan_may_leave_limits_out() -> None:
    """Then no reading is judged by them, late ones neither."""
    patient = Patient(rules=["missing"])
    patient.measures(96)
    patient.measures(86, ago=10)

    assert [] == patient.steps


@pytest.mark.parametrize(
    ("values", "minutes", "level", "reason"),
    [
        ((86, 96), 5, "green", None),
        ((86, 96), 16, "yellow", "limits.spo2.was_red"),
        ((86, 86, 96), 5, "yellow", "limits.spo2.was_red"),
        ((65, 96), 5, "green", None),
        ((86, 89), 5, "yellow", "limits.spo2.yellow_below"),
    ],
)
def test_a_red_that_its_repeat_contradicts_was_a_measuring_fault(
    values: tuple[int, ...], minutes: int, level: str, reason: str | None
) -> None:
    """As it ships: the second value counts when it comes within 15 minutes, whatever band the first was in."""
    patient = Patient(rules=["limits"], surroundings=waiting())
    for value in values:
        patient.measures(value, minutes=minutes)

    assert level == patient.triage.level
    assert ([reason] if reason else []) == list(patient.triage.reasons)


def twice() -> Context:
    """A yellow needs a second reading."""
    return context(mitigation=MitigationRules(repeat=(), twice=("limits",)))


def test_one_yellow_colours_and_raises_nothing_yet() -> None:
    """Duration-severity delay: on the list at once, named in the audit, an alert at the second in a row."""
    patient = Patient(rules=["limits"], surroundings=twice())
    told = patient.measures(89)
    assert ("yellow", 1, []) == (patient.triage.level, patient.triage.tier, patient.steps)
    assert told.decision is not None
    assert ("limits.spo2.yellow_below",) == told.decision.held
    patient.measures(89, minutes=600)

    assert ("yellow", 2, ["raised"]) == (patient.triage.level, patient.triage.tier, patient.steps)


def test_one_yellow_without_a_second_reading_is_raised_after_a_day() -> None:
    """Doubt goes up; nobody waits for a week."""
    patient = Patient(rules=["limits"], surroundings=twice())
    patient.measures(89)
    patient.waits(hours=23.9)
    assert [] == patient.steps
    patient.waits(hours=0.1)

    assert ["raised"] == patient.steps


def test_a_calm_second_reading_ends_the_waiting_and_red_never_waits_for_one() -> None:
    """89, 96: nothing. 87: at once."""
    patient = Patient(rules=["limits"], surroundings=twice())
    patient.measures(89)
    patient.measures(96, minutes=60)
    assert (0, []) == (patient.state.recheck_ms, patient.steps)
    patient.measures(87, minutes=60)

    assert ["raised"] == patient.steps


@pytest.mark.parametrize(("value", "tier", "waits"), [(86, 3, True), (65, 3, True), (86, 4, False), (89, 3, False)])
def test_a_red_waits_for_its_repeat_unless_a_clinician_signed_a_faster_clock(
    value: int, tier: int, *, waits: bool
) -> None:
    """GEN-06 is `single, confirmed`; yellow and tiers 4 and 5 do not wait. The worse value waits no longer."""
    patient = Patient(
        limits=[make_limit(red_below=88, yellow_below=90, red_tier=tier)], rules=["limits"], surroundings=waiting()
    )
    patient.measures(value)

    assert waits is patient.triage.findings[0].unconfirmed
