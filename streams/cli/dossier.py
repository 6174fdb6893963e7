"""Everything about one alert, gathered from the record and decided again. Pure: records in, a dossier out."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from schemas.alert import AlertStep
from schemas.audit import AuditBody
from schemas.base import to_ms
from schemas.events import LogEvent, MeasurementReceived, PartitionAlive, PatientEvent, Source
from schemas.measurement import Measurement
from schemas.plan import CarePlan
from schemas.triage import Finding
from schemas.vitals import VITALS
from streams.agents.guard import guarded_step
from streams.core.context import Reference
from streams.core.effects import PublishAlert
from streams.core.fold import PartitionFold, Slice
from streams.core.record import PartitionRecord
from streams.core.rules.news2_score import News2
from streams.core.state import PatientState
from streams.core.triage import assess
from streams.replay.turning import Turning, turnings


@dataclass(frozen=True, slots=True)
class Reading:
    """One reading that decided, and the record it came in."""

    kind: str
    milli: int
    measured_ms: int
    received_ms: int
    device: str
    source: Source


@dataclass(frozen=True, slots=True)
class Basis:
    """What the core saw when it took a step: the event, what the rules found then, and the readings behind it.

    turnings: what each of these readings would have had to be for another colour.
    """

    offset: int
    event: PatientEvent
    findings: tuple[Finding, ...]
    readings: Mapping[str, Reading]
    news2: News2 | None
    plan: CarePlan | None
    turnings: tuple[Turning, ...]


@dataclass(frozen=True, slots=True)
class Dossier:
    """steps: as published, each once. again: as the same events give them now. bases: sequence -> why.

    audit: the patient's audit records that name the alert. digest: of the rules in force at its last event.
    """

    alert_id: str
    patient: str
    steps: tuple[AlertStep, ...]
    again: tuple[AlertStep, ...]
    bases: Mapping[int, Basis]
    audit: tuple[AuditBody, ...]
    events: int
    digest: str

    @property
    def is_equal(self) -> bool:
        """Do the same events give the same steps?"""
        return self.steps == self.again

    @property
    def now(self) -> AlertStep:
        """The newest step."""
        return self.steps[-1]


def gather(
    alert_id: str,
    published: Iterable[tuple[str, AlertStep]],
    events: Sequence[tuple[int, LogEvent, int]],
    audit: Iterable[AuditBody],
    reference: Reference,
) -> Dossier:
    """The dossier of one alert. published: (ce_id, step) of at least this alert; events: (offset, event, Kafka's
    time) of at least its patient and the heartbeats, in order. Raises ValueError when the alert has no step."""
    steps = tuple({ce_id: step for ce_id, step in published if step.alert_id == alert_id}.values())
    if not steps:
        raise ValueError("no step of this alert was published")
    patient = steps[0].patient
    again, bases, count, state = _decide_again(alert_id, patient, events, reference)
    return Dossier(
        alert_id,
        patient,
        tuple(sorted(steps, key=lambda step: step.sequence)),
        again,
        bases,
        tuple(sorted((body for body in audit if _names(body, alert_id)), key=lambda body: body.at)),
        count,
        reference.at(state.stamp).rules.digest,
    )


def _names(body: AuditBody, alert_id: str) -> bool:
    return body.decision is not None and body.decision.alert_id == alert_id


def _decide_again(
    alert_id: str, patient: str, events: Sequence[tuple[int, LogEvent, int]], reference: Reference
) -> tuple[tuple[AlertStep, ...], dict[int, Basis], int, PatientState]:
    """Fold the patient's events from the first, as the worker did, with effects caught instead of sent."""
    held = Slice(PartitionRecord())
    fold = PartitionFold(guarded_step, reference, lambda _: None)
    steps: dict[str, AlertStep] = {}
    bases: dict[int, Basis] = {}
    readings: dict[tuple[str, int, int], Reading] = {}
    count, state = 0, PatientState(patient)
    for offset, event, at_ms in events:
        if isinstance(event, PartitionAlive):
            fold.apply(held, offset, event, at_ms)
        if isinstance(event, PartitionAlive) or event.patient != patient:
            continue
        count += 1
        _remember(event, readings)
        fold.apply(held, offset, event, at_ms)
        state = held.states[patient].state if patient in held.states else state
        for _, effect in held.effects:
            if isinstance(effect, PublishAlert) and effect.step.alert_id == alert_id:
                steps[effect.id] = effect.step
                bases[effect.step.sequence] = _basis(offset, event, effect.step, state, reference, readings)
        held.effects.clear()
    return tuple(steps.values()), bases, count, state


def _remember(event: PatientEvent, readings: dict[tuple[str, int, int], Reading]) -> None:
    """First come, first kept: a repeat of the same reading decides nothing."""
    if not isinstance(event, MeasurementReceived):
        return
    body = Measurement.model_validate_json(event.payload)
    milli, at_ms = VITALS[body.kind].to_milli(body.value, body.unit), to_ms(body.measured_at)
    found = Reading(body.kind, milli, at_ms, event.received_ms, body.device, event.source)
    readings.setdefault((body.kind, milli, at_ms), found)


def _basis(
    offset: int,
    event: PatientEvent,
    step: AlertStep,
    state: PatientState,
    reference: Reference,
    readings: Mapping[tuple[str, int, int], Reading],
) -> Basis:
    context = reference.at(state.stamp)
    triage = assess(state, context)
    findings = tuple(finding for finding in triage.findings if finding.reason in step.reasons)
    plan = state.plan_at(to_ms(datetime.fromisoformat(step.at)))
    behind = {kind: found for finding in findings for kind, found in _behind(finding, state, readings)}
    return Basis(
        offset,
        event,
        findings,
        behind,
        triage.news2,
        None if plan is None else plan.contract,
        tuple(
            turning
            for kind, found in behind.items()
            for point in state.series[kind]
            if point[:2] == (found.measured_ms, found.milli)
            for turning in turnings(state, kind, point, context)
        ),
    )


def _behind(
    finding: Finding, state: PatientState, readings: Mapping[tuple[str, int, int], Reading]
) -> Iterable[tuple[str, Reading]]:
    """The newest reading with the value that the finding names, kind by kind."""
    for name, milli in finding.evidence.items():
        kind = name.removesuffix("_milli")
        if kind == name or not isinstance(milli, int):
            continue
        for point in reversed(state.series.get(kind, ())):
            found = readings.get((kind, milli, point.at_ms))
            if point.milli == milli and found is not None:
                yield kind, found
                break
