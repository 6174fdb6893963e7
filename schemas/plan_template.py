"""PlanTemplate: a care plan for a disease before it is anybody's. A clinician adds person, limits and team."""

from typing import Annotated

from pydantic import Field

from schemas.base import Closed
from schemas.plan import CarePlan, Limit, Slot
from schemas.questionnaire import Wording


class PlanTemplate(Closed):
    """id: what plans name as `template`. sources: where cadence and rules come from, each in one sentence.

    limits: mostly none: personal limits are set per patient by the treating doctor (clinical README section 3).
    """

    id: Annotated[str, Field(pattern=r"^[a-z0-9-]{1,40}$")]
    version: Annotated[int, Field(ge=1)]
    title: Wording
    sources: Annotated[tuple[str, ...], Field(min_length=1, strict=False)]
    rules: Annotated[tuple[str, ...], Field(min_length=1, strict=False)]
    slots: Annotated[tuple[Slot, ...], Field(min_length=1, strict=False)]
    limits: Annotated[tuple[Limit, ...], Field(strict=False)] = ()
    pregnant: bool = False

    def filled(self, **person: object) -> CarePlan:
        """The template as a plan of one person: patient, id, version, team and valid_from at least."""
        said = self.model_dump(mode="json", include={"rules", "slots", "limits", "pregnant"})
        return CarePlan.model_validate(said | {"template": self.id} | person)
