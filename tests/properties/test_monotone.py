"""A worse value never gives a lower colour nor a later answer than a milder one, confirm band and repeat included.

Worse: further from the kind's normal on the same side, both inside the reject band. SpO2 on oxygen with scale 2 has
two sides. Quick with every run, thousands of examples with `-m nightly`.
"""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from schemas.base import rfc3339
from schemas.vitals import VITALS, Band
from streams.core.rules.table import FAMILIES
from streams.core.signal.features import aspect
from streams.core.signal.series import UNCONFIRMED, Point, Series, insert
from streams.core.state import PatientState
from streams.core.triage import Triage, assess
from tests.builders import DAY, HOUR, MINUTE, PATIENT, T0, make_limit, make_plan, waiting

NORMAL = {
    "spo2": (96_000, 96_000),
    "pulse": (60_000, 80_000),
    "resp_rate": (14_000, 18_000),
    "sbp": (115_000, 125_000),
    "dbp": (70_000, 80_000),
    "temp": (36_500, 37_200),
    "weight": (80_000, 80_000),
    "glucose": (5_000, 7_000),
    "ketone": (0, 0),
    "crp": (0, 0),
    "pef": (500_000, 500_000),
}
"""Where every rule of the test's plan is calm. Below and above it a value gets worse the further out it is."""

LIMITS = [
    make_limit("spo2", red_below=88, yellow_below=90),
    make_limit("pulse", red_below=40, yellow_below=50, yellow_from=110, red_from=130),
    make_limit("sbp", red_below=80, yellow_below=90, yellow_from=150, red_from=180),
    make_limit("temp", yellow_from=38, red_from=39, red_tier=4),
]
RELATIVE = frozenset({"copd", "pd", "hf", "preg"})
"""Families that compare with the patient's own past: there only the newest reading can be made worse."""

RULES = ["limits", "news2", "tobs"]
AGES = [0, 1 * MINUTE, 5 * MINUTE, 14 * MINUTE, 16 * MINUTE, 2 * HOUR, 5 * HOUR, 1 * DAY, 3 * DAY, 5 * DAY]
CONTEXT = waiting()
NEVER = 10**9


@st.composite
def scenes(draw: DrawFn, *, newest: bool) -> tuple[str, dict[str, Any], dict[str, list[tuple[int, int]]], int, int]:
    """(kind, plan, readings as (age, milli), place of the reading that is made worse, its worse value)."""
    families = [one.id for one in FAMILIES if newest or one.id not in RELATIVE]
    named = draw(st.lists(st.sampled_from([*RULES, *families]), unique=True, max_size=5))
    readings = {
        kind: [(age, draw(values(kind))) for age in draw(st.lists(st.sampled_from(AGES), unique=True, max_size=6))]
        for kind in NORMAL
        if draw(st.booleans())
    }
    kind = draw(st.sampled_from(sorted(NORMAL)))
    mine = readings.setdefault(kind, [(0, draw(values(kind)))]) or [(0, draw(values(kind)))]
    readings[kind] = sorted(mine)
    place = 0 if newest else draw(st.integers(0, len(mine) - 1))
    worse = draw(outward(kind, readings[kind][place][1]))
    plan = {
        "rules": named,
        "limits": draw(st.sampled_from([LIMITS, []])),
        "pregnant": draw(st.booleans()),
        "circumstances": {
            "spo2_target": draw(st.sampled_from(["none", None])),
            "chemotherapy_at": rfc3339(T0 - DAY),
            "discharged_at": rfc3339(T0 - 10 * DAY),
            "pef_best": 550,
        },
    }
    return kind, plan, readings, place, worse


