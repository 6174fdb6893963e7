"""The upper anchor: gradient boosting offline, with all labels of other patients, whenever they became known."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from streams.core.models.risk_features import RISK_FEATURES, Features
from streams.replay.datasets.judge import Scores
from streams.replay.datasets.rows import Row, spread

NAME = "gradient boosting, offline"
FOLDS = 3
ONE_IN = 4
"""Of rows without an event one in four is learned in large sets, for all of them: time (our choice)."""

LARGE = 20_000
FOR_LARGE: dict[str, Any] = {"max_iter": 80, "learning_rate": 0.08, "max_leaf_nodes": 15, "max_bins": 63}
"""63 bins: half the time of 255, and no worse (2012 .764 against .763, 2019 .780 against .774)."""
FOR_SMALL: dict[str, Any] = {"max_iter": 100, "learning_rate": 0.05, "max_leaf_nodes": 3, "min_samples_leaf": 60}
"""Stumps where patients are few: the larger trees fall to 0.53 on TIHM (three settings were tried)."""


def boosted(rows: Sequence[Row], xs: Sequence[Features]) -> Scores:
    """A score per row, by a model that has seen none of its patient."""
    from sklearn.ensemble import HistGradientBoostingClassifier  # part of the extra `backtest`; seconds to import

    places = {name: n for n, name in enumerate(RISK_FEATURES)}
    table = np.zeros((len(xs), len(RISK_FEATURES)), dtype=np.float32)
    for line, x in zip(table, xs, strict=True):
        for name, value in x.items():
            line[places[name]] = value
    labels = np.array([row.label for row in rows])
    fold = np.array([spread(f"fold/{row.patient}", FOLDS) for row in rows])
    thin, settings = (ONE_IN, FOR_LARGE) if len(rows) > LARGE else (1, FOR_SMALL)
    drawn = labels | np.array([spread(f"{row.at_min}/{row.patient}", thin) == 0 for row in rows])
    scores = np.zeros(len(rows))
    for each in range(FOLDS):
        teach = (fold != each) & drawn
        model = HistGradientBoostingClassifier(random_state=1, **settings)
        model.fit(table[teach], labels[teach], sample_weight=np.where(labels[teach], 1.0, thin))
        scores[fold == each] = model.predict_proba(table[fold == each])[:, 1]
    return scores
