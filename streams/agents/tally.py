"""Tally: what the rooms did, told to the metrics. Counts after delivery, decides nothing, remembers open alerts only.

Counting is per slice, not per record. Open alerts are kept beside the partition (one entry per open alert, changed
where a state changes), so that a scrape looks at open alerts and never at 100,000 states.
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from aiokafka import ConsumerRecord

from schemas.alert import AlertStep, AlertStepType
from schemas.audit import AuditBody, Outcome
from schemas.ids import SYNTHETIC_PREFIX, is_synthetic
from streams.adapters import metrics as m
from streams.adapters.clock import wall_ms
from streams.adapters.metrics import Metrics
from streams.core.burden import Burden, rule_of, rules_of
from streams.core.effects import Effect, PublishAlert, WriteAudit
from streams.core.fold import Slice
from streams.core.state import AlertState

NOT_ASSESSED = "technical.not_assessed"
"""Reason of the guard's own alert: how a defect in `step` shows, for a timer too."""

NEWS = frozenset({AlertStepType.RAISED, AlertStepType.UPGRADED})


@dataclass(slots=True)
class OpenAlerts:
    """Open alerts of owned partitions. held: partition -> patient -> (colour, raised_ms)."""

    held: dict[int, dict[str, tuple[str, int]]] = field(default_factory=dict)

    def note(self, partition: int, patient: str, alert: AlertState | None) -> None:
        """A state was read or has changed."""
        alerts = self.held.setdefault(partition, {})
        if alert is None:
            alerts.pop(patient, None)
        elif not is_synthetic(patient):
            alerts[patient] = (alert.level.value, alert.raised_ms)

    def bands(self, now_ms: int) -> tuple[Counter[tuple[str, str]], dict[str, float]]:
        """Number by (colour, age band), and age in seconds of the oldest by colour. Bands are half-open."""
        raised: dict[str, list[int]] = {}
        for alerts in self.held.values():
            for colour, raised_ms in alerts.values():
                raised.setdefault(colour, []).append(raised_ms)
        counts: Counter[tuple[str, str]] = Counter()
        for colour, times in raised.items():
            times.sort()
            older = [bisect_right(times, now_ms - int(end_s * 1000)) for end_s in m.AGES.values()]
            for name, young, old in zip(m.AGES, [len(times), *older], older, strict=False):
                counts[colour, name] = young - old
            counts[colour, m.OLDEST] = older[-1]
        return counts, {colour: max(0.0, (now_ms - times[0]) / 1000) for colour, times in raised.items()}


def _is_watchdogs(record: ConsumerRecord) -> bool:
    return bool(record.key is not None and record.key.startswith(SYNTHETIC_PREFIX.encode()))


