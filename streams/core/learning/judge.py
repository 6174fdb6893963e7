"""What the risk models say of one patient after a reading, with the parameters that the event's stamp names."""

from typing import Final, NamedTuple

from streams.core.context import Context
from streams.core.evolve import evolve
from streams.core.learning.designs import DESIGNS
from streams.core.learning.floor import said, stand
from streams.core.models.risk import Risk, chance, explain
from streams.core.models.risk_features import risk_features
from streams.core.plan import Plan
from streams.core.state import PatientState

MINUTE_MS: Final = 60_000
MILLION: Final = 1_000_000


class Judged(NamedTuple):
    """model: whose opinion is told with its reasons: the promoted one, else the first. digest: of its parameters.

    challengers: model id -> score of the same features, in the shadow.
    """

    model: str
    digest: str
    risk: Risk
    challengers: dict[str, float]


def judge(state: PatientState, context: Context) -> tuple[PatientState, Judged | None]:
    """The opinion, and the state with where the patient stands; None = no plan, or nothing is known of anybody."""
    plan = state.plan_at(state.now_ms)
    x = {} if plan is None else risk_features(state.tracks, state.now_ms // MINUTE_MS)
    if plan is None or not x:
        return state, None
    models = context.models
    lead = models.champion or DESIGNS[0].id
    served = models.served[lead]
    risk = explain(x, served.snapshot)
    others = {
        design.id: round(chance(x, models.served[design.id].snapshot), 6) for design in DESIGNS if design.id != lead
    }
    return _stood(state, risk, plan, context), Judged(lead, served.digest, risk, others)


def _stood(state: PatientState, risk: Risk, plan: Plan, context: Context) -> PatientState:
    served = context.models.may_colour
    if served is None and state.standing is None:
        return state
    word = said(served, round(risk.score * MILLION), plan.contract.team, context.rules)
    return evolve(state, standing=stand(state.standing, word, context.rules, state.now_ms))
