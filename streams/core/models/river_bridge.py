"""river's running statistics, brought in on first use and carried as plain numbers instead of a pickle.

Only `river.stats` is needed: it takes 0.6 s of CPU to import, river's models take 4 s (measured). A worker
imports it in the background while it joins its group, so that no reading waits for it.
"""

from collections.abc import Callable
from functools import cache
from typing import Final, Protocol

MODULE: Final = "river.stats"
"""What to import ahead of the first reading."""


class RunningMean(Protocol):
    """The part of `river.stats.EWMean` that we use."""

    def update(self, x: float) -> None:
        """Learn one value."""
        ...

    def get(self) -> float:
        """The mean so far."""
        ...


def running_mean(fading: float, start: float) -> RunningMean:
    """river's exponentially weighted mean, as if all before had been `start`: new, or one that had got there.

    Its only learned number is the mean itself, so `start` = what `get` gave restores it to the last bit.
    """
    mean = _ew_mean()(fading)
    mean.update(start)
    return mean


@cache
def _ew_mean() -> Callable[[float], RunningMean]:
    from river.stats import EWMean

    return EWMean
