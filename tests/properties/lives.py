"""Lives: random but sensible sequences of events of one patient, for hypothesis to shrink."""

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from schemas.audit import Outcome
from schemas.base import rfc3339
from schemas.events import PatientEvent, Resumed, Stamp
from tests.builders import (
    DAY,
    HOUR,
    MINUTE,
    PATIENT,
    T0,
    make_binding,
    make_bindings,
    make_command,
    make_consent,
    make_event,
    make_invalidate,
    make_limit,
    make_measurement,
    make_plan,
    make_refusal,
    make_slot,
    make_status,
    make_timer,
)

READINGS: tuple[tuple[str, tuple[float | str, ...]], ...] = (
    ("spo2", (60, 68, 86, 87.9, 88, 89, 90, 91, 96, 100)),
    ("pulse", (25, 34, 80, 111, 131, 190, 200)),
    ("weight", (28, 80, 95)),
    ("temp", (36.8, 39.5)),
    ("consciousness", ("A", "V")),
    ("supplemental_o2", (0, 2)),
)
"""Kinds with values on both sides of their bands: green, yellow, red, extreme, of NEWS2 and of limits."""

LIMITS = ([make_limit()], [make_limit(), make_limit("pulse", red_below=30, red_from=130)], [])
SLOTS = ([], [make_slot()], [make_slot(at=["08:00", "20:00"]), make_slot(id="weekly", kinds=["weight"], days=[2])])

gaps = st.sampled_from([0, 1, MINUTE, 5 * MINUTE, 15 * MINUTE, HOUR, 4 * HOUR, 13 * HOUR, 2 * DAY])
ages = st.sampled_from([0, 1, MINUTE, 10 * MINUTE, 3 * HOUR, 30 * HOUR, 8 * DAY])
stamps = st.builds(Stamp, coverage=st.integers(-1, 1), rules=st.integers(-1, 1))


@st.composite
def measurements(draw: DrawFn, now_ms: int, offset: int) -> PatientEvent:
    """A reading of some age, mostly of the bound device."""
    kind, values = draw(st.sampled_from(READINGS))
    reading = make_measurement(
        draw(st.sampled_from(values)),
        kind=kind,
        at_ms=now_ms - draw(ages),
        device=draw(st.sampled_from(["oximeter-1"] * 9 + ["stranger"])),
        battery_percent=draw(st.sampled_from([None, None, 5, 80])),
    )
    return make_event(reading, received_ms=now_ms, offset=offset, stamp=draw(stamps))


@st.composite
def heartbeats(draw: DrawFn, now_ms: int, offset: int) -> PatientEvent:
    """A sign of life of some age, mostly of the bound device, with or without charge and fault."""
    status = make_status(
        at_ms=now_ms - draw(ages),
        device=draw(st.sampled_from(["oximeter-1"] * 4 + ["stranger"])),
        battery_percent=draw(st.sampled_from([None, 5, 80])),
        fault=draw(st.sampled_from([None, None, "E1"])),
    )
    return make_event(status, received_ms=now_ms, offset=offset, stamp=draw(stamps))


@st.composite
def plans(draw: DrawFn, now_ms: int, offset: int, *, ending: bool = True) -> PatientEvent:
    """Some version, in force, scheduled or ending."""
    begins = now_ms + draw(st.sampled_from([-40 * DAY, -HOUR, 0, HOUR, DAY]))
    changed = {
        "version": draw(st.integers(1, 6)),
        "valid_from": rfc3339(begins),
        "limits": draw(st.sampled_from(LIMITS)),
        "slots": draw(st.sampled_from(SLOTS)),
        "pregnant": draw(st.booleans()),
        "team": draw(st.sampled_from(["lung", "nobody"])),
    }
    if ending and draw(st.booleans()):
        changed["valid_until"] = rfc3339(begins + draw(st.sampled_from([1, 2 * HOUR, 3 * DAY])))
    return make_event(make_plan(**changed), received_ms=now_ms, offset=offset)


@st.composite
def bindings(draw: DrawFn, now_ms: int, offset: int) -> PatientEvent:
    """One device for all kinds, or two, of which one only weighs; tight or loose allowance."""
    allowance = draw(st.sampled_from([1, 3, 120]))
    devices = [make_binding(max_per_hour=allowance, heartbeat_min=draw(st.sampled_from([None, 1, 60])))]
    if draw(st.booleans()):
        devices.append(make_binding(device="stranger", kinds=["weight"]))
    contract = make_bindings(version=draw(st.integers(1, 4)), devices=devices)
    return make_event(contract, received_ms=now_ms, offset=offset)


