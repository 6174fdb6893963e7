"""Real readings from homes: the TIHM data set (Palermo et al., 2023, CC BY 4.0) as measurements of the house.

Reads the publisher's `Physiology.csv` or the excerpt beside this file; `data/README.md` has source, licence
and acknowledgement. TIHM writes local time without a zone. It is taken as UTC: order and intervals are
right, the hour of the day is off by the British summer hour.
"""

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Final

from schemas.errors import ContractError
from schemas.units import UnitError

EXCERPT: Final = Path(__file__).parent / "data" / "tihm-excerpt.csv"
"""Five people, 14 days, 460 readings."""


@dataclass(frozen=True, slots=True)
class DeviceType:
    """A row of `DEVICE_TYPES`.

    kind: key of `schemas.vitals.VITALS`; None = no vital sign of the house. device: what measures it at home.
    written: the unit as TIHM writes it. unit: the same unit in UCUM.
    """

    kind: str | None
    device: str
    written: str
    unit: str


DEVICE_TYPES: Final[Mapping[str, DeviceType]] = MappingProxyType(
    {
        "Body Temperature": DeviceType("temp", "thermometer", "Cel", "Cel"),
        "Body weight": DeviceType("weight", "scale", "kg", "kg"),
        # The three share every time stamp of the data set (1632 of 1632): one cuff.
        "Systolic blood pressure": DeviceType("sbp", "cuff", "mm[Hg]", "mm[Hg]"),
        "Diastolic blood pressure": DeviceType("dbp", "cuff", "mm[Hg]", "mm[Hg]"),
        "Heart rate": DeviceType("pulse", "cuff", "beats/min", "/min"),
        # Estimates of a bio-impedance scale: no rule or source of ours says what a value means.
        "O/E - muscle mass": DeviceType(None, "scale", "kg", "kg"),
        "Total body water": DeviceType(None, "scale", "%", "%"),
        # Skin is not body temperature: its median of 34.3 Cel would read as hypothermia.
        "Skin Temperature": DeviceType(None, "thermometer", "Cel", "Cel"),
    }
)
"""Every `device_type` of TIHM. Another one is an error, so that no reading disappears unseen."""


@dataclass(frozen=True, slots=True)
class TihmRow:
    """One reading. value: in `unit` (UCUM). kind: None = no vital sign of the house, see `DEVICE_TYPES`."""

    patient: str
    measured_at: datetime
    kind: str | None
    value: float
    unit: str
    device: str


def rows(path: Path) -> Iterator[TihmRow]:
    """The readings of a file in its order, one per row, those without a kind too.

    Missing: TIHM has no empty cells; an unknown device type, unit or number is a `ContractError`.
    """
    with path.open(encoding="utf-8", newline="") as file:
        for cells in csv.DictReader(file):
            yield parse(cells)


def parse(cells: Mapping[str, str]) -> TihmRow:
    """One row of `Physiology.csv`: patient_id, date, device_type, value, unit."""
    try:
        found = DEVICE_TYPES.get(cells["device_type"])
        measured_at = datetime.fromisoformat(cells["date"]).replace(tzinfo=UTC)
        value = float(cells["value"])
        patient, unit = cells["patient_id"], cells["unit"]
    except (KeyError, TypeError, ValueError) as fault:
        raise ContractError(
            "A row is not one of TIHM's Physiology.csv.", next_step="give the file as its publisher ships it"
        ) from fault
    if found is None:
        raise ContractError("A device type is unknown.", next_step="add it to DEVICE_TYPES, or map it to None")
    if unit != found.written:
        raise UnitError("A unit differs from the published one.", next_step=f"write {found.written}")
    return TihmRow(patient, measured_at, found.kind, value, found.unit, found.device)


def measurement(row: TihmRow, n: int) -> dict[str, str | float]:
    """The JSON body of measurements.v1 for a row; the same row and `n` give the same body.

    n: the row's number in its file; it keeps two equal readings of the same second apart.
    Missing: a row without a kind has no body and is a `ContractError`; leave it out before.
    """
    if row.kind is None:
        raise ContractError("The row is no vital sign of the house.", next_step="skip rows whose kind is None")
    patient = f"tihm-{row.patient}"
    return {
        "id": f"{patient}-{row.kind}-{row.measured_at:%Y%m%dT%H%M%SZ}-{n}",
        "patient": patient,
        "kind": row.kind,
        "value": row.value,
        "unit": row.unit,
        "measured_at": f"{row.measured_at:%Y-%m-%dT%H:%M:%SZ}",
        "device": f"{patient}-{row.device}",
    }
