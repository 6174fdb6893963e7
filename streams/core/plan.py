"""A care plan made ready for deciding: instants as milliseconds, limits as thousandths."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache

from schemas.base import to_ms
from schemas.binding import DeviceBindings
from schemas.circumstances import Habitual
from schemas.plan import CarePlan, Limit, Number

NEVER = 2**62
"""A time that does not come."""

CLOCK_ENDS_MS = 253_370_764_800_000
"""9999-01-01: no patient's clock goes further, so that calendars still work. Only a broken clock gets there."""


@dataclass(frozen=True, slots=True)
class Limits:
    """One kind's limits in thousandths of its canonical unit; None = no limit on that side."""

    red_below: int | None
    yellow_below: int | None
    yellow_from: int | None
    red_from: int | None
    red_tier: int
    yellow_tier: int
    green: tuple[int, int] = field(init=False)
    """From here on, and below there, a value is inside all limits."""

    def __post_init__(self) -> None:
        """Work out once what every reading asks for."""
        floor = max([low for low in (self.red_below, self.yellow_below) if low is not None], default=-NEVER)
        ceiling = min([high for high in (self.red_from, self.yellow_from) if high is not None], default=NEVER)
        object.__setattr__(self, "green", (floor, ceiling))


CENTRES_MILLI: Mapping[str, int] = {
    "pulse": 70_000,
    "resp_rate": 16_000,
    "sbp": 150_000,
    "spo2": 92_000,
    "temp": 37_000,
}
"""Between the two sides on which a kind can score 3 (NEWS2, RCP 2017; SpO2 on oxygen with scale 2 has a high side)."""


@dataclass(frozen=True, slots=True)
class Habit:
    """A habitual value (schemas.circumstances.Habitual) in thousandths. low: its worse side is downwards."""

    kind: str
    floor_milli: int
    until_ms: int
    low: bool

    def is_beyond(self, milli: int) -> bool:
        """Is it worse than the absolute floor?"""
        return milli < self.floor_milli if self.low else milli > self.floor_milli

    def covers(self, milli: int, at_ms: int) -> bool:
        """Is it the patient's own, as signed, when it was measured?"""
        centre = CENTRES_MILLI[self.kind]
        mine = milli < centre if self.low else milli > centre
        return mine and at_ms < self.until_ms and not self.is_beyond(milli)


@dataclass(frozen=True, slots=True)
class Plan:
    """The contract, its span [from_ms, until_ms), its limits by kind, the kinds that its slots expect, and what it
    states of the patient (`needs` of rule rows). rows: the rules it names one by one."""

    contract: CarePlan
    from_ms: int
    until_ms: int
    limits: Mapping[str, Limits]
    expected: frozenset[str]
    absences: tuple[tuple[int, int], ...] = ()
    states: frozenset[str] = frozenset()
    lacking: tuple[str, ...] = ()
    rows: frozenset[str] = frozenset()
    habits: tuple[Habit, ...] = ()


@dataclass(frozen=True, slots=True)
class Device:
    """One device's right to speak: [from_ms, until_ms), kinds (empty = all), readings per hour, its make.

    trusted: is it a clinical source? heartbeat_ms: how often it says that it is alive; 0 = it does not.
    shared: may others have it at the same time, if theirs says so too?
    """

    id: str
    from_ms: int
    until_ms: int
    kinds: frozenset[str]
    max_per_hour: int
    device_type: str | None = None
    gateway: str | None = None
    trusted: bool = True
    heartbeat_ms: int = 0
    shared: bool = False

    def is_bound(self, at_ms: int) -> bool:
        """May the device speak at all at this instant?"""
        return self.from_ms <= at_ms < self.until_ms

    def covers(self, at_ms: int, kind: str) -> bool:
        """May the device speak about this kind at this instant?"""
        return self.from_ms <= at_ms < self.until_ms and (not self.kinds or kind in self.kinds)


# Both memories are of pure functions of the text, so they cannot go stale on a rebalance.
@lru_cache(maxsize=8192)
def parse_plan(text: str) -> Plan:
    """A kept plan (verbatim JSON that intake has validated)."""
    contract = CarePlan.model_validate_json(text)
    return Plan(
        contract,
        to_ms(contract.valid_from),
        NEVER if contract.valid_until is None else to_ms(contract.valid_until),
        {limit.kind: _limits(limit) for limit in contract.limits},
        frozenset(kind for slot in contract.slots for kind in slot.kinds),
        tuple((to_ms(span.begins), to_ms(span.ends)) for span in contract.absences),
        contract.circumstances.states(pregnant=contract.pregnant),
        _lacking(contract),
        frozenset([name for name in contract.rules if "." in name]),
        tuple(_habit(one) for one in contract.circumstances.habitual),
    )


@lru_cache(maxsize=512)
def in_force(texts: tuple[str, ...], at_ms: int) -> Plan | None:
    """Of versions, the newest last, the highest that has begun, while it lasts. One step asks fifteen times for the
    same few instants."""
    for text in reversed(texts):
        plan = parse_plan(text)
        if plan.from_ms <= at_ms:
            return plan if at_ms < plan.until_ms else None
    return None


def _lacking(contract: CarePlan) -> tuple[str, ...]:
    """What rules of the plan compare with and nobody has stated."""
    stated = contract.circumstances.lacking(contract.rules, pregnant=contract.pregnant)
    return (*stated, "limits") if "limits" in contract.rules and not contract.limits else stated


@lru_cache(maxsize=8192)
def parse_bindings(text: str) -> tuple[int, tuple[Device, ...]]:
    """Kept bindings: (version, devices)."""
    contract = DeviceBindings.model_validate_json(text)
    devices = tuple(
        Device(
            row.device,
            to_ms(row.valid_from),
            NEVER if row.valid_until is None else to_ms(row.valid_until),
            frozenset(row.kinds),
            row.max_per_hour,
            row.device_type,
            row.gateway,
            row.trust == "clinical",
            (row.heartbeat_min or 0) * 60_000,
            row.shared,
        )
        for row in contract.devices
    )
    return contract.version, devices


@lru_cache(maxsize=8192)
def binding_ends(text: str) -> tuple[int, ...]:
    """When devices of these bindings cease to be bound; empty = none does, as mostly."""
    return tuple(sorted({one.until_ms for one in parse_bindings(text)[1] if one.until_ms < NEVER}))


def _habit(one: Habitual) -> Habit:
    return Habit(one.kind, _thousandths(one.red_beyond), to_ms(one.until), one.red_beyond < one.value)


def _limits(limit: Limit) -> Limits:
    given = (limit.red_below, limit.yellow_below, limit.yellow_from, limit.red_from)
    return _in_milli(given, limit.red_tier, limit.yellow_tier)


@lru_cache(maxsize=4096)
def _in_milli(given: tuple[Number | None, ...], red_tier: int, yellow_tier: int) -> Limits:
    """Most plans of a programme have the same ones, and exact thousandths of a decimal are dear."""
    red_below, yellow_below, yellow_from, red_from = map(_milli, given)
    return Limits(red_below, yellow_below, yellow_from, red_from, red_tier, yellow_tier)


def _milli(value: Number | None) -> int | None:
    return None if value is None else _thousandths(value)


def _thousandths(value: Number) -> int:
    if isinstance(value, int):
        return value * 1000
    return int((Decimal(repr(value)) * 1000).to_integral_value(ROUND_HALF_UP))
