"""Figures: how scores that were given have fared, added up in whole numbers, older ones fading.

Every score was made before its label was known, so nothing is judged on what it was learned from (prequential).
Risks are sorted into bins of log odds; ranking and calibration are worked out from the bins alone.
"""

from collections.abc import Iterable, Mapping, Sequence
from math import exp, log
from typing import Final

from schemas.model import Figures

MILLION: Final = 1_000_000
STEP: Final = 0.05
LOWEST: Final = -8.0
BINS: Final = 240
"""Log odds from -8 to 4, 0.03 % to 98 %, in steps of 5 % of the odds: finer than any figure is told."""

FADE_AT: Final = 40_000
"""Patient-days behind a figure; then all counts are halved (our choice: a year of a hundred patients)."""

CALIBRATION_GROUPS: Final = 10

BURDENS: Final = (5, 10, 20, 50, 100, 200, 500, 1_000, 2_000)
"""Of 10,000 scored patient-days: what a budget may name."""

Counts = list[int]


class Tally:
    """Weights by bin: events, quiet moments, moments whose label is unknown; the risk told for the first two, and for
    the third. fade_at: patient-days at which all counts are halved.
    """

    def __init__(self, fade_at: int = FADE_AT) -> None:
        self._events: Counts = [0] * BINS
        self._quiet: Counts = [0] * BINS
        self._unknown: Counts = [0] * BINS
        self._told: Counts = [0] * BINS
        self._told_unknown: Counts = [0] * BINS
        self._total = 0
        self._fade_at = fade_at

    @classmethod
    def together(cls, tallies: Iterable["Tally"]) -> "Tally":
        """All of them as one."""
        found = cls()
        for tally in tallies:
            for mine, more in zip(found._counts, tally._counts, strict=True):
                mine[:] = [a + b for a, b in zip(mine, more, strict=True)]
        found._total = found._sum()
        return found

    @property
    def is_used(self) -> bool:
        """Does it count anything?"""
        return self._total > 0

    @property
    def has_events(self) -> bool:
        """Is an event among it?"""
        return any(self._events)

    @property
    def event_days(self) -> int:
        """Days before an event that are counted."""
        return sum(self._events)

    def auroc(self) -> float | None:
        """Ranking of what is known; None while there is only one kind."""
        return auroc(self._events, self._quiet)

    def burden(self, permille: int) -> float | None:
        """Share of all scored patient-days at or above the risk that so many of 1,000 event days reach.

        None = no event yet.
        """
        events, caught, above = sum(self._events), 0, 0
        for place in range(BINS - 1, -1, -1):
            caught += self._events[place]
            above += self._events[place] + self._quiet[place] + self._unknown[place]
            if events and caught * 1_000 >= permille * events:
                return round(above / self._total, 4)
        return None

    def unknown_as_quiet(self) -> "Tally":
        """The same if nothing had happened wherever it cannot be known: the other end of what may be true."""
        found = Tally.together([self])
        found._quiet = [a + b for a, b in zip(self._quiet, self._unknown, strict=True)]
        found._told = [a + b for a, b in zip(self._told, self._told_unknown, strict=True)]
        found._unknown, found._told_unknown = [0] * BINS, [0] * BINS
        return found

    def add(self, risk_ppm: int, label: int | None, weight: int) -> None:
        """One moment whose label is settled. label: None = it will never be known."""
        place = _bin(risk_ppm)
        if label is None:
            self._unknown[place] += weight
            self._told_unknown[place] += weight * risk_ppm
        else:
            (self._events if label else self._quiet)[place] += weight
            self._told[place] += weight * risk_ppm
        self._total += weight
        if self._total > self._fade_at:
            for counts in self._counts:
                counts[:] = [count // 2 for count in counts]
            self._total = self._sum()

    def figures(self) -> Figures:
        """As published. None where nothing can be said yet."""
        events, quiet, unknown = sum(self._events), sum(self._quiet), sum(self._unknown)
        total = events + quiet + unknown
        quantiles = self._quantiles(total)
        without = [a + b for a, b in zip(self._quiet, self._unknown, strict=True)]
        return Figures(
            auroc=self.auroc(),
            auroc_unknown_quiet=auroc(self._events, without),
            expected_milli=sum(self._told) // 1_000,
            observed_milli=events * 1_000,
            calibration_error=self._calibration_error(),
            unknown_share=round(unknown / total, 4) if total else None,
            quantiles=quantiles,
            caught={burden: self._caught(risk) for burden, risk in quantiles.items()} if events else {},
        )

    def dump(self) -> list[list[int]]:
        """As JSON: the bins with anything in them, each with its place."""
        return [[place, *counts] for place, counts in enumerate(zip(*self._counts, strict=True)) if any(counts)]

    def load(self, held: Sequence[Sequence[int]] | Mapping[str, Counts]) -> None:
        """Become the tally that gave `dump`, of this release or of the first one."""
        if isinstance(held, Mapping):
            self._events, self._quiet = list(held["events"]), list(held["quiet"])
            self._unknown, self._told = list(held["unknown"]), list(held["told"])
        else:
            for place, *counts in held:
                for mine, count in zip(self._counts, counts, strict=True):
                    mine[place] = count
        self._total = self._sum()

    @property
    def _counts(self) -> tuple[Counts, ...]:
        return self._events, self._quiet, self._unknown, self._told, self._told_unknown

    def _sum(self) -> int:
        return sum(self._events) + sum(self._quiet) + sum(self._unknown)

    def _calibration_error(self) -> float | None:
        """ECE over groups of about equal weight."""
        labelled = sum(self._events) + sum(self._quiet)
        if not labelled:
            return None
        error = weight = events = told = 0
        for place in range(BINS):
            weight += self._events[place] + self._quiet[place]
            events += self._events[place]
            told += self._told[place]
            if weight * CALIBRATION_GROUPS >= labelled or place == BINS - 1:
                error += abs(told - events * MILLION)
                weight = events = told = 0
        return round(error / MILLION / labelled, 6)

    def _quantiles(self, total: int) -> dict[str, int]:
        """Number of 10,000 -> least risk that no more than so many reach."""
        found: dict[str, int] = {}
        place, above = BINS, 0
        for burden in BURDENS if total else ():
            while place > 0:
                here = self._events[place - 1] + self._quiet[place - 1] + self._unknown[place - 1]
                if (above + here) * 10_000 > burden * total:
                    break
                place, above = place - 1, above + here
            found[str(burden)] = _edge(place)
        return found

    def _caught(self, risk_ppm: int) -> int:
        """Of 1,000 event moments those at this risk or above."""
        return 1_000 * sum(self._events[_bin(risk_ppm) :]) // sum(self._events)


def auroc(events: Sequence[int], quiet: Sequence[int]) -> float | None:
    """Chance that an event had the higher risk; half for the same bin. None while there is only one kind."""
    below, wins = 0, 0
    for event, calm in zip(events, quiet, strict=True):
        wins += event * (2 * below + calm)
        below += calm
    pairs = 2 * sum(events) * below
    return round(wins / pairs, 4) if pairs else None


def _bin(risk_ppm: int) -> int:
    risk = min(max(risk_ppm, 1), MILLION - 1) / MILLION
    return min(max(int((log(risk / (1 - risk)) - LOWEST) / STEP), 0), BINS - 1)


def _edge(place: int) -> int:
    """The least risk of a bin in millionths, rounded up; behind the last one nothing is enough."""
    if place == BINS:
        return MILLION
    return -int(-MILLION / (1 + exp(-(LOWEST + place * STEP))) // 1)
