"""Builders: every contract valid by default, override one thing; and a patient to whom things happen in order."""

from collections.abc import Sequence
from typing import Any, get_args

from pydantic import BaseModel

from schemas.alert import AlertStep
from schemas.answers import Answers
from schemas.audit import AuditBody, Outcome
from schemas.base import rfc3339, to_ms
from schemas.binding import DeviceBindings
from schemas.catalog import default_bundle
from schemas.clinical_outcome import ClinicalOutcome
from schemas.command import COMMAND, AnyCommand
from schemas.consent import Consent
from schemas.coverage import TeamCoverage
from schemas.device_status import DeviceStatus
from schemas.events import (
    AnswersReceived,
    BindingsReceived,
    CarePlanReceived,
    ClinicalOutcomeReceived,
    CommandReceived,
    ConsentReceived,
    DeviceStatusReceived,
    InputEvent,
    InputRefused,
    MeasurementReceived,
    PatientEvent,
    Source,
    Stamp,
    TimerFired,
)
from schemas.measurement import Measurement
from schemas.model import ModelSnapshot, content_digest
from schemas.plan import CarePlan
from schemas.rules import MitigationRules, RuleBundle
from schemas.topics import (
    ANSWERS,
    BINDINGS,
    CARE_PLANS,
    CLINICAL_OUTCOMES,
    COMMANDS,
    CONSENTS,
    DEVICE_STATUS,
    MEASUREMENTS,
)
from schemas.vitals import VITALS
from streams.core.context import Context
from streams.core.effects import Effect, PublishAlert, PublishOverview, RejectInput, WriteAudit
from streams.core.intake.accept import RawRecord
from streams.core.state import PatientState
from streams.core.step import Step, step
from streams.core.triage import Triage, assess

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000

T0 = 1_767_596_400_000
"""Monday 2026-01-05 08:00 in Copenhagen, 07:00 UTC."""

PATIENT, DEVICE, TEAM, NURSE = "p1", "oximeter-1", "lung", "nurse-1"

Contract = Measurement | Answers | CarePlan | DeviceBindings | Consent | AnyCommand | ClinicalOutcome | DeviceStatus

_TOPIC: dict[type[BaseModel], tuple[str, type[InputEvent]]] = {
    Measurement: (MEASUREMENTS, MeasurementReceived),
    Answers: (ANSWERS, AnswersReceived),
    CarePlan: (CARE_PLANS, CarePlanReceived),
    DeviceBindings: (BINDINGS, BindingsReceived),
    Consent: (CONSENTS, ConsentReceived),
    **dict.fromkeys(get_args(AnyCommand), (COMMANDS, CommandReceived)),
    DeviceStatus: (DEVICE_STATUS, DeviceStatusReceived),
    ClinicalOutcome: (CLINICAL_OUTCOMES, ClinicalOutcomeReceived),
}


def make_measurement(value: float | str = 96, *, kind: str = "spo2", at_ms: int = T0, **changed: Any) -> Measurement:
    """A green SpO2 reading of the bound device; the unit follows the kind."""
    body = {
        "id": "reading-1",
        "patient": PATIENT,
        "kind": kind,
        "value": value,
        "unit": VITALS[kind].unit if kind in VITALS else "%",
        "measured_at": rfc3339(at_ms),
        "device": DEVICE,
    }
    return Measurement.model_validate(body | changed)


CALM: dict[str, dict[str, bool | int]] = {
    "copd-diary": dict.fromkeys(("dyspnoea", "sputum", "sputum_colour", "cold", "wheeze", "cough", "fever"), False),
    "hf-daily": {**dict.fromkeys(("dyspnoea", "swelling", "dizzy", "woke", "propped"), False), "change": 1},
    "global-change": {"change": 0},
}
"""Green answers of some questionnaires."""


def make_answers(questionnaire: str = "hf-daily", *, at_ms: int = T0, **changed: Any) -> Answers:
    """A complete form; green for the questionnaires of CALM, else with the items given. `items` are added to it."""
    items = {**CALM.get(questionnaire, {}), **changed.pop("items", {})}
    body = {
        "id": "form-1",
        "patient": PATIENT,
        "questionnaire": questionnaire,
        "version": 1,
        "answered_at": rfc3339(at_ms),
        "items": items,
    }
    return Answers.model_validate(body | changed)


