"""TIHM: people with dementia at home, and whether a clinician confirmed an event on the next day.

Palermo et al., Sci Data 10:606 (2023), doi 10.1038/s41597-023-02519-y, CC BY 4.0; with thanks to Surrey and Borders
Partnership NHS Foundation Trust and Howz. A score at the end of each day with a reading; the label is the next day's,
known two days later. Agitation is left out: no vital sign foretells it.
"""

import csv
from datetime import UTC, datetime
from pathlib import Path

from schemas.base import to_ms
from streams.replay.datasets.rows import DAY_MIN, DataSet, Group, Reading, Row
from streams.replay.tihm import rows as tihm_rows

ZERO = datetime(2019, 4, 1, tzinfo=UTC)
TEST_FROM_DAY = 21
LEFT_OUT = "Agitation"


def load(folder: Path) -> DataSet:
    """All patient-days with a reading but the last day, whose next one nobody knows."""
    home = folder / "tihm"
    days: dict[tuple[str, int], list[Reading]] = {}
    for row in tihm_rows(home / "Physiology.csv"):
        if row.kind is not None:
            at = _minute(row.measured_at)
            days.setdefault((row.patient, at // DAY_MIN), []).append(Reading(row.kind, round(row.value * 1_000), at))
    events = _events(home / "Labels.csv")
    last = max(day for _, day in days)
    rows = [_row(patient, day, days[patient, day], events) for patient, day in sorted(days) if day < last]
    return DataSet(
        name="tihm",
        title="TIHM at home: a confirmed event on the next day",
        source="TIHM (Palermo et al. 2023, doi 10.1038/s41597-023-02519-y), CC BY 4.0",
        rows=tuple(sorted(rows, key=lambda row: (row.at_min, row.patient))),
        test_from_min=TEST_FROM_DAY * DAY_MIN,
        refractory_min=0,
        groups=_groups(home / "Demographics.csv"),
        keeps_outcomes=True,
        one_in=1,
    )


def _row(patient: str, day: int, readings: list[Reading], events: set[tuple[str, int]]) -> Row:
    positive = (patient, day + 1) in events
    ordered = tuple(sorted(readings, key=lambda reading: reading.at_min))
    end = (day + 1) * DAY_MIN - 1
    event = f"{patient}/{day + 1}" if positive else ""
    return Row(patient, end, ordered, positive, end + 2 * DAY_MIN, event, 24.0 if positive else None)


def _events(path: Path) -> set[tuple[str, int]]:
    with path.open(encoding="utf-8", newline="") as file:
        return {
            (cells["patient_id"], _minute(datetime.fromisoformat(cells["date"]).replace(tzinfo=UTC)) // DAY_MIN)
            for cells in csv.DictReader(file)
            if cells["type"] != LEFT_OUT
        }


def events_ms(path: Path) -> dict[str, list[int]]:
    """Pseudonym in the replay -> when a clinician confirmed an event, in epoch milliseconds."""
    found: dict[str, list[int]] = {}
    with path.open(encoding="utf-8", newline="") as file:
        for cells in csv.DictReader(file):
            if cells["type"] != LEFT_OUT:
                at = datetime.fromisoformat(cells["date"]).replace(tzinfo=UTC)
                found.setdefault(f"tihm-{cells['patient_id']}", []).append(to_ms(at))
    return found


def _groups(path: Path) -> dict[str, Group]:
    with path.open(encoding="utf-8", newline="") as file:
        return {cells["patient_id"]: Group(cells["sex"].lower(), cells["age"]) for cells in csv.DictReader(file)}


def _minute(at: datetime) -> int:
    return int((at - ZERO).total_seconds() // 60)
