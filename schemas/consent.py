"""Consent: what one patient does not want done with their data: scopes withdrawn, teams and people blocked.

Telemonitoring is treatment, so without a record everything is as the care plan says (the Danish model: to opt out).
"""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from schemas.base import Closed, Instant
from schemas.ids import ActorField, LocalIdField, PseudonymField, TeamField

Scope = Literal["monitoring", "showing", "sharing", "prevention", "secondary_use"]
Answer = Literal["given", "withdrawn"]

SCOPES: tuple[Scope, ...] = ("monitoring", "showing", "sharing", "prevention", "secondary_use")
"""What can be withdrawn one by one; each is a field of `Consent`."""

MAX_BLOCKED = 8
"""Teams, and people, that one record may name: it is kept in the patient's state, which must stay small. Our choice."""


class Blocks(Closed):
    """Who may not get anything about the patient, whatever plan and coverage say (Danish: spaerring).

    teams: slugs of coverage.v1. recipients: ids of coverage.v1 or of the plan's contacts.
    """

    teams: Annotated[tuple[TeamField, ...], Field(max_length=MAX_BLOCKED, strict=False)] = ()
    recipients: Annotated[tuple[ActorField, ...], Field(max_length=MAX_BLOCKED, strict=False)] = ()


class Consent(Closed):
    """One version of what a patient allows; a higher one replaces the lower ones for good, once it has begun.

    monitoring: readings and forms are judged and answered. Withdrawn: refused as rejected.consent, nothing is expected,
    no alert is open. showing: answers to the patient may show the colour. sharing: the GP hears of a closed red.
    prevention: a promoted risk model may raise a yellow before any limit is met. secondary_use: moments of scoring
    become examples that models learn from.
    blocks: who may not get anything.
    valid_from: earliest; it never holds before Kafka has it, because the clock that chooses is now, not measured_at.
    valid_until: then nothing is withheld any more; None = until further notice.
    by: who said so or wrote it down: the pseudonym itself, or a staff id; never a name.
    """

    patient: PseudonymField
    id: LocalIdField
    version: Annotated[int, Field(ge=1)]
    monitoring: Answer = "given"
    showing: Answer = "given"
    sharing: Answer = "given"
    prevention: Answer = "given"
    secondary_use: Answer = "given"
    blocks: Blocks = Blocks()
    valid_from: Instant
    valid_until: Instant | None = None
    by: ActorField

    @model_validator(mode="after")
    def _forward(self) -> Self:
        if self.valid_until is not None and self.valid_until <= self.valid_from:
            raise ValueError("valid_until must be after valid_from")
        return self

    @property
    def withheld(self) -> tuple[Scope, ...]:
        """The scopes withdrawn, in the order of SCOPES."""
        return tuple(scope for scope in SCOPES if getattr(self, scope) == "withdrawn")
