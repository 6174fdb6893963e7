"""Circumstances: what a clinician states about one patient, so that disease rules know whom they are for."""

from typing import Annotated, Literal

from pydantic import Field

from schemas.base import Closed, Instant


class Circumstances(Closed):
    """Part of a care plan. Everything has a default that switches nothing on.

    spo2_target: 88-92 for a patient at risk of hypercapnia, `none` when a clinician has said that there is no such
    risk; None = nobody has said, and the rules for COPD ask for it.
    chemotherapy_at: newest treatment; the fever rules hold for six weeks after it. discharged_at: from hospital.
    pef_best: personal best peak flow, L/min. cgm: glucose comes from a sensor that measures by itself.
    safe_at_home: the tighter limits of SAFE@HOME in pregnancy. pprom: waters broken before term, watch for infection.
    """

    spo2_target: Literal["88-92", "none"] | None = None
    chemotherapy_at: Instant | None = None
    discharged_at: Instant | None = None
    pef_best: Annotated[int, Field(ge=60, le=900)] | None = None
    cgm: bool = False
    safe_at_home: bool = False
    pprom: bool = False

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
