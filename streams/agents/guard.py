"""Guard: nothing escapes. Our own bug becomes an audited outcome and a technical alert, never a lost reading.

The only place where everything is caught. What it does in place of `step` uses nothing of `step`.
"""

import logging
from dataclasses import replace

from schemas.alert import AlertStep, AlertStepType
from schemas.audit import AuditBody, Outcome, SourceRef
from schemas.base import rfc3339
from schemas.events import InputEvent, InputRefused, PatientEvent, Resumed, TimerFired
from schemas.ids import UNASSIGNED_TEAM, make_id
from schemas.triage import TriageLevel
from streams.core.consent import seen_by
from streams.core.context import Context, Reference
from streams.core.effects import Effect, PublishAlert, RejectInput, WriteAudit
from streams.core.intake.accept import RawRecord
from streams.core.intake.route import Routed, reason_headers, route
from streams.core.state import PatientState
from streams.core.step import AS_BEFORE, Step, step

log = logging.getLogger(__name__)

DAY_MS = 86_400_000
REASON = "a defect of ours: the reading could not be assessed"
NEXT_STEP = "redrive it from rejected.v1 once the defect is mended"


def guarded_step(state: PatientState, event: PatientEvent, context: Context) -> Step:
    """`step`, total even where it is wrong: then the state stays as it was.

    A model may never cost a reading: what fails is tried once more without scores.
    """
    for attempt in (context, replace(context, scoring=False)):
        try:
            return step(state, event, attempt)
        except Exception as error:
            _say(error)
    return failed(state, event, context)


def guarded_route(record: RawRecord, reference: Reference, *, simulation: bool) -> Routed:
    """`route`, total even where it is wrong: then the record is kept on rejected.v1."""
    try:
        return route(record, reference, simulation=simulation)
    except Exception as error:
        _say(error)
        source = SourceRef(topic=record.topic, partition=record.partition, offset=record.offset)
        audit = _outcome(source, None, record.at_ms)
        added = reason_headers(source, Outcome.FAILED_INTERNAL.value, REASON, NEXT_STEP)
        return Routed(None, audit, (*record.headers, *added))


def failed(state: PatientState, event: PatientEvent, context: Context) -> Step:
    """The outcome failed.internal, the bytes on rejected.v1, and one technical alert per patient and day."""
    now_ms = max(state.now_ms, _at(event))
    effects: list[Effect] = [_technical_alert(state, event.patient, now_ms, context)]
    if isinstance(event, InputEvent):
        source = event.source
        where = SourceRef(topic=source.topic, partition=source.partition, offset=source.offset)
        effects.append(WriteAudit(now_ms, _outcome(where, event.patient, now_ms)))
        effects.append(
            RejectInput(make_id(event.id, "rejected"), event, Outcome.FAILED_INTERNAL.value, REASON, NEXT_STEP)
        )
    return Step(state, tuple(effects), AS_BEFORE, AS_BEFORE)


def _technical_alert(state: PatientState, patient: str, now_ms: int, context: Context) -> PublishAlert:
    """Same id all day: a consumer that dedupes by `ce_id` sees it once."""
    plan = state.plan_at(now_ms) if state.plans else None
    teams = seen_by(state, context).teams
    team = UNASSIGNED_TEAM if plan is None or plan.contract.team not in teams else plan.contract.team
    day = now_ms - now_ms % DAY_MS
    alert_id = make_id(patient, "technical", day)
    body = AlertStep(
        type=AlertStepType.RAISED,
        alert_id=alert_id,
        sequence=1,
        patient=patient,
        team=team,
        level=TriageLevel.YELLOW,
        tier=2,
        reasons=("technical.not_assessed",),
        unconfirmed=False,
        at=rfc3339(day),
        raised_at=rfc3339(day),
        measured_at=rfc3339(day),
        page_from=rfc3339(day),
        next_deadline=rfc3339(day + DAY_MS),
        rung=0,
        plan_version=None,
        reason="technical.not_assessed",
    )
    return PublishAlert(make_id(alert_id, 1), team, now_ms, body)


def _outcome(source: SourceRef, patient: str | None, at_ms: int) -> AuditBody:
    return AuditBody(
        id=make_id(source.topic, source.partition, source.offset, "failed"),
        type="outcome",
        source=source,
        patient=patient,
        outcome=Outcome.FAILED_INTERNAL,
        reason=REASON,
        next_step=NEXT_STEP,
        at=rfc3339(at_ms),
    )


def _at(event: PatientEvent) -> int:
    if isinstance(event, TimerFired):
        return event.until_ms
    if isinstance(event, Resumed):
        return event.to_ms
    assert isinstance(event, InputEvent | InputRefused)
    return event.received_ms


def _say(error: Exception) -> None:
    """Type and place only: the text of an exception can hold a reading."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = "?" if trace is None else f"{trace.tb_frame.f_code.co_name}:{trace.tb_lineno}"
    log.error("failed.internal", extra={"error": type(error).__name__, "where": place})
