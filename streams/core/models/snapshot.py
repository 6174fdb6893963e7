"""A snapshot of the risk model: the numbers a scorer needs, and nothing of how they were learned.

It is refused when a weight says that worse is better, when it names features that nobody makes, or when any
number is no number: then the scorer stays with the snapshot it has.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from math import isfinite
from typing import Any, Final, NamedTuple

from schemas.codec import dumps
from schemas.errors import ContractError
from streams.core.models.risk_features import FREE, RISK_FEATURES
from streams.core.signal.bands import BANDS

VERSION: Final = "1"
"""Raised with every change of a feature or of how a score is made of them."""

ENOUGH_OUTCOMES: Final = 60
"""Outcomes that must be known before the risk is more than a shadow (study of online models, section 7)."""

_KNOWN: Final = frozenset(RISK_FEATURES)
_TABLES: Final = ("weights", "variances", "most")


BEYOND: Final = 1.05
"""Share of the highest value learned from which a value is outside (our choice: about one step of a device)."""


class Row(NamedTuple):
    """All that a score needs of one feature, looked up once. most: from where a value is outside. subject: its kind."""

    weight: float
    variance: float
    most: float
    subject: str


@dataclass(frozen=True)
class Snapshot:
    """bias, weights: log odds. variances: of bias and weights, how unsure each is.

    most: feature -> highest value learned.
    examples: labels learned. outcomes: those that came true. version: of features and arithmetic.
    """

    bias: float
    weights: Mapping[str, float]
    variances: Mapping[str, float]
    most: Mapping[str, float] = field(default_factory=dict)
    examples: int = 0
    outcomes: int = 0
    version: str = VERSION

    @property
    def is_shadow(self) -> bool:
        """Too little is known for it to colour anything."""
        return self.outcomes < ENOUGH_OUTCOMES

    @cached_property
    def digest(self) -> str:
        """SHA-256, in hex, of all that decides a score besides the person's readings."""
        return sha256(dumps({"features": RISK_FEATURES, "bands": _bands(), **self.dump()})).hexdigest()

    @cached_property
    def rows(self) -> dict[str, Row]:
        """Feature -> what a score needs of it."""
        variances, most = self.variances, self.most
        return {
            name: Row(weight, variances.get(name, 0.0), most.get(name, 0.0) * BEYOND, name.partition(".")[0])
            for name, weight in self.weights.items()
        }

    def dump(self) -> dict[str, Any]:
        """As JSON; the keys of each table in code-point order."""
        tables = {table: dict(sorted(getattr(self, table).items())) for table in _TABLES}
        return {
            "version": self.version,
            "bias": self.bias,
            **tables,
            "examples": self.examples,
            "outcomes": self.outcomes,
        }


def load(held: Mapping[str, Any]) -> Snapshot:
    """The snapshot that gave `dump`. Raises ContractError for one that must not be used."""
    try:
        tables = {table: {str(k): float(v) for k, v in held[table].items()} for table in _TABLES}
        snapshot = Snapshot(
            bias=float(held["bias"]),
            **tables,
            examples=int(held["examples"]),
            outcomes=int(held["outcomes"]),
            version=str(held["version"]),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as fault:
        raise _refused("it is not a snapshot of the risk model") from fault
    check(snapshot)
    return snapshot


def check(snapshot: Snapshot) -> None:
    """Raises ContractError for a snapshot that must not be used."""
    if snapshot.version != VERSION:
        raise _refused(f"it is of version {snapshot.version}, this release makes features of version {VERSION}")
    numbers = [snapshot.bias]
    for table in _TABLES:
        numbers += getattr(snapshot, table).values()
    if not all(map(isfinite, numbers)):
        raise _refused("a number in it is not finite")
    strange = snapshot.weights.keys() - _KNOWN
    if strange:
        raise _refused(f"it weighs what nobody measures: {min(strange)}")
    wrong = [name for name, weight in snapshot.weights.items() if weight < 0 and name not in FREE]
    if wrong:
        raise _refused(f"by it a worse {min(wrong)} would lower the risk")
    if any(value < 0 for value in snapshot.variances.values()):
        raise _refused("a variance in it is negative")


def _bands() -> dict[str, Any]:
    return {kind: tuple(row) for kind, row in BANDS.items()}


def _refused(reason: str) -> ContractError:
    return ContractError(f"A snapshot was refused: {reason}.", next_step="keep the one in force, publish another")
