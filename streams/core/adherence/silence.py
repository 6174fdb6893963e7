"""Silence: an axis of its own beside the colour. How far a missing reading has come, and what is looked at first."""

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple

from schemas.plan import Slot
from schemas.rules import RuleBundle
from streams.core.admission.alive import Word, word
from streams.core.admission.binding import devices, is_contested
from streams.core.state import PatientState

OPEN_PHASE = "open"


class Stage(StrEnum):
    """expected (nothing is overdue) -> late -> reminded -> silent -> investigated (clinical README, section 7).

    LATE only while the reminder waits because the path itself is late. SILENT: the next one is missing as well.
    INVESTIGATED: a person has the alert about it, or has closed it.
    """

    LATE = "late"
    REMINDED = "reminded"
    SILENT = "silent"
    INVESTIGATED = "investigated"


class Cause(StrEnum):
    """What to look at first: the device, then the patient. A planned absence makes no silence at all."""

    DEVICE = "device"
    PATIENT = "patient"
    UNKNOWN = "unknown"


class Silence(NamedTuple):
    """One overdue kind. due_ms: when its slot had fallen due. heard_ms: its device's last sign of life; 0 = none is
    expected of it.
    """

    stage: Stage
    cause: Cause
    due_ms: int
    heard_ms: int = 0


def silences(state: PatientState, silent: Mapping[str, int], rules: RuleBundle) -> dict[str, Silence]:
    """Stage and cause of each overdue kind (`silent`: kind -> due, as triage found it), by name."""
    plan = state.plan_at(state.now_ms)
    if plan is None or not silent:
        return {}
    slots = plan.contract.slots
    return {kind: _silence(state, kind, silent[kind], slots, rules) for kind in sorted(silent)}


def _silence(state: PatientState, kind: str, due_ms: int, slots: tuple[Slot, ...], rules: RuleBundle) -> Silence:
    said = word(state, kind, due_ms)
    cause = _cause(state, kind, slots, rules, said)
    return Silence(_stage(state, kind, due_ms, slots), cause, due_ms, 0 if said is None else said.heard_ms)


def is_silent(state: PatientState, kind: str, slots: tuple[Slot, ...]) -> bool:
    """Have two occurrences in a row gone by without it?"""
    clocks = [state.slots[slot.id] for slot in slots if kind in slot.kinds and slot.id in state.slots]
    before = max((clock.before_ms for clock in clocks), default=0)
    points = state.series.get(kind)
    return before > 0 and (not points or points[-1].at_ms < before)


def _stage(state: PatientState, kind: str, due_ms: int, slots: tuple[Slot, ...]) -> Stage:
    alert = state.alert
    about = alert is not None and any(reason.startswith("missing.") for reason in alert.reasons)
    if state.handled_ms >= due_ms or (about and alert is not None and alert.phase != OPEN_PHASE):
        return Stage.INVESTIGATED
    if is_silent(state, kind, slots):
        return Stage.SILENT
    return Stage.LATE if state.path_late else Stage.REMINDED


def _cause(
    state: PatientState, kind: str, slots: tuple[Slot, ...], rules: RuleBundle, said: Word | None = None
) -> Cause:
    """A device that has gone quiet, or a flat battery, explains most. One that is alive says that nobody measured; and
    who sends other readings can send, and has left this one out.
    """
    if said is not None and said.is_quiet and not state.path_late:
        return Cause.DEVICE
    low = rules.battery.low_percent
    for device in devices(state):
        held = state.battery.get(device.id)
        speaks = device.covers(state.now_ms, kind) and not is_contested(state, device.id, kind, state.now_ms)
        if held is not None and held[0] <= low and speaks:
            return Cause.DEVICE
    if said is not None and not said.is_quiet:
        return Cause.PATIENT
    opened = max((state.slots[s.id].open_ms for s in slots if kind in s.kinds and s.id in state.slots), default=0)
    sent = any(points[-1].at_ms >= opened for points in state.series.values())
    return Cause.PATIENT if sent else Cause.UNKNOWN