@st.composite
def consents(draw: DrawFn, now_ms: int, offset: int) -> PatientEvent:
    """Monitoring or something else is withdrawn or given again, now, later or for a time; a team or person blocked."""
    begins = now_ms + draw(st.sampled_from([-DAY, 0, 0, HOUR, DAY]))
    changed = {
        "version": draw(st.integers(1, 6)),
        "monitoring": draw(st.sampled_from(["withdrawn", "given"])),
        "showing": draw(st.sampled_from(["withdrawn", "given"])),
        "secondary_use": draw(st.sampled_from(["withdrawn", "given"])),
        "valid_from": rfc3339(begins),
        "blocks": draw(st.sampled_from([{}, {}, {"teams": ["lung"]}, {"recipients": ["n1", "nurse-1"]}])),
    }
    if draw(st.booleans()):
        changed["valid_until"] = rfc3339(begins + draw(st.sampled_from([1, 2 * HOUR, 3 * DAY])))
    return make_event(make_consent(**changed), received_ms=now_ms, offset=offset)


@st.composite
def commands(draw: DrawFn, now_ms: int, offset: int) -> PatientEvent:
    """A command about the alert that is open when it arrives ("open" is filled in then), or about none."""
    if draw(st.integers(0, 4)) == 4:
        kind, _ = draw(st.sampled_from(READINGS))
        since = now_ms - draw(ages)
        gone = make_invalidate(kind, at_ms=since, until=rfc3339(since + draw(ages)))
        return make_event(gone, received_ms=now_ms, offset=offset)
    command = make_command(
        draw(st.sampled_from(["acknowledge", "close"])),
        alert_id=draw(st.sampled_from(["open", "open", "open", "none"])),
        sequence=draw(st.sampled_from([99, 99, 1])),
        by=draw(st.sampled_from(["nurse-1", "nurse-2"])),
        role=draw(st.sampled_from(["nurse", "nurse", "nurse", "citizen"])),
    )
    return make_event(command, received_ms=now_ms, offset=offset)


@st.composite
def contests(draw: DrawFn, now_ms: int, offset: int) -> PatientEvent:
    """The registry says that a device is somebody else's for some time, or no longer is; sometimes late or again."""
    since = now_ms - draw(ages)
    span = {"valid_from": rfc3339(since), "valid_until": draw(st.sampled_from([None, rfc3339(since + 13 * HOUR)]))}
    command = make_command(
        "contest_binding",
        device=draw(st.sampled_from(["oximeter-1", "stranger"])),
        upto=draw(st.integers(1, 4)),
        spans=draw(st.sampled_from([[], [span], [span | {"kinds": ["weight"]}]])),
    )
    return make_event(command, received_ms=now_ms, offset=offset)


@st.composite
def others(draw: DrawFn, now_ms: int, offset: int) -> PatientEvent:
    """Refusals, timers on time and held back, outages."""
    what = draw(st.sampled_from(["refused", "timer", "held back", "resumed"]))
    if what == "refused":
        outcome = draw(st.sampled_from([Outcome.REJECTED_UNIT, Outcome.REJECTED_MALFORMED]))
        kind = draw(st.sampled_from([None, "spo2", "unheard_of"]))
        return make_refusal(received_ms=now_ms, offset=offset, outcome=outcome, kind=kind)
    if what == "timer":
        return make_timer(now_ms, path_late=draw(st.booleans()), stamp=draw(stamps))
    if what == "held back":
        return make_timer(now_ms, data_until_ms=now_ms - draw(ages))
    return Resumed(
        id=f"resumed/{offset}", patient=PATIENT, from_ms=now_ms - draw(ages), to_ms=now_ms, stamp=draw(stamps)
    )


