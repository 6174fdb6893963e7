"""A measurement that intake let through: does it count for this patient, and where does it belong?"""

from collections.abc import Mapping

from schemas.audit import Outcome
from schemas.censored import Side
from schemas.errors import NattevagtError
from schemas.events import MeasurementReceived
from schemas.measurement import Reading, accepted
from schemas.triage import Finding
from schemas.vitals import VITALS, Band
from streams.core.admission.alive import heard
from streams.core.admission.binding import is_contested, speaking
from streams.core.admission.clock import compare
from streams.core.admission.flood import MAX_DEVICES, take
from streams.core.admission.identity import reviewed
from streams.core.consent import unconsented
from streams.core.contest import MEND, TAKEN
from streams.core.context import Context
from streams.core.evolve import evolve
from streams.core.hindsight import hidden_reds, is_overtaken
from streams.core.scoring import learn, reteach
from streams.core.signal.series import ABOVE, BELOW, MAX_POINTS, UNCONFIRMED, UNTRUSTED, Point, Points, contains, insert
from streams.core.signal.tracks import with_reading
from streams.core.state import MAX_REFUSED, Bucket, PatientState, Refused
from streams.core.verdict import Verdict, refuse
from streams.core.withdraw import is_withdrawn, withdraw

MINUTE_MS = 60_000
HOUR_MS = 3_600_000
FLAGS = {Side.EXACT: 0, Side.BELOW: BELOW, Side.ABOVE: ABOVE}

NOT_BOUND = (
    "the device was not bound to this patient for this kind when it measured",
    "bind the device in device-bindings.v1, then redrive the reading",
)


def receive(state: PatientState, event: MeasurementReceived, context: Context) -> Verdict:
    """Decide on one reading: patient, plan, device, repeat, flood; then put it in its place."""
    reading = accepted(event.payload)
    measured_ms = reading.measured_ms
    refusal = _not_ours(state, reading, measured_ms)
    if refusal is not None:
        return refusal
    sign = VITALS[reading.kind]
    milli, side = sign.read(reading.value, reading.unit, reading.comparator)
    point = Point(measured_ms, milli, FLAGS[side] | (UNCONFIRMED if sign.band(milli) is Band.CONFIRM else 0))
    if contains(state.series.get(reading.kind, ()), point) and not _still_replaces(state, reading):
        return refuse(
            state,
            Outcome.REJECTED_DUPLICATE,
            "the same reading is already there",
            "nothing: it has been counted once",
        )
    device = speaking(state, reading, measured_ms)
    if device is None or is_contested(state, device.id, reading.kind, measured_ms):
        why = NOT_BOUND if device is None else (TAKEN, MEND)
        kept = remember_refused(state, reading.kind, Outcome.REJECTED_UNBOUND_DEVICE, measured_ms, milli)
        return refuse(kept, Outcome.REJECTED_UNBOUND_DEVICE, *why)
    if not device.trusted:
        point = Point(measured_ms, milli, point.flags | UNTRUSTED)
    bucket = take(state.floods.get(device.id), device, state.now_ms)
    if bucket is None:
        return refuse(
            remember_refused(state, reading.kind, Outcome.QUARANTINED_FLOOD, measured_ms, milli),
            Outcome.QUARANTINED_FLOOD,
            f"more than {device.max_per_hour} readings per hour from one device",
            "stop the device; readings that matter can be redriven from rejected.v1",
        )
    after = _remember_device(state, reading, measured_ms, bucket, event.received_ms)
    if device.heartbeat_ms:
        after = evolve(after, alive=heard(after.alive, device.id, measured_ms))
    return _count(after, reading, point, context)


def _not_ours(state: PatientState, reading: Reading, measured_ms: int) -> Verdict | None:
    if not state.plans:
        return refuse(
            state,
            Outcome.REJECTED_UNKNOWN_PATIENT,
            "no care plan has ever been received for this patient",
            "publish the plan on care-plans.v1, then redrive the reading",
        )
    refusal = unconsented(state)
    if refusal is not None:
        return refusal
    if state.plan_at(measured_ms) is None:
        return refuse(
            remember_refused(state, reading.kind, Outcome.REJECTED_STATE, measured_ms),
            Outcome.REJECTED_STATE,
            "no plan was in force when this was measured",
            "check the plan's validity; redrive the reading after a new version",
        )
    return None


def _replaced(reading: Reading) -> Point | None:
    """The reading that this one corrects; None = it corrects none, or names what its kind cannot be."""
    if reading.replaces is None:
        return None
    try:
        milli, _ = VITALS[reading.kind].read(reading.replaces[1], reading.unit)
    except NattevagtError:
        return None
    return Point(reading.replaces[0], milli)


def _still_replaces(state: PatientState, reading: Reading) -> bool:
    gone = _replaced(reading)
    return gone is not None and not is_withdrawn(state, reading.kind, gone)


def _count(state: PatientState, reading: Reading, point: Point, context: Context) -> Verdict:
    """First take away what the reading corrects, then put it in its place, unless it is itself withdrawn.

    One that comes later than its kind's bound changes nothing, also not what it would correct.
    """
    bound = context.rules.lateness.by_kind.get(reading.kind, context.rules.lateness.default_hours)
    if state.now_ms - point.at_ms > bound * HOUR_MS:
        return Verdict(state, Outcome.ACCEPTED_RECORDED, f"later than {bound} h: kept in the record only")
    before, gone = state, _replaced(reading)
    if gone is not None:
        state = withdraw(state, reading.kind, [gone], context)
    why = "reading.corrected" if state.series is not before.series else None
    if is_withdrawn(state, reading.kind, point):
        reason = "it was corrected or declared invalid before it came: kept in the record only"
        return Verdict(state, Outcome.ACCEPTED_RECORDED, reason, withdrew=why)
    verdict = _place(state, reading.kind, point, context)
    if why is None or gone is None:
        return verdict
    late = hidden_reds(before, verdict.state, reading.kind, min(gone, point), context) or verdict.late
    return verdict._replace(withdrew=why, late=late)


