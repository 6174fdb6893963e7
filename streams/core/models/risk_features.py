"""What the risk model looks at: one fixed, ordered list of named numbers, for the live system and for backtests.

No time since enrolment, no age, no sex. What is not known is not in it: no value stands for a missing one. All
numbers are 0 or more, and all but those of `FREE` mean worse when they are higher.
"""

from collections.abc import Mapping
from itertools import pairwise
from typing import Final, NamedTuple

from streams.core.signal.bands import BANDS
from streams.core.signal.tracks import ANSWERS, OUTCOMES, Numbers, deviation_of

Features = dict[str, float]


Side = tuple[tuple[str, int, int], ...]
"""Per step outwards: feature, knot where it starts, milli until it is full (negative = downwards)."""


class Shape(NamedTuple):
    """What one kind's readings become. low, high: its steps. is_personal, falls, rises: as in `Bands`. Then names."""

    low: Side
    high: Side
    is_personal: bool
    falls: bool
    rises: bool
    low_lately: str
    high_lately: str
    below: str
    below_lately: str
    above: str
    above_lately: str
    late: str
    often: str
    known: str


def _shape(kind: str) -> Shape:
    bands = BANDS[kind]
    low, high = _side(f"{kind}.low", bands.low), _side(f"{kind}.high", bands.high)
    names = [f"{kind}.{each}" for each in Shape._fields[5:]]
    return Shape(low, high, bands.is_personal, bands.lower_is_worse, bands.higher_is_worse, *names)


def _side(name: str, knots: tuple[int, ...]) -> Side:
    return tuple((f"{name}.{n}", start, end - start) for n, (start, end) in enumerate(pairwise(knots), start=1))


SHAPES: Final[Mapping[str, Shape]] = {kind: _shape(kind) for kind in sorted(BANDS)}


def _used(shape: Shape) -> tuple[str, ...]:
    found = [name for name, _, _ in (*shape.low, *shape.high)]
    found += [shape.low_lately] * bool(shape.low) + [shape.high_lately] * bool(shape.high)
    if shape.is_personal:
        found += [shape.below, shape.below_lately] * shape.falls + [shape.above, shape.above_lately] * shape.rises
    return (*found, shape.late, shape.often, shape.known)


RISK_FEATURES: Final = (
    *[name for shape in SHAPES.values() for name in _used(shape)],
    "answers.now",
    "answers.lately",
    "outcomes.lately",
)
"""The list. A new feature is added here and the model's version raised.

low.n, high.n: how much of the n-th step outwards the newest reading has gone, 0 to 1 (`bands.py`).
low_lately, high_lately: fast average of the steps gone. below, above: spreads from the own level now, and lately.
late: how overdue the next reading is by the person's own habit.
often: how often this is measured, as of the newest reading. known: it has been measured.
answers.*: colour of the newest answers (0 green, 1 red), and lately. outcomes.lately: share of observed days with a
bad outcome, fading by observed days, so that silence takes nothing away.
"""

FREE: Final = frozenset(name for shape in SHAPES.values() for name in (shape.often, shape.known))
"""Features whose weight may have any sign. They are settled when a reading comes, so silence changes none of them."""


def risk_features(tracks: Mapping[str, Numbers], now_min: int) -> Features:
    """The features that are known and not 0, in the order of RISK_FEATURES.

    tracks: kind -> track, and what `note_answers` and `note_outcome` keep; other keys are passed over.
    """
    found: Features = {}
    for kind, shape in SHAPES.items():
        held = tracks.get(kind)
        if held is not None:
            _of_kind(shape, held, now_min, found)
    told = tracks.get(ANSWERS)
    if told is not None:
        found["answers.now"], found["answers.lately"] = told[0] / 1_000, told[1] / 1_000
    happened = tracks.get(OUTCOMES)
    if happened is not None and happened[0]:
        found["outcomes.lately"] = happened[0] / 1_000
    return found


def _of_kind(shape: Shape, held: Numbers, now_min: int, found: Features) -> None:
    earlier, level, spread, value, at_min, above, below, high, low, gap = held
    if shape.low and value < shape.low[0][1]:
        _steps(shape.low, value, found)
    if shape.high and value > shape.high[0][1]:
        _steps(shape.high, value, found)
    if low:
        found[shape.low_lately] = low / 1_000
    if high:
        found[shape.high_lately] = high / 1_000
    if earlier and shape.is_personal:
        deviation = deviation_of(int(value), int(level), int(spread), int(earlier))
        _personal(shape, deviation, below, above, found)
    if gap >= 0:
        late = now_min - at_min - 2 * gap
        if late > 0:
            found[shape.late] = round(late / (late + 4 * gap + 60), 3)
        found[shape.often] = _often(int(gap))
    found[shape.known] = 1.0


def _personal(shape: Shape, deviation: int, below: float, above: float, found: Features) -> None:
    if shape.falls:
        if deviation < 0:
            found[shape.below] = -deviation / 4_000
        if below:
            found[shape.below_lately] = below / 4_000
    if shape.rises:
        if deviation > 0:
            found[shape.above] = deviation / 4_000
        if above:
            found[shape.above_lately] = above / 4_000


def _steps(side: Side, value: float, found: Features) -> None:
    for name, start, span in side:
        part = (value - start) / span
        if part < 1:
            if part > 0:
                found[name] = round(part, 3)
            return
        found[name] = 1.0


def _often(gap_min: int) -> float:
    """1 = every quarter of an hour or more often, 0 = every 21 days or more rarely, by doublings."""
    return _DOUBLINGS[(gap_min // 15).bit_length()]


_DOUBLINGS: Final = tuple(round(1 - max(bits - 1, 0) / 11, 3) for bits in range(13))
