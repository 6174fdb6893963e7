"""Letters: what a team is told outside any alert. Nobody is paged, no answer is waited for; in the team's hours."""

from schemas.base import rfc3339
from schemas.ids import make_id
from schemas.notice import Notice, NoticeAction, notice_id
from schemas.triage import TriageLevel
from streams.core.context import Context
from streams.core.effects import SendNotice
from streams.core.escalation.policy import terms
from streams.core.escalation.recipients import rung_addressees
from streams.core.plan import Plan
from streams.core.state import PatientState

TIER = 2
"""The clock of a task: whoever reads first on the next shift. No ladder runs for a letter."""


def letter(state: PatientState, plan: Plan, reason: str, cause: str, context: Context) -> tuple[SendNotice, ...]:
    """One letter to the first rung of the plan's team. Empty = the team is unknown or has nobody; the overview says it.

    Its alert_id is its own: what it tells of is no alert. cause: id of the event or deadline.
    """
    team = plan.contract.team
    to = rung_addressees(terms(context, team, plan.contract), TIER, 0, state.now_ms)
    about = make_id(cause, "letter", reason)
    return tuple(
        SendNotice(
            state.now_ms,
            Notice(
                id=notice_id(about, 0, NoticeAction.INFORM, one.id, one.channel),
                action=NoticeAction.INFORM,
                alert_id=about,
                sequence=0,
                patient=state.patient,
                team=team,
                recipient=one.id,
                role=one.role,
                channel=one.channel,
                level=TriageLevel.YELLOW,
                tier=TIER,
                rung=0,
                reasons=(reason,),
                unconfirmed=False,
                at=rfc3339(state.now_ms),
                raised_at=rfc3339(state.now_ms),
                not_before=rfc3339(one.not_before_ms) if one.not_before_ms > state.now_ms else None,
            ),
        )
        for one in to
    )
