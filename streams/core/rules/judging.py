"""The shared bricks of conditions: comparing in whole numbers, repeats, readings in a row."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from operator import ge, gt, le, lt
from typing import Final

from streams.core.rules.base import Answer, Evidence, Judged
from streams.core.signal.series import REPEAT_MS, Points

HOUR_MS: Final = 3_600_000
MINUTE_MS: Final = 60_000

_MEETS: Final[Mapping[str, Callable[[int, int], bool]]] = {"<": gt, "<=": ge, ">": lt, ">=": le}
"""Operator -> the same with the number first and the value second."""

NO: Final = Judged(Answer.NO)
UNKNOWN: Final = Judged(Answer.UNKNOWN)


@dataclass(frozen=True, slots=True)
class Comparison:
    """One kind against one number, in thousandths."""

    kind: str
    op: str
    milli: int
    holds: Callable[[int], bool] = field(init=False, repr=False, compare=False)
    """Does a value meet it? Exact: integers only."""

    def __post_init__(self) -> None:
        """Put operator and number together once: it is asked dozens of times per reading."""
        object.__setattr__(self, "holds", partial(_MEETS[self.op], self.milli))

    def evidence(self, milli: int) -> Evidence:
        """What a finding says of a value that meets it."""
        return {f"{self.kind}_milli": milli, "limit": self.milli}


def repeated(points: Points, holds: Callable[[int], bool], now_ms: int) -> bool:
    """Does a second reading within 15 minutes before the newest one say the same, or is it too late for one?

    Missing: points are never empty here. Source: clinical README section 1, 15 minutes without an answer.
    """
    newest = points[-1]
    if now_ms - newest.at_ms >= REPEAT_MS:
        return True
    for point in reversed(points[-4:-1]):
        if newest.at_ms - point.at_ms > REPEAT_MS:
            return False
        if holds(point.milli):
            return True
    return False


def contradicted(points: Points, holds: Callable[[int], bool], at: int) -> bool:
    """Did the one reading at this place meet the condition, and its repeat within 15 minutes did not?"""
    point = points[at]
    if at + 1 == len(points) or points[at + 1].at_ms - point.at_ms > REPEAT_MS or holds(points[at + 1].milli):
        return False
    before = points[at - 1] if at else None
    return before is None or point.at_ms - before.at_ms > REPEAT_MS or not holds(before.milli)


def run_start(points: Points, holds: Callable[[int], bool]) -> int:
    """Index of the first of the readings in a row, up to the newest, that meet the condition; len = the newest does
    not."""
    start = len(points)
    while start and holds(points[start - 1].milli):
        start -= 1
    return start
