"""Every metric a worker has, each declared once: name with its unit, meaning, and the closed set of its labels.

No label ever names a patient, a device or a person: all values come from `LABELS` or are partition numbers,
so the number of series is known beforehand. What the watchdog's synthetic patients do has metrics of its own.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any, Generic, TypeVar, cast

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)

from schemas.alert import AlertStepType
from schemas.audit import Outcome
from schemas.topics import INPUTS, PATIENT_EVENTS
from schemas.triage import TriageLevel
from streams.core.burden import RULE_IDS, VERDICTS
from streams.core.learning.designs import DESIGNS

M = TypeVar("M", Counter, Gauge, Histogram)

PREFIX = "nattevagt_"
UNITS = ("total", "seconds", "bytes", "records", "partitions", "alerts", "patients", "ratio")
"""What a name ends with. Counters end with `total`; base units only, as Prometheus asks."""

ROOMS = ("intake", "monitor")
BEATS = ("keep_time", "watch_tails", "follow_references")
AGES: Mapping[str, float] = {"under_10m": 600.0, "under_1h": 3600.0, "under_4h": 14_400.0, "under_24h": 86_400.0}
"""Age band of an open alert -> its upper end in seconds; older ones are in OLDEST. 10 min is the first rung of
tier 4, 4 h that of tier 3, 24 h that of tier 2 (schemas.rules.LadderRules)."""

OLDEST = "over_24h"

LABELS: Mapping[str, tuple[str, ...]] = {
    "topic": (*INPUTS, PATIENT_EVENTS),
    "outcome": tuple(outcome.value for outcome in Outcome),
    "colour": (TriageLevel.YELLOW.value, TriageLevel.RED.value),
    "age": (*AGES, OLDEST),
    "step": tuple(step.value for step in AlertStepType),
    "tier": ("2", "3", "4", "5"),
    "rule": RULE_IDS,
    "verdict": VERDICTS,
    "room": ROOMS,
    "beat": BEATS,
    "channel": ("webhook", "email", "console", "other"),
    "result": ("delivered", "failed"),
    "model": tuple(design.id for design in DESIGNS),
    "direction": ("more", "fewer"),
}
"""Label -> every value it may have. Beside these there is `partition`: 0 to the number of partitions less one."""

PARTITION = "partition"

TO_ALERT_S = (0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0, 60.0)
"""5 s is the objective (99 % of alerts, our choice: a restart in place takes up to 5 s, engine targets); 60 s is
where the watchdog pages; below are the latencies that benches measure."""

TO_ACKNOWLEDGE_S = (60.0, 300.0, 600.0, 1200.0, 1800.0, 3600.0, 14_400.0, 86_400.0, 259_200.0)
"""10, 20 and 30 min: the rungs of tier 4; 4 h: that of tier 3; a day and three: tier 2 over a weekend."""

SLICE_S = (0.005, 0.01, 0.02, 0.04, 0.08, 0.2, 0.5, 1.0, 5.0)
"""40 ms is the budget for folding, 200 ms the alarm; the rest is waiting for Kafka's confirmation."""

STATE_BYTES = (512.0, 1024.0, 2048.0, 3072.0, 4096.0, 8192.0, 16_384.0, 32_768.0)
"""16 kB is the ceiling of a patient's state, 3 kB its median (design)."""


@dataclass(frozen=True)
class Declared(Generic[M]):
    """One metric. name: without prefix. labels: keys of LABELS, or `partition`. buckets: histograms only."""

    kind: type[M]
    name: str
    doc: str
    labels: tuple[str, ...] = ()
    buckets: tuple[float, ...] = ()

    @property
    def full_name(self) -> str:
        """As Prometheus shows it."""
        return PREFIX + self.name


