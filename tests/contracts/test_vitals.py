"""Every row of the table of vital signs finds itself here; a new row needs no new test."""

import csv
import json
import math
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.errors import ContractError
from schemas.units import QUANTITIES, MeasuredValueError, UnitError, from_milli
from schemas.vitals import VITALS, Band, Code, CodeStatus, VitalSign

DATA = Path(__file__).resolve().parents[1] / "data"
SOURCE: dict[str, dict[str, Any]] = {
    row["key"]: row
    for name in ("vitals.json", "vitals_more.json")
    for row in json.loads((DATA / name).read_text(encoding="utf-8"))["vitals"]
}
NEWS2_PARAMETERS = set(json.loads((DATA / "news2.json").read_text(encoding="utf-8"))["parameters"])

every_row = pytest.mark.parametrize("row", VITALS.values(), ids=VITALS.keys())
numeric_row = pytest.mark.parametrize(
    "row", [row for row in VITALS.values() if row.type == "numeric"], ids=lambda row: row.key
)
coded_row = pytest.mark.parametrize(
    "row", [row for row in VITALS.values() if row.type != "numeric"], ids=lambda row: row.key
)


def luhn(code: str) -> bool:
    """Does the check digit of a LOINC code fit? (mod 10, every second digit doubled from the right)"""
    digits = [int(digit) for digit in reversed(code.replace("-", ""))]
    return sum(sum(divmod(d * 2, 10)) if place % 2 else d for place, d in enumerate(digits)) % 10 == 0


def codes_of(row: VitalSign) -> list[Code]:
    """Every foreign code of a row, those of its values too."""
    return [*row.loinc, *row.mdc, *row.dk, *row.related, *(code for _, code in row.snomed)]


def milli(bounds: list[float]) -> tuple[int, ...]:
    """A band of the source file in thousandths."""
    return tuple(round(bound * 1000) for bound in bounds)


def test_the_table_holds_the_vital_signs_of_the_source() -> None:
    """All 19 keys of the fact sheet and one it names, no more, no fewer."""
    assert set(SOURCE) == set(VITALS)
    assert len(VITALS) == 20


@every_row
def test_row_equals_its_source(row: VitalSign) -> None:
    """Bands, unit, resolution, status and notes are those of the reviewed file."""
    source = SOURCE[row.key]
    resolution = source["resolution"]

    assert (milli(source["reject"]) if source["reject"] else None) == row.reject
    assert (milli(source["accept"]) if source["accept"] else None) == row.accept
    assert (None if resolution is None else round(resolution * 1000)) == row.resolution
    assert source["ucum"] == row.unit
    assert source["status"] == row.status
    assert row.step_note.startswith(source["delta_confirm"])
    assert set(source.get("alt_units", [])) <= set(row.accepted_units)


@every_row
def test_codes_are_those_of_the_source(row: VitalSign) -> None:
    """No code was lost or mistyped, and what is from knowledge stays marked so."""
    source = SOURCE[row.key]
    loinc = {text.split()[0]: "from knowledge" in text for text in source["loinc"]}
    table = {code.code: code for code in (*row.loinc, *row.related) if code.system == "LOINC"}
    whole_row_unverified = source["status"] == "from knowledge" or "LOINC from knowledge" in source["status"]

    assert set(loinc) == set(table)
    for code, unverified in loinc.items():
        expected = CodeStatus.KNOWLEDGE if unverified or whole_row_unverified else CodeStatus.VERIFIED
        assert expected is table[code].status
    assert {entry["code"] for entry in source["dk"]} <= {c.code for c in codes_of(row)}
    assert source["mdc"] is None or str(source["mdc"]) == row.mdc[0].code
    for code in row.mdc[1:]:
        assert code.code in source["mdc_ref"]


@every_row
def test_an_mdc_code_from_knowledge_is_marked(row: VitalSign) -> None:
    """The source names the MDC codes that nobody has read."""
    for code in row.mdc:
        expected = f"MDC {code.code} (from knowledge)" in row.status
        assert expected == (code.status is CodeStatus.KNOWLEDGE)


