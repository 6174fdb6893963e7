"""ClinicalOutcome: what really happened to a patient, and when somebody knew it. Risk models learn from it."""

from typing import Literal, Self

from pydantic import model_validator

from schemas.base import Closed, Instant
from schemas.ids import ActorField, LocalIdField, PseudonymField

OutcomeKind = Literal["admission", "discharge", "exacerbation", "death", "none"]


class ClinicalOutcome(Closed):
    """One fact, sent by a hospital, a clinician or a registry, hours to months after it happened.

    kind: `none` = somebody has looked, and up to `happened_at` nothing had happened; it is not the absence of a
    record, which says nothing. `discharge` ends the admission before it. planned: an admission that was arranged
    beforehand is no deterioration.
    happened_at, known_at: the fact itself, and when the source knew it; known_at is never earlier.
    by: staff id, never a name; None = the record came from a system.
    """

    id: LocalIdField
    patient: PseudonymField
    kind: OutcomeKind
    happened_at: Instant
    known_at: Instant
    source: Literal["hospital", "clinician", "registry"]
    planned: bool = False
    by: ActorField | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.known_at < self.happened_at:
            raise ValueError("known_at: nobody knows a fact before it happened")
        if self.planned and self.kind != "admission":
            raise ValueError("planned: only an admission can be")
        return self
