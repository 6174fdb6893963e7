"""Consent: the gate. What may be judged, shown and told now, and what patient and team hear when that changes."""

from dataclasses import replace
from typing import Literal

from schemas.audit import Outcome
from schemas.consent import Consent
from schemas.coverage import TeamCoverage
from schemas.events import ConsentReceived
from schemas.plan import CarePlan
from schemas.triage import TriageLevel
from streams.core.asking import phone
from streams.core.context import Context
from streams.core.effects import Effect, SendReply
from streams.core.enrol import reconcile, stale
from streams.core.escalation.letters import letter
from streams.core.evolve import evolve
from streams.core.permit import Permit, kept, permit_of
from streams.core.plan import parse_plan
from streams.core.replies import answer
from streams.core.state import AlertState, PatientState
from streams.core.verdict import Verdict, refuse

WITHDRAWN = "consent.withdrawn"
"""Why an alert ended, and what the team is told."""

DAY_MS = 86_400_000
"""Whoever sends without consent is told once in so long that nobody watches: each time would be a nuisance to
somebody who has said so themselves (our choice)."""


def consent_received(state: PatientState, event: ConsentReceived, context: Context) -> Verdict:
    """A higher version is kept; which one holds is a question of now. Also before any plan: an opt-out must hold then.

    What is withdrawn is told to patient and team by `told_of`; the alert ends in `react`, as at a plan's end.
    """
    consent = Consent.model_validate_json(event.payload)
    permit = permit_of(consent, state.now_ms)
    if state.consents and permit.version <= state.consents[-1].version:
        repeat = any(permit._replace(at_ms=one.at_ms) == one for one in state.consents)
        return stale(state, permit.version, state.consents[-1].version, repeat=repeat)._replace(by=consent.by)
    told_ms = state.told_unwatched_ms if state.withholds("monitoring") else 0
    after = evolve(state, consents=kept((*state.consents, permit), state.now_ms), told_unwatched_ms=told_ms)
    verdict = Verdict(reconcile(after, context.rules.zones), Outcome.ACCEPTED_RECORDED, by=consent.by)
    if all(team in context.teams for team in permit.teams):
        return verdict
    return verdict._replace(reason="team.unknown", next_step="compare the blocked teams with coverage.v1")


def unconsented(state: PatientState, *, tells: Literal["daily", "always", "never"] = "daily") -> Verdict | None:
    """The refusal of whatever asks to be judged while monitoring is withdrawn; None = it is not.

    Nothing of the input is remembered but that the patient is told, once a day. tells: `always` = now in any case, what
    a person asks for; `never` = what a device does by itself.
    """
    if not state.consents or not state.withholds("monitoring"):
        return None
    due = tells == "always" or (tells == "daily" and state.now_ms - state.told_unwatched_ms >= DAY_MS)
    return refuse(
        evolve(state, told_unwatched_ms=state.now_ms) if due else state,
        Outcome.REJECTED_CONSENT,
        "the patient has withdrawn consent to be monitored",
        "nothing: what was sent without consent is not to be redriven",
    )


def not_watched(before: PatientState, after: PatientState, cause: str, context: Context) -> tuple[SendReply, ...]:
    """To who sends though monitoring is withdrawn: nobody sees it, and whom to call."""
    if after.told_unwatched_ms == before.told_unwatched_ms or after.is_dead or not after.plans:
        return ()
    plan = after.planned_at(after.now_ms) or parse_plan(after.plans[-1])
    return answer(after, "unread.not_watched", {"phone": phone(after, context)}, cause, context, plan=plan)


def seen_by(state: PatientState, context: Context) -> Context:
    """The reference data without whom the patient has blocked: a blocked team is like one that nobody has heard of."""
    permit = state.permit
    if permit is None or not (permit.teams or permit.recipients):
        return context
    blocked = frozenset(permit.recipients)
    teams = {name: _without(team, blocked) for name, team in context.teams.items() if name not in permit.teams}
    return replace(context, teams=teams)


def _without(team: TeamCoverage, blocked: frozenset[str]) -> TeamCoverage:
    """The team without these people. A shift that only they had is everybody's, so that somebody is told."""
    on_call = team.on_call if team.on_call is None or team.on_call.id not in blocked else None
    left = tuple(one for one in team.recipients if one.id not in blocked)
    if on_call is team.on_call and len(left) == len(team.recipients):
        return team
    shifts = tuple(
        shift.model_copy(update={"recipients": tuple(name for name in shift.recipients if name not in blocked)})
        for shift in team.shifts
    )
    outside = "wait" if on_call is None else team.outside_hours
    return team.model_copy(update={"recipients": left, "shifts": shifts, "on_call": on_call, "outside_hours": outside})


def contract_seen(state: PatientState) -> CarePlan | None:
    """The plan in force without contacts that the patient has blocked; None = nobody watches."""
    plan, permit = state.plan_at(state.now_ms), state.permit
    if plan is None or permit is None:
        return None if plan is None else plan.contract
    contacts = tuple(one for one in plan.contract.contacts if not permit.bars(one.role, one.id))
    return plan.contract.model_copy(update={"contacts": contacts})


def told_of(
    before: Permit | None, alert: AlertState | None, state: PatientState, cause: str, context: Context
) -> tuple[Effect, ...]:
    """What patient and team hear when monitoring is withdrawn or given again, or the plan's team is blocked.

    before, alert: consent and open alert just before. context: with the blocked team, which must hear that it is over.
    """
    plan = state.planned_at(state.now_ms)
    now = state.permit
    if plan is None or before == now:
        return ()
    phoned = {"phone": phone(state, context)}
    was, withdrawn = _withdrawn(before), _withdrawn(now)
    if withdrawn and not was:
        red = alert is not None and alert.level is TriageLevel.RED
        key = "information.withdrawn_in_red" if red else "information.withdrawn"
        return (
            *answer(state, key, phoned, cause, context, plan=plan),
            *letter(state, plan, WITHDRAWN, cause, context),
        )
    told: tuple[Effect, ...] = ()
    if was and not withdrawn:
        told = (
            *answer(state, "information.watched", phoned, cause, context),
            *letter(state, plan, "consent.given", cause, seen_by(state, context)),
        )
    team = plan.contract.team
    if _blocks(now, team) and not _blocks(before, team) and not withdrawn:
        told += (
            *answer(state, "information.blocked", phoned, cause, context),
            *letter(state, plan, "consent.team_blocked", cause, context),
        )
    return told


def planned_without(before: PatientState, state: PatientState, cause: str, context: Context) -> tuple[Effect, ...]:
    """A plan comes into force for somebody who has withdrawn consent: its team hears that nobody watches."""
    plan = state.planned_at(state.now_ms)
    held = before.planned_at(before.now_ms)
    if plan is None or not state.withholds("monitoring"):
        return ()
    if held is not None and held.contract.version == plan.contract.version:
        return ()
    return letter(state, plan, WITHDRAWN, cause, context)


def _withdrawn(permit: Permit | None) -> bool:
    return permit is not None and permit.withholds("monitoring")


def _blocks(permit: Permit | None, team: str) -> bool:
    return permit is not None and team in permit.teams
