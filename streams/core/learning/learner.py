"""One model's learner: a fold over examples.v1 that gives snapshots, and a word when risk and reality part.

What it gives depends on the examples and their offsets alone: not on when it runs, on how often it is killed, nor
on how many of them it is handed at a time. Repeats of a crashed worker are dropped by their coordinates.

Only learners import this module: it brings in river and numpy.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from schemas.base import DAY_MS, rfc3339, to_ms
from schemas.errors import StateError
from schemas.example import Example
from schemas.model import FellBack, Figures, Lineage, ModelRecord, ModelSnapshot, content_digest
from streams.core.learning.designs import Design
from streams.core.learning.fared import Fared
from streams.core.learning.watch import LIMIT, Alarm, Watch
from streams.core.models.bayes_logit import BayesLogit
from streams.core.models.learning import publish
from streams.core.models.prior import BIAS, BIAS_VARIANCE
from streams.core.models.snapshot import ENOUGH_OUTCOMES

OFTEN_LABELS: Final = 25
OFTEN_UNTIL: Final = 2_000
SELDOM_LABELS: Final = 1_000
"""A snapshot every 25 labels up to 2,000, then every 1,000 or when a day has passed in the data (the study, rule 8)."""

STATE_VERSION: Final = 1

HALF: Final = 500
"""Of 1,000 event days: the sensitivity at which the study compares alert burdens."""


class Learner:
    """examples: counted once each. labels: those learned from. upto: offset of the last one read, repeats included."""

    def __init__(self, design: Design, code: str) -> None:
        self.design = design
        self.model = BayesLogit(design.variance, BIAS_VARIANCE, BIAS, design.prior)
        self.upto = -1
        self.examples = self.labels = self.outcomes = 0
        self.tally, self.rules = Fared(), Fared()
        self.watch = Watch()
        self._watched_from_ms = 0
        self.parent: str | None = None
        self._code = code
        self._high: dict[int, tuple[int, int]] = {}
        self._span: tuple[int, int] | None = None
        self._published = (0, 0)  # labels, day

    def take(self, offset: int, example: Example) -> list[ModelRecord]:
        """One record of examples.v1; what is to be published because of it, in order."""
        if offset <= self.upto:
            return []
        self.upto = offset
        place = (example.offset, example.index)
        if place <= self._high.get(example.partition, (-1, -1)):
            return []
        self._high[example.partition] = place
        self.examples += 1
        self.outcomes += example.is_first
        alarm = self._judge(example)
        if example.label is not None:
            self._learn(example)
        found: list[ModelRecord] = []
        day = _ms(example.known_at) // DAY_MS
        if self._is_due(day):
            found.append(self._snapshot(day))
        if alarm is not None:
            found.append(self._fell_back(alarm))
        return found

    def skip(self, offset: int) -> None:
        """A record that cannot be read: it teaches nothing, and it has been passed."""
        self.upto = max(self.upto, offset)

    @property
    def name(self) -> str:
        """The model."""
        return self.design.id

    def figures(self) -> Figures:
        """How its scores have fared."""
        return self.tally.figures()

    @property
    def burden(self) -> float | None:
        """Share of patient-days it would have to speak on to catch half of the days before an event."""
        return self.tally.total.burden(HALF)

    def dump(self) -> dict[str, Any]:
        """All of it as JSON, with the offset it stands for: one record, so that neither can be without the other."""
        return {
            "v": STATE_VERSION,
            "model": self.design.id,
            "design": self.design.digest,
            "upto": self.upto,
            "examples": self.examples,
            "labels": self.labels,
            "outcomes": self.outcomes,
            "high": {str(partition): list(place) for partition, place in sorted(self._high.items())},
            "span": self._span,
            "published": self._published,
            "parent": self.parent,
            "tally": self.tally.dump(),
            "rules": self.rules.dump(),
            "watch": self.watch.dump(),
            "watched_from": self._watched_from_ms,
            "learner": self.model.dump(),
        }

    def load(self, held: Mapping[str, Any]) -> None:
        """Become the learner that gave `dump`. Raises StateError for another version or design."""
        if held["v"] != STATE_VERSION or held["design"] != self.design.digest:
            raise StateError(
                f"the learner's state of {self.design.id} was written by a release with other features or beliefs",
                next_step="run that release, or begin anew with `nattevagt learn --anew`",
            )
        self.upto, self.examples = held["upto"], held["examples"]
        self.labels, self.outcomes = held["labels"], held["outcomes"]
        self._high = {int(partition): (place[0], place[1]) for partition, place in held["high"].items()}
        self._span = None if held["span"] is None else (held["span"][0], held["span"][1])
        self._published = (held["published"][0], held["published"][1])
        self.parent = held["parent"]
        self.tally, self.rules = Fared.load(held["tally"]), Fared.load(held["rules"])
        self.watch, self._watched_from_ms = Watch.load(held["watch"]), held["watched_from"]
        self.model.load(held["learner"])

    def _judge(self, example: Example) -> Alarm | None:
        """How the score of then has fared; calibration is watched once the model may be more than a shadow."""
        self.rules.add(example, TIER_PPM[min(max(example.tier, 0), 5)])
        risk = example.scores.get(self.design.id)
        if risk is None:
            return None
        self.tally.add(example, risk)
        if example.label is None or self.outcomes < ENOUGH_OUTCOMES or _ms(example.at) < self._watched_from_ms:
            return None
        self.watch, alarm = self.watch.looked(risk, example.label, example.weight)
        if alarm is not None:
            self._watched_from_ms = _ms(example.known_at)  # scores of before have been judged: no second alarm for them
        return alarm

    def _learn(self, example: Example) -> None:
        at_ms = _ms(example.at)
        since, until = self._span or (at_ms, at_ms)
        self._span = (min(since, at_ms), max(until, at_ms))
        self.model.learn_one(example.features, bool(example.label), w=float(example.weight))
        self.labels += 1

    def _is_due(self, day: int) -> bool:
        fresh = self.labels - self._published[0]
        if self.labels <= OFTEN_UNTIL:
            return fresh >= OFTEN_LABELS
        return fresh >= SELDOM_LABELS or (fresh > 0 and day > self._published[1])

    def _snapshot(self, day: int) -> ModelSnapshot:
        assert self._span is not None, "a snapshot is due after labels only"
        lineage = Lineage.model_validate(
            {
                "parent": self.parent,
                "data_from": rfc3339(self._span[0]),
                "data_until": rfc3339(self._span[1]),
                "examples": self.examples,
                "labels": self.labels,
                "outcomes": self.outcomes,
                "upto": self.upto,
                "code": self._code,
                "design": self.design.digest,
            }
        )
        content = {
            "type": "snapshot",
            "model": self.design.id,
            "version": self.design.version,
            "parameters": publish(self.model).dump(),
            "lineage": lineage.model_dump(mode="json"),
            "figures": self.figures().model_dump(mode="json"),
        }
        self.parent = content_digest(content)
        self._published = (self.labels, day)
        return ModelSnapshot.model_validate({**content, "digest": self.parent})

    def _fell_back(self, alarm: Alarm) -> FellBack:
        return FellBack.model_validate(
            {
                "model": self.design.id,
                "direction": alarm.direction,
                "statistic_milli": alarm.side.sum // 1_000,
                "limit_milli": LIMIT // 1_000,
                "expected_milli": alarm.side.expected // 1_000,
                "observed_milli": alarm.side.observed // 1_000,
                "data_until": rfc3339(self._span[1] if self._span else 0),
                "upto": self.upto,
                "digest": self.parent,
            }
        )


TIER_PPM: Final = (1_000, 3_000, 20_000, 100_000, 400_000, 700_000)
"""Tier of the rules -> a stand-in risk, rising: only its order counts, to rank rules and models alike."""


def _ms(instant: str) -> int:
    """Epoch milliseconds of an RFC 3339 text of ours."""
    return to_ms(datetime.fromisoformat(instant))
