"""What a well-formed body must also fulfil: known kinds and rules, units, bands, credible times."""

from collections.abc import Container, Sequence

from schemas.audit import Outcome
from schemas.base import to_ms
from schemas.binding import DeviceBindings
from schemas.clinical_outcome import ClinicalOutcome
from schemas.consent import Consent
from schemas.errors import NattevagtError
from schemas.measurement import Measurement
from schemas.plan import CarePlan
from schemas.units import UnitError
from schemas.vital_sign import VitalSign
from schemas.vitals import VITALS, Band
from streams.core.context import Context
from streams.core.plan import CENTRES_MILLI
from streams.core.rules import RULES

MINUTE_MS = 60_000
DAY_MS = 86_400_000


class Fault(NattevagtError):  # noqa: N818 - a finding about data, not an error of ours
    """One reason why a record does not count, with its outcome. kind, measured_ms: of the reading; None = unknown."""

    def __init__(
        self,
        outcome: Outcome,
        reason: str,
        next_step: str,
        kind: str | None = None,
        measured_ms: int | None = None,
        milli: int | None = None,
    ) -> None:
        super().__init__(reason, next_step=next_step)
        self.outcome = outcome
        self.reason = reason
        self.kind = kind
        self.measured_ms = measured_ms
        self.milli = milli


_LOOKS_LIKE = {
    ("temp", "fahrenheit"): "this looks like Fahrenheit: send unit [degF]; a unit is never guessed",
    ("spo2", "fraction"): "this looks like a fraction: send unit 1; a unit is never guessed",
}
_RANGES = {"temp": (77_000, 113_000, "fahrenheit"), "spo2": (1, 1_000, "fraction")}
"""Values that another unit explains (clinical README section 1)."""


def _range_of(kind: str, milli: int) -> str:
    low, high, name = _RANGES.get(kind, (1, 0, ""))
    return name if low <= milli <= high else ""


def check_measurement(reading: Measurement, at_ms: int, context: Context) -> None:
    """Kind, unit, reject band and time. The confirm band is no fault: confirm is never discard."""
    sign = VITALS.get(reading.kind)
    if sign is None:
        raise Fault(Outcome.REJECTED_SCHEMA, "kind: not in the table of vital signs", "see schemas/README.md")
    try:
        milli, _ = sign.read(reading.value, reading.unit, reading.comparator)
    except UnitError as error:
        raise Fault(
            Outcome.REJECTED_UNIT,
            f"unit: not one of {reading.kind}'s",
            f"send one of {', '.join(sign.accepted_units)}" if sign.accepted_units else error.next_step,
            reading.kind,
            _credible(reading, at_ms, context),
        ) from None
    except NattevagtError as error:
        raise Fault(
            Outcome.REJECTED_SCHEMA,
            f"value: not a value of {reading.kind}",
            error.next_step,
            reading.kind,
            _credible(reading, at_ms, context),
        ) from None
    if sign.band(milli) is Band.REJECT:
        raise Fault(
            Outcome.REJECTED_IMPLAUSIBLE,
            f"value: outside what {reading.kind} can be",
            _LOOKS_LIKE.get((reading.kind, _range_of(reading.kind, milli)), "measure again; check device and unit"),
            reading.kind,
            _credible(reading, at_ms, context),
            milli,
        )
    check_time("measured_at", to_ms(reading.measured_at), at_ms, context, reading.kind)
    _check_replaced(reading, sign, milli)


def _check_replaced(reading: Measurement, sign: VitalSign, milli: int) -> None:
    """A correction names a value that the device can have sent, and not itself."""
    replaced = reading.replaces
    if replaced is None:
        return
    measured_ms = to_ms(reading.measured_at)
    try:
        itself = (to_ms(replaced.measured_at), sign.read(replaced.value, reading.unit)[0]) == (measured_ms, milli)
    except NattevagtError as error:
        raise Fault(
            Outcome.REJECTED_SCHEMA,
            f"replaces.value: not a value of {reading.kind}",
            error.next_step,
            reading.kind,
            measured_ms,
        ) from None
    if itself:
        raise Fault(
            Outcome.REJECTED_SCHEMA,
            "replaces: names the reading itself",
            "name the reading that was wrong",
            reading.kind,
            measured_ms,
        )