@st.composite
def lives(draw: DrawFn, *, longest: int = 14) -> list[PatientEvent]:
    """Mostly a plan and bindings first; then anything, in order of arrival, with a few jumps back in time."""
    now_ms = T0
    events: list[PatientEvent] = []
    if draw(st.integers(0, 9)) < 8:
        ends = draw(st.sampled_from([None, None, T0 + 13 * HOUR]))
        plan = make_plan(
            limits=draw(st.sampled_from(LIMITS)),
            slots=draw(st.sampled_from(SLOTS)),
            valid_until=None if ends is None else rfc3339(ends),
        )
        first = make_bindings(devices=[make_binding(heartbeat_min=draw(st.sampled_from([None, 60])))])
        events = [make_event(plan, received_ms=now_ms), make_event(first, received_ms=now_ms)]
    makers = [
        measurements,
        measurements,
        measurements,
        measurements,
        commands,
        commands,
        others,
        plans,
        bindings,
        heartbeats,
        consents,
        contests,
    ]
    for offset in range(len(events), len(events) + draw(st.integers(longest // 2, longest))):
        now_ms += draw(gaps)
        came_ms = now_ms - draw(st.sampled_from([0, 0, 0, 0, MINUTE]))
        events.append(draw(draw(st.sampled_from(makers))(came_ms, offset)))
        if draw(st.integers(0, 5)) == 5:
            events += remeasured(now_ms, 100 + 2 * offset)
        if draw(st.integers(0, 5)) == 5:
            events += draw(
                st.sampled_from([taken(draw, now_ms, 200 + 3 * offset), regretted(now_ms, 300 + 2 * offset)])
            )
    return events


def taken(draw: DrawFn, now_ms: int, offset: int) -> list[PatientEvent]:
    """A red reading, somebody who takes it, and perhaps the same or another who closes it."""
    orders = [("acknowledge", "nurse-1"), ("close", draw(st.sampled_from(["nurse-1", "nurse-2"])))]
    return [
        make_event(make_measurement(68, at_ms=now_ms), received_ms=now_ms, offset=offset),
        *(
            make_event(
                make_command(order, alert_id="open", sequence=99, by=by, role="nurse"),
                received_ms=now_ms + later,
                offset=offset + later,
            )
            for later, (order, by) in enumerate(orders[: draw(st.integers(1, 2))], start=1)
        ),
    ]


def regretted(now_ms: int, offset: int) -> list[PatientEvent]:
    """A red reading that somebody takes back."""
    gone = make_invalidate("spo2", at_ms=now_ms, until=rfc3339(now_ms + 1))
    return [
        make_event(make_measurement(68, at_ms=now_ms), received_ms=now_ms, offset=offset),
        make_event(gone, received_ms=now_ms + 1, offset=offset + 1),
    ]


def remeasured(now_ms: int, offset: int) -> list[PatientEvent]:
    """A cold finger, and right afterwards a good reading."""
    return [
        make_event(make_measurement(value, at_ms=now_ms + later), received_ms=now_ms + later, offset=offset + later)
        for value, later in ((60, 0), (97, 1))
    ]


def steady(longest: int = 10, *, corrections: bool = True) -> SearchStrategy[list[PatientEvent]]:
    """Readings and heartbeats of one moment, all inside lateness bound and allowance, none measured in the future.

    corrections: some take the place of others, which may come before them, after them or never.
    """
    reading = _steady(corrections=corrections)
    return st.lists(st.one_of(reading, reading, reading, _alive()), min_size=1, max_size=longest)


AGES = (0, 1, MINUTE, 10 * MINUTE, 20 * MINUTE, 3 * HOUR, 5 * HOUR, 30 * HOUR)


@st.composite
def _alive(draw: DrawFn) -> PatientEvent:
    """The charge differs from those of readings of the same instant, and so may the fault of two heartbeats."""
    ago, charge = draw(st.sampled_from(AGES)), draw(st.sampled_from([None, 4, 79]))
    status = make_status(at_ms=T0 - ago, battery_percent=charge, fault=draw(st.sampled_from([None, "E1", "E2"])))
    return make_event(status, received_ms=T0)


@st.composite
def _steady(draw: DrawFn, *, corrections: bool) -> PatientEvent:
    kind, values = draw(st.sampled_from(READINGS))
    ago = draw(st.sampled_from(AGES))
    # The charge follows from time and kind: the same reading twice tells the same.
    charge = (None, 5, 80)[(ago // MINUTE + len(kind)) % 3]
    value, wrong, then = draw(st.sampled_from(values)), draw(st.sampled_from(values)), draw(st.sampled_from(AGES))
    replaces = {"measured_at": rfc3339(T0 - then), "value": wrong}
    corrects = corrections and (wrong, then) != (value, ago) and draw(st.integers(0, 3)) == 3
    more = {"replaces": replaces} if corrects else {}
    reading = make_measurement(value, kind=kind, at_ms=T0 - ago, battery_percent=charge, **more)
    return make_event(reading, received_ms=T0)
