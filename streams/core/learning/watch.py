"""Watch: do as many events happen as the scores said? Two cumulative sums, one for more and one for fewer.

A likelihood-ratio CUSUM of counts (Page, Biometrika 41:100, 1954) for twice and for half as many. river's ADWIN on
rows gave hundreds of false alarms, and its state cannot travel as JSON (study of online models, section 5).
"""

from collections.abc import Mapping
from typing import Final, Literal, NamedTuple

MILLION: Final = 1_000_000
LN2: Final = 693_147
"""Log of the ratio that is looked for, in millionths."""

LIMIT: Final = 6 * MILLION
"""The study's: none before a shift, a doubled risk found after 13 to 23 outcomes."""

DAYS: Final = 7
"""Days of the horizon: one event makes a label of 1 of each daily moment before it, and is counted once."""


class Side(NamedTuple):
    """sum: of log likelihood ratios, in millionths, never below 0. expected, observed: events since it stood at 0."""

    sum: int = 0
    expected: int = 0
    observed: int = 0


class Alarm(NamedTuple):
    """direction: events are `more` or `fewer` than said. All in millionths."""

    direction: Literal["more", "fewer"]
    side: Side


class Watch(NamedTuple):
    """A value; `looked` gives the next one."""

    more: Side = Side()
    fewer: Side = Side()

    def looked(self, risk_ppm: int, label: int, weight: int) -> "tuple[Watch, Alarm | None]":
        """One more label of one day. After an alarm both sums begin anew."""
        return self.counted(weight * risk_ppm // DAYS, weight * label * MILLION // DAYS)

    def counted(self, expected: int, observed: int) -> "tuple[Watch, Alarm | None]":
        """So many more events were said, and so many came, in millionths."""
        gain = observed * LN2 // MILLION
        more = _moved(self.more, gain - expected, expected, observed)
        fewer = _moved(self.fewer, expected // 2 - gain, expected, observed)
        if more.sum > LIMIT:
            return Watch(), Alarm("more", more)
        if fewer.sum > LIMIT:
            return Watch(), Alarm("fewer", fewer)
        return Watch(more, fewer), None

    def dump(self) -> dict[str, list[int]]:
        """As JSON."""
        return {"more": list(self.more), "fewer": list(self.fewer)}

    @classmethod
    def load(cls, held: Mapping[str, list[int]]) -> "Watch":
        """The watch that gave `dump`."""
        return cls(Side(*held["more"]), Side(*held["fewer"]))


def _moved(side: Side, step: int, expected: int, observed: int) -> Side:
    total = side.sum + step
    return Side(total, side.expected + expected, side.observed + observed) if total > 0 else Side()
