"""Origin: which device, plan and rules an alert rests on, so that a storm can be told by what its alerts share."""

from schemas.notice import Origin
from schemas.vitals import VITALS
from streams.core.admission.binding import devices
from streams.core.context import Context
from streams.core.state import AlertState, PatientState


def origin(state: PatientState, alert: AlertState, context: Context) -> Origin:
    """Worked out from the state, so that nothing is remembered for it. What several devices disagree on is unknown."""
    kinds = _kinds(state, alert)
    speaking = [one for one in devices(state) if any(one.covers(alert.evidence_ms, kind) for kind in kinds)]
    plan = state.plan_at(alert.evidence_ms) or state.plan_at(state.now_ms)
    return Origin(
        device_type=_only({one.device_type for one in speaking}),
        gateway=_only({one.gateway for one in speaking}),
        template=None if plan is None else plan.contract.template,
        rules=context.rules.digest,
    )


def _kinds(state: PatientState, alert: AlertState) -> set[str]:
    """The vital signs that its reasons name; where they name none (a score), those measured when it was found."""
    named = {part for reason in alert.reasons for part in reason.split(".") if part in VITALS}
    if named:
        return named
    return {kind for kind, points in state.series.items() if points and points[-1].at_ms == alert.evidence_ms}


def _only(values: set[str | None]) -> str | None:
    return next(iter(values)) if len(values) == 1 else None
