"""The overview of one patient: what a worklist row, an app or a colleague needs, and how old it is."""

from typing import Literal

from schemas.base import rfc3339
from schemas.ids import UNASSIGNED_TEAM, make_id
from schemas.overview import (
    AnsweredForm,
    ConsentView,
    DeviceView,
    LastReading,
    News2View,
    OpenAlert,
    Overview,
    SilenceView,
)
from schemas.rules import RuleBundle
from schemas.triage import TriageLevel
from schemas.vitals import UNITS
from streams.core.adherence.absence import absent_until
from streams.core.adherence.silence import silences
from streams.core.adherence.slots import next_due
from streams.core.effects import PublishOverview
from streams.core.escalation.moves import clock_of
from streams.core.permit import Permit
from streams.core.plan import NEVER, Plan, parse_plan
from streams.core.pro.held import Filled, answers_end
from streams.core.state import PatientState
from streams.core.triage import Triage


def publish(state: PatientState, triage: Triage, cause: str, rules: RuleBundle) -> PublishOverview:
    """The effect; `applied_offset` is filled in by the shell, which alone knows it."""
    plan = state.plan_at(state.now_ms)
    expires = min(next_due(state.slots), answers_end(state.answers, state.now_ms))
    body = Overview(
        patient=state.patient,
        level=triage.level,
        tier=triage.tier,
        silence=tuple(sorted(triage.silence)),
        reasons=triage.reasons if plan is not None else _unwatched(state),
        as_of=rfc3339(state.now_ms),
        expires_at=None if expires >= NEVER else rfc3339(expires),
        alert=_alert(state),
        last={kind: _last(kind, state) for kind in sorted(state.series)},
        news2=_news2(triage),
        team=None if plan is None else _team(state, plan),
        plan_version=None if plan is None else plan.contract.version,
        status=_status(state, plan),
        applied_offset=-1,
        answers={name: _answered(state.answers[name]) for name in sorted(state.answers)},
        absent_until=None if plan is None else _absence(state, plan),
        silences={
            kind: SilenceView(
                stage=one.stage.value,
                cause=one.cause.value,
                since=rfc3339(one.due_ms),
                heard_at=rfc3339(one.heard_ms) if one.heard_ms else None,
            )
            for kind, one in silences(state, triage.silence, rules).items()
        },
        devices={
            device: DeviceView(heard_at=rfc3339(one.heard_ms), fault=one.fault or None)
            for device, one in sorted(state.alive.items())
        },
        consent=_consent(state.permit),
        symptoms={code: state.symptoms[code][0] for code in sorted(state.symptoms)},
    )
    return PublishOverview(make_id(cause, "overview"), state.now_ms, body)


def _unwatched(state: PatientState) -> tuple[str, ...]:
    """Why nobody watches any more, for the team's list; empty before the first plan has begun."""
    if state.is_dead:
        return ("patient.died",)
    if state.planned_at(state.now_ms) is not None:
        return ("consent.withdrawn",)
    return ("plan.ended",) if _status(state, None) == "ended" else ()


def _team(state: PatientState, plan: Plan) -> str:
    """Whose list the patient stands on; where that team is blocked, on the one that always exists."""
    permit, team = state.permit, plan.contract.team
    return UNASSIGNED_TEAM if permit is not None and team in permit.teams else team


def _consent(permit: Permit | None) -> ConsentView | None:
    """What is withheld now; None = nothing is."""
    if permit is None or not (permit.withheld or permit.teams):
        return None
    return ConsentView(version=permit.version, withheld=permit.withheld, blocked_teams=permit.teams)


def _absence(state: PatientState, plan: Plan) -> str | None:
    """Until when nothing is expected, the last moment there is for an admission without an end; None = it is."""
    until = absent_until(state, plan, state.now_ms)
    return None if until is None else rfc3339(until)


def _status(state: PatientState, plan: Plan | None) -> Literal["active", "planned", "ended"]:
    """ended: a plan has been in force and no other is scheduled."""
    if plan is not None:
        return "active"
    scheduled = any(parse_plan(text).from_ms > state.now_ms for text in state.plans)
    return "planned" if scheduled or not state.plans else "ended"


def _alert(state: PatientState) -> OpenAlert | None:
    alert = state.alert
    if alert is None:
        return None
    return OpenAlert(
        alert_id=alert.id,
        sequence=alert.sequence,
        state=alert.phase,
        level=alert.level,
        tier=clock_of(alert),
        reasons=alert.reasons,
        raised_at=rfc3339(alert.raised_ms),
        next_deadline=rfc3339(alert.deadline_ms),
        owner=alert.owner,
        evidence_at=rfc3339(alert.evidence_ms),
        team=alert.team,
        to_team=alert.to_team,
    )


def _last(kind: str, state: PatientState) -> LastReading:
    point = state.series[kind][-1]
    return LastReading(
        value_milli=point.milli,
        unit=UNITS[kind],
        measured_at=rfc3339(point.at_ms),
        unconfirmed=point.in_confirm_band,
    )


def _answered(filled: Filled) -> AnsweredForm:
    newest = filled.forms[-1]
    return AnsweredForm(
        version=newest.version,
        answered_at=rfc3339(newest.at_ms),
        level=TriageLevel(filled.level),
        tier=filled.tier,
        reasons=tuple(one.reason for one in filled.spoke),
        scores=dict(sorted(filled.scores.items())),
        until=rfc3339(filled.until_ms),
        next_at=rfc3339(filled.next_ms) if filled.next_ms else None,
        answered=filled.green_ms > 0,
        wants_contact=newest.wants,
        asks=filled.asks,
    )


def _news2(triage: Triage) -> News2View | None:
    score = triage.news2
    if score is None:
        return None
    return News2View(lower=score.lower_total, upper=score.upper_total, missing=score.missing)