def _place(state: PatientState, kind: str, point: Point, context: Context) -> Verdict:
    """Put the point in its place, unless all that are remembered are newer."""
    points = state.series.get(kind, ())
    if contains(points, point):
        return Verdict(state, None)
    if len(points) >= MAX_POINTS and point < points[0]:
        once = evolve(state, series={**state.series, kind: (point, *points)})
        hidden = hidden_reds(state, once, kind, point, context)
        outcome = None if hidden else Outcome.ACCEPTED_RECORDED
        return Verdict(state, outcome, "older than all readings still remembered", late=hidden)
    placed, point, settled = _inserted(state, kind, points, point)
    refused = without_answered(state.refused, kind, point.at_ms)
    after = evolve(state, series={**state.series, kind: placed}, refused=refused)
    if context.scoring:
        after = reteach(after, kind) if settled else _taught(after, kind, placed, point)
    late: tuple[Finding, ...] = ()
    if is_overtaken(after.series, kind, point, context.rules) or after.plan_at(point.at_ms) is not after.plan_at(
        after.now_ms
    ):  # judged by newer readings, or by another plan than the one of its time
        late = hidden_reds(state, after, kind, point, context)
    return Verdict(after, None, reading=(kind, point), late=late)


def _inserted(state: PatientState, kind: str, points: Points, point: Point) -> tuple[Points, Point, bool]:
    """The readings with the new one, that one as it stands there, and whether the doubt of another has changed."""
    grown = insert(points, point)
    placed = reviewed(state, kind, grown)
    if placed is grown:
        return grown, point, False
    changed = [(before, after) for before, after in zip(grown, placed, strict=True) if before != after]
    own = next((after for before, after in changed if before is point), point)
    return placed, own, any(before is not point for before, _ in changed)


def _taught(state: PatientState, kind: str, points: Points, point: Point) -> PatientState:
    """What models remember once the reading stands in its place; one that is not the newest leaves no track."""
    aspects, learned = learn(state, kind, points, point)
    tracks = state.tracks
    if points[-1] == point and not point.in_doubt:
        tracks = with_reading(tracks, kind, point.milli, point.at_ms // MINUTE_MS)
    return evolve(state, aspects=aspects, learned=learned, tracks=tracks)


def remember_refused(
    state: PatientState, kind: str, outcome: Outcome, measured_ms: int | None = None, milli: int | None = None
) -> PatientState:
    """The team will see that something came and did not count. An unknown patient has no state to remember in."""
    if not state.is_known:
        return state
    before = [r.count for r in state.refused if (r.kind, r.outcome) == (kind, outcome.value)]
    row = Refused(state.now_ms, kind, outcome.value, measured_ms, milli, sum(before) + 1)
    kept = tuple(r for r in state.refused if (r.kind, r.outcome) != (kind, outcome.value))
    return evolve(state, refused=(*kept, row)[-MAX_REFUSED:])


def without_answered(refused: tuple[Refused, ...], kind: str, measured_ms: int) -> tuple[Refused, ...]:
    """A good reading of the kind, measured then or later (so also the same one, redriven), ends the finding."""
    if not refused:
        return refused
    return tuple(row for row in refused if row.kind != kind or measured_ms < _asked_ms(row))


def _asked_ms(row: Refused) -> int:
    return row.at_ms if row.measured_ms is None else row.measured_ms


def _remember_device(
    state: PatientState, reading: Reading, measured_ms: int, bucket: Bucket, received_ms: int
) -> PatientState:
    """The device's flood allowance, and its charge if this is its newest word on it (of two, the lower)."""
    device = reading.device
    floods = with_bucket(state.floods, device, bucket)
    battery = with_charge(state.battery, device, reading.battery_percent, measured_ms)
    clocks = {**state.clocks, device: compare(state.clocks.get(device), received_ms, measured_ms)}
    while len(clocks) > MAX_DEVICES:
        clocks.pop(min(clocks, key=lambda name: (clocks[name].received_ms, name)))
    return evolve(state, floods=floods, battery=battery, clocks=clocks)


def with_bucket(held: Mapping[str, Bucket], device: str, bucket: Bucket) -> Mapping[str, Bucket]:
    """The allowances with this device's."""
    floods = {**held, device: bucket}
    while len(floods) > MAX_DEVICES:
        floods.pop(min(floods, key=lambda name: (floods[name].at_ms, name)))
    return floods


def with_charge(
    battery: Mapping[str, tuple[int, int]], device: str, percent: int | None, at_ms: int
) -> Mapping[str, tuple[int, int]]:
    """The charges with this one, if it is the device's newest (of two, the lower). percent: None = not told."""
    if percent is None or not _is_newer((percent, at_ms), battery.get(device)):
        return battery
    after = {**battery, device: (percent, at_ms)}
    while len(after) > MAX_DEVICES:
        after.pop(min(after, key=lambda name: (after[name][1], name)))
    return after


def _is_newer(told: tuple[int, int], held: tuple[int, int] | None) -> bool:
    """(percent, at_ms): a function of the two alone, so that no order of arrival matters."""
    return held is None or (told[1], -told[0]) > (held[1], -held[0])
