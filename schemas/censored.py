"""Censored values: LO, HI, `<5`, `>200`. The device could not measure it, but knows on which side of a bound it lies.

A censored value is never missing and never its bound: it is kept just beyond the bound, so that every comparison
that is certain is right. What lies further out is not known, and no rule may assume it.
"""

import re
from enum import IntEnum
from typing import Literal

Comparator = Literal["<", "<=", ">=", ">"]
"""FHIR R4 Quantity.comparator."""


class Side(IntEnum):
    """Where the true value lies. EXACT: at the value. BELOW, ABOVE: somewhere beyond it."""

    BELOW = -1
    EXACT = 0
    ABOVE = 1


_BEYOND = {"<": -1, "<=": 0, ">=": 0, ">": 1}
_SIDES = {"<": Side.BELOW, "<=": Side.BELOW, ">=": Side.ABOVE, ">": Side.ABOVE}
_TEXT = re.compile(r"(<=|>=|<|>)\s*(\d{1,9}(?:\.\d{1,6})?)", re.ASCII)


def split(text: str) -> tuple[Comparator, float] | None:
    """`<5` as comparator and number; None for any other text."""
    found = _TEXT.fullmatch(text.strip())
    if found is None:
        return None
    comparator: Comparator = found[1]  # type: ignore[assignment]  # the pattern has no other
    return comparator, float(found[2])


def beyond(milli: int, comparator: Comparator) -> tuple[int, Side]:
    """A bound in thousandths as the value that is kept, one thousandth beyond a strict bound, and its side."""
    return milli + _BEYOND[comparator], _SIDES[comparator]