def make_plan(**changed: Any) -> CarePlan:
    """SpO2 red below 88 and yellow below 90, in force since a month before T0, no slots."""
    body = {
        "patient": PATIENT,
        "id": "plan-1",
        "version": 1,
        "team": TEAM,
        "valid_from": rfc3339(T0 - 30 * DAY),
        "limits": [make_limit()],
    }
    return CarePlan.model_validate(body | changed)


def make_outcome(
    kind: str = "exacerbation", *, at_ms: int = T0, known_ms: int | None = None, **changed: Any
) -> ClinicalOutcome:
    """A hospital's word that it happened at `at_ms`; without `known_ms` it knew at once."""
    body = {
        "id": "outcome-1",
        "patient": PATIENT,
        "kind": kind,
        "happened_at": rfc3339(at_ms),
        "known_at": rfc3339(at_ms if known_ms is None else known_ms),
        "source": "hospital",
    }
    return ClinicalOutcome.model_validate(body | changed)


def make_status(*, at_ms: int = T0, **changed: Any) -> DeviceStatus:
    """The bound device says that it is alive."""
    body = {"id": "status-1", "patient": PATIENT, "device": DEVICE, "at": rfc3339(at_ms)}
    return DeviceStatus.model_validate(body | changed)


def make_snapshot(parameters: dict[str, Any] | None = None, *, model: str = "risk", **lineage: Any) -> ModelSnapshot:
    """A snapshot after 25 labels, whole."""
    line = {
        "parent": None,
        "data_from": rfc3339(T0 - 30 * DAY),
        "data_until": rfc3339(T0),
        "examples": 30,
        "labels": 25,
        "outcomes": 4,
        "upto": 29,
        "code": "test",
        "design": "0" * 64,
    }
    body = {"model": model, "version": "1", "parameters": parameters or {"bias": -3.0}, "lineage": line | lineage}
    whole = ModelSnapshot.model_validate(body | {"digest": "0" * 64})
    return whole.model_copy(update={"digest": content_digest(whole.model_dump(mode="json", exclude={"digest"}))})


def make_limit(kind: str = "spo2", **changed: Any) -> dict[str, Any]:
    """Personal limits; without bounds of its own those of a lung patient's SpO2."""
    bounds = changed or {"red_below": 88, "yellow_below": 90}
    return {"kind": kind, **bounds}


def make_slot(**changed: Any) -> dict[str, Any]:
    """SpO2 every day at 08:00, from 04:00, until 10:00."""
    return {"id": "morning", "kinds": ["spo2"], "at": ["08:00"]} | changed


def make_bindings(**changed: Any) -> DeviceBindings:
    """The oximeter, for all kinds, since a month before T0."""
    body = {"patient": PATIENT, "version": 1, "devices": [make_binding()]}
    return DeviceBindings.model_validate(body | changed)


def make_binding(**changed: Any) -> dict[str, Any]:
    """One device's right to speak."""
    return {"device": DEVICE, "valid_from": rfc3339(T0 - 30 * DAY)} | changed


def make_consent(**changed: Any) -> Consent:
    """Monitoring is withdrawn from T0 on."""
    body = {
        "patient": PATIENT,
        "id": "consent-1",
        "version": 1,
        "monitoring": "withdrawn",
        "valid_from": rfc3339(T0),
        "by": PATIENT,
    }
    return Consent.model_validate(body | changed)


_SAID: dict[str, dict[str, Any]] = {
    "close": {"verdict": "true"},
    "hand_over": {"to_team": "heart", "why": "cardiac"},
    "snooze": {"condition": "limits.spo2", "direction": "below", "until": rfc3339(T0 + 8 * HOUR), "why": "treated"},
    "note": {"ref": "note-1"},
    "delivery_reported": {"role": "system", "notice_id": "n1", "channel": "webhook", "result": "delivered"},
    "request_contact": {"role": "citizen"},
    "invalidate": {"kind": "spo2", "measured_at": rfc3339(T0), "why": "wrong_patient"},
    "identify": {"kind": "spo2", "measured_at": rfc3339(T0), "mine": True},
    "contest_binding": {"role": "system", "device": DEVICE, "upto": 1},
}
"""What each command says beside the common part."""

