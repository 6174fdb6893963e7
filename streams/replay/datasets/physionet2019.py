"""PhysioNet/CinC Challenge 2019, set B: hourly readings of intensive care, and sepsis from six hours before its onset.

CC BY 4.0. A score every hour. The set's label is 1 from six hours before onset; it is known 48 hours after the hour.
Stays whose first label is 1 are left out, as nothing can be foretold there. Of large sets a share of the patients is
taken by the hash of their id.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from streams.replay.datasets.physionet2012 import FREE_OXYGEN, milli_of, oxygen
from streams.replay.datasets.rows import DAY_MIN, HOUR_MIN, DataSet, Group, Reading, Row, band, spread

FILE = "physionet2019_setB.parquet"

OVER_MIN = 365 * DAY_MIN
"""The stays have no dates: their beginnings are spread over a year (our choice), one arrangement only."""

KNOWN_AFTER_MIN = 48 * HOUR_MIN
EARLY_HOURS, LATE_HOURS, FORETOLD_HOURS = 12, 3, 6
"""An alert counts from 12 h before to 3 h after onset (study of online models, section 1)."""

KINDS = {
    "HR": ("pulse", 1.0),
    "O2Sat": ("spo2", 1.0),
    "Temp": ("temp", 1.0),
    "SBP": ("sbp", 1.0),
    "DBP": ("dbp", 1.0),
    "Resp": ("resp_rate", 1.0),
    "Glucose": ("glucose", 1 / 18.016),
}

Cells = Mapping[str, list[Any]]


def load(folder: Path, one_in: int = 3) -> DataSet:
    """One of `one_in` patients, all their hours. 1 = everybody."""
    import pyarrow.parquet as parquet  # part of the extra `backtest`; takes a third of a second

    names = ("pid", "ICULOS", "Age", "Gender", "SepsisLabel", "FiO2", *KINDS)
    cells = parquet.read_table(folder / FILE, columns=list(names)).to_pydict()
    rows: list[Row] = []
    groups: dict[str, Group] = {}
    for hours in _stays(cells["pid"]):
        stay = cells["pid"][hours.start]
        if spread(stay, one_in) or cells["SepsisLabel"][hours.start]:
            continue
        groups[stay] = Group("male" if cells["Gender"][hours.start] else "female", band(cells["Age"][hours.start]))
        rows += _rows(cells, hours, stay)
    rows.sort(key=lambda row: (row.at_min, row.patient))
    return DataSet(
        name="p2019",
        title="PhysioNet 2019 set B: sepsis" + (f", one patient in {one_in}" if one_in > 1 else ""),
        source="PhysioNet/CinC Challenge 2019 (Reyna et al. 2020, doi 10.13026/v64v-d857), CC BY 4.0",
        rows=tuple(rows),
        test_from_min=OVER_MIN // 2,
        refractory_min=6 * HOUR_MIN,
        groups=groups,
    )


def _stays(ids: list[str]) -> Iterator[range]:
    """The rows of one stay stand together."""
    start = 0
    for n in range(1, len(ids) + 1):
        if n == len(ids) or ids[n] != ids[start]:
            yield range(start, n)
            start = n


def _rows(cells: Cells, hours: range, stay: str) -> Iterator[Row]:
    start = spread(f"{stay}/begin", OVER_MIN)
    ill = next((cells["ICULOS"][n] for n in hours if cells["SepsisLabel"][n]), None)
    for n in hours:
        hour = cells["ICULOS"][n]
        at = start + hour * HOUR_MIN
        left = None if ill is None else ill + FORETOLD_HOURS - hour
        yield Row(
            patient=stay,
            at_min=at,
            readings=tuple(_readings(cells, n, at)),
            label=bool(cells["SepsisLabel"][n]),
            known_min=at + KNOWN_AFTER_MIN,
            event=stay if left is not None and -LATE_HOURS <= left <= EARLY_HOURS else "",
            hours_left=left,
        )


def _readings(cells: Cells, n: int, at_min: int) -> Iterator[Reading]:
    for name, (kind, factor) in KINDS.items():
        value = cells[name][n]
        milli = None if value is None else milli_of(kind, value * factor)
        if milli is not None:
            yield Reading(kind, milli, at_min)
    fraction = cells["FiO2"][n]
    if fraction is not None and FREE_OXYGEN <= fraction <= 1:
        yield Reading("supplemental_o2", oxygen(fraction), at_min)
