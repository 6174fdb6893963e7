"""The chronicle of one alert: what happened, who was told and with what result, who saw it, who acted. Pure.

Everything comes from the record and the audit, which are kept for ever: notices.v1 and commands.v1 are not, so the
notices are made again by folding the patient's events, as the worker made them.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from schemas.alert import AlertStep
from schemas.audit import AuditBody
from schemas.base import rfc3339, to_ms
from schemas.command import COMMAND, AnyCommand, DeliveryReported
from schemas.errors import StateError
from schemas.events import CommandReceived, LogEvent, PartitionAlive
from schemas.notice import Notice, Reply
from streams.agents.guard import guarded_step
from streams.core.context import Reference
from streams.core.effects import Effect, PublishAlert, SendNotice, SendReply
from streams.core.fold import PartitionFold, Slice
from streams.core.record import PartitionRecord

Reported = tuple[CommandReceived, DeliveryReported]
Acted = tuple[CommandReceived, AnyCommand]
Kind = Literal["step", "told", "answered", "delivery", "read", "acted"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One line. at_ms: when. who: recipient, staff id or patient. sequence: the alert's step it is about.

    kind: `step` of the life, `told` a notice, `answered` a reply to the patient, `delivery` what became of either,
    `read` somebody opened it, `acted` a command. what, result, detail: codes; result None = nothing has come back.
    record: the input's place, by which the audit names it.
    """

    at_ms: int
    kind: Kind
    who: str
    what: str
    sequence: int | None = None
    role: str | None = None
    channel: str | None = None
    result: str | None = None
    detail: str | None = None
    record: str | None = None

    def to_json(self) -> dict[str, Any]:
        """For machines: without what is empty."""
        told = {name: getattr(self, name) for name in self.__dataclass_fields__ if name != "at_ms"}
        return {"at": rfc3339(self.at_ms)} | {name: value for name, value in told.items() if value is not None}


@dataclass(frozen=True, slots=True)
class Chronicle:
    """entries: in order of time. unreported: notices of which nothing has come back."""

    alert_id: str
    patient: str
    entries: tuple[Entry, ...]
    unreported: tuple[str, ...]

    @property
    def newest(self) -> Entry:
        """The last step of its life."""
        return [entry for entry in self.entries if entry.kind == "step"][-1]


def said(patient: str, events: Iterable[tuple[int, LogEvent, int]], reference: Reference) -> Iterator[Effect]:
    """Fold the patient's events as the worker did; what it would send comes out instead, each effect once."""
    held = Slice(PartitionRecord())
    fold = PartitionFold(guarded_step, reference, lambda _: None)
    for offset, event, at_ms in events:
        if isinstance(event, PartitionAlive) or event.patient == patient:
            fold.apply(held, offset, event, at_ms)
        yield from [effect for _, effect in held.effects]
        held.effects.clear()


def chronicle(
    alert_id: str, effects: Iterable[Effect], events: Sequence[LogEvent], audit: Iterable[AuditBody]
) -> Chronicle:
    """effects: of the patient's fold. events: the patient's, in order. audit: at least the patient's.

    Raises StateError when the fold knows nothing of the alert.
    """
    steps: dict[str, AlertStep] = {}
    notices: dict[str, Notice] = {}
    replies: dict[str, Reply] = {}
    for effect in effects:
        match effect:
            case PublishAlert(id=key, step=step) if step.alert_id == alert_id:
                steps[key] = step
            case SendNotice(notice=notice) if notice.alert_id == alert_id:
                notices[notice.id] = notice
            case SendReply(reply=reply) if reply.alert_id == alert_id:
                replies[reply.id] = reply
    if not steps:
        raise StateError(
            "the record knows nothing of this alert.", next_step="Look whether it is of this installation and prefix."
        )
    patient = next(iter(steps.values())).patient
    reports, acts = _commands(alert_id, {*notices, *replies}, events)
    outcomes = {_place(body.source): body for body in audit if body.source is not None}
    entries = [
        *map(_step, steps.values()),
        *map(_told, notices.values()),
        *map(_answered, replies.values()),
        *(_report(event, body, notices) for event, body in reports),
        *(_acted(event, body, outcomes) for event, body in acts),
    ]
    heard = {body.notice_id for _, body in reports}
    return Chronicle(
        alert_id,
        patient,
        tuple(sorted(entries, key=lambda entry: entry.at_ms)),
        tuple(key for key in notices if key not in heard),
    )


def _commands(alert_id: str, messages: set[str], events: Iterable[LogEvent]) -> tuple[list[Reported], list[Acted]]:
    reports: list[Reported] = []
    acts: list[Acted] = []
    for event in events:
        if not isinstance(event, CommandReceived):
            continue
        body = COMMAND.validate_json(event.payload)
        if isinstance(body, DeliveryReported):
            if body.notice_id in messages or body.alert_id == alert_id:
                reports.append((event, body))
        elif getattr(body, "alert_id", None) == alert_id:
            acts.append((event, body))
    return reports, acts


def _step(step: AlertStep) -> Entry:
    return Entry(
        _ms(step.at), "step", step.by or "time", step.type.value, step.sequence, result=step.verdict, detail=step.reason
    )


def _told(notice: Notice) -> Entry:
    return Entry(
        _ms(notice.at),
        "told",
        notice.recipient,
        notice.action.value,
        notice.sequence,
        notice.role.value,
        notice.channel,
        record=notice.id,
    )


def _answered(reply: Reply) -> Entry:
    return Entry(_ms(reply.at), "answered", reply.patient, reply.text_key, role="patient", record=reply.id)


def _report(event: CommandReceived, body: DeliveryReported, notices: Mapping[str, Notice]) -> Entry:
    notice = notices.get(body.notice_id)
    return Entry(
        event.received_ms,
        "read" if body.result == "read" else "delivery",
        body.recipient or event.patient,
        "reply" if notice is None else notice.action.value,
        None if notice is None else notice.sequence,
        None if notice is None else notice.role.value,
        body.channel,
        body.result,
        body.detail,
        body.notice_id,
    )


def _acted(event: CommandReceived, body: AnyCommand, outcomes: Mapping[str, AuditBody]) -> Entry:
    place = _place(event.source)
    outcome = outcomes.get(place)
    return Entry(
        event.received_ms,
        "acted",
        body.by,
        body.type,
        getattr(body, "sequence", None),
        body.role,
        result=None if outcome is None or outcome.outcome is None else outcome.outcome.value,
        detail=None if outcome is None else outcome.reason,
        record=place,
    )


def _place(source: Any) -> str:
    return f"{source.topic}[{source.partition}]@{source.offset}"


def _ms(instant: str) -> int:
    return to_ms(datetime.fromisoformat(instant))
