"""One readable line for each record of the topics that people look at."""

from collections.abc import Callable, Mapping
from typing import Any

from aiokafka import ConsumerRecord

from schemas import texts
from schemas.alert import AlertStep
from schemas.codec import loads
from schemas.errors import ContractError
from schemas.overview import Overview
from schemas.texts import Language
from streams.cli.follow import audit_body
from streams.core.intake.route import NEXT_STEP_HEADER, OUTCOME_HEADER, REASON_HEADER, SOURCE_HEADER

Line = Callable[[ConsumerRecord, Language], str]


def alert_line(record: ConsumerRecord, language: Language) -> str:
    """One step of an alert's life."""
    step = AlertStep.model_validate_json(record.value)
    words = "; ".join(texts.reason(code, language) for code in step.reasons)
    after = [texts.reason(step.reason, language)] if step.reason not in step.reasons else []
    after += [step.by] if step.by else []
    after += [step.verdict] if step.verdict else []
    if step.next_deadline is not None:
        after.append(f"{'næste frist' if language == 'da' else 'next deadline'} {short(step.next_deadline)}")
    return (
        f"{short(step.at)}  {texts.colour(step.level, language):9} {step.team:8} {step.patient:12} "
        f"{texts.say(texts.STEPS[step.type], language):13} #{step.sequence:<2} {step.alert_id}  "
        f"{words}  [{'; '.join(after)}]"
    )


def audit_line(record: ConsumerRecord, language: Language) -> str:
    """One outcome, or what time alone decided."""
    body = audit_body(record.value)
    where = body.by or ("-" if body.type == "operation" else "time")
    if body.source is not None:
        where = f"{body.source.topic}[{body.source.partition}]@{body.source.offset}"
    said = [body.outcome.value if body.outcome else body.type]
    if body.reason is not None:
        said.append(texts.reason(body.reason, language))
    if body.next_step is not None:
        said.append(f"-> {body.next_step}")
    if body.decision is not None and body.decision.reasons:
        said.append("; ".join(texts.reason(code, language) for code in body.decision.reasons))
    return f"{short(body.at)}  {where:28} {body.patient or '-':12} {'  '.join(said)}"


def overview_line(record: ConsumerRecord, language: Language) -> str:
    """One patient as they stand."""
    one = Overview.model_validate_json(record.value)
    alert = "-" if one.alert is None else f"{one.alert.alert_id} {one.alert.state}"
    words = "; ".join(texts.reason(code, language) for code in one.reasons)
    return (
        f"{short(one.as_of)}  {one.patient:12} {texts.colour(one.level, language):9} tier {one.tier}  {alert}  {words}"
    )


def rejected_line(record: ConsumerRecord, language: Language) -> str:
    """A refused record: where it came from, why, what to do. Its bytes stay out of the terminal."""
    head = {name: (value or b"").decode(errors="replace") for name, value in record.headers}
    outcome = head.get(OUTCOME_HEADER, "?")
    return (
        f"{head.get(SOURCE_HEADER, '?'):28} {outcome} ({texts.outcome(outcome, language)}): "
        f"{head.get(REASON_HEADER, '')} -> {head.get(NEXT_STEP_HEADER, '')}"
    )


def event_line(record: ConsumerRecord, language: Language) -> str:  # noqa: ARG001 - one signature for all
    """One entry of a patient's log."""
    body = _body(record.value)
    source = body.get("source")
    where = "-" if not isinstance(source, dict) else f"{source['topic']}[{source['partition']}]@{source['offset']}"
    name = (record.key or b"-").decode(errors="replace")
    return f"patient-events[{record.partition}]@{record.offset}  {body.get('type', '?'):20} {name:12} {where}"


def short(instant: str) -> str:
    """RFC 3339 without its fraction: what a person compares with a watch."""
    return f"{instant[:10]} {instant[11:19]}Z"


def _body(value: bytes | None) -> Mapping[str, Any]:
    try:
        body = loads(value or b"")
    except ContractError:
        return {}
    return body if isinstance(body, dict) else {}
