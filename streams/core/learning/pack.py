"""Features, scores and tier of one moment in about a hundred characters: whole numbers, seven bits to a byte.

Features are kept in thousandths: what is learned from differs from what was scored by half a thousandth at most.
"""

from base64 import b85decode, b85encode
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from hashlib import sha256
from typing import Final, NamedTuple

from streams.core.learning.designs import DESIGNS, FEATURES


class Moment(NamedTuple):
    """tier: of the rules. scores: millionths, in the order of DESIGNS. features: as they were, in thousandths."""

    tier: int
    scores: tuple[int, ...]
    features: dict[str, float]


PLACES: Final[Mapping[str, int]] = {name: place for place, name in enumerate(FEATURES)}


@cache
def layout() -> int:
    """Names the list of features and the designs, so that a later release cannot misread an older row."""
    names = "\n".join([*FEATURES, "", *[design.id for design in DESIGNS]])
    return int(sha256(names.encode()).hexdigest()[:4], 16)


def pack(tier: int, scores: Sequence[int], x: Mapping[str, float]) -> str:
    """Features that are no longer, or not yet, in the list are left out; so are those below half a thousandth."""
    found = sorted([(PLACES[name], round(x[name] * 1_000)) for name in x if name in PLACES])
    numbers = [layout(), tier, *scores]
    before = -1
    for place, milli in found:
        if milli > 0:
            numbers += (place - before, milli)
            before = place
    return b85encode(_bytes(numbers)).decode()


def unpack(blob: str) -> Moment | None:
    """Inverse of `pack`; None = written by a release with other features or designs."""
    numbers = _numbers(b85decode(blob))
    if next(numbers) != layout():
        return None
    tier = next(numbers)
    scores = tuple([next(numbers) for _ in DESIGNS])
    features, place = {}, -1
    for gap in numbers:
        place += gap
        features[FEATURES[place]] = next(numbers) / 1_000
    return Moment(tier, scores, features)


def _bytes(numbers: Sequence[int]) -> bytes:
    out = bytearray()
    for number in numbers:
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
