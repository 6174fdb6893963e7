"""A habitual value: signed, with an end and an absolute floor. Less noise on one side, never a hidden red."""

from typing import Any

import pytest
from pydantic import ValidationError

from schemas.base import rfc3339
from schemas.circumstances import Circumstances
from schemas.events import Stamp
from streams.core.intake.accept import Refused, accept
from tests.builders import DAY, HOUR, T0, Patient, context, make_plan, make_record, waiting


def habit(**changed: Any) -> dict[str, Any]:
    """SpO2 is 90 since years; below 86 is red whatever else holds."""
    body = {"kind": "spo2", "value": 90, "red_beyond": 86, "until": rfc3339(T0 + 30 * DAY), "signed_by": "doctor-1"}
    return body | changed


def patient(*habits: dict[str, Any], **plan: Any) -> Patient:
    """Only NEWS2 judges."""
    return Patient(**({"limits": [], "rules": ["news2"], "circumstances": {"habitual": list(habits)}} | plan))


@pytest.mark.parametrize(
    ("spo2", "level", "tier", "reasons"),
    [
        (92, "green", 0, ()),
        (91, "green", 1, ("news2.habitual",)),
        (90, "green", 1, ("news2.habitual",)),
        (86, "green", 1, ("news2.habitual",)),
        (85, "red", 3, ("habitual.spo2.floor", "news2.single3")),
    ],
)
def test_each_side_of_value_and_floor(spo2: int, level: str, tier: int, reasons: tuple[str, ...]) -> None:
    """The score is still shown; beyond the floor it is red."""
    someone = patient(habit())
    someone.measures(spo2)
    assert (level, tier, reasons) == (someone.triage.level, someone.triage.tier, someone.triage.reasons)
    assert (3 if spo2 < 92 else 2) == someone.triage.news2.lower_total


@pytest.mark.parametrize(("at", "tier"), [(-1, 1), (0, 3)])
def test_after_the_end_the_score_counts_again_and_a_signature_is_asked_for(at: int, tier: int) -> None:
    """What was measured before the end stays the patient's own; the floor stays too."""
    someone = patient(habit(until=rfc3339(T0 + HOUR)))
    someone.now_ms = T0 + HOUR + at
    someone.measures(90, minutes=0)
    assert tier == someone.triage.tier
    assert ("reference.habitual" in someone.triage.reasons) is (at == 0)
    someone.measures(85)
    assert "habitual.spo2.floor" in someone.triage.reasons


def test_a_second_sign_is_not_covered() -> None:
    """The total counts in full, and a 3 by another kind is one."""
    someone = patient(habit())
    someone.measures(90)
    someone.measures(8, kind="resp_rate")
    assert ("red", "news2.medium") == (someone.triage.level, someone.triage.reasons[0])
    other = patient(habit())
    other.measures(90, ago=60 * 6)
    other.measures(40, kind="pulse")
    assert ("news2.single3",) == other.triage.reasons


def test_a_covered_three_does_not_hide_an_older_one_of_another_kind() -> None:
    """Of two scores of the same risk the one that is not habitual speaks."""
    someone = patient(habit())
    someone.measures(40, kind="pulse", ago=60 * 6)
    someone.measures(90)
    assert ("news2.single3",) == someone.triage.reasons


def test_the_other_side_is_not_covered() -> None:
    """Too much oxygen on scale 2, or a pulse that is high where a low one is habitual."""
    someone = patient(habit(), news2_scale=2)
    someone.measures(2, kind="supplemental_o2")
    someone.measures(97)
    assert "news2.medium" in someone.triage.reasons
    slow = patient(habit(kind="pulse", value=38, red_beyond=33))
    slow.measures(131, kind="pulse")
    assert ("news2.single3",) == slow.triage.reasons


@pytest.mark.parametrize(
    ("kind", "value", "floor", "worse"),
    [
        ("spo2", 90, 86, range(95, 70, -1)),
        ("pulse", 39, 33, range(70, 25, -1)),
        ("pulse", 132, 140, range(70, 160)),
        ("resp_rate", 26, 30, range(16, 45)),
        ("sbp", 88, 80, range(140, 60, -1)),
    ],
)
@pytest.mark.parametrize("ships", [False, True])
def test_a_worse_value_is_never_milder_nor_answered_later(
    kind: str, value: int, floor: int, worse: range, *, ships: bool
) -> None:
    """Over every whole value away from normal, with and without waiting for a repeat."""
    seen = []
    for number in worse:
        someone = patient(
            habit(kind=kind, value=value, red_beyond=floor), surroundings=waiting() if ships else context()
        )
        someone.measures(number, kind=kind)
        alert = someone.state.alert
        paged = -(10**15) if alert is None else -alert.page_ms
        seen.append((someone.triage.level.severity, someone.triage.tier, paged))
    assert seen == sorted(seen)
    assert seen[0][:2] < seen[-1][:2]


def test_paging_on_the_floor_waits_for_a_repeat_where_limits_do() -> None:
    """Fifteen minutes at most; the repeat confirms."""
    someone = patient(habit(), surroundings=waiting())
    someone.measures(85)
    assert someone.state.alert.unconfirmed
    someone.measures(85, minutes=3)
    assert not someone.state.alert.unconfirmed


@pytest.mark.parametrize(
    "wrong",
    [
        habit(red_beyond=90),
        habit(kind="weight"),
        {k: v for k, v in habit().items() if k != "until"},
        {k: v for k, v in habit().items() if k != "signed_by"},
    ],
)
def test_without_end_signature_or_floor_there_is_no_habitual_value(wrong: dict[str, Any]) -> None:
    """The contract refuses the plan."""
    with pytest.raises(ValidationError):
        Circumstances.model_validate({"habitual": [wrong]})


def test_one_habitual_value_per_kind() -> None:
    """Two would contradict each other."""
    with pytest.raises(ValidationError):
        Circumstances.model_validate({"habitual": [habit(), habit(value=89)]})


@pytest.mark.parametrize(
    ("wrong", "refused"),
    [
        (habit(), False),
        (habit(red_beyond=95), True),
        (habit(value=93), True),
        (habit(red_beyond=91), True),
        (habit(kind="pulse", value=132, red_beyond=120), True),
        (habit(kind="temp", value=38.9, red_beyond=39.5), False),
    ],
)
def test_a_floor_that_is_not_beyond_the_value_refuses_the_plan(wrong: dict[str, Any], *, refused: bool) -> None:
    """Which way is worse must be plain."""
    record = make_record(make_plan(circumstances={"habitual": [wrong]}))
    result = accept(record, Stamp(), context())
    assert refused is isinstance(result, Refused)