INPUTS_RECEIVED = Declared(Counter, "inputs_received_total", "Input records that intake has worked on.", ("topic",))
OUTCOMES = Declared(
    Counter,
    "inputs_total",
    "Inputs by terminal outcome as audited, the watchdog's not among them.",
    ("topic", "outcome"),
)
SYNTHETIC_OUTCOMES = Declared(
    Counter, "synthetic_inputs_total", "Inputs of the watchdog's patients by outcome.", ("outcome",)
)
TO_ALERT = Declared(
    Histogram,
    "reading_to_alert_seconds",
    "From Kafka's time of a reading to the confirmed delivery of the alert it raised or upgraded.",
    buckets=TO_ALERT_S,
)
SYNTHETIC_TO_ALERT = Declared(
    Histogram, "synthetic_reading_to_alert_seconds", "The same for the watchdog's readings.", buckets=TO_ALERT_S
)
LAG_RECORDS = Declared(Gauge, "lag_records", "Records of an owned partition not worked on yet.", ("topic", PARTITION))
LAG_SECONDS = Declared(
    Gauge, "lag_seconds", "Since intake was last seen at the end of an owned input partition.", ("topic", PARTITION)
)
SLICE = Declared(Histogram, "slice_seconds", "One slice of work: folding and confirmed deliveries.", ("room",), SLICE_S)
EVENTS = Declared(Counter, "events_folded_total", "Records of patient-events.v1 that were folded.")
STATE_SIZE = Declared(Histogram, "state_bytes", "Size of one patient's state, one sample a slice.", (), STATE_BYTES)
PATIENTS = Declared(Gauge, "patients", "Patients with a state in an owned partition.", (PARTITION,))
OPEN_ALERTS = Declared(
    Gauge, "open_alerts", "Open alerts of real patients in owned partitions, by colour and age.", ("colour", "age")
)
OLDEST_ALERT = Declared(Gauge, "oldest_alert_seconds", "Age of the oldest open alert; 0 = none is open.", ("colour",))
UNATTENDED = Declared(
    Counter,
    "red_unattended_seconds_total",
    "Red, nobody had it, and no reader on duty or on call; told with the alert's next step, not before.",
)
STEP_ERRORS = Declared(Counter, "step_errors_total", "Defects of ours that the guard has caught.", ("room",))
DELIVERY_FAILURES = Declared(
    Counter, "delivery_failures_total", "Deliveries that Kafka did not confirm, earlier lives of this worker included."
)
REBALANCES = Declared(Counter, "rebalances_total", "Times partitions were taken from or given to this worker.")
RECOVERY = Declared(
    Gauge, "recovery_seconds", "From partitions moving to records flowing: the last time, or this one so far."
)
HOLES_FOUND = Declared(Counter, "holes_found_total", "Missing offsets noticed and read again.", ("topic",))
TAILS_FOUND = Declared(Counter, "tails_found_total", "Last runs that the engine lost and that were read again.")
HOLES_ACCEPTED = Declared(
    Counter, "holes_accepted_total", "Missing inputs that Kafka no longer has: audited as lost.", ("topic",)
)
COPIES = Declared(Counter, "copies_dropped_total", "Events that were there twice and counted once.")
STALE = Declared(Counter, "stale_records_total", "States of a stalled worker that recovery ignored.")
STANDSTILLS = Declared(
    Counter, "standstills_total", "Times a partition had no heartbeat of the watch for more than 30 s."
)
BEATS_SKIPPED = Declared(Counter, "beats_skipped_total", "Regular tasks that an unreachable broker put off.", ("beat",))
ALERT_STEPS = Declared(
    Counter, "alert_steps_total", "Steps of real patients' alerts, by the tier whose clock runs.", ("step", "tier")
)
TO_ACKNOWLEDGE = Declared(
    Histogram,
    "alert_to_acknowledge_seconds",
    "From the raise of an alert to the first time somebody took it.",
    ("tier",),
    TO_ACKNOWLEDGE_S,
)
VERDICTS_GIVEN = Declared(
    Counter, "alert_verdicts_total", "Closed alerts by each rule that had a reason in them.", ("rule", "verdict")
)
SUPPRESSED = Declared(
    Counter, "suppressed_findings_total", "Findings that an open alert carried, so that nobody was called.", ("rule",)
)
LAST_INPUT = Declared(
    Gauge, "last_input_timestamp_seconds", "Kafka's time of the newest input of a real patient; before one, our start."
)
WATCH_ALIVE = Declared(
    Gauge, "watch_alive_timestamp_seconds", "When an owned partition's WatchAlive was last confirmed.", (PARTITION,)
)
TICK = Declared(Gauge, "tick_timestamp_seconds", "When the timekeeper last finished a look at all deadlines.")
OWNED = Declared(Gauge, "owned_partitions", "Partitions this worker watches now.")
CONFIGURED = Declared(Gauge, "configured_partitions", "Partitions that somebody has to watch.")

TABLE: tuple[Declared[Any], ...] = tuple(row for row in list(vars().values()) if isinstance(row, Declared))


class Metrics:
    """The metrics of one process, in a registry of their own: `metrics[OUTCOMES].labels(topic, outcome).inc()`."""

    def __init__(self, partitions: int, table: Sequence[Declared[Any]] = TABLE) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]  # untyped; a second series per counter, unused
        self.registry = CollectorRegistry()
        self._table = table
        self._held = {row.name: _made(row, self.registry) for row in table}
        ProcessCollector(namespace=PREFIX.strip("_"), registry=self.registry)
        for row in table:
            for values in closed(row):
                self._held[row.name].labels(*values)  # a series that is not there cannot rise from 0 to 1
        if CONFIGURED in table:
            self[CONFIGURED].set(partitions)

    def __getitem__(self, row: Declared[M]) -> M:
        return cast(M, self._held[row.name])

    def forget_partitions(self) -> None:
        """Partitions have moved: another worker tells about them now."""
        for row in self._table:
            if PARTITION in row.labels:
                self._held[row.name].clear()

    def text(self) -> bytes:
        """What Prometheus reads."""
        return generate_latest(self.registry)


def closed(row: Declared[Any]) -> Iterator[tuple[str, ...]]:
    """Every combination of a metric's labels; none when it has no label, or one that depends on the cluster."""
    if row.labels and PARTITION not in row.labels:
        yield from product(*(LABELS[name] for name in row.labels))


def _made(row: Declared[Any], registry: CollectorRegistry) -> Any:
    if row.kind is Histogram:
        return Histogram(row.full_name, row.doc, row.labels, registry=registry, buckets=row.buckets)
    return row.kind(row.full_name, row.doc, row.labels, registry=registry)
