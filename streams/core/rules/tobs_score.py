"""The TOBS score of Danish municipal home care (0 to 15) and its exact bounds. Arithmetic only, no policy.

Source of the cut points: TOBS (Tidlig Opsporing af Begyndende Sygdom), Holstebro, Kalundborg and Skive, identical
tables; recommended by Sundhedsstyrelsen since 2017; MedCom code MCS88125. No SpO2. The published bands leave holes
(130, 39, 25, 8, 40.0, 33.9, 200, 69); each is closed to the more severe neighbour, which is ours and not published.

A missing input is 0 in the lower bound and its maximum in the upper one. The temperature is rectal; a home
thermometer does not say where it measured, so it is bounded by itself and itself + 1.0 (axillary).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from types import MappingProxyType
from typing import Final

from schemas.vitals import VITALS

KINDS: Final = ("pulse", "consciousness", "resp_rate", "temp", "sbp")
"""The inputs, in the order of the table."""

TABLE_MAX: Final = 3

Bands = tuple[tuple[int, int, int], ...]
"""(lowest, highest, score) in thousandths, rising; what lies between two bands has the worse score of the two."""

PULSE: Final[Bands] = (
    (0, 39_000, 2),
    (40_000, 49_000, 1),
    (50_000, 89_000, 0),
    (90_000, 109_000, 1),
    (110_000, 129_000, 2),
    (130_000, 10**9, 3),
)
RESP_RATE: Final[Bands] = (
    (0, 8_000, 3),
    (9_000, 11_000, 1),
    (12_000, 20_000, 0),
    (21_000, 24_000, 2),
    (25_000, 10**9, 3),
)
TEMP_RECTAL: Final[Bands] = (
    (0, 33_900, 3),
    (34_000, 35_900, 2),
    (36_000, 37_900, 0),
    (38_000, 38_900, 1),
    (39_000, 39_900, 2),
    (40_000, 10**9, 3),
)
SBP: Final[Bands] = (
    (0, 69_000, 3),
    (70_000, 79_000, 2),
    (80_000, 99_000, 1),
    (100_000, 199_000, 0),
    (200_000, 10**9, 2),
)
CONSCIOUSNESS: Final[Mapping[str, int]] = MappingProxyType({"A": 0, "C": 1, "V": 1, "P": 2, "U": 3})
"""habitual, agitated or voice only, pain only, none. C (new confusion) is read as agitated: our reading."""

_BY_INDEX: Final = tuple(CONSCIOUSNESS[letter] for letter in VITALS["consciousness"].codes)
_BANDS: Final[Mapping[str, Bands]] = MappingProxyType({"pulse": PULSE, "resp_rate": RESP_RATE, "sbp": SBP})

SITE_MILLI: Final = 1_000
"""Most that a thermometer reads below the rectal temperature (axillary)."""


@dataclass(frozen=True, slots=True)
class Tobs:
    """The score as bounds. scores: what each input scores at least. missing: inputs to ask for, in order of KINDS."""

    lower: int
    upper: int
    scores: Mapping[str, int]
    missing: tuple[str, ...]


def band_score(bands: Bands, milli: int) -> int:
    """Score of a value; in a hole between two bands the worse of the neighbours."""
    for lowest, highest, score in bands:
        if lowest <= milli <= highest:
            return score
    around = [max(one[2], other[2]) for one, other in pairwise(bands) if one[1] < milli < other[0]]
    return around[0] if around else bands[0][2]


def temperature(milli: int) -> tuple[int, int]:
    """Least and most score of a temperature of unknown site: any rectal value from itself to 1.0 above it.

    Rounded to one decimal, half up, as for NEWS2.
    """
    tenth = (milli + 50) // 100 * 100
    scores = [band_score(TEMP_RECTAL, rectal) for rectal in range(tenth, tenth + SITE_MILLI + 1, 100)]
    return min(scores), max(scores)


@lru_cache(maxsize=65_536)
def score(values: tuple[int | None, ...]) -> Tobs:
    """The score of values in the order of KINDS; None = not measured. Thousandths, or the index in ACVPU."""
    bounds = {kind: _bounds(kind, value) for kind, value in zip(KINDS, values, strict=True)}
    return Tobs(
        sum(least for least, _ in bounds.values()),
        sum(most for _, most in bounds.values()),
        MappingProxyType({kind: least for kind, (least, _) in bounds.items()}),
        tuple(kind for kind, value in zip(KINDS, values, strict=True) if value is None),
    )


def _bounds(kind: str, value: int | None) -> tuple[int, int]:
    if value is None:
        return 0, TABLE_MAX
    if kind == "temp":
        return temperature(value)
    exact = _BY_INDEX[value] if kind == "consciousness" else band_score(_BANDS[kind], value)
    return exact, exact
