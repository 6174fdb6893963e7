"""Censored values are kept just beyond their bound, with the side they lie on; nothing is guessed."""

import pytest

from schemas.censored import Side, beyond, split
from schemas.errors import ContractError
from schemas.vitals import VITALS


@pytest.mark.parametrize(
    ("kind", "value", "unit", "comparator", "expected"),
    [
        ("glucose", "LO", "mmol/L", None, (1_099, Side.BELOW)),
        ("glucose", "hi", "mmol/L", None, (33_301, Side.ABOVE)),
        ("ketone", "HI", "mmol/L", None, (8_001, Side.ABOVE)),
        ("glucose", "<1.1", "mmol/L", None, (1_099, Side.BELOW)),
        ("crp", "<5", "mg/L", None, (4_999, Side.BELOW)),
        ("crp", "> 200", "mg/L", None, (200_001, Side.ABOVE)),
        ("crp", "<=5", "mg/L", None, (5_000, Side.BELOW)),
        ("crp", 5, "mg/L", "<", (4_999, Side.BELOW)),
        ("spo2", 70, "%", "<", (69_999, Side.BELOW)),
        ("spo2", 96, "%", None, (96_000, Side.EXACT)),
        ("urine_protein", "2+", None, None, (3, Side.EXACT)),
    ],
)
def test_reads(
    kind: str, value: float | str, unit: str | None, comparator: str | None, expected: tuple[int, Side]
) -> None:
    """What a display shows, and what FHIR's comparator says."""
    assert expected == VITALS[kind].read(value, unit, comparator)  # type: ignore[arg-type]  # parametrised


@pytest.mark.parametrize("text", ["LO", "HI"])
def test_lo_and_hi_follow_the_unit(text: str) -> None:
    """A meter in mg/dL shows the same words for the same blood."""
    one, side = VITALS["glucose"].read(text, "mg/dL")
    other, _ = VITALS["glucose"].read(text, "mmol/L")
    assert abs(one - other) <= 1
    assert side is (Side.BELOW if text == "LO" else Side.ABOVE)


@pytest.mark.parametrize(
    ("kind", "value", "unit", "comparator"),
    [
        ("spo2", "LO", "%", None),
        ("ketone", "LO", "mmol/L", None),
        ("glucose", "HI", None, None),
        ("glucose", "HI", "%", None),
        ("glucose", "<", "mmol/L", None),
        ("glucose", "high", "mmol/L", None),
        ("glucose", "<5", "mmol/L", "<"),
        ("urine_protein", "2+", None, ">"),
    ],
)
def test_what_is_not_known_is_refused(kind: str, value: str, unit: str | None, comparator: str | None) -> None:
    """No bound is invented, and no unit guessed."""
    with pytest.raises(ContractError) as caught:
        VITALS[kind].read(value, unit, comparator)  # type: ignore[arg-type]  # parametrised
    assert caught.value.next_step


def test_a_strict_bound_is_not_the_value() -> None:
    """`<3.9` is below 3.9, `>=3.9` may be 3.9."""
    assert (3_899, 3_900, 3_900, 3_901) == tuple(beyond(3_900, sign)[0] for sign in ("<", "<=", ">=", ">"))
    assert ("<", 3.9) == split("<3.9")
    assert split("3.9") is None
