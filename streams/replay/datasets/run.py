"""Test, then train, in the order of time: every score is given before its label is known, and labels come late."""

import heapq
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from math import nan
from typing import NamedTuple

import numpy as np

from streams.core.models.bayes_logit import BayesLogit
from streams.core.models.learning import new_learner, publish
from streams.core.models.prior import PRIOR_SNAPSHOT
from streams.core.models.risk import chance
from streams.core.models.risk_features import Features, risk_features
from streams.core.models.snapshot import Snapshot
from streams.core.signal.tracks import Tracks, with_outcome, with_reading
from streams.replay.datasets.judge import Scores
from streams.replay.datasets.rivals import Rival, rivals
from streams.replay.datasets.rows import DataSet, Row, spread

OFTEN_LABELS, OFTEN_UNTIL, SELDOM_LABELS = 25, 2_000, 1_000
"""A snapshot every 25 labels up to 2,000, then every 1,000: as the learner of the product publishes."""

RISK = "risk model"


class Waiting(NamedTuple):
    """A score whose label is not known yet. weight: how many such it stands for; 0 = it is not learned."""

    known_min: int
    number: int
    row: Row
    x: Features
    weight: int


@dataclass(slots=True)
class Played:
    """columns: name -> one score per row, NaN where nobody asked. outcomes: known at each row. xs: features of each.

    snapshot: the last one published.
    """

    columns: dict[str, Scores]
    outcomes: Scores
    xs: list[Features]
    snapshot: Snapshot = PRIOR_SNAPSHOT
    probabilities: frozenset[str] = frozenset()


@dataclass(slots=True)
class _Bench:
    """The models while a set is played."""

    data: DataSet
    rivals: tuple[Rival, ...]
    tracks: dict[str, Tracks] = field(default_factory=dict)
    waiting: list[Waiting] = field(default_factory=list)
    outcomes: int = 0
    labels: int = 0
    published: int = 0
    snapshot: Snapshot = PRIOR_SNAPSHOT
    learner: BayesLogit = field(default_factory=new_learner)

    def settle(self, now_min: int) -> None:
        """Learn every label that is known by now."""
        while self.waiting and self.waiting[0].known_min <= now_min:
            _, _, row, x, weight = heapq.heappop(self.waiting)
            self.outcomes += row.label
            if row.label and self.data.keeps_outcomes:
                self.tracks[row.patient] = with_outcome(self.tracks[row.patient], row.at_min)
            if weight:
                self.learner.learn_one(x, row.label, float(weight))
                for rival in self.rivals:
                    rival.learn(x, label=row.label, weight=weight)
            self.labels += 1
            if self.labels - self.published >= (OFTEN_LABELS if self.labels <= OFTEN_UNTIL else SELDOM_LABELS):
                self.published, self.snapshot = self.labels, publish(self.learner)

    def look(self, number: int, row: Row) -> tuple[Features, list[float]]:
        """The row's features and every model's score; its label waits."""
        tracks = self.tracks.get(row.patient, {})
        for kind, milli, at_min in row.readings:
            tracks = with_reading(tracks, kind, milli, at_min)
        self.tracks[row.patient] = tracks
        x = risk_features(tracks, row.at_min)
        weight = 1 if row.label else self.data.one_in
        if not row.label and spread(f"{row.patient}/{row.at_min}", self.data.one_in):
            weight = 0
        heapq.heappush(self.waiting, Waiting(row.known_min, number, row, x, weight))
        is_judged = row.at_min >= self.data.test_from_min
        told = [rival.score(tracks, x) if is_judged or rival.is_rule else nan for rival in self.rivals]
        return x, [chance(x, self.snapshot), *told]


def play(
    data: DataSet, others: Callable[[], tuple[Rival, ...]] = rivals, tick: Callable[[int], None] = lambda _: None
) -> Played:
    """The whole set once. tick: told how many rows are done, now and then."""
    bench = _Bench(data, others())
    scores: list[list[float]] = []
    known: list[int] = []
    xs: list[Features] = []
    for number, row in enumerate(data.rows):
        bench.settle(row.at_min)
        x, found = bench.look(number, row)
        scores.append(found)
        known.append(bench.outcomes)
        xs.append(x)
        if number % 1_000 == 0:
            tick(number)
    table = np.array(scores)
    names = (RISK, *[rival.name for rival in bench.rivals])
    told = frozenset([RISK, *[rival.name for rival in bench.rivals if rival.is_probability]])
    return Played(dict(zip(names, table.T, strict=True)), np.array(known), xs, publish(bench.learner), told)


def tested(data: DataSet) -> Iterator[int]:
    """Places of the rows that are judged."""
    return (n for n, row in enumerate(data.rows) if row.at_min >= data.test_from_min)
