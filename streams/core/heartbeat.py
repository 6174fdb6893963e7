"""A device says that it is alive: a sign of life, its charge and its fault, and never a reading."""

from schemas.audit import Outcome
from schemas.base import to_ms
from schemas.device_status import DeviceStatus
from schemas.events import DeviceStatusReceived
from streams.core.admission.alive import told
from streams.core.admission.binding import devices
from streams.core.admission.flood import HEARTBEATS, HOUR_MS, take
from streams.core.consent import unconsented
from streams.core.context import Context
from streams.core.evolve import evolve
from streams.core.measure import with_bucket, with_charge
from streams.core.plan import Device
from streams.core.rules.refused import DEVICE_STATUS_KIND
from streams.core.state import MAX_REFUSED, PatientState, Refused
from streams.core.verdict import Verdict, refuse


def status_received(state: PatientState, event: DeviceStatusReceived, context: Context) -> Verdict:
    """Remember that the device was alive. It fills no slot, colours nothing and needs no plan in force."""
    status = DeviceStatus.model_validate_json(event.payload)
    at_ms = to_ms(status.at)
    if not state.plans:
        return refuse(
            state,
            Outcome.REJECTED_UNKNOWN_PATIENT,
            "no care plan has ever been received for this patient",
            "publish the plan on care-plans.v1; a heartbeat need not be redriven",
        )
    refusal = unconsented(state, tells="never")
    if refusal is not None:
        return refusal
    device = _bound(state, status.device, at_ms)
    if device is None:
        return refuse(
            _remember_unbound(state, at_ms, context),
            Outcome.REJECTED_UNBOUND_DEVICE,
            "the device was not bound to this patient when it said that it was alive",
            "bind the device in device-bindings.v1; a heartbeat need not be redriven",
        )
    allowance = HEARTBEATS + device.id
    bucket = take(state.floods.get(allowance), device, state.now_ms)
    if bucket is None:
        return refuse(
            state,
            Outcome.QUARANTINED_FLOOD,
            f"more than {device.max_per_hour} heartbeats per hour from one device",
            "make the device tell less often, as its binding's heartbeat_min says",
        )
    after = evolve(
        state,
        floods=with_bucket(state.floods, allowance, bucket),
        battery=with_charge(state.battery, device.id, status.battery_percent, at_ms),
        alive=told(state.alive, device.id, at_ms, status.fault),
    )
    return Verdict(after, Outcome.ACCEPTED_RECORDED)


def _bound(state: PatientState, name: str, at_ms: int) -> Device | None:
    return next((one for one in devices(state) if one.id == name and one.is_bound(at_ms)), None)


def _remember_unbound(state: PatientState, at_ms: int, context: Context) -> PatientState:
    """Once, until the bindings change or the row has run out: heartbeats go on for ever, and one says it all.

    It stands in front, where it is the first to make room, and takes the place of no refused reading.
    """
    since = state.now_ms - context.rules.missing.recent_hours * HOUR_MS
    others = tuple([row for row in state.refused if row.kind != DEVICE_STATUS_KIND])
    known = any(row.kind == DEVICE_STATUS_KIND and row.at_ms >= since for row in state.refused)
    if known or not state.is_known or len(others) >= MAX_REFUSED:
        return state
    row = Refused(state.now_ms, DEVICE_STATUS_KIND, Outcome.REJECTED_UNBOUND_DEVICE.value, at_ms)
    return evolve(state, refused=(row, *others))
