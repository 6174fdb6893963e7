"""ModelRules: the part of a rule bundle that says what a promoted model may do."""

from typing import Annotated, Literal

from pydantic import Field

from schemas.base import Closed
from schemas.ids import TeamField

Days = Annotated[int, Field(ge=0, le=2_000)]
"""Of 10,000 scored patient-days."""


class ModelRules(Closed):
    """What a promoted model may do by itself: raise a colour to yellow, never lower one, and never flood a team.

    tier: 2; 3 only in a signed bundle, never 4 or 5. per_10000_days: scored patient-days on which it may raise, of
    10,000 (100, our choice: one a day for a hundred patients); by_team: the same for one team, 0 = not at all.
    quiet_days: behind a time it has raised a patient it does not raise the same one again (7, the horizon).
    """

    tier: Literal[2, 3] = 2
    per_10000_days: Days = 100
    by_team: dict[TeamField, Days] = Field(default_factory=dict)
    quiet_days: Annotated[int, Field(ge=1, le=90)] = 7
