"""One row of a data set: when a score is given, what was measured until then, and what turned out, how much later."""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import NamedTuple

DAY_MIN = 1_440
HOUR_MIN = 60


class Reading(NamedTuple):
    """kind: a key of VITALS. milli: thousandths of its canonical unit, or an index. at_min: since the set's zero."""

    kind: str
    milli: int
    at_min: int


class Row(NamedTuple):
    """A score is due at at_min, after these readings.

    label: what the horizon brought. known_min: when that is known. event: which event an alert here would find; "" =
    none. hours_left: until it; None = there is none, or the set does not tell.
    """

    patient: str
    at_min: int
    readings: tuple[Reading, ...]
    label: bool
    known_min: int
    event: str
    hours_left: float | None


class Group(NamedTuple):
    """Of whom figures are reported apart. No model ever looks at it."""

    sex: str
    age: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DataSet:
    """rows: in the order of time. test_from_min: where the part that is judged begins.

    refractory_min: so long an alert silences the next ones of its person.
    keeps_outcomes: may an outcome, once known, be looked at? one_in: of labels without an event one in so many is
    learned, for all of them (our choice by the size of the set; the study measured -0.004 to +0.001 AUROC).
    """

    name: str
    title: str
    source: str
    rows: tuple[Row, ...]
    test_from_min: int
    refractory_min: int
    groups: Mapping[str, Group]
    keeps_outcomes: bool = False
    one_in: int = 8


def spread(identity: str, over: int) -> int:
    """A whole number from 0 to below `over` by the hash of an id: the same on every machine."""
    return int.from_bytes(sha256(identity.encode()).digest()[:8], "big") % over


def band(age: float) -> str:
    """Age in bands of twenty years."""
    return "under 40" if age < 40 else "40 to 59" if age < 60 else "60 to 79" if age < 80 else "80 and over"