class Tally:
    """One per worker. simulation: story time has no latency, and no wall clock may be compared with it."""

    def __init__(self, metrics: Metrics, *, simulation: bool) -> None:
        self.metrics = metrics
        self.open = OpenAlerts()
        self.burden = Burden()
        self._simulation = simulation
        self._last_input_ms = wall_ms()
        metrics[m.LAST_INPUT].set(self._last_input_ms / 1000)

    def forget(self) -> None:
        """Partitions are moving."""
        self.open = OpenAlerts()
        self.burden = Burden()
        self.metrics.forget_partitions()
        self.metrics[m.OWNED].set(0)
        self.metrics[m.REBALANCES].inc()

    def routed(self, topic: str, records: Sequence[ConsumerRecord], told: Iterable[AuditBody], took_s: float) -> None:
        """A slice of intake is with Kafka. topic: unprefixed. told: outcomes that intake itself has decided."""
        self.metrics[m.INPUTS_RECEIVED].labels(topic).inc(len(records))
        self.metrics[m.SLICE].labels("intake").observe(took_s)
        self._outcomes(told, "intake")
        newest = next((record for record in reversed(records) if not _is_watchdogs(record)), None)
        if newest is not None and (newest.timestamp > self._last_input_ms or self._simulation):
            self._last_input_ms = newest.timestamp
            self.metrics[m.LAST_INPUT].set(newest.timestamp / 1000)

    def hole(self, topic: str) -> None:
        """Offsets are missing and will be read again."""
        self.metrics[m.HOLES_FOUND].labels(topic).inc()

    def gap(self, topic: str, count: int) -> None:
        """Inputs that Kafka no longer has."""
        self.metrics[m.HOLES_ACCEPTED].labels(topic).inc()
        self.metrics[m.OUTCOMES].labels(topic, Outcome.LOST_GAP.value).inc(count)

    def delivered(self, effects: Iterable[tuple[int, Effect]], received_ms: Mapping[int, int]) -> None:
        """A slice's outputs are with Kafka. received_ms: patient-events offset of a reading -> Kafka's time of it."""
        now_ms, audits = wall_ms(), []
        for offset, effect in effects:
            if isinstance(effect, WriteAudit):
                audits.append(effect.body)
            elif isinstance(effect, PublishAlert):
                self._alert(effect, received_ms.get(offset), now_ms)
        self._outcomes(audits, "monitor")

    def folded(self, partition: int, work: Slice, sample: bytes, took_s: float) -> None:
        """States are with Kafka and in memory. sample: bytes of one of them, if there is any."""
        for held in work.states.values():
            self.open.note(partition, held.state.patient, held.state.alert)
        if work.states:
            self.metrics[m.STATE_SIZE].observe(len(sample))
        self.metrics[m.SLICE].labels("monitor").observe(took_s)
        self.metrics[m.EVENTS].inc(work.events)
        self.metrics[m.STANDSTILLS].inc(len(work.stood_still))
        self.metrics[m.COPIES].inc(work.copies)

    def sample(self, now_ms: int) -> None:
        """What is only worked out when somebody asks. Costs one look at each open alert, not at each patient."""
        counts, oldest = self.open.bands(now_ms)
        for labels in m.closed(m.OPEN_ALERTS):
            self.metrics[m.OPEN_ALERTS].labels(*labels).set(counts[labels[0], labels[1]])
        for (colour,) in m.closed(m.OLDEST_ALERT):
            self.metrics[m.OLDEST_ALERT].labels(colour).set(oldest.get(colour, 0.0))

    def _alert(self, effect: PublishAlert, received_ms: int | None, now_ms: int) -> None:
        step = effect.step
        if not is_synthetic(step.patient):
            self._burden(step)
            self.metrics[m.UNATTENDED].inc(effect.alone_ms / 1000)
        if step.reason == NOT_ASSESSED:
            self.metrics[m.STEP_ERRORS].labels("monitor").inc()
        elif step.type in NEWS and received_ms is not None and effect.now_ms >= received_ms and not self._simulation:
            # A deadline that fired on the way has its own, earlier time and is nobody's reading.
            row = m.SYNTHETIC_TO_ALERT if is_synthetic(step.patient) else m.TO_ALERT
            self.metrics[row].observe(max(0, now_ms - received_ms) / 1000)

    def _burden(self, step: AlertStep) -> None:
        """What it asks of people. Closures are counted by rule, so that a rule's PPV can be seen."""
        tier = str(max(step.tier, 2))
        if self.burden.last == (step.alert_id, step.sequence):
            return
        waited_s = self.burden.step(step)
        self.metrics[m.ALERT_STEPS].labels(step.type.value, tier).inc()
        if waited_s is not None:
            self.metrics[m.TO_ACKNOWLEDGE].labels(tier).observe(waited_s)
        if step.verdict is not None:
            for rule in rules_of(step):
                self.metrics[m.VERDICTS_GIVEN].labels(rule, step.verdict).inc()

    def _outcomes(self, audits: Iterable[AuditBody], room: str) -> None:
        counts: Counter[tuple[bool, str, str]] = Counter()
        for body in audits:
            if body.source is not None and body.outcome is not None:
                synthetic = body.patient is not None and is_synthetic(body.patient)
                counts[synthetic, body.source.topic, body.outcome.value] += 1
                if body.suppressed and not synthetic:
                    for reason in body.suppressed:
                        self.metrics[m.SUPPRESSED].labels(rule_of(reason)).inc()
        for (synthetic, topic, outcome), count in counts.items():
            if synthetic:
                self.metrics[m.SYNTHETIC_OUTCOMES].labels(outcome).inc(count)
            else:
                self.metrics[m.OUTCOMES].labels(topic, outcome).inc(count)
            if room == "intake" and outcome == Outcome.FAILED_INTERNAL.value:
                self.metrics[m.STEP_ERRORS].labels(room).inc(count)
