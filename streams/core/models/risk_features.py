"""What the risk model looks at: one fixed, ordered list of named numbers, for the live system and for backtests.

No time since enrolment, no age, no sex. What is not known is not in it: no value stands for a missing one. All
numbers are 0 or more, and all but those of `FREE` mean worse when they are higher.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple

from streams.core.signal.bands import BANDS, Bands
from streams.core.signal.tracks import ANSWERS, OUTCOMES, Numbers, deviation_of

Features = dict[str, float]


class Names(NamedTuple):
    """The names of one kind's features, in their order. Steps: one per pair of neighbouring knots."""

    low: tuple[str, ...]
    high: tuple[str, ...]
    low_lately: str
    high_lately: str
    below: str
    above: str
    below_lately: str
    above_lately: str
    fallen: str
    risen: str
    late: str
    often: str
    known: str


def _names(kind: str) -> Names:
    bands = BANDS[kind]
    return Names(
        tuple(f"{kind}.low.{n}" for n in range(1, len(bands.low))),
        tuple(f"{kind}.high.{n}" for n in range(1, len(bands.high))),
        *[f"{kind}.{each}" for each in Names._fields[2:]],
    )


NAMES: Final[Mapping[str, Names]] = {kind: _names(kind) for kind in sorted(BANDS)}


def _used(kind: str) -> tuple[str, ...]:
    bands, names = BANDS[kind], NAMES[kind]
    found = [*names.low, *names.high]
    found += [names.low_lately] * bool(bands.low) + [names.high_lately] * bool(bands.high)
    if bands.is_personal and bands.lower_is_worse:
        found += [names.below, names.below_lately, names.fallen]
    if bands.is_personal and bands.higher_is_worse:
        found += [names.above, names.above_lately, names.risen]
    return (*found, names.late, names.often, names.known)


RISK_FEATURES: Final = (
    *[name for kind in NAMES for name in _used(kind)],
    "answers.now",
    "answers.lately",
    "outcomes.lately",
)
"""The list. A new feature is added here and the model's version raised.

low.n, high.n: how much of the n-th step outwards the newest reading has gone, 0 to 1 (`bands.py`).
low_lately, high_lately: fast average of the steps gone. below, above: spreads from the own level now, and lately.
fallen, risen: CUSUM against the own level. late: how overdue the next reading is by the person's own habit.
often: how often this is measured, as of the newest reading. known: it has been measured.
answers.*: colour of the newest answers (0 green, 1 red), and lately. outcomes.lately: share of observed days with a
bad outcome, fading by observed days, so that silence takes nothing away.
"""

FREE: Final = frozenset(name for names in NAMES.values() for name in (names.often, names.known))
"""Features whose weight may have any sign. They are settled when a reading comes, so silence changes none of them."""


def risk_features(tracks: Mapping[str, Numbers], now_min: int) -> Features:
    """The features that are known and not 0, in the order of RISK_FEATURES.

    tracks: kind -> track, and what `note_answers` and `note_outcome` keep; other keys are passed over.
    """
    found: Features = {}
    for kind, names in NAMES.items():
        held = tracks.get(kind)
        if held is not None:
            _of_kind(kind, names, held, now_min, found)
    told = tracks.get(ANSWERS)
    if told is not None:
        found["answers.now"], found["answers.lately"] = told[0] / 1_000, told[1] / 1_000
    happened = tracks.get(OUTCOMES)
    if happened is not None and happened[0]:
        found["outcomes.lately"] = happened[0] / 1_000
    return found


def _of_kind(kind: str, names: Names, held: Numbers, now_min: int, found: Features) -> None:
    earlier, level, spread, value, at_min, above, below, high, low, risen, fallen, gap = held
    bands = BANDS[kind]
    _outwards(names, bands, value, (low, high), found)
    if bands.is_personal and earlier:
        deviation = deviation_of(int(value), int(level), int(spread), int(earlier))
        if bands.lower_is_worse:
            _side(names.below, names.below_lately, names.fallen, (-deviation, below, fallen), found)
        if bands.higher_is_worse:
            _side(names.above, names.above_lately, names.risen, (deviation, above, risen), found)
    if gap >= 0:
        late = now_min - at_min - 2 * gap
        if late > 0:
            found[names.late] = late / (late + 4 * gap + 60)
        found[names.often] = _often(int(gap))
    found[names.known] = 1.0


def _outwards(names: Names, bands: Bands, value: float, lately: tuple[float, float], found: Features) -> None:
    """Beyond the bands of everybody, now and lately."""
    if bands.low and value < bands.low[0]:
        _steps(names.low, bands.low, value, found)
    if bands.high and value > bands.high[0]:
        _steps(names.high, bands.high, value, found)
    low, high = lately
    if low:
        found[names.low_lately] = low / 1_000
    if high:
        found[names.high_lately] = high / 1_000


def _side(now: str, lately: str, shifted: str, thousandths: tuple[float, float, float], found: Features) -> None:
    for name, value in zip((now, lately, shifted), thousandths, strict=True):
        if value > 0:
            found[name] = value / 4_000


def _steps(names: tuple[str, ...], knots: tuple[int, ...], value: float, found: Features) -> None:
    for name, start, end in zip(names, knots, knots[1:], strict=False):
        part = (value - start) / (end - start)
        if part >= 1:
            found[name] = 1.0
        else:
            found[name] = part
            return


def _often(gap_min: int) -> float:
    """1 = every quarter of an hour or more often, 0 = every 16 days or more rarely, by doublings."""
    return max(1.0 - max((gap_min // 15).bit_length() - 1, 0) / 11, 0.0)
