"""Of lives under a variant: sensitivity, PPV, lead time, alert burden and time to attention, each with an interval."""

from collections.abc import Callable, Mapping, Sequence
from random import Random
from statistics import median
from typing import Final, NamedTuple

from schemas.base import DAY_MS
from streams.replay.whatif import HOUR_MS, Lived

HORIZON_MS: Final = 2 * DAY_MS
"""An alert belongs to an event that follows within two days (our choice, next to TIHM's next-day labels)."""

RESAMPLES: Final = 200


class Interval(NamedTuple):
    """The figure, and 95 % over people drawn anew. None = nothing to work it out from."""

    value: float | None
    low: float | None
    high: float | None


def sensitivity(lives: Sequence[Lived]) -> float | None:
    """Share of events with an alert in the horizon before them."""
    found = [bool(_leads(life, event)) for life in lives for event in life.events_ms]
    return sum(found) / len(found) if found else None


def ppv(lives: Sequence[Lived]) -> float | None:
    """Share of alerts that an event followed within the horizon."""
    true = [
        any(0 <= event - alert.at_ms <= HORIZON_MS for event in life.events_ms)
        for life in lives
        for alert in life.raised
    ]
    return sum(true) / len(true) if true else None


def lead_hours(lives: Sequence[Lived]) -> float | None:
    """Median hours from the first alert in the horizon to the event, over the events found."""
    leads = [max(_leads(life, event)) for life in lives for event in life.events_ms if _leads(life, event)]
    return median(leads) if leads else None


def alerts_per_day(lives: Sequence[Lived]) -> float | None:
    """Alerts per patient-day."""
    days = sum(life.days for life in lives)
    return sum(len(life.raised) for life in lives) / days if days else None


def attention_min(lives: Sequence[Lived]) -> float | None:
    """Median minutes from the reading until somebody was to be woken or told."""
    waited = [alert.waited_min for life in lives for alert in life.raised]
    return median(waited) if waited else None


FIGURES: Final[Mapping[str, Callable[[Sequence[Lived]], float | None]]] = {
    "sensitivity": sensitivity,
    "PPV": ppv,
    "lead time, h": lead_hours,
    "alerts per patient-day": alerts_per_day,
    "time to attention, min": attention_min,
}


def measured(lives: Sequence[Lived], resamples: int = RESAMPLES) -> dict[str, Interval]:
    """Every figure with its interval; whole people are drawn, because the days of one are alike."""
    random = Random(1)  # noqa: S311 - no secret
    drawn = [random.choices(lives, k=len(lives)) for _ in range(resamples)] if lives else []
    return {name: _interval(figure(lives), [figure(each) for each in drawn]) for name, figure in FIGURES.items()}


def difference(one: Sequence[Lived], other: Sequence[Lived], resamples: int = RESAMPLES) -> dict[str, Interval]:
    """other - one, over the same people drawn in both: what the change itself brings."""
    random = Random(1)  # noqa: S311 - no secret
    places = [random.choices(range(len(one)), k=len(one)) for _ in range(resamples)] if one else []
    return {
        name: _interval(
            _minus(figure(other), figure(one)),
            [_minus(figure([other[n] for n in drawn]), figure([one[n] for n in drawn])) for drawn in places],
        )
        for name, figure in FIGURES.items()
    }


def _leads(life: Lived, event_ms: int) -> list[float]:
    """Hours of every alert in the horizon before an event."""
    return [(event_ms - alert.at_ms) / HOUR_MS for alert in life.raised if 0 <= event_ms - alert.at_ms <= HORIZON_MS]


def _minus(after: float | None, before: float | None) -> float | None:
    return None if after is None or before is None else after - before


def _interval(value: float | None, resampled: Sequence[float | None]) -> Interval:
    known = sorted(each for each in resampled if each is not None)
    if value is None or not known:
        return Interval(value, None, None)
    last = len(known) - 1
    return Interval(value, known[round(0.025 * last)], known[round(0.975 * last)])
