"""Features, scores and tier of one moment in about fifty characters: whole numbers, seven bits to a byte.

Features are kept in hundredths, most of them in two bytes: what is learned from differs from what was scored by half
a hundredth at most. That a kind is known is not written where another of its features says so.
"""

from base64 import b85decode, b85encode
from collections.abc import Iterator, Mapping, Sequence
from functools import cache, lru_cache
from hashlib import sha256
from typing import Final, NamedTuple

from streams.core.learning.designs import DESIGNS, FEATURES


class Moment(NamedTuple):
    """tier: of the rules. scores: millionths, in the order of DESIGNS. features: as they were, in hundredths."""

    tier: int
    scores: tuple[int, ...]
    features: dict[str, float]


PLACES: Final[Mapping[str, int]] = {name: place for place, name in enumerate(FEATURES)}

KNOWN: Final = tuple([PLACES.get(f"{name.partition('.')[0]}.known", -1) for name in FEATURES])
"""Place of a feature -> place of what says that its kind has been measured, always 1 then; -1 = it is no kind's."""


@cache
def layout() -> int:
    """Names the list of features and the designs, so that a later release cannot misread an older row."""
    names = "\n".join(["hundredths", *FEATURES, "", *[design.id for design in DESIGNS]])
    return int(sha256(names.encode()).hexdigest()[:4], 16)


def pack(tier: int, scores: Sequence[int], x: Mapping[str, float]) -> str:
    """Features that are no longer, or not yet, in the list are left out; so are those below half a hundredth."""
    found = sorted([(PLACES[name], round(x[name] * 100)) for name in x if name in PLACES])
    told = {KNOWN[place] for place, parts in found if parts > 0 and KNOWN[place] != place}
    numbers = [layout(), tier, *scores]
    before = -1
    for place, parts in found:
        if parts > 0 and place not in told:
            numbers += (place - before, parts)
            before = place
    return b85encode(b"".join(map(_bytes, numbers))).decode()


def unpack(blob: str) -> Moment | None:
    """Inverse of `pack`; None = written by a release with other features or designs."""
    numbers = _numbers(b85decode(blob))
    if next(numbers) != layout():
        return None
    tier = next(numbers)
    scores = tuple([next(numbers) for _ in DESIGNS])
    found: dict[int, float] = {}
    place = -1
    for gap in numbers:
        place += gap
        found[place] = next(numbers) / 100
    found |= {KNOWN[place]: 1.0 for place in found if KNOWN[place] >= 0}
    return Moment(tier, scores, {FEATURES[place]: found[place] for place in sorted(found)})


@lru_cache(maxsize=16_384)
def _bytes(number: int) -> bytes:
    """Remembered, because gaps and thousandths are small and come again and again."""
    out = bytearray()
    rest = number
    while rest > 127:
        out.append(rest & 127 | 128)
        rest >>= 7
    out.append(rest)
    return bytes(out)


def _numbers(data: bytes) -> Iterator[int]:
    number, shift = 0, 0
    for byte in data:
        number |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            yield number
            number, shift = 0, 0
