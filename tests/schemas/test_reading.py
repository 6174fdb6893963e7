"""A reading that intake has let in is read lightly: it must be what reading the contract in full gives."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from schemas.base import rfc3339, to_ms
from schemas.measurement import Measurement, accepted

INSTANTS = st.one_of(
    st.integers(0, 4_000_000_000_000).map(rfc3339),
    st.sampled_from(("2026-01-05t07:00:00z", "2026-01-05T07:00:00.123456789+05:30", "2024-02-29T23:59:59.9-11:00")),
)
VALUES = st.one_of(
    st.integers(-(2**53), 2**53),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from(("LO", "<5", "1+", "A")),
)
BODIES = st.fixed_dictionaries(
    {
        "id": st.just("r1"),
        "patient": st.just("p1"),
        "kind": st.sampled_from(("spo2", "glucose", "consciousness")),
        "value": VALUES,
        "measured_at": INSTANTS,
        "device": st.just("d1"),
    },
    optional={
        "unit": st.sampled_from(("%", "mg/dL", None)),
        "comparator": st.sampled_from(("<", "<=", ">=", ">", None)),
        "battery_percent": st.one_of(st.none(), st.integers(0, 100)),
        "replaces": st.one_of(st.none(), st.fixed_dictionaries({"measured_at": INSTANTS, "value": VALUES})),
    },
)


@given(BODIES)
def test_it_is_what_the_contract_says(body: dict[str, Any]) -> None:
    """Field by field and type by type, from the bytes of the contract itself."""
    whole = Measurement.model_validate_json(_text(body))
    light = accepted(_text(body))

    assert (whole.kind, whole.comparator, whole.unit, whole.device, whole.battery_percent) == (
        light.kind,
        light.comparator,
        light.unit,
        light.device,
        light.battery_percent,
    )
    assert (repr(whole.value), to_ms(whole.measured_at)) == (repr(light.value), light.measured_ms)
    if whole.replaces is None:
        assert light.replaces is None
    else:
        assert light.replaces is not None
        assert (to_ms(whole.replaces.measured_at), repr(whole.replaces.value)) == (
            light.replaces[0],
            repr(light.replaces[1]),
        )


@pytest.mark.parametrize("text", ["{}", "[]", "", '{"kind":"spo2"}'])
def test_what_is_no_reading_is_no_reading(text: str) -> None:
    """Nothing is made up; the guard around `step` answers for it."""
    with pytest.raises((KeyError, ValueError, AttributeError)):
        accepted(text)
    with pytest.raises(ValidationError):
        Measurement.model_validate_json(text)


def _text(body: dict[str, Any]) -> str:
    return json.dumps(body)
