"""Conditions on what is newest: a reading against a number, the own normal or the personal best, or an answer."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from streams.core.rules.base import Answer, Evidence, Judged, View
from streams.core.rules.judging import NO, UNKNOWN, Comparison, contradicted, repeated
from streams.core.signal.series import Points

SPEAKS_MS: Final = 24 * 3_600_000
"""How long an answer speaks for the patient: the rules say "now" and "same day" (clinical/disease_rules.csv)."""


def _found(view: View, points: Points, holds: Callable[[int], bool], evidence: Evidence) -> Judged:
    newest = points[-1]
    return Judged(Answer.FIRES, newest.at_ms, evidence, repeated(points, holds, view.now_ms))


@dataclass(frozen=True, slots=True)
class Newest:
    """The newest reading against a number."""

    test: Comparison

    @property
    def kind(self) -> str:
        """The vital sign it looks at."""
        return self.test.kind

    def fired(self, points: Points, at: int) -> bool:
        """Did the reading at this place fire? A single one that the next contradicts within 15 minutes did not."""
        return self.test.holds(points[at].milli) and not contradicted(points, self.test.holds, at)

    def is_calm(self, milli: int, margin: int) -> bool:
        """Does it not fire, and by `margin` at least?"""
        outward = -margin if self.test.op in (">", ">=") else margin
        return not self.test.holds(milli - outward)

    def judge(self, view: View) -> Judged:
        """Unknown without a reading."""
        points = view.series.get(self.test.kind)
        if not points:
            return UNKNOWN
        milli = points[-1].milli
        if not self.test.holds(milli):
            return NO
        return _found(view, points, self.test.holds, self.test.evidence(milli))


@dataclass(frozen=True, slots=True)
class FromNormal:
    """Distance from the own median of 14 days, in thousandths; positive = the direction asked for."""

    distance: Comparison
    above: bool

    @property
    def kind(self) -> str:
        """The vital sign it looks at."""
        return self.distance.kind

    def judge(self, view: View) -> Judged:
        """Unknown while the own normal is (fewer than 5 readings before this one)."""
        kind = self.distance.kind
        points, own = view.series.get(kind), view.state.aspects.get(kind)
        if not points or own is None:
            return UNKNOWN
        holds, milli = self.against(own.level_milli), points[-1].milli
        if not holds(milli):
            return NO
        return _found(view, points, holds, {f"{kind}_milli": milli, "own_normal": own.level_milli})

    def against(self, level_milli: int) -> Callable[[int], bool]:
        """The condition on a value, given the own normal."""
        holds = self.distance.holds
        if self.above:
            return lambda milli: holds(milli - level_milli)
        return lambda milli: holds(level_milli - milli)


@dataclass(frozen=True, slots=True)
class OfBest:
    """Per cent of the personal best that the plan states; exact, without a division."""

    kind: str
    op: str
    percent: int

    def judge(self, view: View) -> Judged:
        """Unknown without a personal best: the rule `reference` asks for it."""
        points, best = view.series.get(self.kind), view.plan.contract.circumstances.pef_best
        if not points or best is None:
            return UNKNOWN
        # milli / 1000 of best >= percent / 100 of best, in whole numbers
        test = Comparison(self.kind, self.op, best * self.percent * 10)
        milli = points[-1].milli
        return _found(view, points, test.holds, test.evidence(milli)) if test.holds(milli) else NO


@dataclass(frozen=True, slots=True)
class Said:
    """Answers of the patient. An answer counts until the next one to the same question, for 24 hours at most."""

    codes: tuple[str, ...]
    count: int
    value: int

    def judge(self, view: View) -> Judged:
        """Unknown when none of the questions was asked lately."""
        told, now_ms = view.state.symptoms, view.now_ms
        if not told:
            return UNKNOWN
        asked = [(code, *told[code]) for code in self.codes if code in told and 0 <= now_ms - told[code][1] < SPEAKS_MS]
        held = [each for each in asked if each[1] >= self.value]
        if len(held) < self.count:
            return NO if asked else UNKNOWN
        times = [at_ms for _, _, at_ms in held]
        evidence: dict[str, int | str] = {f"{code}_said": value for code, value, _ in held}
        evidence["until_ms"] = min(times) + SPEAKS_MS
        return Judged(Answer.FIRES, max(times), evidence)
