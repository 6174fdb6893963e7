"""Commands: a person acknowledges or closes. What the table of the ladder does not know is refused and audited."""

from schemas.audit import Outcome
from schemas.command import COMMAND, Acknowledge, AnyCommand, Close, Invalidate
from schemas.events import CommandReceived
from streams.core.context import Context
from streams.core.escalation.ladder import Move, Trigger, acknowledge, end
from streams.core.evolve import evolve
from streams.core.invalidate import invalidate
from streams.core.state import AlertState, PatientState
from streams.core.verdict import Verdict, refuse

MAY_TREAT = frozenset({"nurse", "doctor"})
"""Roles that may take or close an alert. An assistant sees lists, a citizen their own data, a system neither."""


def obey(state: PatientState, event: CommandReceived, context: Context) -> tuple[Verdict, Move | None]:
    """The verdict on the command, and the step it takes on the ladder (None = it takes none)."""
    command = COMMAND.validate_json(event.payload)
    if isinstance(command, Invalidate):
        return invalidate(state, command, context), None
    if not isinstance(command, Acknowledge | Close):
        return _without_a_row(state, command), None
    refusal = _refusal(state, command)
    if refusal is not None:
        return refusal, None
    alert = state.alert
    assert alert is not None
    if isinstance(command, Acknowledge):
        move = acknowledge(alert, command.by, state.now_ms, context.rules)
        after = evolve(state, alert=move.alert)
    else:
        move = end(alert, Trigger.CLOSE, "command.close", by=command.by, verdict=command.verdict)
        after = evolve(state, alert=None, handled_ms=max(state.handled_ms, alert.evidence_ms))
    return Verdict(after, Outcome.ACCEPTED_RECORDED, by=command.by), move


def _without_a_row(state: PatientState, command: AnyCommand) -> Verdict:
    reason = f"{command.type} has no row in the ladder"
    return refuse(state, Outcome.REJECTED_STATE, reason, "acknowledge or close the alert", command.by)


def _refusal(state: PatientState, command: Acknowledge | Close) -> Verdict | None:
    if not state.is_known:
        return refuse(
            state,
            Outcome.REJECTED_UNKNOWN_PATIENT,
            "nothing is known of this patient",
            "check the pseudonym",
            command.by,
        )
    if command.role not in MAY_TREAT:
        return refuse(
            state,
            Outcome.REJECTED_ROLE,
            f"role {command.role} may not {command.type} an alert",
            "let a nurse or a doctor do it",
            command.by,
        )
    return _wrong_alert(state, state.alert, command)


def _wrong_alert(state: PatientState, alert: AlertState | None, command: Acknowledge | Close) -> Verdict | None:
    if alert is None or alert.id != command.alert_id:
        return refuse(
            state,
            Outcome.REJECTED_STATE,
            "this alert is not open",
            "look at the patient's overview for the open one",
            command.by,
        )
    if command.sequence < alert.news_sequence:
        return refuse(
            state,
            Outcome.REJECTED_STATE,
            f"step {alert.news_sequence} brought news that sequence {command.sequence} has not seen",
            "look at the newer step first",
            command.by,
        )
    if isinstance(command, Acknowledge) and alert.owner == command.by:
        return refuse(
            state,
            Outcome.REJECTED_DUPLICATE,
            "this person has the alert already",
            "nothing",
            command.by,
        )
    return None