@coded_row
def test_values_of_coded_kinds_equal_the_source(row: VitalSign) -> None:
    """The order of the values is the index kept inside, so it may never change."""
    source = SOURCE[row.key]

    assert f"{row.type}{{{','.join(row.codes)}}}" == source["canonical"]
    if isinstance(source.get("snomed"), dict):
        assert source["snomed"] == {value: code.code for value, code in row.snomed}
    assert {value for value, _ in row.snomed} <= set(row.codes)


@every_row
def test_loinc_check_digits_fit(row: VitalSign) -> None:
    """A mistyped LOINC code fails its check digit."""
    assert not [code.code for code in codes_of(row) if code.system == "LOINC" and not luhn(code.code)]


def test_a_mistyped_loinc_code_is_caught() -> None:
    """3150-6 was once remembered for 3150-0."""
    assert luhn("3150-0")
    assert not luhn("3150-6")


@every_row
def test_danish_and_mdc_codes_are_well_formed(row: VitalSign) -> None:
    """NPU, DNK and MCS are followed by five digits; MDC codes are 32 bit, SCADA partition."""
    for code in codes_of(row):
        match code.system:
            case "NPU":
                assert re.fullmatch(r"(NPU|DNK)\d{5}", code.code)
            case "MedCom":
                assert re.fullmatch(r"MCS\d{5}", code.code)
            case "MDC":
                assert 2 << 16 <= int(code.code) < 3 << 16
            case _:
                assert code.code


def test_a_code_means_one_vital_sign() -> None:
    """A foreign code that maps to two rows could not be read back."""
    mapped = [code.code for row in VITALS.values() for code in (*row.loinc, *row.mdc, *row.dk)]
    related = {code.code for row in VITALS.values() for code in row.related}

    assert len(mapped) == len(set(mapped))
    assert related.isdisjoint(mapped)


@every_row
def test_texts_are_there_in_both_languages(row: VitalSign) -> None:
    """A patient is asked in Danish, a developer reads English."""
    for text in (row.name, row.repeat):
        assert text.da.strip() == text.da != ""
        assert text.en.strip() == text.en != ""


@every_row
def test_numbers_say_where_they_come_from(row: VitalSign) -> None:
    """Bands have no published source; the row must admit it."""
    assert row.status
    assert "our choice" in row.bands_source


@every_row
def test_news2_role_is_a_parameter(row: VitalSign) -> None:
    """Seven rows feed NEWS2, each its own parameter."""
    scales = {"spo2_scale1", "spo2_scale2"}

    assert row.news2 is None or row.news2 in (NEWS2_PARAMETERS - scales) | {"spo2"}
    assert len({other.news2 for other in VITALS.values() if other.news2}) == 7


@numeric_row
def test_bands_are_ordered_and_without_a_gap(row: VitalSign) -> None:
    """Accept lies in reject, and each thousandth has exactly one band, in order."""
    assert row.reject is not None
    assert row.accept is not None
    (low, high), (normal_low, normal_high) = row.reject, row.accept

    assert low <= normal_low < normal_high <= high
    assert row.band(low - 1) is Band.REJECT
    assert row.band(high + 1) is Band.REJECT
    assert row.band(normal_low) is row.band(normal_high) is Band.ACCEPT
    assert row.band(normal_low - 1) is (Band.REJECT if low == normal_low else Band.CONFIRM)
    assert row.band(normal_high + 1) is (Band.REJECT if high == normal_high else Band.CONFIRM)
    assert row.band(low) is (Band.ACCEPT if low == normal_low else Band.CONFIRM)
    assert row.band(high) is (Band.ACCEPT if high == normal_high else Band.CONFIRM)


@numeric_row
def test_confirm_bands_of_the_source_are_confirmed(row: VitalSign) -> None:
    """Both ends of each confirm band of the source file ask for a second look."""
    for bounds in SOURCE[row.key]["confirm"] or []:
        for bound in milli(bounds):
            assert row.band(bound) is Band.CONFIRM


