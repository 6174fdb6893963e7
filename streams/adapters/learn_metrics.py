"""Metrics of the learning process: how each model's scores have fared, and how far it has read. No patient anywhere."""

from typing import Final, Protocol

from prometheus_client import CollectorRegistry, Counter, Gauge, ProcessCollector, start_http_server

from schemas.model import Figures, ModelSnapshot

PREFIX: Final = "nattevagt_model_"


class Progress(Protocol):
    """What is asked of a learner."""

    upto: int
    labels: int
    outcomes: int

    @property
    def name(self) -> str:
        """The model."""
        ...

    def figures(self) -> Figures:
        """How its scores have fared."""
        ...


class LearnMetrics:
    """In a registry of their own; every one has the label `model`, whose values are the ids of DESIGNS."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(namespace="nattevagt_learn", registry=self.registry)
        self.auroc = self._gauge("auroc_ratio", "Chance that an event had the higher score (prequential).")
        self.auroc_unknown_quiet = self._gauge(
            "auroc_unknown_quiet_ratio", "The same with every unknown label counted as quiet."
        )
        self.calibration = self._gauge("calibration_error_ratio", "Mean distance of risk and frequency (ECE).")
        self.observed_expected = self._gauge("observed_expected_ratio", "Events per event that the scores said.")
        self.unknown = self._gauge("unknown_ratio", "Share of scored moments whose label cannot be known.")
        self.labels = self._gauge("labels", "Labels learned from.")
        self.outcomes = self._gauge("outcomes", "Different events among them.")
        self.lag = self._gauge("examples_lag_records", "Records of examples.v1 not read yet.")
        self.snapshots = self._counter("snapshots_total", "Snapshots published.", ("model",))
        self.fell_back = self._counter(
            "fell_back_total", "Times risk and reality parted and the rules were left alone.", ("model", "direction")
        )
        self.unreadable = Counter(
            PREFIX + "examples_unreadable_total", "Examples that could not be read.", registry=self.registry
        )

    def serve(self, port: int, host: str) -> None:
        """Open /metrics; 0 = none. Raises OSError when the port is taken."""
        if port:
            start_http_server(port, host, self.registry)

    def progress(self, learner: Progress, end: int | None) -> None:
        """After a batch. end: where examples.v1 ends; None = not known."""
        name = learner.name
        self.labels.labels(name).set(learner.labels)
        self.outcomes.labels(name).set(learner.outcomes)
        if end is not None:
            self.lag.labels(name).set(max(end - 1 - learner.upto, 0))
        self._figures(name, learner.figures())

    def snapshot(self, record: ModelSnapshot) -> None:
        """One more is published."""
        self.snapshots.labels(record.model).inc()

    def _figures(self, name: str, figures: Figures) -> None:
        for gauge, value in (
            (self.auroc, figures.auroc),
            (self.auroc_unknown_quiet, figures.auroc_unknown_quiet),
            (self.calibration, figures.calibration_error),
            (self.unknown, figures.unknown_share),
        ):
            if value is not None:
                gauge.labels(name).set(value)
        if figures.expected_milli:
            self.observed_expected.labels(name).set(figures.observed_milli / figures.expected_milli)

    def _gauge(self, name: str, doc: str) -> Gauge:
        return Gauge(PREFIX + name, doc, ("model",), registry=self.registry)

    def _counter(self, name: str, doc: str, labels: tuple[str, ...]) -> Counter:
        return Counter(PREFIX + name, doc, labels, registry=self.registry)