_OF_NO_ALERT = frozenset({"request_contact", "delivery_reported", "invalidate", "identify", "contest_binding"})


def make_command(kind: str = "acknowledge", **changed: Any) -> AnyCommand:
    """A nurse's command; a close says that the alert was true, a handover goes to heart."""
    body = {"type": kind, "id": "command-1", "patient": PATIENT, "by": NURSE, "role": "nurse"}
    about = {} if kind in _OF_NO_ALERT else {"alert_id": "a1", "sequence": 1}
    return COMMAND.validate_python(body | about | _SAID.get(kind, {}) | changed)


def make_invalidate(kind: str = "spo2", *, at_ms: int = T0, **changed: Any) -> AnyCommand:
    """A nurse says that a reading was somebody else's."""
    said = make_command("invalidate").model_dump(exclude_none=True)
    return COMMAND.validate_python(said | {"kind": kind, "measured_at": rfc3339(at_ms)} | changed)


def make_event(contract: Contract, *, received_ms: int = T0, offset: int = 0, **changed: Any) -> InputEvent:
    """The event that intake makes of a contract."""
    topic, event = _TOPIC[type(contract)]
    body = {
        "id": f"{topic}/{offset}",
        "patient": contract.patient,
        "source": Source(topic=topic, partition=0, offset=offset),
        "received_ms": received_ms,
        "stamp": Stamp(),
        "payload": contract.model_dump_json(exclude_none=True),
    }
    return event(**(body | changed))


def make_refusal(*, received_ms: int = T0, offset: int = 0, **changed: Any) -> InputRefused:
    """Intake refused an SpO2 reading because of its unit."""
    body = {
        "id": f"refused/{offset}",
        "patient": PATIENT,
        "source": Source(topic=MEASUREMENTS, partition=0, offset=offset),
        "received_ms": received_ms,
        "stamp": Stamp(),
        "outcome": Outcome.REJECTED_UNIT,
        "reason": "unit: not one of spo2's",
        "kind": "spo2",
    }
    return InputRefused(**(body | changed))


def make_timer(until_ms: int, **changed: Any) -> TimerFired:
    """Time passes for ladder and data alike."""
    body = {"id": f"timer/{until_ms}", "patient": PATIENT, "until_ms": until_ms, "data_until_ms": until_ms}
    return TimerFired(**(body | {"stamp": Stamp()} | changed))


def make_record(contract: Contract | None = None, **changed: Any) -> RawRecord:
    """The record on an input topic that carries a contract; a green reading by default."""
    contract = contract or make_measurement()
    body = {
        "topic": _TOPIC[type(contract)][0],
        "partition": 0,
        "offset": 0,
        "at_ms": T0,
        "key": contract.patient.encode(),
        "value": contract.model_dump_json(exclude_none=True).encode(),
    }
    return RawRecord(**(body | changed))


def rules(**changed: Any) -> RuleBundle:
    """The shipped bundle with some of its parts replaced; reds do not wait for a repeat unless a test says so."""
    return default_bundle().model_copy(update={"mitigation": MitigationRules(repeat=())} | changed)


def waiting() -> Context:
    """Reference data as they ship: reds of limits and a single 3 of NEWS2 wait for a repeat."""
    return context(mitigation=MitigationRules())


def context(*teams: str, **changed: Any) -> Context:
    """Reference data: the shipped bundle and the team of the default plan."""
    names = teams or (TEAM,)
    return Context(rules(**changed), {name: TeamCoverage(team=name, version=1) for name in names}, "nattevagt/test")


