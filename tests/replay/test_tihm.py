"""The TIHM excerpt becomes measurements that the contract and the table of vital signs take."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson
import pytest

from schemas.errors import ContractError
from schemas.measurement import Measurement
from schemas.units import UnitError
from schemas.vitals import VITALS, Band
from streams.replay.tihm import DEVICE_TYPES, EXCERPT, DeviceType, TihmRow, measurement, parse, rows

ROWS = tuple(rows(EXCERPT))
CELLS = {
    "patient_id": "099bc",
    "date": "2019-05-27 08:01:02",
    "device_type": "Heart rate",
    "value": "71.0",
    "unit": "beats/min",
}
ROW = TihmRow("099bc", datetime(2019, 5, 27, 8, 1, 2, tzinfo=UTC), "pulse", 71.0, "/min", "cuff")


def bodies() -> list[dict[str, str | float]]:
    """The body of every row that has one."""
    return [measurement(row, n) for n, row in enumerate(ROWS, start=1) if row.kind is not None]


def test_the_excerpt_is_what_its_readme_says() -> None:
    """460 readings, 5 people, 14 days, small enough to ship, with licence and acknowledgement."""
    readme = (EXCERPT.parent / "README.md").read_text(encoding="utf-8")
    times = [row.measured_at for row in ROWS]

    assert len(ROWS) == 460
    assert len({row.patient for row in ROWS}) == 5
    assert max(times) - min(times) <= timedelta(days=14)
    assert EXCERPT.stat().st_size < 60_000
    for words in ("460 readings", "Attribution 4.0", "10.1038/s41597-023-02519-y", "Howz"):
        assert words in readme


def test_somebody_in_the_excerpt_passes_a_threshold() -> None:
    """A demonstration needs readings that mean something: high and low pressure, fever, a fast pulse."""
    assert any(row.kind == "sbp" and row.value >= 180 for row in ROWS)
    assert any(row.kind == "sbp" and row.value < 90 for row in ROWS)
    assert any(row.kind == "pulse" and row.value > 110 for row in ROWS)
    assert [row.value for row in ROWS if row.kind == "temp" and row.value >= 38] == [40.876]


def test_every_device_type_is_in_the_excerpt() -> None:
    """Those without a vital sign too, so that replay meets them."""
    per_kind = Counter(row.kind for row in ROWS)

    assert set(per_kind) == {device.kind for device in DEVICE_TYPES.values()}


@pytest.mark.parametrize("device", DEVICE_TYPES.values(), ids=DEVICE_TYPES.keys())
def test_kinds_and_units_are_those_of_the_house(device: DeviceType) -> None:
    """A kind of the table exists, and its unit is accepted as it is."""
    assert device.kind is None or device.unit == VITALS[device.kind].unit


def test_every_measurement_is_taken_and_possible() -> None:
    """The contract parses each body; no value lies outside what is possible."""
    second_looks = []
    for body in bodies():
        parsed = Measurement.model_validate_json(orjson.dumps(body))
        sign = VITALS[parsed.kind]

        band = sign.band(sign.to_milli(parsed.value, parsed.unit))
        assert band is not Band.REJECT
        if band is Band.CONFIRM:
            second_looks.append((parsed.kind, parsed.value))
    assert sorted(second_looks) == [("dbp", 134.0), ("dbp", 136.0), ("dbp", 158.0)]


def test_ids_are_unique_and_repeatable() -> None:
    """A second replay gives duplicates, never new readings."""
    first, second = bodies(), bodies()

    assert first == second
    assert len(first) == len({body["id"] for body in first})


def test_a_row_becomes_a_body() -> None:
    """All seven fields, spelt out."""
    assert parse(CELLS) == ROW
    assert measurement(ROW, 7) == {
        "id": "tihm-099bc-pulse-20190527T080102Z-7",
        "patient": "tihm-099bc",
        "kind": "pulse",
        "value": 71.0,
        "unit": "/min",
        "measured_at": "2019-05-27T08:01:02Z",
        "device": "tihm-099bc-cuff",
    }


def test_a_row_without_a_vital_sign_has_no_body() -> None:
    """Skin temperature must not pass as body temperature."""
    row = parse(CELLS | {"device_type": "Skin Temperature", "value": "34.1", "unit": "Cel"})

    assert row.kind is None
    with pytest.raises(ContractError, match="skip rows"):
        measurement(row, 1)
    assert measurement(replace(row, kind="temp"), 1)["kind"] == "temp"


@pytest.mark.parametrize(
    ("cell", "text"), [("value", "high"), ("value", ""), ("date", "27/05/2019"), ("device_type", "Sonar")]
)
def test_an_unreadable_row_is_an_error(cell: str, text: str) -> None:
    """A row is never dropped in silence."""
    with pytest.raises(ContractError):
        parse(CELLS | {cell: text})


def test_a_unit_that_is_not_the_published_one_is_never_guessed() -> None:
    """72 without `beats/min` could be anything."""
    with pytest.raises(UnitError, match="write beats/min"):
        parse(CELLS | {"unit": ""})


def test_another_file_is_an_error(tmp_path: Path) -> None:
    """A file with other columns says what to give instead."""
    path = tmp_path / "other.csv"
    path.write_text("a,b\n1,2\n", encoding="utf-8")

    with pytest.raises(ContractError, match="as its publisher ships it"):
        list(rows(path))
