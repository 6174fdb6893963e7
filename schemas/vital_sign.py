"""What a row of the table of vital signs says, and the two questions it answers: how much, and which band."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from schemas.censored import Comparator, Side, beyond, split
from schemas.units import MeasuredValueError, Quantity, UnitError, from_milli, to_milli

VitalType = Literal["numeric", "enum", "ordinal"]
News2Parameter = Literal["resp_rate", "spo2", "air_or_oxygen", "sbp", "pulse", "consciousness", "temp"]
Bounds = tuple[int, int]
"""Lowest and highest value, both inside, in thousandths of the canonical unit."""


class Band(StrEnum):
    """What intake does with a value. CONFIRM is never discard: keep it, ask for a repeat, treat it as real
    after 15 minutes without an answer, and never let it slow a rule that does not wait itself."""

    REJECT = "reject"
    CONFIRM = "confirm"
    ACCEPT = "accept"


class CodeStatus(StrEnum):
    """VERIFIED: read in the source. KNOWLEDGE: from knowledge, check it before you rely on it."""

    VERIFIED = "verified"
    KNOWLEDGE = "from knowledge"


@dataclass(frozen=True, slots=True)
class Code:
    """A code of a foreign system; `note` says what sets it apart from its neighbours."""

    system: Literal["LOINC", "MDC", "NPU", "MedCom", "SNOMED CT"]
    code: str
    status: CodeStatus = CodeStatus.VERIFIED
    note: str = ""


@dataclass(frozen=True, slots=True)
class Text:
    """One sentence or name in Danish and English."""

    da: str
    en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class VitalSign:
    """One kind of measurement.

    loinc, mdc, dk: codes of this very quantity, the preferred one first; () = none was found.
    related: codes that are easily taken for this quantity and are another one: never map them to this row.
    quantity: unit and conversions; None = the value is one of `codes`.
    codes: the values of an enum or ordinal kind; the value inside is the index. () = numeric.
    snomed: (value, code) for the values that have one.
    resolution: smallest step of a usual device in milli; None = enum or ordinal.
    reject: outside is impossible. accept: inside is normal intake. None = enum or ordinal.
    shows: (below, above) which its usual devices show LO and HI, in milli; None = they do not, or nobody knows where.
    news2: the NEWS2 parameter this row feeds; None = it has no part in NEWS2.
    step_note: what counts as a jump; cadence: how often it is measured. Words of the source; "" = none.
    repeat: what to ask of the patient when a value needs a second look.
    status: what of the row was read in a source. bands_source: where reject and accept come from.
    """

    key: str
    name: Text
    type: VitalType = "numeric"
    loinc: tuple[Code, ...] = ()
    mdc: tuple[Code, ...] = ()
    dk: tuple[Code, ...] = ()
    related: tuple[Code, ...] = ()
    quantity: Quantity | None = None
    codes: tuple[str, ...] = ()
    snomed: tuple[tuple[str, Code], ...] = ()
    resolution: int | None = None
    reject: Bounds | None = None
    accept: Bounds | None = None
    shows: tuple[int | None, int | None] = (None, None)
    news2: News2Parameter | None = None
    step_note: str = ""
    cadence: str = ""
    repeat: Text
    status: str
    bands_source: str

    @property
    def unit(self) -> str | None:
        """The canonical UCUM unit; None for enum and ordinal kinds."""
        return None if self.quantity is None else self.quantity.canonical

    @property
    def accepted_units(self) -> tuple[str, ...]:
        """Every unit a value may arrive in, canonical first; () for enum and ordinal kinds."""
        return () if self.quantity is None else self.quantity.accepted

    def to_milli(self, value: float | str, unit: str | None) -> int:
        """The value as it is kept: thousandths of the canonical unit, or the index of an enum code.

        Units: `unit` must be one of `accepted_units`; enum and ordinal kinds take None or "".
        Missing: never; raises `UnitError` or `MeasuredValueError`, both `ContractError`.
        """
        if self.quantity is None:
            return self._index(value, unit)
        if isinstance(value, str):
            raise MeasuredValueError(
                f"{self.key} takes a number, not text.",
                next_step="send a JSON number; text such as LO, HI or <5 is not one",
            )
        return to_milli(self.quantity, value, unit)

    def read(self, value: float | str, unit: str | None, comparator: Comparator | None = None) -> tuple[int, Side]:
        """The value as it is kept, and whether the device only knew a bound: LO, HI, `<5`, or a comparator.

        Units, missing: as `to_milli`. A bound is kept one thousandth beyond itself.
        """
        if self.quantity is not None and isinstance(value, str):
            if comparator is not None:
                raise MeasuredValueError("A text and a comparator.", next_step="send the bound as a JSON number")
            comparator, value = self._shown(value, unit)
        milli = self.to_milli(value, unit)
        if comparator is None:
            return milli, Side.EXACT
        if self.quantity is None:
            raise MeasuredValueError("A code has no comparator.", next_step="leave the comparator out")
        return beyond(milli, comparator)

    def _shown(self, text: str, unit: str | None) -> tuple[Comparator, float]:
        """What a display shows instead of a number, in the unit of the reading."""
        low, high = self.shows
        comparator: Comparator = "<" if text.strip().upper() == "LO" else ">"
        bound = {"LO": low, "HI": high}.get(text.strip().upper())
        if bound is None:
            told = split(text)
            if told is None:
                raise MeasuredValueError(
                    f"{self.key} takes a number or a bound.",
                    next_step="send a JSON number; with `comparator` where the device shows LO, HI or <5",
                )
            return told
        assert self.quantity is not None
        to_milli(self.quantity, 0, unit)  # the unit must be one of this kind, even for LO
        return comparator, float(from_milli(self.quantity, bound, unit or self.quantity.canonical))

    def band(self, milli: int) -> Band:
        """What intake does with a value: accept if inside accept, else confirm if inside reject, else reject.

        Units: as `to_milli` returns; both ends of a band belong to it. Each component is judged alone.
        """
        if self.reject is None or self.accept is None:
            return Band.ACCEPT if 0 <= milli < len(self.codes) else Band.REJECT
        if self.accept[0] <= milli <= self.accept[1]:
            return Band.ACCEPT
        return Band.CONFIRM if self.reject[0] <= milli <= self.reject[1] else Band.REJECT

    def _index(self, value: float | str, unit: str | None) -> int:
        """Position of a code in `codes`."""
        choice = ", ".join(self.codes)
        if unit:
            raise UnitError(f"{self.key} has no unit.", next_step=f"leave the unit out and send one of {choice}")
        if not isinstance(value, str) or value not in self.codes:
            raise MeasuredValueError(f"The value is no code of {self.key}.", next_step=f"send one of {choice}")
        return self.codes.index(value)
