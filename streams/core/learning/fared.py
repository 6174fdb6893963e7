"""Fared: how a model's scores have done over all people, over twentieths of them, and over sexes and ages.

The twentieths give intervals: rows of one person are alike, so whole people are left out at a time, a twentieth of
them by the hash of their pseudonym (the delete-a-group jackknife; Kott, Journal of Official Statistics 17:521, 2001).
No model looks at sex or age; they are here so that a model that serves one group worse is seen.
"""

from collections.abc import Mapping, Sequence
from math import sqrt
from typing import Any, Final, NamedTuple

from schemas.example import Example
from schemas.ids import make_id
from schemas.model import Figures
from streams.core.learning.figures import FADE_AT, Tally

PARTS: Final = 20
"""Groups of people that are left out one at a time (our choice: enough for a standard deviation)."""

FEWEST: Final = 8
"""Parts with anybody in them, and events, from which on an interval says something (our choice)."""

WIDTH: Final = 1.96
"""Standard deviations of a 95 % interval."""

UNKNOWN: Final = "unknown"


class Interval(NamedTuple):
    """A figure with its 95 % interval. low, high: None = too few people, or too few events."""

    value: float
    low: float | None = None
    high: float | None = None


class Fared:
    """One model's, or the rules'. total: of everybody. by_group: `sex:female`, `age:unknown` and so on."""

    def __init__(self) -> None:
        self.total = Tally()
        self.by_group: dict[str, Tally] = {}
        self._parts = [Tally(FADE_AT // PARTS) for _ in range(PARTS)]

    def add(self, example: Example, risk_ppm: int) -> None:
        """One moment whose label is settled. risk_ppm: what had been said of it then."""
        part = self._parts[int(make_id("part", example.patient)[:8], 16) % PARTS]
        names = (f"sex:{example.sex or UNKNOWN}", f"age:{example.age_band or UNKNOWN}")
        for tally in (self.total, part, *[self.by_group.setdefault(name, Tally()) for name in names]):
            tally.add(risk_ppm, example.label, example.weight)

    def figures(self) -> Figures:
        """Of everybody, as published."""
        return self.total.figures()

    def auroc(self) -> Interval | None:
        """None = nothing can be said yet."""
        value = Tally.together(self._parts).auroc()
        each = [_without(self._parts, n) for n in range(PARTS)]
        return None if value is None else self._interval(value, each, least=0.0)

    def above(self, other: "Fared") -> Interval | None:
        """How much better this one ranks than another on the same people; None = nothing can be said yet."""
        mine, others = Tally.together(self._parts).auroc(), Tally.together(other._parts).auroc()
        if mine is None or others is None:
            return None
        pairs = [(_without(self._parts, n), _without(other._parts, n)) for n in range(PARTS)]
        each = [None if a is None or b is None else a - b for a, b in pairs]
        return self._interval(mine - others, each, least=-1.0)

    def dump(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "total": self.total.dump(),
            "parts": [tally.dump() for tally in self._parts],
            "groups": {name: tally.dump() for name, tally in sorted(self.by_group.items())},
        }

    @classmethod
    def load(cls, held: Mapping[str, Any]) -> "Fared":
        """What gave `dump`; of a state from before there were parts and groups, the total."""
        found = cls()
        found.total.load(held.get("total", held))
        for tally, part in zip(found._parts, held.get("parts", ()), strict=False):
            tally.load(part)
        for name, group in held.get("groups", {}).items():
            found.by_group[name] = Tally()
            found.by_group[name].load(group)
        return found

    def _interval(self, value: float, each: Sequence[float | None], least: float) -> Interval:
        """each: the figure without each of the parts, None = it has none then. least: below it no figure lies."""
        told = [one for one, part in zip(each, self._parts, strict=True) if one is not None and part.is_used]
        if len(told) < FEWEST or sum(part.has_events for part in self._parts) < FEWEST:
            return Interval(round(value, 4))
        mean = sum(told) / len(told)
        reach = WIDTH * sqrt((len(told) - 1) / len(told) * sum([(one - mean) ** 2 for one in told]))
        return Interval(round(value, 4), round(max(value - reach, least), 4), round(min(value + reach, 1.0), 4))


def _without(parts: Sequence[Tally], left_out: int) -> float | None:
    return Tally.together([tally for n, tally in enumerate(parts) if n != left_out]).auroc()
