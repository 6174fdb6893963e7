"""Answers: one filled questionnaire as it arrives on answers.v1."""

from typing import Annotated, Literal

from pydantic import Field

from schemas.base import Closed, Instant
from schemas.ids import LocalIdField, PseudonymField
from schemas.questionnaire import FormField, ItemField

Value = bool | int | float | Annotated[str, Field(max_length=2000)]
"""A boolean, a choice's value or code, a number, or free text, as the item's type asks for."""

Total = int | float


class Answers(Closed):
    """One filled form (FHIR QuestionnaireResponse).

    id: the app's own id; the same answers at the same time are a duplicate whatever their id.
    questionnaire, version: of the catalogue; which items exist and were asked follows from these two alone.
    answered_at: when the patient finished it, the app's clock.
    items: item id -> answer; an item that was not answered is left out, never sent as null.
    totals: code of a total score -> its value, from a system that scored the form itself; may stand beside
    items or instead of them.
    wants_contact: the patient asks for a person. Such a form is never green.
    language: in which the patient saw it.
    """

    id: LocalIdField
    patient: PseudonymField
    questionnaire: FormField
    version: Annotated[int, Field(ge=1)]
    answered_at: Instant
    language: Literal["da", "en"] = "da"
    items: Annotated[dict[ItemField, Value], Field(max_length=128)] = Field(default_factory=dict)
    totals: Annotated[dict[Annotated[str, Field(pattern=r"^[A-Za-z0-9-]{1,32}$")], Total], Field(max_length=16)] = (
        Field(default_factory=dict)
    )
    wants_contact: bool = False
