"""Plans and bindings: who is watched, how, and by which devices. Only these and a consent create a patient's state."""

from collections.abc import Mapping

from schemas.audit import Outcome
from schemas.events import BindingsReceived, CarePlanReceived
from streams.core.adherence.slots import Zone, schedule
from streams.core.admission.identity import review
from streams.core.context import Context
from streams.core.escalation.policy import terms
from streams.core.escalation.recipients import route_gap
from streams.core.evolve import evolve
from streams.core.plan import Plan, parse_bindings, parse_plan
from streams.core.rules.refused import DEVICE_STATUS_KIND
from streams.core.state import MAX_PLANS, PatientState
from streams.core.verdict import Verdict, refuse


def plan_received(state: PatientState, event: CarePlanReceived, context: Context) -> Verdict:
    """A higher version is kept beside the older ones; which is in force is a question of the instant."""
    version = parse_plan(event.payload).contract.version
    held = parse_plan(state.plans[-1]).contract.version if state.plans else 0
    if version <= held:
        return stale(state, version, held, repeat=event.payload in state.plans)
    after = _bounded(evolve(state, plans=(*state.plans, event.payload)))
    verdict = Verdict(reconcile(after, context.rules.zones), Outcome.ACCEPTED_RECORDED)
    if after.withholds("monitoring"):
        return verdict._replace(reason="consent.withdrawn", next_step=_ASK)
    gap = _route_gap(event.payload, context)
    return verdict if gap is None else verdict._replace(reason=gap, next_step=_MEND)


_ASK = "nobody watches: ask the patient, and send a consent that gives monitoring"
_MEND = "name who is on call in the team's coverage, or contacts in the plan, before it starts"


def _route_gap(payload: str, context: Context) -> str | None:
    """What a red outside hours would meet: known before the plan starts."""
    contract = parse_plan(payload).contract
    return route_gap(terms(context, contract.team, contract), contract)


def _bounded(state: PatientState) -> PatientState:
    """At most MAX_PLANS versions: the oldest go, but never the one in force, however many are scheduled."""
    plan = state.plan_at(state.now_ms)
    kept = list(state.plans)
    while len(kept) > MAX_PLANS:
        spared = 0 if plan is None or parse_plan(kept[0]).contract.version != plan.contract.version else 1
        del kept[spared]
    return evolve(state, plans=tuple(kept))


def bindings_received(state: PatientState, event: BindingsReceived, context: Context) -> Verdict:
    """A higher version replaces all of the patient's bindings."""
    version = parse_bindings(event.payload)[0]
    held = 0 if state.bindings is None else parse_bindings(state.bindings)[0]
    if version <= held:
        return stale(state, version, held, repeat=event.payload == state.bindings)
    # What an unbound device had said is settled by whoever binds devices; one that still is unbound is told of anew.
    refused = tuple([row for row in state.refused if row.kind != DEVICE_STATUS_KIND])
    # Nobody is asked to mend a device that has been taken away.
    bound = {device.id for device in parse_bindings(event.payload)[1] if device.until_ms > state.now_ms}
    battery = {name: told for name, told in state.battery.items() if name in bound}
    alive = {name: sign for name, sign in state.alive.items() if name in bound}
    after = evolve(state, bindings=event.payload, refused=refused, battery=battery, alive=alive)
    after = review(after, scoring=context.scoring)
    return Verdict(after, Outcome.ACCEPTED_RECORDED)


def reconcile(state: PatientState, zones: Mapping[str, Zone]) -> PatientState:
    """Slot clocks for the plan in force now; a slot that did not change keeps its clock and its silence."""
    plan = state.plan_at(state.now_ms)
    version = 0 if plan is None else plan.contract.version
    if version == state.slots_plan:
        return state
    if plan is None:
        return evolve(state, slots={}, slots_plan=0)
    slots = schedule(plan, zones, state.now_ms)
    kept = {name: state.slots[name] for name in _unchanged(state, plan) if name in state.slots}
    return evolve(state, slots={**slots, **kept}, slots_plan=version)


def _unchanged(state: PatientState, plan: Plan) -> list[str]:
    before = [p for p in map(parse_plan, state.plans) if p.contract.version == state.slots_plan]
    if not before or before[0].contract.zone != plan.contract.zone:
        return []
    old = set(before[0].contract.slots)
    return [slot.id for slot in plan.contract.slots if slot in old]


def stale(state: PatientState, version: int, held: int, *, repeat: bool) -> Verdict:
    """The refusal of a version that is not above the one held. repeat: it is the very same."""
    if repeat:
        return refuse(state, Outcome.REJECTED_DUPLICATE, f"version {version} is already there", "nothing")
    return refuse(
        state,
        Outcome.REJECTED_STATE,
        f"version {version} is not above version {held}, which is in force",
        f"send it as version {held + 1} or higher",
    )