@coded_row
def test_coded_kinds_keep_the_index(row: VitalSign) -> None:
    """Each code goes to its position; what is no position is rejected."""
    assert list(range(len(row.codes))) == [row.to_milli(code, None) for code in row.codes]
    assert {Band.ACCEPT} == {row.band(index) for index in range(len(row.codes))}
    assert row.band(-1) is row.band(len(row.codes)) is Band.REJECT


@coded_row
def test_coded_kinds_refuse_units_numbers_and_other_codes(row: VitalSign) -> None:
    """A code has no unit, and a number is not a code."""
    with pytest.raises(UnitError, match="no unit"):
        row.to_milli(row.codes[0], "%")
    for value in (0, 1.0, "", "zz", row.codes[0] + " "):
        with pytest.raises(MeasuredValueError, match="send one of"):
            row.to_milli(value, None)


@numeric_row
def test_values_survive_every_accepted_unit(row: VitalSign) -> None:
    """Out to a unit and back gives the same thousandths."""
    assert row.quantity is not None
    assert row.reject is not None
    low, high = row.reject
    for unit in row.accepted_units:
        for kept in range(low, high + 1, max(1, (high - low) // 500)):
            shown = float(from_milli(row.quantity, kept, unit))
            assert kept == row.to_milli(shown, unit)


@numeric_row
@pytest.mark.parametrize("unit", [None, "", " ", "F", "C", "bpm", "stone", "MG/DL", "%%"])
def test_a_missing_or_unknown_unit_is_never_guessed(row: VitalSign, unit: str | None) -> None:
    """The error names the units to choose from."""
    with pytest.raises(UnitError) as caught:
        row.to_milli(50, unit)

    assert row.unit is not None
    assert row.unit in caught.value.next_step


@every_row
@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, True, False, 1e300, 10**400])
def test_what_is_no_measured_number_is_refused(row: VitalSign, value: float) -> None:
    """NaN, infinity, booleans and absurd sizes are contract errors, not numbers."""
    with pytest.raises(MeasuredValueError) as caught:
        row.to_milli(value, row.unit)

    assert isinstance(caught.value, ContractError)
    assert isinstance(caught.value, ValueError)
    assert caught.value.next_step


@numeric_row
@pytest.mark.parametrize("text", ["36.8", "LO", "HI", "<5", ">200", ""])
def test_text_is_not_a_number(row: VitalSign, text: str) -> None:
    """A censored or quoted value is refused, so that nobody reads it as its number."""
    with pytest.raises(MeasuredValueError, match="not text"):
        row.to_milli(text, row.unit)


@given(st.sampled_from([row for row in VITALS.values() if row.type == "numeric"]), st.floats())
def test_any_float_has_a_band_or_a_contract_error(row: VitalSign, value: float) -> None:
    """No number a sender can write raises anything else."""
    try:
        kept = row.to_milli(value, row.unit)
    except ContractError:
        return
    assert row.band(kept) in Band


def test_the_table_cannot_be_changed() -> None:
    """A rule that could write to the table would change every other rule."""
    with pytest.raises(TypeError):
        VITALS["spo2"] = VITALS["pulse"]  # type: ignore[index]  # the point of the test
    with pytest.raises(TypeError):
        QUANTITIES["rate"].conversions["x"] = None  # type: ignore[index]  # the point of the test
    with pytest.raises(AttributeError):
        VITALS["spo2"].accept = (0, 1)  # type: ignore[misc]  # the point of the test
    assert len(set(VITALS.values())) == 20


def test_conversion_examples_cover_every_quantity_with_a_conversion() -> None:
    """Each conversion of the table has a worked example in the source file."""
    with (DATA / "unit_conversions.csv").open(encoding="utf-8", newline="") as file:
        units = {row["from_ucum"].split()[0] for row in csv.DictReader(file)}

    assert {unit for quantity in QUANTITIES.values() for unit in quantity.conversions} <= units
