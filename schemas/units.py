"""The UCUM units we accept and their exact conversions, so that every comparison inside is between integers.

A value inside the system is an `int` in thousandths of the canonical unit of its quantity ("milli":
36.8 Cel is 36800). Arithmetic is `Fraction` on the decimal the sender wrote; the only rounding is the last
step, to thousandths, half away from zero. A unit is never guessed: missing or unknown is a `UnitError`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import isfinite
from types import MappingProxyType
from typing import Final

from schemas.errors import ContractError

LARGEST: Final = 10**9
"""Largest magnitude taken as a value, in any unit. Our choice, because it lies far outside every reject band
and keeps the thousandths (and their conversions) within 64 bits."""


class UnitError(ContractError):
    """The unit is missing, unknown, or belongs to another quantity."""


class MeasuredValueError(ContractError, ValueError):
    """The value is not of the kind the vital sign takes (boolean, text, NaN, infinite, unknown code)."""


@dataclass(frozen=True, slots=True)
class Conversion:
    """canonical = value * factor + offset, exactly; `source` says where the two numbers come from."""

    factor: Fraction
    offset: Fraction
    source: str


@dataclass(frozen=True, slots=True, eq=False)
class Quantity:
    """One thing that can be measured: its canonical unit, other spellings of it, and units converted to it.

    `mg/dL` of glucose and of CRP convert differently, so conversions belong to a quantity, never to a unit.
    Each exists once, in `QUANTITIES`, and is compared by identity.
    """

    name: str
    canonical: str
    spellings: frozenset[str]
    conversions: Mapping[str, Conversion]

    @property
    def accepted(self) -> tuple[str, ...]:
        """Every unit this quantity may arrive in, the canonical one first."""
        return (self.canonical, *sorted(self.spellings), *self.conversions)


def to_milli(quantity: Quantity, value: float, unit: str | None) -> int:
    """The value in thousandths of the canonical unit.

    Units: `unit` is a UCUM code that the quantity accepts; None or "" means the sender gave none.
    Missing: never; a missing or unknown unit is `UnitError`, a value that is no number `MeasuredValueError`.
    Source: rounding to thousandths, half away from zero, is the rule of the house.
    """
    # The fast path, under half a microsecond; `type() is`, because a bool is an int and must not pass.
    if unit == quantity.canonical and type(value) is int and -LARGEST <= value <= LARGEST:
        return value * 1000
    if unit == quantity.canonical and type(value) is float and -1e6 < value < 1e6:
        scaled = value * 1000
        nearest = round(scaled)
        # Below 1e6 the product is off by less than 1e-6: only a tie can round wrongly; it goes the exact way.
        if abs(scaled - nearest) < 0.499999:
            return nearest
    exact = _exact(value)
    if unit != quantity.canonical and unit not in quantity.spellings:
        conversion = _conversion(quantity, unit)
        exact = exact * conversion.factor + conversion.offset
    return rounded_milli(exact)


def from_milli(quantity: Quantity, milli: int, unit: str) -> Fraction:
    """The exact value in `unit` of a number of thousandths: what to show a person who measures in that unit.

    Missing: never; an unknown unit is `UnitError`.
    """
    exact = Fraction(milli, 1000)
    if unit == quantity.canonical or unit in quantity.spellings:
        return exact
    conversion = _conversion(quantity, unit)
    return (exact - conversion.offset) / conversion.factor


def limit_milli(quantity: Quantity, milli: int, unit: str) -> int:
    """The same guideline limit for a value that was measured in `unit`, still in canonical thousandths.

    Consensus pairs 3.0 mmol/L with 54 mg/dL, yet 54 mg/dL converts to 2.997 mmol/L and would count as
    "< 3.0". So a value measured in mg/dL is compared with 54 mg/dL converted (2997), not with 3000.
    Missing: a limit outside the table is returned as it is.
    Source: consensus glucose cut-offs, see `PAIRED_LIMITS`.
    """
    paired = PAIRED_LIMITS.get((quantity.name, unit), {}).get(milli)
    return milli if paired is None else to_milli(quantity, paired, unit)


def rounded_milli(exact: Fraction) -> int:
    """Thousandths of an exact value, half away from zero: 0.0005 is 1, -0.0005 is -1."""
    top, bottom = abs(exact.numerator) * 1000, exact.denominator
    magnitude = (2 * top + bottom) // (2 * bottom)
    return magnitude if exact >= 0 else -magnitude


def _exact(value: float) -> Fraction:
    """The decimal that the sender wrote (shortest text of the float), as a fraction."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise MeasuredValueError(
            f"A {type(value).__name__} is not a number.",
            next_step="send a JSON number; text such as LO, HI or <5 is not one",
        )
    if isinstance(value, float) and not isfinite(value):
        raise MeasuredValueError("The value is not finite.", next_step="leave out a value that was not measured")
    if abs(value) > LARGEST:
        raise MeasuredValueError("The value is beyond 1e9.", next_step="check the device: no vital sign is that large")
    return Fraction(value) if isinstance(value, int) else Fraction(Decimal(repr(float(value))))


