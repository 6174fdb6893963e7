"""Every metric of `nattevagt learn`, declared as those of a worker are: how each model's scores have fared, how far
it has read, and how near it is to falling back to the rules. No patient anywhere."""

from collections.abc import Mapping
from math import nan
from typing import Any, Protocol

from prometheus_client import Counter, Gauge, start_http_server

from schemas.model import FellBack, Figures, ModelRecord, ModelSnapshot
from streams.adapters.metrics import Declared, Metrics
from streams.core.learning.watch import LIMIT, Watch

M = ("model",)

AUROC = Declared(Gauge, "model_auroc_ratio", "Chance that an event had the higher score (prequential).", M)
AUROC_UNKNOWN_QUIET = Declared(
    Gauge, "model_auroc_unknown_quiet_ratio", "The same with every unknown label counted as quiet.", M
)
CALIBRATION = Declared(Gauge, "model_calibration_error_ratio", "Mean distance of risk and frequency (ECE).", M)
OBSERVED_EXPECTED = Declared(Gauge, "model_observed_expected_ratio", "Events per event that the scores said.", M)
BURDEN = Declared(
    Gauge, "model_burden_ratio", "Share of patient-days it would have to speak on to catch half of the event days.", M
)
UNKNOWN = Declared(Gauge, "model_unknown_ratio", "Share of scored moments whose label cannot be known.", M)
DRIFT = Declared(
    Gauge,
    "model_drift_ratio",
    "Evidence that events are twice (more) or half (fewer) as frequent as said; at 1 the rules are left alone.",
    ("model", "direction"),
)
LABELS = Declared(Gauge, "model_labels_records", "Labels learned from.", M)
OUTCOMES = Declared(Gauge, "model_outcomes_records", "Different events among them.", M)
LAG = Declared(Gauge, "model_examples_lag_records", "Records of examples.v1 not read yet.", M)
SNAPSHOTS = Declared(Counter, "model_snapshots_total", "Snapshots published.", M)
FELL_BACK = Declared(
    Counter,
    "model_fell_back_total",
    "Times risk and reality parted; if it was the promoted model, the rules are left alone.",
    ("model", "direction"),
)
UNREADABLE = Declared(Counter, "model_examples_unreadable_total", "Records of examples.v1 that were no example.")

TABLE: tuple[Declared[Any], ...] = tuple(row for row in list(vars().values()) if isinstance(row, Declared))

FIGURES: Mapping[str, Declared[Gauge]] = {
    "auroc": AUROC,
    "auroc_unknown_quiet": AUROC_UNKNOWN_QUIET,
    "calibration_error": CALIBRATION,
    "unknown_share": UNKNOWN,
}


class Progress(Protocol):
    """What is asked of a learner."""

    upto: int
    labels: int
    outcomes: int
    watch: Watch

    @property
    def burden(self) -> float | None:
        """Share of patient-days that half of the event days cost."""
        ...

    @property
    def name(self) -> str:
        """The model."""
        ...

    def figures(self) -> Figures:
        """How its scores have fared."""
        ...


class LearnMetrics:
    """The rows of TABLE in a registry of their own, and what sets them."""

    def __init__(self) -> None:
        self._held = Metrics(1, TABLE)

    def serve(self, port: int, host: str) -> None:
        """Open /metrics; 0 = none. Raises OSError when the port is taken."""
        if port:
            start_http_server(port, host, self._held.registry)

    def progress(self, learner: Progress, end: int | None) -> None:
        """After a batch. end: where examples.v1 ends; None = not known."""
        name, held = learner.name, self._held
        held[LABELS].labels(name).set(learner.labels)
        held[OUTCOMES].labels(name).set(learner.outcomes)
        held[DRIFT].labels(name, "more").set(learner.watch.more.sum / LIMIT)
        held[DRIFT].labels(name, "fewer").set(learner.watch.fewer.sum / LIMIT)
        if end is not None:
            held[LAG].labels(name).set(max(end - 1 - learner.upto, 0))
        held[BURDEN].labels(name).set(nan if learner.burden is None else learner.burden)
        figures = learner.figures()
        for field, row in FIGURES.items():
            value = getattr(figures, field)
            held[row].labels(name).set(nan if value is None else value)  # nothing can be said yet
        said = figures.expected_milli
        held[OBSERVED_EXPECTED].labels(name).set(figures.observed_milli / said if said else nan)

    def published(self, record: ModelRecord) -> None:
        """A snapshot or a fall-back stands on models.v1."""
        if isinstance(record, ModelSnapshot):
            self._held[SNAPSHOTS].labels(record.model).inc()
        elif isinstance(record, FellBack):
            self._held[FELL_BACK].labels(record.model, record.direction).inc()

    def unreadable(self) -> None:
        """A record that no release of ours reads."""
        self._held[UNREADABLE].inc()
