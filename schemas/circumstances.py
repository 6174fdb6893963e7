"""Circumstances: what a clinician states about one patient, so that disease rules know whom they are for."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from schemas.base import Closed, Instant
from schemas.ids import ActorField


class Habitual(Closed):
    """A stable value that is this patient's own, signed by a clinician: a single NEWS2 score of 3 by it is no alert.

    value: what is habitual; red_beyond: the absolute floor (above `value`: ceiling), in the kind's canonical unit. What
    lies beyond it is red whatever else holds, also after the end. until: from then on the score counts again and a new
    signature is asked for. signed_by: staff id. The score itself is always shown, and its total counts in full.
    """

    kind: Literal["spo2", "pulse", "resp_rate", "sbp", "temp"]
    value: int | float
    red_beyond: int | float
    until: Instant
    signed_by: ActorField

    @model_validator(mode="after")
    def _apart(self) -> Self:
        if self.value == self.red_beyond:
            raise ValueError("red_beyond must be beyond value, on the side that is worse")
        return self


class Circumstances(Closed):
    """Part of a care plan. Everything has a default that switches nothing on.

    spo2_target: 88-92 for a patient at risk of hypercapnia, `none` when a clinician has said that there is no such
    risk; None = nobody has said, and the rules for COPD ask for it.
    chemotherapy_at: newest treatment; the fever rules hold for six weeks after it. discharged_at: from hospital.
    pef_best: personal best peak flow, L/min. cgm: glucose comes from a sensor that measures by itself.
    habitual: stable values of the patient's own, one per kind.
    safe_at_home: the tighter limits of SAFE@HOME in pregnancy. pprom: waters broken before term, watch for infection.
    sex, age_band: no rule and no model looks at them. They go with the examples that models are judged by, so that a
    model that serves a group worse is seen; None = nobody has said, and the figures count the patient as unknown.
    """

    spo2_target: Literal["88-92", "none"] | None = None
    chemotherapy_at: Instant | None = None
    discharged_at: Instant | None = None
    pef_best: Annotated[int, Field(ge=60, le=900)] | None = None
    cgm: bool = False
    safe_at_home: bool = False
    pprom: bool = False
    sex: Literal["female", "male", "other"] | None = None
    age_band: Literal["under 40", "40 to 59", "60 to 79", "80 and over"] | None = None
    habitual: Annotated[tuple[Habitual, ...], Field(max_length=5, strict=False)] = ()

    @model_validator(mode="after")
    def _one_each(self) -> Self:
        if len({one.kind for one in self.habitual}) != len(self.habitual):
            raise ValueError("one habitual value per kind")
        return self

    def states(self, *, pregnant: bool) -> frozenset[str]:
        """The `needs` of rule rows that this patient fulfils."""
        held = {
            "pregnant": pregnant,
            "pprom": self.pprom,
            "safe_at_home": self.safe_at_home,
            "target_88_92": self.spo2_target == "88-92",
            "no_target": self.spo2_target == "none",
            "no_spo2_target": self.spo2_target != "88-92",
            "cgm": self.cgm,
            "finger": not self.cgm,
        }
        return frozenset(need for need, holds in held.items() if holds)

    def lacking(self, rules: tuple[str, ...], *, pregnant: bool) -> tuple[str, ...]:
        """What the rules that a plan names need and nobody has stated: ends of reason codes."""
        needed = {
            "copd": (self.spo2_target, "target"),
            "asthma": (self.pef_best, "best"),
            "ca": (self.chemotherapy_at, "chemotherapy"),
            "pd": (self.discharged_at, "discharge"),
            "preg": (pregnant or None, "pregnancy"),
        }
        return tuple(what for family, (stated, what) in needed.items() if family in rules and stated is None)
