"""What one patient's state remembers so that risk models can learn: known outcomes, and scores that wait for them."""

from dataclasses import dataclass
from typing import NamedTuple

MAX_OUTCOMES = 8
"""Facts kept, the latest ones: enough for admission, discharge and event of two months (our choice)."""


class Fact(NamedTuple):
    """A clinical outcome as remembered. kind: of ClinicalOutcome, or `confirmed`: a person closed an alert as true."""

    at_ms: int
    kind: str
    planned: bool = False


@dataclass(frozen=True, slots=True)
class Memory:
    """facts: oldest first by when they happened. heard_ms: the patient's clock at the last reading that counted."""

    facts: tuple[Fact, ...] = ()
    heard_ms: int = 0


EMPTY = Memory()
