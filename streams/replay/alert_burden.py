"""Alert burden: the same readings with one mitigation switched off at a time, and what that does to the alerts.

No Kafka: the worker's own intake and fold. A nurse is simulated, because an alert that nobody closes is the only one
a patient ever has: each alert is closed at the first round after it has been open for some hours.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from schemas.alert import AlertStepType
from schemas.command import Close
from schemas.rules import RuleBundle
from streams.adapters.input_records import InputRecord, command
from streams.core.effects import PublishAlert
from streams.core.intake.route import is_clock
from streams.replay.run import PureRun

DAY_MS = 86_400_000
OPEN_MS = 8 * 3_600_000
"""How long an alert has been open when the simulated nurse closes it: a working day (our choice)."""

Variant = Callable[[RuleBundle], RuleBundle]


def _with(**changes: object) -> Variant:
    return lambda rules: rules.model_copy(update={"mitigation": rules.mitigation.model_copy(update=changes)})


VARIANTS: Mapping[str, Variant] = {
    "as shipped": lambda rules: rules,
    "without waiting for a repeat": _with(repeat=()),
    "without hysteresis": _with(calm_readings=1),
    "yellow only twice in a row": _with(twice=("limits",)),
    "all off": _with(repeat=(), calm_readings=1),
}
"""One row of the table each: what differs from the shipped bundle."""

NEWS = frozenset({AlertStepType.RAISED, AlertStepType.UPGRADED})


class PatientDay(NamedTuple):
    """One patient, one day since the epoch (UTC)."""

    patient: str
    day: int


@dataclass(frozen=True, slots=True)
class Burden:
    """What one variant led to. alerts: raised. pages: alerts' raises, upgrades and rungs, tier 3 and above.

    days: patient-days with a reading. news: patient-days on which an alert was raised or upgraded.
    """

    readings: int
    days: frozenset[PatientDay]
    alerts: int
    red: int
    pages: int
    news: frozenset[PatientDay]

    @property
    def per_day(self) -> float:
        """Alerts raised per patient-day with a reading."""
        return self.alerts / max(1, len(self.days))

    def next_day(self, events: frozenset[PatientDay]) -> tuple[float, float]:
        """(share of events with news the day before, share of news followed by an event the day after).

        Events on days after a day without readings count for nobody: there was nothing to see.
        """
        seen = {event for event in events if PatientDay(event.patient, event.day - 1) in self.days}
        warned = {event for event in seen if PatientDay(event.patient, event.day - 1) in self.news}
        useful = {news for news in self.news if PatientDay(news.patient, news.day + 1) in events}
        return len(warned) / max(1, len(seen)), len(useful) / max(1, len(self.news))


def measure(reference: Iterable[InputRecord], records: Iterable[InputRecord], rules: RuleBundle) -> Burden:
    """Play the records, clock included, with this bundle and a nurse who makes her round at every clock."""
    run = PureRun(rules=rules).feed_all(reference)
    days: set[PatientDay] = set()
    readings = 0
    for record in records:
        run.feed(record)
        if is_clock(record.received(0, 0)):
            if record.partition == 0:
                run.advance(record.at_ms)
                for closing in _round(run, record.at_ms):
                    run.feed(closing)
        elif record.topic == "measurements.v1":
            readings += 1
            days.add(PatientDay((record.key or b"").decode(), record.at_ms // DAY_MS))
    steps = [effect for effect in run.effects if isinstance(effect, PublishAlert)]
    return Burden(
        readings,
        frozenset(days),
        alerts=sum(1 for effect in steps if effect.step.type is AlertStepType.RAISED),
        red=sum(1 for effect in steps if effect.step.type in NEWS and effect.step.level == "red"),
        pages=sum(1 for effect in steps if effect.step.tier >= 3 and effect.step.page_from is not None),
        news=frozenset(
            PatientDay(effect.step.patient, effect.now_ms // DAY_MS) for effect in steps if effect.step.type in NEWS
        ),
    )


def total(parts: Iterable[Burden]) -> Burden:
    """Runs that have nothing to do with each other, together."""
    found = tuple(parts)
    return Burden(
        sum(part.readings for part in found),
        frozenset().union(*(part.days for part in found)),
        alerts=sum(part.alerts for part in found),
        red=sum(part.red for part in found),
        pages=sum(part.pages for part in found),
        news=frozenset().union(*(part.news for part in found)),
    )


def _round(run: PureRun, now_ms: int) -> Iterator[InputRecord]:
    for patient, record in sorted(run.states.items()):
        alert = record.state.alert
        if alert is not None and now_ms - alert.raised_ms >= OPEN_MS:
            body = Close(
                id=f"round-{now_ms}",
                patient=patient,
                by="nurse-round",
                role="nurse",
                alert_id=alert.id,
                sequence=alert.sequence,
                verdict="known",
            )
            yield command(body, now_ms)
