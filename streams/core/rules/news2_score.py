"""The NEWS2 score and, when inputs are missing, its exact lower and upper bound. Arithmetic only, no policy.

Source of every cut point: Royal College of Physicians. National Early Warning Score (NEWS) 2: Standardising
the assessment of acute-illness severity in the NHS. Updated report of a working party. London: RCP, 2017.
The numbers are used with acknowledgement of the RCP; the colour charts are not reproduced.

Not for pregnancy and not under 16 years; scale 2 only where a clinician has set it. Both are the caller's
to keep. A missing input is never filled in: it is 0 in the lower bound and its maximum in the upper bound
(our choice, because the RCP score is defined on all seven inputs and no official imputation exists).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

from schemas.vitals import VITALS, News2Parameter

Scale = Literal[1, 2]
Risk = Literal["none", "low", "single3", "medium", "high"]

RISKS: Final[tuple[Risk, ...]] = ("none", "low", "single3", "medium", "high")
"""Risk bands, mild to severe."""

MEDIUM_FROM: Final = 5
"""Total from which risk is medium (RCP 2017: urgent response)."""

HIGH_FROM: Final = 7
"""Total from which risk is high (RCP 2017: emergency response)."""

SINGLE: Final = 3
"""The highest score of one parameter, which is a risk band of its own (RCP 2017: red score)."""

ON_OXYGEN: Final = 2
"""Score of breathing supplemental oxygen (RCP 2017)."""


@dataclass(frozen=True, slots=True)
class Bands:
    """A row of the RCP table: (highest value, score) in rising order, and the score above the last."""

    steps: tuple[tuple[int, int], ...]
    above: int

    def score(self, value: int) -> int:
        """Score of a rounded value, in the unit of the row."""
        return next((score for highest, score in self.steps if value <= highest), self.above)


RESP_RATE: Final = Bands(((8, 3), (11, 1), (20, 0), (24, 2)), above=3)
SPO2_SCALE1: Final = Bands(((91, 3), (93, 2), (95, 1)), above=0)
SPO2_SCALE2_AIR: Final = Bands(((83, 3), (85, 2), (87, 1)), above=0)
SPO2_SCALE2_OXYGEN: Final = Bands(((83, 3), (85, 2), (87, 1), (92, 0), (94, 1), (96, 2)), above=3)
SBP: Final = Bands(((90, 3), (100, 2), (110, 1), (219, 0)), above=3)
PULSE: Final = Bands(((40, 3), (50, 1), (90, 0), (110, 1), (130, 2)), above=3)
TEMP_TENTHS: Final = Bands(((350, 3), (360, 1), (380, 0), (390, 1)), above=2)
"""The RCP table: breaths and beats per minute, %, mm[Hg], and tenths of a degree Celsius."""

CONSCIOUSNESS: Final[Mapping[str, int]] = MappingProxyType({"A": 0, "C": 3, "V": 3, "P": 3, "U": 3})
"""C is new confusion only; long-standing confusion counts as A (RCP 2017)."""

_BY_INDEX: Final = {VITALS["consciousness"].codes.index(letter): CONSCIOUSNESS[letter] for letter in CONSCIOUSNESS}


@dataclass(frozen=True, slots=True, kw_only=True)
class News2Inputs:
    """What was measured, fresh enough for one score.

    Units: thousandths of the vital sign's canonical unit; consciousness is its letter or its index in ACVPU.
    Missing: None = not measured. on_oxygen None = nobody knows, which is not the same as air.
    """

    resp_rate: int | None = None
    spo2: int | None = None
    on_oxygen: bool | None = None
    sbp: int | None = None
    pulse: int | None = None
    consciousness: str | int | None = None
    temp: int | None = None


@dataclass(frozen=True, slots=True)
class News2:
    """The score as bounds; with all seven inputs both are the NEWS2 score.

    lower_total, upper_total: 0 to 20, each attained by some completion of the missing inputs.
    missing: parameters to ask for, in the order of the RCP chart.
    scores: what each of the seven scores at least; upper_scores: at most. They differ where the parameter is
    missing, and for SpO2 on scale 2 while nobody knows whether the patient breathes oxygen.
    risk_lower: the band to act on, it can only understate. risk_upper: if it is higher, ask for `missing`.
    max_single_lower: highest score that one parameter has for certain, 0 to 3.
    """

    lower_total: int
    upper_total: int
    missing: tuple[News2Parameter, ...]
    scores: Mapping[str, int]
    upper_scores: Mapping[str, int]
    max_single_lower: int
    risk_lower: Risk
    risk_upper: Risk

    @property
    def is_complete(self) -> bool:
        """Were all seven inputs there? Only then may the number be called NEWS2."""
        return not self.missing


def score(inputs: News2Inputs, scale: Scale = 1) -> News2:
    """Score what is there and bound what is not.

    scale: the SpO2 scale; 2 only when a clinician has set a target of 88-92 % for this patient.
    The bounds are joint: oxygen counts twice, in its own score and in the table that SpO2 is read from on
    scale 2. Air and oxygen are therefore tried as whole completions. Every parameter scores no more on air
    than on oxygen, so the lower totals belong to air and the upper ones to oxygen, parameter by parameter.
    Missing: a parameter that was not measured is bounded by 0 and its maximum.
    """
    oxygen = (False, True) if inputs.on_oxygen is None else (inputs.on_oxygen,)
    bounds = {
        "resp_rate": _bounds(_whole(RESP_RATE, inputs.resp_rate)),
        "spo2": _bounds(*(_spo2(inputs.spo2, scale, on_oxygen=each) for each in oxygen)),
        "air_or_oxygen": _bounds(*(ON_OXYGEN * each for each in oxygen)),
        "sbp": _bounds(_whole(SBP, inputs.sbp)),
        "pulse": _bounds(_whole(PULSE, inputs.pulse)),
        "consciousness": _bounds(_consciousness(inputs.consciousness)),
        "temp": _bounds(_temp(inputs.temp)),
    }
    lower: dict[str, int] = {parameter: least for parameter, (least, _) in bounds.items()}
    upper: dict[str, int] = {parameter: most for parameter, (_, most) in bounds.items()}
    least, most = sum(lower.values()), sum(upper.values())
    return News2(
        lower_total=least,
        upper_total=most,
        missing=_missing(inputs),
        scores=MappingProxyType(lower),
        upper_scores=MappingProxyType(upper),
        max_single_lower=max(lower.values()),
        risk_lower=risk(least, max(lower.values())),
        risk_upper=risk(most, max(upper.values())),
    )


def risk(total: int, max_single: int) -> Risk:
    """The RCP risk band of a total (0 to 20) and the highest score of one parameter (0 to 3)."""
    if total >= HIGH_FROM:
        return "high"
    if total >= MEDIUM_FROM:
        return "medium"
    if max_single >= SINGLE:
        return "single3"
    return "low" if total else "none"


def _bounds(*possible: int | None) -> tuple[int, int]:
    """Least and most of the scores that are possible; None = not measured, which leaves 0 to 3 open."""
    known = [each for each in possible if each is not None]
    return min(known, default=0), max(known, default=SINGLE)


def _missing(inputs: News2Inputs) -> tuple[News2Parameter, ...]:
    """What was not measured, in the order of the chart."""
    given: dict[News2Parameter, int | str | None] = {
        "resp_rate": inputs.resp_rate,
        "spo2": inputs.spo2,
        "air_or_oxygen": inputs.on_oxygen,
        "sbp": inputs.sbp,
        "pulse": inputs.pulse,
        "consciousness": inputs.consciousness,
        "temp": inputs.temp,
    }
    return tuple(parameter for parameter, value in given.items() if value is None)


def _whole(bands: Bands, milli: int | None) -> int | None:
    """Score after rounding to a whole number, half up (the chart has whole numbers only)."""
    return None if milli is None else bands.score((milli + 500) // 1000)


def _temp(milli: int | None) -> int | None:
    """Score after rounding to one decimal, half up: 38.04 is 38.0, 38.05 is 38.1."""
    return None if milli is None else TEMP_TENTHS.score((milli + 50) // 100)


def _spo2(milli: int | None, scale: Scale, *, on_oxygen: bool) -> int | None:
    """Score after rounding down: 91.9 % is 91 (our choice: a low saturation must not be rounded away).

    On scale 2 with oxygen the same rounding understates too much oxygen by less than 1 %.
    """
    if milli is None:
        return None
    scale2 = SPO2_SCALE2_OXYGEN if on_oxygen else SPO2_SCALE2_AIR
    bands = SPO2_SCALE1 if scale == 1 else scale2
    return bands.score(milli // 1000)


def _consciousness(code: str | int | None) -> int | None:
    """Score of a letter of ACVPU or of its index; anything else is a fault of the caller (KeyError)."""
    if code is None:
        return None
    return CONSCIOUSNESS[code] if isinstance(code, str) else _BY_INDEX[code]
