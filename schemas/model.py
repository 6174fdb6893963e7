"""What stands on models.v1: snapshots with their lineage, and what people and the learner decided about them."""

from functools import cached_property
from hashlib import sha256
from typing import Annotated, Any, Literal

import orjson
from pydantic import Field, JsonValue, TypeAdapter

from schemas.base import Closed, Instant
from schemas.ids import ActorField

ModelId = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,39}$")]
Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Reason = Annotated[str, Field(min_length=1, max_length=400)]
Count = Annotated[int, Field(ge=0)]


class Lineage(Closed):
    """Where the parameters come from; no wall clock, so that the same examples give the same bytes.

    parent: digest of the snapshot before, None for the first. data_from, data_until: earliest and latest moment of
    scoring learned from. examples: read, repeats not counted; labels: learned from; outcomes: different events
    among them. upto: offset of the last example read. code: version of the learning program. design: digest of
    what it does not learn, among it the list of features.
    """

    parent: Digest | None
    data_from: Instant
    data_until: Instant
    examples: Count
    labels: Count
    outcomes: Count
    upto: Count
    code: str
    design: Digest


class Figures(Closed):
    """How the scores that were given have fared: each was made before its label was known.

    auroc: None until both labels have been seen. auroc_unknown_quiet: the same with every unknown label counted as
    `nothing happened`, to show what leaving them out does. expected, observed: labels of 1, in thousandths, weighted.
    calibration_error: mean distance of risk and frequency over bins of risk (ECE). unknown_share: of examples.
    quantiles: risk in millionths that this many of 10,000 scored patient-days reach or exceed, by that number.
    caught: of 1,000 moments before an event those that reach it.
    """

    auroc: float | None = None
    auroc_unknown_quiet: float | None = None
    expected_milli: Count = 0
    observed_milli: Count = 0
    calibration_error: float | None = None
    unknown_share: float | None = None
    quantiles: dict[str, Count] = Field(default_factory=dict)
    caught: dict[str, Count] = Field(default_factory=dict)


class ModelSnapshot(Closed):
    """Parameters that scorers load. version: of the design, as scores name it."""

    type: Literal["snapshot"] = "snapshot"
    model: ModelId
    version: str
    parameters: dict[str, JsonValue]
    lineage: Lineage
    figures: Figures = Figures()
    digest: Digest

    @cached_property
    def is_whole(self) -> bool:
        """Is the digest that of the content?"""
        return self.digest == content_digest(self.model_dump(mode="json", exclude={"digest"}))


class _Act(Closed):
    """A named person's act. by: staff id. at: when it was given; decides nothing."""

    model: ModelId
    by: ActorField
    reason: Reason
    at: Instant


class Promoted(_Act):
    """From here on this model may raise colours, at first with this snapshot, then with those that follow it.

    At most one model may: the one before goes back into the shadow.
    """

    type: Literal["promoted"] = "promoted"
    digest: Digest


class Frozen(_Act):
    """Newer snapshots do not come into force until somebody promotes again. digest: what stays in force."""

    type: Literal["frozen"] = "frozen"
    digest: Digest


class RolledBack(_Act):
    """An earlier snapshot is in force again, and newer ones wait until somebody promotes again."""

    type: Literal["rolled_back"] = "rolled_back"
    digest: Digest


class FellBack(Closed):
    """The learner found that risk and reality part: the model colours nothing until somebody promotes again.

    direction: `more` = events are more frequent than said, `fewer` = less. statistic_milli, limit_milli: of the
    CUSUM. expected_milli, observed_milli: since it last stood at zero. data_until: newest moment of scoring seen.
    upto: offset of the example that decided. digest: of the newest snapshot then.
    """

    type: Literal["fell_back"] = "fell_back"
    model: ModelId
    direction: Literal["more", "fewer"]
    statistic_milli: Count
    limit_milli: Count
    expected_milli: Count
    observed_milli: Count
    data_until: Instant
    upto: Count
    digest: Digest | None


ModelRecord = ModelSnapshot | Promoted | Frozen | RolledBack | FellBack
MODEL: TypeAdapter[ModelRecord] = TypeAdapter(
    Annotated[ModelSnapshot | Promoted | Frozen | RolledBack | FellBack, Field(discriminator="type")]
)


def content_digest(content: dict[str, Any]) -> str:
    """SHA-256, in hex, of the canonical JSON: names a snapshot wherever it is used."""
    return sha256(orjson.dumps(content, option=orjson.OPT_SORT_KEYS)).hexdigest()
