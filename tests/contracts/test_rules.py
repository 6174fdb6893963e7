"""What every rule must fulfil. A new file in RULES is found here without editing this test."""

import itertools
import random
from functools import cache
from pathlib import Path

import pytest

from schemas.catalog import default_bundle
from schemas.plan import CarePlan
from schemas.rule_table import leaves
from schemas.shipped_rules import shipped_rows
from schemas.triage import Finding
from schemas.vitals import VITALS
from streams.core.plan import Plan, parse_plan
from streams.core.pro.held import Filled, Form, Spoke
from streams.core.rules import RULES
from streams.core.rules.base import Rule, View
from streams.core.rules.compiled import compiled_table
from streams.core.rules.news2 import scored
from streams.core.signal.series import UNCONFIRMED, Point
from streams.core.state import DeviceClock, PatientState, Refused
from tests.builders import make_plan

NOW_MS = 1_764_000_000_000
HOUR_MS = 3_600_000
TABLE = compiled_table(default_bundle())
RULE_FILES = Path(__file__).parents[2] / "streams" / "core" / "rules"
NO_RULE = {"__init__", "base", "news2_score", "judging", "single", "spans", "compiled", "tobs_score"}
"""What rules are made of: the contract, scores, and the conditions of the rule table."""

SYMPTOMS = tuple(sorted({c for row in shipped_rows() for leaf in leaves(row.when) for c in getattr(leaf, "codes", ())}))


def plan(*, pregnant: bool = False) -> Plan:
    """A plan with limits on three kinds, one slot, and every family of disease rules."""
    contract = CarePlan.model_validate(
        {
            "patient": "p1",
            "id": "plan",
            "version": 1,
            "team": "lung",
            "valid_from": "2020-01-01T00:00:00Z",
            "limits": [
                {"kind": "spo2", "red_below": 88, "yellow_below": 90},
                {"kind": "weight", "yellow_from": 80, "red_from": 90},
                {"kind": "temp", "red_from": 38.5},
            ],
            "slots": [{"id": "morning", "kinds": ["spo2"], "at": ["08:00"]}],
            "rules": [rule.id for rule in RULES] + ["hf.99"],
            "circumstances": {
                "chemotherapy_at": "2025-11-01T00:00:00Z",
                "discharged_at": "2025-11-10T00:00:00Z",
                "pef_best": 500,
                "habitual": [
                    {
                        "kind": "spo2",
                        "value": 90,
                        "red_beyond": 86,
                        "until": "2026-01-01T00:00:00Z",
                        "signed_by": "doctor-1",
                    }
                ],
            },
            "pregnant": pregnant,
        }
    )
    return parse_plan(contract.model_dump_json())


@cache
def view(seed: int) -> View:
    """A random patient: some kinds measured, some not, some extreme, some refused."""
    chance = random.Random(seed)
    series = {}
    for key, sign in VITALS.items():
        if chance.random() < 0.5:
            continue
        low, high = sign.reject or (0, len(sign.codes) - 1)
        times = sorted(NOW_MS - chance.randrange(96 * HOUR_MS) for _ in range(chance.randrange(1, 6)))
        series[key] = tuple(Point(at, chance.randint(low, high), chance.choice((0, UNCONFIRMED))) for at in times)
    silence = {"spo2": NOW_MS - 5 * HOUR_MS} if chance.random() < 0.5 else {}
    state = PatientState(
        "p1",
        now_ms=NOW_MS,
        series=series,
        requested_ms=chance.choice((0, NOW_MS - HOUR_MS)),
        refused=(Refused(NOW_MS - HOUR_MS, chance.choice(("spo2", "")), "rejected.unit"),),
        battery={"d": (chance.randrange(101), NOW_MS)},
        clocks={"d": DeviceClock(NOW_MS, chance.choice((0, -90_000, 3 * HOUR_MS)), chance.randrange(4))},
        answers=answers(chance),
        symptoms={code: (chance.randrange(2), NOW_MS - 1) for code in SYMPTOMS if chance.random() < 0.2},
    )
    bundle, care = default_bundle(), plan(pregnant=chance.random() < 0.5)
    news2 = scored(care, series, bundle.news2)
    return View(NOW_MS, care, bundle, series, silence, state, news2, TABLE)