def _credible(reading: Measurement, at_ms: int, context: Context) -> int | None:
    """measured_at in milliseconds, or None where its time would be refused as well."""
    try:
        check_time("measured_at", to_ms(reading.measured_at), at_ms, context, reading.kind)
    except Fault:
        return None
    return to_ms(reading.measured_at)


def check_time(field: str, told_ms: int, at_ms: int, context: Context, kind: str | None) -> None:
    """A credible instant: not ahead of its arrival, and no older than what is still worth judging."""
    rules = context.rules.intake
    if told_ms > at_ms + rules.future_min * MINUTE_MS:
        raise Fault(
            Outcome.REJECTED_TIME,
            f"{field}: more than {rules.future_min} min after arrival",
            "set the device's clock",
            kind,
        )
    if told_ms < at_ms - rules.ancient_days * DAY_MS:
        raise Fault(
            Outcome.REJECTED_TIME,
            f"{field}: more than {rules.ancient_days} d before arrival",
            "set the device's clock; history goes through a replay",
            kind,
        )


def check_outcome(outcome: ClinicalOutcome, at_ms: int, context: Context) -> None:
    """Nobody can know what has not happened yet. How old it is does not matter."""
    ahead_min = context.rules.intake.future_min
    if to_ms(outcome.known_at) > at_ms + ahead_min * MINUTE_MS:
        raise Fault(
            Outcome.REJECTED_TIME, f"known_at: more than {ahead_min} min after arrival", "set the sender's clock"
        )


def check_plan(plan: CarePlan, context: Context) -> None:
    """A plan may only name what exists: else a limit or rule would silently watch nothing."""
    kinds = [limit.kind for limit in plan.limits] + [kind for slot in plan.slots for kind in slot.kinds]
    _known("limits/slots: kind", kinds, VITALS)
    codes = sorted(limit.kind for limit in plan.limits if VITALS[limit.kind].unit is None)
    if codes:
        raise Fault(Outcome.REJECTED_SCHEMA, f"limits: {codes[0]} has codes, no numbers", "leave this limit out")
    _check_habits(plan)
    _known("rules", plan.rules, {rule.id for rule in RULES} | context.table.ids)


def _check_habits(plan: CarePlan) -> None:
    """Value and floor lie on one side of the middle, so that it is clear which way is worse."""
    for one in plan.circumstances.habitual:
        centre = CENTRES_MILLI[one.kind]
        sides = {float(number) * 1000 < centre for number in (one.value, one.red_beyond)}
        outward = (one.red_beyond < one.value) is (one.red_beyond * 1000 < centre)
        if len(sides) > 1 or not outward:
            raise Fault(
                Outcome.REJECTED_SCHEMA,
                f"circumstances.habitual: red_beyond of {one.kind} is not beyond value",
                "name the value and, further from normal on the same side, the absolute floor",
            )


def check_bindings(bindings: DeviceBindings) -> None:
    """Bindings may only name kinds that exist."""
    _known("devices: kind", [kind for device in bindings.devices for kind in device.kinds], VITALS)


def check_consent(consent: Consent) -> None:
    """A consent for a time would say nothing: without it, or after it, nothing is withheld either."""
    if consent.valid_until is not None and not (consent.withheld or consent.blocks.teams or consent.blocks.recipients):
        raise Fault(
            Outcome.REJECTED_SCHEMA,
            "valid_until: it withholds nothing that could end",
            "send without an end; to stop later, send a version that withdraws from then on, or end the plan",
        )


def _known(where: str, named: Sequence[str], known: Container[str]) -> None:
    """Which name it is stays out of the reason: it is the sender's word, and reasons go to the audit."""
    if any(name not in known for name in named):
        raise Fault(Outcome.REJECTED_SCHEMA, f"{where}: one is not known", "see schemas/README.md")