class Patient:
    """One patient's state and all effects so far; every method feeds one event at its own time."""

    def __init__(self, *, known: bool = True, surroundings: Context | None = None, **plan: Any) -> None:
        self.state = PatientState(PATIENT)
        self.context = surroundings or context()
        self.effects: list[Effect] = []
        self.events: list[PatientEvent] = []
        self.now_ms = T0
        self.last: Step | None = None
        if known:
            self.gets(make_plan(**plan))
            self.gets(make_bindings())

    def feed(self, event: PatientEvent) -> tuple[Effect, ...]:
        """Fold one event; its effects."""
        self.last = step(self.state, event, self.context)
        self.state = self.last.state
        self.effects += self.last.effects
        self.events.append(event)
        return self.last.effects

    def gets(self, contract: Contract, *, minutes: float = 0, **changed: Any) -> AuditBody:
        """A contract arrives, `minutes` later than the last thing that happened; its audited outcome."""
        self.now_ms += round(minutes * MINUTE)
        event = make_event(contract, received_ms=self.now_ms, offset=len(self.events), **changed)
        outcomes = [body for body in audits(self.feed(event)) if body.type == "outcome"]
        assert len(outcomes) == 1
        return outcomes[0]

    def measures(self, value: float | str, *, minutes: float = 1, ago: float = 0, **changed: Any) -> AuditBody:
        """A reading is measured `ago` minutes before it arrives."""
        at_ms = self.now_ms + round((minutes - ago) * MINUTE)
        return self.gets(make_measurement(value, at_ms=at_ms, **changed), minutes=minutes)

    def fills(self, form: str = "hf-daily", *, minutes: float = 1, ago: float = 0, **changed: Any) -> AuditBody:
        """A questionnaire is filled `ago` minutes before it arrives."""
        at_ms = self.now_ms + round((minutes - ago) * MINUTE)
        return self.gets(make_answers(form, at_ms=at_ms, **changed), minutes=minutes)

    def beats(self, *, minutes: float = 1, ago: float = 0, **changed: Any) -> AuditBody:
        """A device says `ago` minutes before it arrives that it is alive."""
        at_ms = self.now_ms + round((minutes - ago) * MINUTE)
        return self.gets(make_status(at_ms=at_ms, **changed), minutes=minutes)

    def waits(self, *, minutes: float = 0, hours: float = 0, **changed: Any) -> tuple[Effect, ...]:
        """Nothing comes; the timekeeper lets time pass."""
        self.now_ms += round(minutes * MINUTE + hours * HOUR)
        return self.feed(make_timer(self.now_ms, **changed))

    def commands(self, kind: str, *, minutes: float = 1, **changed: Any) -> AuditBody:
        """A command about the open alert as it stands."""
        alert = self.state.alert
        about = {} if alert is None or kind in _OF_NO_ALERT else {"alert_id": alert.id, "sequence": alert.sequence}
        if alert is not None and about and "sequence" not in changed:
            about["seen_until"] = rfc3339(alert.evidence_ms)
        return self.gets(make_command(kind, **(about | changed)), minutes=minutes)

    @property
    def triage(self) -> Triage:
        """The patient's colour now."""
        return assess(self.state, self.context)

    @property
    def step(self) -> AlertStep:
        """The newest alert step."""
        return alerts(self.effects)[-1].step

    @property
    def steps(self) -> list[str]:
        """The types of all alert steps so far."""
        return [each.step.type.value for each in alerts(self.effects)]


def alerts(effects: Sequence[Effect]) -> list[PublishAlert]:
    """The alert steps among effects."""
    return [effect for effect in effects if isinstance(effect, PublishAlert)]


def audits(effects: Sequence[Effect]) -> list[AuditBody]:
    """The audit records among effects."""
    return [effect.body for effect in effects if isinstance(effect, WriteAudit)]


def rejects(effects: Sequence[Effect]) -> list[RejectInput]:
    """The refusals among effects."""
    return [effect for effect in effects if isinstance(effect, RejectInput)]


def overviews(effects: Sequence[Effect]) -> list[PublishOverview]:
    """The overviews among effects."""
    return [effect for effect in effects if isinstance(effect, PublishOverview)]


def age_ms(instant: str) -> int:
    """Milliseconds from T0 to an RFC 3339 text."""
    return (
        to_ms(Measurement.model_validate(make_measurement().model_dump() | {"measured_at": instant}).measured_at) - T0
    )
