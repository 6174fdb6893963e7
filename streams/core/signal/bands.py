"""What is further from normal, per vital sign: knots on each side, from the edge of normal outwards.

The risk model learns how much each step counts; here it is only said which way is worse. Knots are the cut
points of NEWS2 (Royal College of Physicians, 2017) where it has any, with one knot inside and one beyond;
the others are our choice next to the limits of the clinical README, section 3. No weight comes from here.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, NamedTuple


class Bands(NamedTuple):
    """low: knots downwards, falling; high: knots upwards, rising; () = that side is not worse, or only the person's
    own normal can tell. spread: usual spread within one person, a start for the own one. floor: the least spread
    that is told from the device's error. is_personal: does the person's own normal say anything?

    Units: thousandths of the kind's canonical unit; for codes the index itself.
    """

    low: tuple[int, ...]
    high: tuple[int, ...]
    spread: int
    floor: int
    is_personal: bool = True
    lower_is_worse: bool = True
    higher_is_worse: bool = True


BANDS: Final[Mapping[str, Bands]] = MappingProxyType(
    {
        "consciousness": Bands((), (0, 1, 2, 3, 4), 1, 1, is_personal=False, lower_is_worse=False),
        "crp": Bands((), (5_000, 20_000, 50_000, 100_000, 200_000), 10_000, 5_000, lower_is_worse=False),
        "dbp": Bands((75_000, 60_000, 50_000, 40_000), (80_000, 90_000, 100_000, 115_000), 7_000, 4_000),
        "fev1": Bands((), (), 150, 50, higher_is_worse=False),
        "fvc": Bands((), (), 200, 50, higher_is_worse=False),
        "glucose": Bands((5_500, 3_900, 3_000), (6_500, 10_000, 14_000, 20_000), 1_500, 500),
        "hb": Bands((8_000, 7_000, 6_000, 5_000, 4_000), (), 500, 200),
        "pef": Bands((), (), 30_000, 10_000, higher_is_worse=False),
        "pulse": Bands((70_000, 50_000, 40_000), (70_000, 90_000, 110_000, 130_000, 150_000), 7_000, 2_000),
        "resp_rate": Bands((14_000, 11_000, 8_000), (16_000, 20_000, 24_000, 30_000, 40_000), 3_000, 1_000),
        "sbp": Bands((130_000, 110_000, 100_000, 90_000, 75_000), (130_000, 150_000, 180_000, 220_000), 11_000, 4_000),
        "spo2": Bands((98_000, 95_000, 93_000, 91_000, 85_000), (), 1_500, 1_000, higher_is_worse=False),
        "steps": Bands((), (), 1_500_000, 300_000, higher_is_worse=False),
        "supplemental_o2": Bands((), (0, 1_000, 3_000, 6_000, 12_000), 1_000, 500, lower_is_worse=False),
        "temp": Bands((36_600, 36_000, 35_000, 33_000), (37_000, 38_000, 39_000, 40_500), 350, 150),
        "urine_protein": Bands((), (0, 1, 2, 3), 1, 1, is_personal=False, lower_is_worse=False),
        "weight": Bands((), (), 700, 500),
    }
)
"""Kinds in code-point order. A kind without a row takes no part in the risk."""
