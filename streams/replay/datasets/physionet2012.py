"""PhysioNet/CinC Challenge 2012, set-a: irregular readings of 48 hours in intensive care, and who died in hospital.

ODC-BY 1.0. A score after every minute in which something of the house's kinds was measured; the outcome is known a
day after discharge.
"""

import io
import tarfile
from collections.abc import Iterable
from pathlib import Path

from schemas.vitals import VITALS
from streams.replay.datasets.rows import DAY_MIN, HOUR_MIN, DataSet, Group, Reading, Row, band, spread

FILE = "physionet2012_set-a.tar.gz"

OVER_MIN = 365 * DAY_MIN
"""The stays have no dates: their beginnings are spread over a year (our choice), one arrangement only."""

KINDS = {
    "HR": ("pulse", 1.0),
    "SysABP": ("sbp", 1.0),
    "NISysABP": ("sbp", 1.0),
    "DiasABP": ("dbp", 1.0),
    "NIDiasABP": ("dbp", 1.0),
    "RespRate": ("resp_rate", 1.0),
    "SaO2": ("spo2", 1.0),
    "Temp": ("temp", 1.0),
    "Weight": ("weight", 1.0),
    "Glucose": ("glucose", 1 / 18.016),  # mg/dL; the molar mass of glucose is 180.16 g/mol
    "HCT": ("hb", 0.2069),  # a haematocrit is about three times the haemoglobin in g/dL, which is 0.6206 mmol/L
}
"""Parameter -> kind of the house, and the factor to its unit."""

FREE_OXYGEN = 0.21
PER_LITRE = 0.04
"""Of inspired air; each litre per minute by a cannula adds about four hundredths (a bedside rule of thumb)."""


def load(folder: Path) -> DataSet:
    """All stays with at least one reading of a kind of the house."""
    outcomes, stays = _files(folder / FILE)
    rows: list[Row] = []
    groups: dict[str, Group] = {}
    for stay in sorted(stays):
        about, readings = _parse(stays[stay])
        sex = {"0": "female", "1": "male"}.get(about.get("Gender", ""), "unknown")
        groups[stay] = Group(sex, band(float(about["Age"])))
        rows += _rows(stay, readings, *outcomes[stay])
    rows.sort(key=lambda row: (row.at_min, row.patient))
    return DataSet(
        name="p2012",
        title="PhysioNet 2012 set-a: death in hospital",
        source="PhysioNet/CinC Challenge 2012, ODC-BY 1.0",
        rows=tuple(rows),
        test_from_min=OVER_MIN // 2,
        refractory_min=10 * DAY_MIN,
        groups=groups,
    )


def milli_of(kind: str, value: float) -> int | None:
    """As intake would keep it; None = it would refuse it as impossible, or there is none."""
    bounds = VITALS[kind].reject
    if value != value or bounds is None:
        return None
    milli = round(value * 1_000)
    return milli if bounds[0] <= milli <= bounds[1] else None


def oxygen(fraction: float) -> int:
    """Milli-litres per minute that make about this fraction of inspired oxygen."""
    return round(max(fraction - FREE_OXYGEN, 0.0) / PER_LITRE * 1_000)


def _files(path: Path) -> tuple[dict[str, tuple[int, bool]], dict[str, list[str]]]:
    """Outcomes (days in hospital, died) and lines by stay."""
    outcomes: dict[str, tuple[int, bool]] = {}
    stays: dict[str, list[str]] = {}
    with tarfile.open(path) as archive:
        for member in archive:
            file = archive.extractfile(member)
            if file is None:
                continue
            lines = io.TextIOWrapper(file, encoding="ascii").read().split()[1:]
            if member.name.startswith("Outcomes"):
                for line in lines:
                    cells = line.split(",")
                    outcomes[cells[0]] = (int(cells[3]), cells[5] == "1")
            else:
                stays[Path(member.name).stem] = lines
    return outcomes, stays


def _parse(lines: Iterable[str]) -> tuple[dict[str, str], list[Reading]]:
    about: dict[str, str] = {}
    readings: list[Reading] = []
    for line in lines:
        time, parameter, value = line.split(",")
        if parameter in ("Age", "Gender"):
            about[parameter] = value
            continue
        found = _reading(parameter, float(value))
        if found is not None:
            readings.append(Reading(*found, int(time[:2]) * HOUR_MIN + int(time[3:])))
    return about, readings


def _reading(parameter: str, value: float) -> tuple[str, int] | None:
    if parameter == "GCS":
        return "consciousness", _acvpu(value)
    if parameter == "FiO2":
        return ("supplemental_o2", oxygen(value)) if FREE_OXYGEN <= value <= 1 else None
    if parameter not in KINDS:
        return None
    kind, factor = KINDS[parameter]
    milli = milli_of(kind, value * factor)
    return None if milli is None else (kind, milli)


def _acvpu(gcs: float) -> int:
    """Index in ACVPU of a Glasgow coma scale: 15 A, 14 C, 9 to 13 V, 4 to 8 P, 3 U (our choice)."""
    return sum(gcs <= most for most in (14, 13, 8, 3))


def _rows(stay: str, readings: Iterable[Reading], length_days: int, died: bool) -> list[Row]:  # noqa: FBT001 - a cell of the file
    start = spread(stay, OVER_MIN)
    known = start + (max(length_days, 2) + 1) * DAY_MIN
    by_minute: dict[int, list[Reading]] = {}
    for kind, milli, minute in readings:
        by_minute.setdefault(start + minute, []).append(Reading(kind, milli, start + minute))
    event = stay if died else ""
    return [Row(stay, at, tuple(by_minute[at]), died, known, event, None) for at in sorted(by_minute)]