def _conversion(quantity: Quantity, unit: str | None) -> Conversion:
    """The conversion from `unit`, or a `UnitError` that names every unit to choose from."""
    found = quantity.conversions.get(unit) if unit else None
    if found is None:
        what = f"Unit {unit[:20]!r} unknown for {quantity.name}." if unit else f"Unit missing for {quantity.name}."
        raise UnitError(what, next_step="send " + " or ".join(quantity.accepted))
    return found


def _times(unit: str, factor: Fraction, source: str) -> tuple[str, Conversion]:
    """A row of a conversion table without offset."""
    return unit, Conversion(factor, Fraction(0), source)


def _quantity(
    name: str, canonical: str, *conversions: tuple[str, Conversion], spellings: tuple[str, ...] = ()
) -> Quantity:
    """A row of `QUANTITIES`, frozen."""
    return Quantity(name, canonical, frozenset(spellings), MappingProxyType(dict(conversions)))


_FAHRENHEIT = Conversion(Fraction(5, 9), Fraction(-160, 9), "(F - 32) * 5/9, exact by definition")
_KPA = Fraction(10**12, 133_322_387_415)
_GLUCOSE = 1 / Fraction("18.01558800000541")

_ROWS: Final = (
    _quantity("saturation", "%", _times("1", Fraction(100), "NPU nomenclature: saturation is a fraction")),
    # FUT writes 1/min, the FHIR vital-sign profiles want /min; in UCUM the two are the same unit.
    _quantity("rate", "/min", spellings=("1/min",)),
    _quantity("pressure", "mm[Hg]", _times("kPa", _KPA, "1 mmHg = 0.133322387415 kPa, conventional")),
    _quantity("temperature", "Cel", ("[degF]", _FAHRENHEIT)),
    _quantity("mass", "kg", _times("[lb_av]", Fraction("0.45359237"), "international pound, exact")),
    _quantity("glucose", "mmol/L", _times("mg/dL", _GLUCOSE, "18.01558800000541, molar mass 180.156 g/mol")),
    _quantity("ketones", "mmol/L"),
    _quantity("volume", "L", _times("mL", Fraction(1, 1000), "metric prefix, exact")),
    _quantity("peak flow", "L/min", _times("L/s", Fraction(60), "60 s in a minute, exact")),
    # MedCom and FUT write /d for steps per day; 1/d and the annotation {steps} are the same unit in UCUM.
    _quantity("daily count", "/d", spellings=("1/d", "{steps}/d")),
    _quantity("crp", "mg/L", _times("mg/dL", Fraction(10), "10 dL in a litre, exact")),
    _quantity(
        "haemoglobin",
        "mmol/L",
        _times("g/dL", 1 / Fraction("1.6114"), "Fe monomer: 1 mmol/L = 1.6114 g/dL (16114 g/mol)"),
        _times("g/L", 1 / Fraction("16.114"), "Fe monomer: 1 mmol/L = 16.114 g/L (16114 g/mol)"),
    ),
    _quantity("oxygen flow", "L/min"),
)

QUANTITIES: Final[Mapping[str, Quantity]] = MappingProxyType({row.name: row for row in _ROWS})
"""Every quantity of the vital signs by its name."""

PAIRED_LIMITS: Final[Mapping[tuple[str, str], Mapping[int, int]]] = MappingProxyType(
    {("glucose", "mg/dL"): MappingProxyType({3000: 54, 3900: 70, 10000: 180, 13900: 250})}
)
"""(quantity, unit) -> limit in canonical thousandths -> the limit that guidelines print in that unit.
Source: consensus on glucose cut-offs, which use the factor 18 rounded (3.0 = 54, 3.9 = 70, 10.0 = 180,
13.9 = 250)."""
