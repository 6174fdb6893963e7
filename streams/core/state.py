"""PatientState: all that is remembered of one patient. A frozen value, bounded, plain JSON, no clock of its own."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from schemas.consent import Scope
from schemas.events import Stamp
from schemas.triage import TriageLevel
from streams.core.learning.floor import Standing
from streams.core.learning.memory import EMPTY, Fact, Memory
from streams.core.models.base import Parameters
from streams.core.permit import Permit
from streams.core.permit import in_force as permit_in_force
from streams.core.plan import Plan, in_force, parse_plan
from streams.core.pro.held import Filled
from streams.core.signal.features import Aspect
from streams.core.signal.series import Points
from streams.core.signal.tracks import Tracks

MAX_PLANS = 4
"""Plan versions kept: the one in force, a scheduled change, and two of the past for late readings."""

MAX_REFUSED = 8
"""Refused inputs kept for the team to see."""

MAX_IDENTIFIED = 8
"""Answers to "is this you?" remembered; as long as readings in doubt are."""

MAX_CONTESTED = 32
"""Devices remembered of which the registry has spoken; as many as bindings may name."""

MAX_WITHDRAWN = 32
"""Corrected or invalidated readings remembered, so that a copy that comes later does not count after all."""


@dataclass(frozen=True, slots=True)
class AlertState:
    """The open alert. phase: see streams.core.escalation.ladder. deadline_ms: when the ladder moves on; always set.

    tier: the highest of its findings. clock_tier: whose clock runs, which rises when nobody answers; 0 = as tier.
    evidence_ms, since_ms: newest and oldest evidence (measured_at). told_ms: the evidence its newest step told of;
    found_ms: the evidence its newest finding step did; found_sequence: that step. brought: step of each of `reasons`.
    news_sequence: the newest step that started the ladder anew; who takes it must have seen that one.
    base_ms: when the clock that runs now (a rung, a hold) began. page_ms: from when people may be woken.
    rung: escalations so far; rung0: of them before this clock began.
    team: responsible, always exactly one. plan_team: the plan's when it was last looked at. to_team: asked to take it.
    from_team: had it before the plan moved; told until the new one takes it.
    snoozed: condition/direction that waits. tries: failed contacts.
    told: role/recipient/channel of everybody told so far. pending: notices of this rung that have not arrived.
    reply_id, read_by_ms: an automatic answer that must have been read by then; 0 = none.
    credited_ms: a standstill of the watch has been given back up to here.
    alone_ms: red, nobody had it, no reader on duty or on call; counted up to counted_ms.
    """

    id: str
    sequence: int
    phase: str
    level: TriageLevel
    tier: int
    reasons: tuple[str, ...]
    unconfirmed: bool
    team: str
    raised_ms: int
    evidence_ms: int
    base_ms: int
    page_ms: int
    rung: int
    deadline_ms: int
    news_sequence: int = 1
    since_ms: int = 0
    owner: str | None = None
    clock_tier: int = 0
    rung0: int = 0
    brought: tuple[int, ...] = ()
    told_ms: int = 0
    found_ms: int = 0
    found_sequence: int = 1
    plan_team: str = ""
    to_team: str | None = None
    from_team: str | None = None
    snoozed: str = ""
    tries: int = 0
    told: tuple[str, ...] = ()
    pending: tuple[str, ...] = ()
    reply_id: str = ""
    read_by_ms: int = 0
    credited_ms: int = 0
    alone_ms: int = 0
    counted_ms: int = 0


@dataclass(frozen=True, slots=True)
class SlotState:
    """A slot's clock. open_ms: when the last occurrence that fell due had opened, 0 = none yet. due_ms: next due.

    before_ms: when the occurrence before that had opened, 0 = there was none.
    """

    open_ms: int
    due_ms: int
    before_ms: int = 0


class SignOfLife(NamedTuple):
    """When a device was last alive, by its own clock. heard_ms: its newest heartbeat or reading.

    told_ms: its newest heartbeat, 0 = none. fault: what that one said is wrong; empty = nothing.
    """

    heard_ms: int
    told_ms: int = 0
    fault: str = ""


class DeviceClock(NamedTuple):
    """How a device's time differs from the broker's. lag_ms: of its last reading, positive = it measured earlier.

    received_ms: when that came. steady: how many readings in a row came one by one with the same lag.
    """

    received_ms: int
    lag_ms: int
    steady: int


@dataclass(frozen=True, slots=True)
class Refused:
    """An input of this patient that was refused: it never fills a slot, but the team sees it beside the silence."""

    at_ms: int
    kind: str
    outcome: str
    measured_ms: int | None = None
    """When it was measured; None = its time is not known or not credible."""
    milli: int | None = None
    """What it said, in thousandths of the kind's unit; None = it said no such number."""
    count: int = 1
    """How many of this kind were refused like this without a good one between them."""


class Withdrawn(NamedTuple):
    """A reading that no longer counts: (kind, measured_at, value) make a reading one."""

    kind: str
    at_ms: int
    milli: int


class Identified(NamedTuple):
    """Somebody has answered whether a reading is the patient's own."""

    kind: str
    at_ms: int
    mine: bool


class TakenSpan(NamedTuple):
    """[from_ms, until_ms) in which a device is somebody else's. kinds: empty = all."""

    from_ms: int
    until_ms: int
    kinds: tuple[str, ...]


