"""What devices, plan owners and people send: the bounds of each contract, one thing wrong at a time."""

from typing import Any

import pytest
from pydantic import ValidationError

from schemas.errors import ContractError
from tests.builders import (
    make_binding,
    make_bindings,
    make_command,
    make_limit,
    make_measurement,
    make_plan,
    make_slot,
)

SERIES_OF_LIMITS = [make_limit(f"kind{n}", red_from=1) for n in range(33)]


@pytest.mark.parametrize(
    "changed",
    [
        {"value": True},
        {"value": None},
        {"value": [86]},
        {"value": float("nan")},
        {"value": float("inf")},
        {"value": "x" * 17},
        {"id": ""},
        {"id": "a b"},
        {"id": "x" * 81},
        {"patient": "æ"},
        {"kind": "SpO2"},
        {"unit": 1},
        {"device": ""},
        {"device": "-x"},
        {"battery_percent": 101},
        {"battery_percent": -1},
        {"battery_percent": 50.0},
        {"battery_percent": True},
        {"note": "unknown field"},
    ],
)
def test_no_measurement(changed: dict[str, Any]) -> None:
    """Strict: no guessing between types, no unknown fields."""
    with pytest.raises(ValidationError):
        make_measurement(**changed)


@pytest.mark.parametrize(
    "changed",
    [
        {"version": 0},
        {"team": "Lung"},
        {"team": "x" * 41},
        {"zone": "Europe/Paris"},
        {"valid_until": make_plan().valid_from.isoformat()},
        {"limits": [make_limit(), make_limit()]},
        {"limits": SERIES_OF_LIMITS},
        {"limits": [{"kind": "spo2"}]},
        {"limits": [make_limit(red_below=90, yellow_below=88)]},
        {"limits": [make_limit(yellow_from=90, red_from=88)]},
        {"limits": [make_limit(red_below=True)]},
        {"limits": [make_limit(red_below=88, red_tier=2)]},
        {"limits": [make_limit(red_below=88, yellow_tier=3)]},
        {"slots": [make_slot(), make_slot()]},
        {"slots": [make_slot(kinds=[])]},
        {"slots": [make_slot(at=[])]},
        {"slots": [make_slot(at=["24:00"])]},
        {"slots": [make_slot(at=["8:00"])]},
        {"slots": [make_slot(days=[])]},
        {"slots": [make_slot(days=[0])]},
        {"slots": [make_slot(days=[8])]},
        {"slots": [make_slot(grace_min=1441)]},
        {"slots": [make_slot(opens_min=-1)]},
        {"news2_scale": 3},
        {"pregnant": "no"},
    ],
)
def test_no_plan(changed: dict[str, Any]) -> None:
    """A plan that contradicts itself is refused before it can watch nobody."""
    with pytest.raises(ValidationError):
        make_plan(**changed)


@pytest.mark.parametrize(
    "devices",
    [
        [make_binding(max_per_hour=0)],
        [make_binding(trust="none")],
        [make_binding(kinds=["spo2"] * 33)],
        [make_binding(), make_binding()],
        [make_binding(valid_until="2026-01-02T00:00:00Z"), make_binding(valid_from="2026-01-01T00:00:00Z")],
        [make_binding(device=f"d{n}") for n in range(33)],
    ],
)
def test_no_bindings(devices: list[dict[str, Any]]) -> None:
    """Two bindings of one device may meet but not overlap."""
    with pytest.raises(ValidationError):
        make_bindings(devices=devices)


def test_bindings_may_meet() -> None:
    """One ends in the instant in which the next begins; other devices do not matter."""
    ends, begins = "2026-01-02T00:00:00Z", "2026-01-02T01:00:00+01:00"
    devices = [make_binding(valid_from=begins), make_binding(valid_until=ends), make_binding(device="other")]

    assert 3 == len(make_bindings(devices=devices).devices)


@pytest.mark.parametrize(
    "changed",
    [{"type": "erase"}, {"role": "king"}, {"by": ""}, {"sequence": 0}, {"verdict": "true"}, {"alert_id": ""}],
)
def test_no_command(changed: dict[str, Any]) -> None:
    """An acknowledgement has no verdict, and nobody acts without a name and a role."""
    with pytest.raises(ValidationError):
        make_command(**changed)


def test_a_close_needs_a_verdict() -> None:
    """What a person found is what the system learns from."""
    assert "true" == make_command("close").model_dump()["verdict"]
    with pytest.raises(ValidationError):
        make_command("close", verdict="maybe")


def test_contracts_are_frozen() -> None:
    """What was decided upon cannot be changed afterwards."""
    with pytest.raises(ValidationError, match="frozen"):
        make_measurement().value = 96  # type: ignore[misc]  # the very thing that must fail


def test_errors_carry_their_next_step() -> None:
    """The sentence for the operator is part of what is printed."""
    assert "It broke. Next: mend it" == str(ContractError("It broke.", next_step="mend it"))