@st.composite
def values(draw: DrawFn, kind: str) -> int:
    """Any value that intake lets through, whole steps of the kind's resolution."""
    low, high = VITALS[kind].reject or (0, 0)
    step = VITALS[kind].resolution or 1000
    return draw(st.integers(low // step, high // step)) * step


@st.composite
def outward(draw: DrawFn, kind: str, milli: int) -> int:
    """A value at least as far out on the same side; anything from inside the normal range."""
    low, high = VITALS[kind].reject or (0, 0)
    step = VITALS[kind].resolution or 1000
    if milli > NORMAL[kind][1]:
        return draw(st.integers(milli // step, high // step)) * step
    if milli < NORMAL[kind][0]:
        return draw(st.integers(low // step, milli // step)) * step
    return draw(values(kind))


def triage(plan: dict[str, Any], readings: dict[str, list[tuple[int, int]]]) -> Triage:
    """The patient at T0."""
    series: dict[str, tuple[Point, ...]] = {}
    for kind, told in readings.items():
        for age, milli in told:
            flags = UNCONFIRMED if VITALS[kind].band(milli) is Band.CONFIRM else 0
            series[kind] = insert(series.get(kind, ()), Point(T0 - age, milli, flags))
    return assess(state(plan, series), CONTEXT)


def state(plan: dict[str, Any], series: Series) -> PatientState:
    """With the own normals that belong to the series."""
    own = {kind: one for kind, points in series.items() if (one := aspect(kind, points)) is not None}
    text = make_plan(**plan).model_dump_json()
    return PatientState(PATIENT, now_ms=T0, plans=(text,), series=series, aspects=own)


def answer_min(found: Triage) -> int:
    """Minutes until somebody must have answered: first rung of the highest tier, and the hold if all is in doubt."""
    if not found.concerns:
        return NEVER
    rungs = CONTEXT.rules.ladder.rungs_min
    held = all(finding.unconfirmed for finding in found.concerns)
    tier = max(finding.tier for finding in found.concerns)
    return rungs[str(tier)][0] + (CONTEXT.rules.confirm.hold_min if held else 0)


def severity(found: Triage) -> int:
    """The colour as a number; nothing said is less than green."""
    return -1 if found.level is None else found.level.severity


def compare(scene: tuple[str, dict[str, Any], dict[str, list[tuple[int, int]]], int, int]) -> None:
    """The same patient with one reading made worse."""
    kind, plan, readings, place, worse = scene
    age, _ = readings[kind][place]
    other = {**readings, kind: [*readings[kind][:place], (age, worse), *readings[kind][place + 1 :]]}
    milder, worst = triage(plan, readings), triage(plan, other)

    assert severity(milder) <= severity(worst)
    assert answer_min(milder) >= answer_min(worst)


def examples(count: int) -> settings:
    """So many, always the same."""
    return settings(
        max_examples=count, derandomize=True, deadline=None, database=None, suppress_health_check=list(HealthCheck)
    )


@examples(150)
@given(scenes(newest=True))
def test_a_worse_newest_reading(scene: Any) -> None:
    """Every family of rules."""
    compare(scene)


@examples(150)
@given(scenes(newest=False))
def test_any_worse_reading(scene: Any) -> None:
    """Rules that do not compare with the patient's own past: an older reading may be the worse one."""
    compare(scene)


@pytest.mark.nightly
@examples(2500)
@given(scenes(newest=True))
def test_a_worse_newest_reading_thousands(scene: Any) -> None:
    """The same, at length."""
    compare(scene)


@pytest.mark.nightly
@examples(2500)
@given(scenes(newest=False))
def test_any_worse_reading_thousands(scene: Any) -> None:
    """The same, at length."""
    compare(scene)


def test_a_fresh_three_is_not_answered_later_than_an_old_one_alone() -> None:
    """SpO2 70 five hours ago and a pulse of 41, or of 20: found by the thousands."""
    plan = {"rules": ["news2"], "limits": []}
    compare(("pulse", plan, {"spo2": [(5 * HOUR, 70_000)], "pulse": [(0, 41_000)]}, 0, 20_000))


@pytest.mark.parametrize("start", range(30, 101))
def test_saturation_on_oxygen_with_scale_2_has_two_sides(start: int) -> None:
    """Below 88 worse downwards, above 92 worse upwards; between them calm. Every pair of whole values."""
    plan = {
        "rules": ["limits", "news2", "copd"],
        "limits": [make_limit("spo2", red_below=84, yellow_below=88, yellow_from=93, red_from=97)],
        "news2_scale": 2,
        "circumstances": {"spo2_target": "88-92"},
    }
    oxygen = {"supplemental_o2": [(1, 2_000)]}
    here = triage(plan, oxygen | {"spo2": [(0, start * 1000)]})
    outwards = range(start, 101) if start > 92 else range(30, start + 1)
    assert (start in range(88, 93)) is (here.level == "green")
    for value in outwards if start not in range(88, 93) else ():
        there = triage(plan, oxygen | {"spo2": [(0, value * 1000)]})
        assert severity(here) <= severity(there)
        assert answer_min(here) >= answer_min(there)
