"""What a patient's state keeps of filled forms: the last few of each questionnaire and what they came to."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from streams.core.plan import NEVER

MAX_QUESTIONNAIRES = 8
"""Questionnaires remembered per patient; the one answered longest ago goes first (our choice)."""

MAX_FORMS = 4
"""Filled forms kept per questionnaire: the newest, the one before for a rise, and what a run of days needs."""

MAX_SYMPTOMS = 48
"""Symptom facts kept; the oldest go first. Twice the shipped table."""

MAX_SPOKE = 16
"""Reasons kept of one form, the most urgent first."""


REFUSED_KIND = "answers"
"""Under this name a refused form is remembered beside refused readings."""

RULE, VERSION = "pro", "1"
"""Of every finding that rests on answers."""


class Form(NamedTuple):
    """One filled form. at_ms: answered_at. values: by the order of the items; None = not answered.

    totals: score id -> total that came from outside. wants: the patient asks for a person.
    """

    at_ms: int
    version: int
    values: tuple[int | None, ...]
    totals: Mapping[str, int]
    wants: bool = False


class Spoke(NamedTuple):
    """One reason of a form's colour. reason: of the decision table, or one of answer_triage's own."""

    reason: str
    level: str
    tier: int


@dataclass(frozen=True, slots=True)
class Filled:
    """One questionnaire of one patient.

    forms: oldest first. level, tier, spoke, scores, asks: what the newest came to. until_ms: it speaks for the
    colour before this. next_ms: when the next is due; 0 = the clinic decides.
    green_ms: when it was answered green automatically; 0 = it was not. corrected_ms: when that was taken back.
    held: green, and its answer waits for something that the patient still has to send.
    """

    forms: tuple[Form, ...]
    level: str
    tier: int
    spoke: tuple[Spoke, ...]
    until_ms: int
    scores: Mapping[str, int] = field(default_factory=dict)
    asks: tuple[str, ...] = ()
    next_ms: int = 0
    green_ms: int = 0
    corrected_ms: int = 0
    held: bool = False

    @property
    def at_ms(self) -> int:
        """When the newest form was answered."""
        return self.forms[-1].at_ms


def answers_end(answers: Mapping[str, Filled], now_ms: int) -> int:
    """When the next form ceases to speak for the colour; NEVER = none will."""
    if not answers:
        return NEVER
    return min([filled.until_ms for filled in answers.values() if filled.until_ms > now_ms], default=NEVER)


def pack_filled(filled: Filled) -> dict[str, Any]:
    """Plain JSON; what is empty or zero is left out. Inverse of `unpack_filled`."""
    body: dict[str, Any] = {
        "forms": [(form.at_ms, form.version, form.values, form.totals, form.wants) for form in filled.forms],
        "level": filled.level,
        "tier": filled.tier,
        "spoke": [tuple(one) for one in filled.spoke],
        "until": filled.until_ms,
        "scores": filled.scores,
        "asks": filled.asks,
        "next": filled.next_ms,
        "green": filled.green_ms,
        "corrected": filled.corrected_ms,
        "held": filled.held,
    }
    return {name: held for name, held in body.items() if held}


def unpack_filled(body: Mapping[str, Any]) -> Filled:
    """Inverse of `pack_filled`."""
    return Filled(
        tuple(
            [Form(at, version, tuple(values), totals, wants) for at, version, values, totals, wants in body["forms"]]
        ),
        body["level"],
        body.get("tier", 0),
        tuple([Spoke(*row) for row in body.get("spoke", ())]),
        body["until"],
        body.get("scores", {}),
        tuple(body.get("asks", ())),
        body.get("next", 0),
        body.get("green", 0),
        body.get("corrected", 0),
        body.get("held", False),
    )