class Contested(NamedTuple):
    """What the registry says of one device. upto: the claim it follows from; a lower one is overtaken.

    spans: empty = it was contested and no longer is.
    """

    device: str
    upto: int
    spans: tuple[TakenSpan, ...]

    def lasts(self, at_ms: int) -> bool:
        """Is anything contested from this instant on? What lies before it concerns buffered readings only."""
        return any(span.until_ms > at_ms for span in self.spans)


@dataclass(frozen=True, slots=True)
class Shown:
    """The triage as last published, to tell a change from a repeat."""

    level: str | None
    tier: int
    reasons: tuple[str, ...]
    silence: tuple[str, ...]


class Bucket(NamedTuple):
    """A device's flood allowance: whole readings x 3,600,000 left at `at_ms`, so that refilling is exact."""

    left: int
    at_ms: int


@dataclass(frozen=True)  # without slots: `evolve` then copies it as a whole, four times as fast
class PatientState:
    """The state. now_ms: the patient's own clock, never goes back. plans, bindings: verbatim JSON, newest last.

    handled_ms: evidence measured up to here belongs to an alert that a person has closed.
    alerts: how many this patient has had. battery: device -> (percent, at_ms).
    alive: device -> its last sign of life; readings of a device that sends no heartbeats give none.
    slots_plan: version of the plan whose slots are clocked; 0 = none.
    aspects: kind -> newest reading against the own normal, worked out from `series` whenever that changes.
    answers: questionnaire -> its last forms. symptoms: code -> (value, answered_at) of the newest form that asked.
    recheck_ms: when a rule that waits for another reading decides without one; 0 = none waits.
    back_ms: a planned absence that began by then has been ended by a red; 0 = none was.
    identified: answers to "is this you?", newest last. contested: devices that somebody else had first, newest last.
    requested_ms: when the patient last asked to be contacted; 0 = never.
    learned: model id -> what it has learned. History, as `alerts` is: readings that come late do not change it.
    memory: known outcomes, and scores that wait for theirs. Colours nothing.
    tracks: what the risk is worked out from, see `signal/tracks.py`; history, as `learned` is.
    standing: where the patient stands with the promoted model; None = it has not spoken lately.
    consents: versions that hold or will, newest last; empty = nothing was ever withheld. told_unwatched_ms: when a
    patient without consent was last told that nobody watches; 0 = not since it was withdrawn.
    """

    patient: str
    now_ms: int = 0
    stamp: Stamp = field(default_factory=Stamp)
    plans: tuple[str, ...] = ()
    bindings: str | None = None
    series: Mapping[str, Points] = field(default_factory=dict)
    slots: Mapping[str, SlotState] = field(default_factory=dict)
    slots_plan: int = 0
    floods: Mapping[str, Bucket] = field(default_factory=dict)
    battery: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    refused: tuple[Refused, ...] = ()
    withdrawn: tuple[Withdrawn, ...] = ()
    clocks: Mapping[str, DeviceClock] = field(default_factory=dict)
    alert: AlertState | None = None
    handled_ms: int = 0
    alerts: int = 0
    path_late: bool = False
    shown: Shown | None = None
    aspects: Mapping[str, Aspect] = field(default_factory=dict)
    learned: Mapping[str, Parameters] = field(default_factory=dict)
    tracks: Tracks = field(default_factory=dict)
    standing: Standing | None = None
    memory: Memory = EMPTY
    answers: Mapping[str, Filled] = field(default_factory=dict)
    symptoms: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    recheck_ms: int = 0
    requested_ms: int = 0
    back_ms: int = 0
    identified: tuple[Identified, ...] = ()
    alive: Mapping[str, SignOfLife] = field(default_factory=dict)
    contested: tuple[Contested, ...] = ()
    consents: tuple[Permit, ...] = ()
    told_unwatched_ms: int = 0

    @property
    def is_known(self) -> bool:
        """Has anybody with the right to do so ever named this patient?"""
        return bool(self.plans) or self.bindings is not None or bool(self.consents)

    @property
    def permit(self) -> Permit | None:
        """The consent in force now; None = nothing is withheld. Chosen by the patient's clock, never by measured_at."""
        return permit_in_force(self.consents, self.now_ms) if self.consents else None

    def withholds(self, scope: Scope) -> bool:
        """Has the patient withdrawn this? For nearly everybody one look at an empty tuple."""
        permit = self.permit
        return permit is not None and permit.withholds(scope)

    @property
    def clocked_plan(self) -> Plan | None:
        """The plan whose slots are clocked: the one in force before the last edge. None = none."""
        known = (parse_plan(text) for text in self.plans)
        return next((plan for plan in known if plan.contract.version == self.slots_plan), None)

    @property
    def is_dead(self) -> bool:
        """Has a death been told? Then nobody is written to any more."""
        return any(fact.kind == "death" for fact in self.memory.facts)

    def plan_at(self, at_ms: int) -> Plan | None:
        """The plan that watches at an instant. None = nobody watches: no plan then, or no consent now."""
        if self.consents and self.withholds("monitoring"):
            return None
        facts = self.memory.facts
        return None if facts and _died(facts, at_ms) else in_force(self.plans, at_ms)

    def planned_at(self, at_ms: int) -> Plan | None:
        """The plan in force at an instant: the highest version that has begun, while it lasts. None = no plan then.

        A version replaces the lower ones for good: when it ends, none of them comes back. Death ends them all.
        Says nothing of consent.
        """
        facts = self.memory.facts
        return None if facts and _died(facts, at_ms) else in_force(self.plans, at_ms)


def _died(facts: tuple[Fact, ...], at_ms: int) -> bool:
    return any(fact.kind == "death" and fact.at_ms <= at_ms for fact in facts)
