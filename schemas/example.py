"""Example: what was known when somebody was scored, and what became of them. The learner reads nothing else."""

from enum import StrEnum
from typing import Literal

from pydantic import Field

from schemas.base import Open


class Why(StrEnum):
    """How the label came about. Only the first three are labels; behind the others it is unknown."""

    EVENT = "event"
    QUIET = "quiet"
    RULED_OUT = "ruled_out"
    ACTED = "acted"
    SILENT = "silent"
    ADMITTED = "admitted"
    RECOVERING = "recovering"
    ENDED = "ended"


class Example(Open):
    """One moment of scoring whose outcome is settled.

    label: 1 = an event followed within the horizon, 0 = none did; None = it cannot be known, see `why`: somebody
    acted on an alert, the patient was silent, admitted or recovering, or monitoring ended.
    weight: how many such moments it stands for; quiet ones are sampled. at, known_at: the patient's clock when
    scored, and when the label was settled. outcome: id of the event behind a label of 1, the same for all of its
    examples. tier: of the rules at `at`.
    is_first: the first of its event's examples, so that events can be counted.
    sex, age_band: of the plan, None = nobody has said; no model looks at them, they tell for whom scores hold.
    features: as they were at `at`. scores: model id -> its score at `at`, in millionths.
    partition, offset, index: of the patient-events record that settled it, and which of its examples this is. A
    reader drops what is not above the highest it has seen of a partition.
    """

    v: Literal[1] = 1
    patient: str
    label: Literal[0, 1] | None
    why: Why
    weight: int
    at: str
    known_at: str
    tier: int
    features: dict[str, float]
    scores: dict[str, int] = Field(default_factory=dict)
    outcome: str | None = None
    is_first: bool = False
    sex: str | None = None
    age_band: str | None = None
    partition: int
    offset: int
    index: int
