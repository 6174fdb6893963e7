"""A copy with changes: as `dataclasses.replace`, for every frozen dataclass the core changes on its way."""

from dataclasses import replace

import pytest

from streams.core.evolve import evolve
from streams.core.state import PatientState, SlotState
from tests.builders import Patient


def test_it_is_what_replace_gives() -> None:
    """Same class, same values, the original untouched."""
    patient = Patient()
    patient.measures(86)
    state = patient.state

    assert replace(state, now_ms=1, alert=None) == evolve(state, now_ms=1, alert=None)
    assert state.alert is not None
    assert replace(state.alert, rung=2) == evolve(state.alert, rung=2)
    assert patient.now_ms == state.now_ms


def test_nothing_changed_is_a_copy() -> None:
    """Without changes too."""
    assert PatientState("p1") == evolve(PatientState("p1"))


def test_an_unknown_field_is_refused() -> None:
    """As a misspelt argument must be."""
    with pytest.raises(KeyError):
        evolve(SlotState(1, 2), opens_ms=3)  # type: ignore[call-arg]  # the very thing that must fail
