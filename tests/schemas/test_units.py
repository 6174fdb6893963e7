"""Conversions are exact, rounding is half away from zero, and a unit is never guessed."""

import csv
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.units import (
    LARGEST,
    QUANTITIES,
    MeasuredValueError,
    UnitError,
    from_milli,
    limit_milli,
    rounded_milli,
    to_milli,
)

EXAMPLES = Path(__file__).resolve().parents[1] / "data" / "unit_conversions.csv"
QUANTITY_OF = {
    "glucose": "glucose",
    "weight": "mass",
    "temp": "temperature",
    "pressure": "pressure",
    "hb": "haemoglobin",
    "spo2": "saturation",
    "crp": "crp",
    "pef": "peak flow",
    "volume": "volume",
}
NOT_A_VITAL_SIGN = {"hba1c": "a laboratory result; no row of the table of vital signs takes it"}


def examples() -> list[dict[str, str]]:
    """The rows of the worked examples."""
    with EXAMPLES.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize(
    "row",
    [row for row in examples() if row["quantity"] not in NOT_A_VITAL_SIGN],
    ids=lambda row: f"{row['quantity']} {row['from_ucum']}",
)
def test_worked_examples_come_out(row: dict[str, str]) -> None:
    """Each example of the source, rounded to the digits it prints."""
    quantity = QUANTITIES[QUANTITY_OF[row["quantity"]]]
    unit = row["from_ucum"].split()[0]
    value, expected = row["example_in"].split()[0], Decimal(row["example_out"].split()[0])
    kept = to_milli(quantity, float(value), unit)
    shown = from_milli(quantity, kept, row["to_ucum"])

    assert expected == (Decimal(shown.numerator) / shown.denominator).quantize(expected, ROUND_HALF_UP)


def test_no_example_is_left_out_unnoticed() -> None:
    """Each example is tried, or named with the reason why not."""
    assert {row["quantity"] for row in examples()} == set(QUANTITY_OF) | set(NOT_A_VITAL_SIGN)


@pytest.mark.parametrize(
    ("name", "value", "unit", "expected"),
    [
        ("temperature", 36.8, "Cel", 36_800),
        ("temperature", 98.6, "[degF]", 37_000),
        ("temperature", -40, "[degF]", -40_000),
        ("temperature", 32, "[degF]", 0),
        ("saturation", 86, "%", 86_000),
        ("saturation", 0.86, "1", 86_000),
        ("saturation", 0.93, "%", 930),
        ("rate", 72, "1/min", 72_000),
        ("rate", 72.5, "/min", 72_500),
        ("mass", 154, "[lb_av]", 69_853),
        ("pressure", 16.0, "kPa", 120_010),
        ("glucose", 54, "mg/dL", 2_997),
        ("crp", 1.2, "mg/dL", 12_000),
        ("haemoglobin", 7.0, "g/dL", 4_344),
        ("haemoglobin", 70, "g/L", 4_344),
        ("volume", 1450, "mL", 1_450),
        ("peak flow", 6.5, "L/s", 390_000),
        ("daily count", 4000, "{steps}/d", 4_000_000),
        ("daily count", 4000, "1/d", 4_000_000),
        ("oxygen flow", 0, "L/min", 0),
    ],
)
def test_known_values(name: str, value: float, unit: str, expected: int) -> None:
    """Figures worked out by hand."""
    assert expected == to_milli(QUANTITIES[name], value, unit)


@pytest.mark.parametrize(
    ("value", "expected"),
    [(0.0005, 1), (-0.0005, -1), (0.00049, 0), (1.0005, 1001), (2.0005, 2001), (36.8005, 36_801), (-0.0, 0)],
)
def test_ties_go_away_from_zero(value: float, expected: int) -> None:
    """The decimal that was written counts, not its binary neighbour (1.0005 is stored a little low)."""
    assert expected == to_milli(QUANTITIES["temperature"], value, "Cel")


@given(st.decimals(-LARGEST, LARGEST, places=4))
def test_every_decimal_rounds_as_on_paper(value: Decimal) -> None:
    """The fast path and the exact path agree with decimal arithmetic."""
    text = Decimal(repr(float(value)))
    expected = int((text * 1000).quantize(Decimal(1), ROUND_HALF_UP))

    assert expected == to_milli(QUANTITIES["mass"], float(value), "kg")


@given(st.integers(-LARGEST, LARGEST))
def test_whole_numbers_are_exact(value: int) -> None:
    """An int and the float of the same number give the same thousandths."""
    assert value * 1000 == to_milli(QUANTITIES["mass"], value, "kg")
    assert value * 1000 == to_milli(QUANTITIES["mass"], float(value), "kg")


@given(st.fractions(), st.fractions())
def test_rounding_keeps_order(one: Fraction, other: Fraction) -> None:
    """Rounding never turns two values round, and mirrors at zero."""
    assert (one <= other) <= (rounded_milli(one) <= rounded_milli(other))
    assert rounded_milli(-one) == -rounded_milli(one)


@pytest.mark.parametrize(("limit", "written"), [(3000, 54), (3900, 70), (10_000, 180), (13_900, 250)])
def test_a_guideline_limit_means_the_same_in_both_units(limit: int, written: int) -> None:
    """54 mg/dL is not below 3.0 mmol/L although it converts to 2.997; 53 is, 55 is above."""
    glucose = QUANTITIES["glucose"]
    paired = limit_milli(glucose, limit, "mg/dL")

    assert paired == to_milli(glucose, written, "mg/dL")
    assert to_milli(glucose, written - 1, "mg/dL") < paired < to_milli(glucose, written + 1, "mg/dL")
    assert limit == limit_milli(glucose, limit, "mmol/L")


def test_a_limit_outside_the_table_stays_as_it_is() -> None:
    """A personal limit was written in the canonical unit and is compared in it."""
    assert limit_milli(QUANTITIES["glucose"], 4321, "mg/dL") == 4321
    assert limit_milli(QUANTITIES["mass"], 3000, "[lb_av]") == 3000


def test_the_error_says_what_to_send() -> None:
    """An unknown unit names the known ones, a missing one too."""
    with pytest.raises(UnitError, match=r"'F' unknown for temperature.*send Cel or \[degF\]"):
        to_milli(QUANTITIES["temperature"], 98.6, "F")
    with pytest.raises(UnitError, match=r"missing for glucose.*send mmol/L or mg/dL"):
        to_milli(QUANTITIES["glucose"], 7.0, None)
    with pytest.raises(UnitError, match="unknown for mass"):
        from_milli(QUANTITIES["mass"], 70_000, "mg/dL")


@pytest.mark.parametrize("unit", ["Cel", "[degF]"])
@pytest.mark.parametrize("value", [None, "37", [37], 37j])
def test_other_types_are_refused(value: object, unit: str) -> None:
    """What JSON could hold besides a number is no value, in any unit."""
    with pytest.raises(MeasuredValueError, match="not a number"):
        to_milli(QUANTITIES["temperature"], value, unit)  # type: ignore[arg-type]  # the point of the test
