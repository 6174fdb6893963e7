"""A measurement that intake let through: does it count for this patient, and where does it belong?"""

from schemas.audit import Outcome
from schemas.base import to_ms
from schemas.events import MeasurementReceived
from schemas.measurement import Measurement
from schemas.triage import Finding, TriageLevel
from schemas.vitals import VITALS, Band
from streams.core.admission.binding import speaking
from streams.core.admission.flood import MAX_DEVICES, take
from streams.core.context import Context
from streams.core.evolve import evolve
from streams.core.plan import Plan
from streams.core.rules.limits import PersonalLimits, side
from streams.core.scoring import learn
from streams.core.signal.series import MAX_POINTS, UNCONFIRMED, Point, contains, insert
from streams.core.state import MAX_REFUSED, Bucket, PatientState, Refused
from streams.core.verdict import Verdict, refuse

HOUR_MS = 3_600_000


def receive(state: PatientState, event: MeasurementReceived, context: Context) -> Verdict:
    """Decide on one reading: patient, plan, device, repeat, flood; then put it in its place."""
    reading = Measurement.model_validate_json(event.payload)
    measured_ms = to_ms(reading.measured_at)
    refusal = _not_ours(state, reading, measured_ms)
    if refusal is not None:
        return refusal
    sign = VITALS[reading.kind]
    milli = sign.to_milli(reading.value, reading.unit)
    point = Point(measured_ms, milli, UNCONFIRMED if sign.band(milli) is Band.CONFIRM else 0)
    points = state.series.get(reading.kind, ())
    if contains(points, point):
        return refuse(
            state,
            Outcome.REJECTED_DUPLICATE,
            "the same reading is already there",
            "nothing: it has been counted once",
        )
    device = speaking(state, reading, measured_ms)
    if device is None:
        return refuse(
            remember_refused(state, reading.kind, Outcome.REJECTED_UNBOUND_DEVICE),
            Outcome.REJECTED_UNBOUND_DEVICE,
            "the device was not bound to this patient for this kind when it measured",
            "bind the device in device-bindings.v1, then redrive the reading",
        )
    bucket = take(state.floods.get(device.id), device, state.now_ms)
    if bucket is None:
        return refuse(
            remember_refused(state, reading.kind, Outcome.QUARANTINED_FLOOD),
            Outcome.QUARANTINED_FLOOD,
            f"more than {device.max_per_hour} readings per hour from one device",
            "stop the device; readings that matter can be redriven from rejected.v1",
        )
    return _place(_remember_device(state, reading, measured_ms, bucket), reading.kind, points, point, context)


def _not_ours(state: PatientState, reading: Measurement, measured_ms: int) -> Verdict | None:
    if not state.plans:
        return refuse(
            state,
            Outcome.REJECTED_UNKNOWN_PATIENT,
            "no care plan has ever been received for this patient",
            "publish the plan on care-plans.v1, then redrive the reading",
        )
    if state.plan_at(measured_ms) is None:
        return refuse(
            remember_refused(state, reading.kind, Outcome.REJECTED_STATE),
            Outcome.REJECTED_STATE,
            "no plan was in force when this was measured",
            "check the plan's validity; redrive the reading after a new version",
        )
    return None


def _place(state: PatientState, kind: str, points: tuple[Point, ...], point: Point, context: Context) -> Verdict:
    """Put the point in its place, unless it is too old to change anything."""
    bound = context.rules.lateness.by_kind.get(kind, context.rules.lateness.default_hours)
    if state.now_ms - point.at_ms > bound * HOUR_MS:
        return Verdict(state, Outcome.ACCEPTED_RECORDED, f"later than {bound} h: kept in the record only")
    if len(points) >= MAX_POINTS and point < points[0]:
        late = _hidden(state, kind, points, point)
        outcome = Outcome.ACCEPTED_RECORDED if late is None else None
        return Verdict(state, outcome, "older than all readings still remembered", late=late)
    placed = insert(points, point)
    aspects, learned = state.aspects, state.learned
    if context.scoring:
        aspects, learned = learn(state, kind, placed, point)
    after = evolve(state, series={**state.series, kind: placed}, aspects=aspects, learned=learned)
    return Verdict(after, None, reading=(kind, point), late=_hidden(after, kind, placed, point))


def _hidden(state: PatientState, kind: str, points: tuple[Point, ...], point: Point) -> Finding | None:
    """A red reading that arrives behind newer ones still has to be seen: yellow, `was red`."""
    plan: Plan | None = state.plan_at(state.now_ms)
    if plan is None or PersonalLimits.id not in plan.contract.rules:
        return None
    limits = plan.limits.get(kind)
    if limits is None or point == points[-1] or side(limits, point.milli)[0] is not TriageLevel.RED:
        return None
    return Finding(
        PersonalLimits.id,
        PersonalLimits.version,
        TriageLevel.YELLOW,
        limits.yellow_tier,
        f"limits.{kind}.was_red",
        point.at_ms,
        {f"{kind}_milli": point.milli},
        point.in_confirm_band,
    )


def remember_refused(state: PatientState, kind: str, outcome: Outcome) -> PatientState:
    """The team will see that something came and did not count. An unknown patient has no state to remember in."""
    if not state.is_known:
        return state
    row = Refused(state.now_ms, kind, outcome.value)
    kept = tuple(r for r in state.refused if (r.kind, r.outcome) != (kind, outcome.value))
    return evolve(state, refused=(*kept, row)[-MAX_REFUSED:])


def _remember_device(state: PatientState, reading: Measurement, measured_ms: int, bucket: Bucket) -> PatientState:
    """The device's flood allowance, and its charge if this is its newest word on it (of two, the lower)."""
    device = reading.device
    floods = {**state.floods, device: bucket}
    while len(floods) > MAX_DEVICES:
        floods.pop(min(floods, key=lambda name: (floods[name].at_ms, name)))
    battery = state.battery
    percent = reading.battery_percent
    if percent is not None and _is_newer((percent, measured_ms), battery.get(device)):
        battery = {**battery, device: (percent, measured_ms)}
        while len(battery) > MAX_DEVICES:
            battery.pop(min(battery, key=lambda name: (battery[name][1], name)))
    return evolve(state, floods=floods, battery=battery)


def _is_newer(told: tuple[int, int], held: tuple[int, int] | None) -> bool:
    """(percent, at_ms): a function of the two alone, so that no order of arrival matters."""
    return held is None or (told[1], -told[0]) > (held[1], -held[0])