@cache
def all_findings(seed: int) -> dict[str, tuple[Finding, ...]]:
    """Rule id -> its findings on a random patient, with those of the rules before it."""
    found: tuple[Finding, ...] = ()
    by_rule = {}
    for rule in RULES:
        by_rule[rule.id] = rule.evaluate(view(seed), found)
        found += by_rule[rule.id]
    return by_rule


def answers(chance: random.Random) -> dict[str, Filled]:
    """Sometimes a form of some colour, still in force or not."""
    if chance.random() < 0.5:
        return {}
    level, tier = chance.choice([("green", 0), ("yellow", 2), ("red", 3)])
    at_ms = NOW_MS - chance.randrange(96) * HOUR_MS
    green_ms = at_ms if level == "green" else 0
    form = Form(at_ms, 1, (1,), {})
    return {"phq2": Filled((form,), level, tier, (Spoke("row", level, tier),), at_ms + 48 * HOUR_MS, green_ms=green_ms)}


def findings(rule: Rule, seed: int) -> tuple[Finding, ...]:
    """One rule's findings on a random patient."""
    return all_findings(seed)[rule.id]


def test_every_file_in_the_room_is_registered() -> None:
    """A rule that nobody registered would watch nothing."""
    files = {path.stem for path in RULE_FILES.glob("*.py")} - NO_RULE
    assert files == {type(rule).__module__.rpartition(".")[2] for rule in RULES}


def test_ids_are_unique() -> None:
    """Plans name rules by id."""
    ids = [rule.id for rule in RULES]
    assert len(set(ids)) == len(ids)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
class TestRule:
    """One rule against what all rules promise."""

    def test_says_where_it_comes_from(self, rule: Rule) -> None:
        """Id, version, source and summary are shown to the people who live by it."""
        assert all((rule.id, rule.version, len(rule.source) > 10, len(rule.summary) > 10))

    def test_finds_something_in_some_patient(self, rule: Rule) -> None:
        """A rule that never speaks in 300 random patients is not tested by the rest of this file."""
        assert any(findings(rule, seed) for seed in range(300))

    def test_is_total_and_repeatable(self, rule: Rule) -> None:
        """Any mixture of missing and extreme inputs gives the same findings every time."""
        for seed in range(300):
            before = itertools.takewhile(lambda other: other is not rule, RULES)
            found = tuple(finding for other in before for finding in findings(other, seed))
            assert findings(rule, seed) == rule.evaluate(view(seed), found)

    def test_order_of_kinds_does_not_matter(self, rule: Rule) -> None:
        """The series is a mapping; nobody promises its order."""
        for seed in range(100):
            one = view(seed)
            other = View(
                one.now_ms,
                one.plan,
                one.rules,
                dict(reversed(list(one.series.items()))),
                one.silence,
                one.state,
                one.news2,
                one.table,
            )
            assert set(map(repr, rule.evaluate(one, ()))) == set(map(repr, rule.evaluate(other, ())))

    def test_findings_are_complete(self, rule: Rule) -> None:
        """Reason begins with the rule's id, the tier is known, and the time is not in the future."""
        for seed in range(300):
            for finding in findings(rule, seed):
                assert finding.rule == rule.id
                assert finding.reason.partition(".")[0] == rule.id
                assert finding.version.isdigit()
                assert 0 <= finding.tier <= 5
                assert finding.at_ms <= NOW_MS

    def test_stays_silent_about_nothing(self, rule: Rule) -> None:
        """No reading, no silence, no refusal, no device, nothing named that is not there: no finding."""
        bundle, care = default_bundle(), parse_plan(make_plan().model_dump_json())
        empty = View(NOW_MS, care, bundle, {}, {}, PatientState("p1", now_ms=NOW_MS), None, TABLE)
        assert rule.evaluate(empty, ()) == ()
