"""Letters: what a team is told outside any alert. Nobody is paged, no answer is waited for; in the team's hours."""

from collections.abc import Sequence

from schemas.base import rfc3339
from schemas.ids import make_id
from schemas.notice import Notice, NoticeAction, notice_id
from schemas.triage import TriageLevel
from streams.core.context import Context
from streams.core.effects import SendNotice
from streams.core.escalation.policy import first_rung, terms
from streams.core.escalation.recipients import Addressee, device_owner, rung_addressees
from streams.core.plan import Plan
from streams.core.state import PatientState, Shown

ABOUT_DEVICES = frozenset({"binding.contested", "binding.released"})
"""Letters that whoever gives out the team's devices gets too, at once: nothing clinical is in them."""

TIER = 2
"""The clock of a task: whoever reads first on the next shift. No ladder runs for a letter."""

OF_DEVICES = ("device.", "refused.device_status.")
"""Beginnings of the reason codes that whoever gives out devices is told of."""


def letter(
    state: PatientState, plan: Plan, reason: str, cause: str, context: Context, tier: int = TIER
) -> tuple[SendNotice, ...]:
    """One letter to the first rung of the plan's team. Empty = the team is unknown or has nobody; the overview says it.

    Its alert_id is its own: what it tells of is no alert. cause: id of the event or deadline.
    tier: of what it is about; one that nobody may wait for goes to the on-call route outside hours, as a page would.
    """
    team = plan.contract.team
    within = terms(context, team, plan.contract)
    to = rung_addressees(within, tier, first_rung(within, tier, state.now_ms), state.now_ms)
    if reason in ABOUT_DEVICES and within.team is not None and within.team.device_owner is not None:
        to = [*to, *device_owner(within.team.device_owner)]
    return _written(state, plan, (reason,), to, make_id(cause, "letter", reason), tier)


def device_letter(state: PatientState, before: Shown | None, cause: str, context: Context) -> tuple[SendNotice, ...]:
    """Once for what has just been found about a device: to whoever gives devices out, at any hour; else to the team.

    before: what was shown until now; `state.shown` is what is shown from now on. Nothing clinical is in it.
    """
    plan, shown = state.plan_at(state.now_ms), state.shown
    if plan is None or shown is None:
        return ()
    known = () if before is None else before.reasons
    about = tuple([reason for reason in shown.reasons if reason.startswith(OF_DEVICES) and reason not in known])
    if not about:
        return ()
    within = terms(context, plan.contract.team, plan.contract)
    owner = None if within.team is None else within.team.device_owner
    to = rung_addressees(within, TIER, 0, state.now_ms) if owner is None else device_owner(owner)
    return _written(state, plan, about, to, make_id(cause, "letter", "device"))


def _written(
    state: PatientState,
    plan: Plan,
    reasons: tuple[str, ...],
    to: Sequence[Addressee],
    about: str,
    tier: int = TIER,
) -> tuple[SendNotice, ...]:
    return tuple(
        SendNotice(
            state.now_ms,
            Notice(
                id=notice_id(about, 0, NoticeAction.INFORM, one.id, one.channel),
                action=NoticeAction.INFORM,
                alert_id=about,
                sequence=0,
                patient=state.patient,
                team=plan.contract.team,
                recipient=one.id,
                role=one.role,
                channel=one.channel,
                level=TriageLevel.YELLOW if tier <= TIER else TriageLevel.RED,
                tier=tier,
                rung=0,
                reasons=reasons,
                unconfirmed=False,
                at=rfc3339(state.now_ms),
                raised_at=rfc3339(state.now_ms),
                not_before=rfc3339(one.not_before_ms) if one.not_before_ms > state.now_ms else None,
            ),
        )
        for one in to
    )
