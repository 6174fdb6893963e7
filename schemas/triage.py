"""What the rules conclude: findings, and the one colour a patient has with its basis."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class TriageLevel(StrEnum):
    """The colour, for people. Order of severity: GREEN < YELLOW < RED (see `severity`)."""

    GREEN = "green"
    YELLOW = "yellow"
    RED = "red"

    @property
    def severity(self) -> int:
        """0 green, 1 yellow, 2 red."""
        return _SEVERITY[self]


_SEVERITY = {"green": 0, "yellow": 1, "red": 2}

_RED_BOUNDS = frozenset({"red_below", "red_from"})
"""Which side it was says the kind's value; `limits.spo2.was_red` is one code for both."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One rule's result.

    level, tier: the colour for people and the clock (0-5, schemas/catalog escalation tiers) for the ladder.
    reason: stable dotted code, e.g. `limits.spo2.red_below`; wording belongs to web and channels.
    evidence: numbers and codes that decided, in canonical units x 1000 where the key ends in `_milli`.
    at_ms: epoch milliseconds of the newest evidence (device time), or of the deadline that passed.
    unconfirmed: rests on a value in the confirm band that no second sign supports yet.
    """

    rule: str
    version: str
    level: TriageLevel
    tier: int
    reason: str
    at_ms: int
    evidence: Mapping[str, int | str] = field(default_factory=dict)
    unconfirmed: bool = False

    @property
    def reason_then(self) -> str:
        """The code for what was so then and is not now: it had been red when it was measured."""
        bound = self.reason.rpartition(".")[2]
        stem = self.reason.removesuffix(f".{bound}") if bound in _RED_BOUNDS else self.reason
        return stem if stem.endswith(".was_red") else f"{stem}.was_red"
