"""Contest: one patient's side of "one device, one patient at a time".

What the patient claims goes out for the registry, which alone sees everybody's; what it answers is obeyed.
"""

from schemas.audit import Outcome
from schemas.base import rfc3339, to_ms
from schemas.claim import ClaimedSpan, DeviceClaim
from schemas.command import ContestBinding
from schemas.ids import make_id
from streams.core.admission.binding import devices
from streams.core.effects import ClaimDevice
from streams.core.evolve import evolve
from streams.core.plan import NEVER, Device, parse_bindings
from streams.core.state import MAX_CONTESTED, Contested, PatientState, TakenSpan
from streams.core.verdict import Verdict, refuse


def claims(before: PatientState, after: PatientState, cause: str) -> tuple[ClaimDevice, ...]:
    """One per device that the new bindings name, or the old ones named; empty when the bindings did not change.

    Unchanged ones are told again: so a higher version makes bindings from before there was a registry known to it.
    """
    if after.bindings is None or after.bindings is before.bindings:
        return ()
    version, now = parse_bindings(after.bindings)
    names = sorted({one.id for one in (*devices(before), *now)})
    return tuple(
        ClaimDevice(
            make_id(cause, "claim", name),
            after.now_ms,
            DeviceClaim(
                device=name,
                patient=after.patient,
                version=version,
                spans=tuple(_span(one) for one in now if one.id == name),
                at=rfc3339(after.now_ms),
            ),
        )
        for name in names
    )


def _span(device: Device) -> ClaimedSpan:
    until_ms = None if device.until_ms == NEVER else device.until_ms
    return ClaimedSpan(
        from_ms=device.from_ms, until_ms=until_ms, kinds=tuple(sorted(device.kinds)), shared=device.shared
    )


def contest(state: PatientState, command: ContestBinding) -> Verdict:
    """What is contested of a device from now on. A repeat, or one that is overtaken, changes nothing."""
    if command.role != "system":
        reason = f"role {command.role} may not {command.type}"
        return refuse(state, Outcome.REJECTED_ROLE, reason, "let the registry do it", command.by)
    if any(row.device == command.device and row.upto >= command.upto for row in state.contested):
        reason = "what the registry says of this device up to there is known"
        return refuse(state, Outcome.REJECTED_DUPLICATE, reason, "nothing", command.by)
    row = Contested(
        command.device,
        command.upto,
        tuple(
            TakenSpan(
                to_ms(span.valid_from), NEVER if span.valid_until is None else to_ms(span.valid_until), span.kinds
            )
            for span in command.spans
        ),
    )
    rows = _bounded(state, [*(one for one in state.contested if one.device != command.device), row])
    after = evolve(state, contested=rows)
    if not row.lasts(state.now_ms):
        reason, next_step = (
            "from now on nobody else has the device",
            "redrive what was refused though it was the patient's",
        )
        return Verdict(after, Outcome.ACCEPTED_RECORDED, reason, next_step, command.by)
    return Verdict(after, Outcome.ACCEPTED_RECORDED, TAKEN, MEND, command.by)


TAKEN = "the device is bound to somebody else for the same time and kind, who had it first"
MEND = (
    "end the binding that no longer holds in device-bindings.v1, or say `shared` in both; then redrive what was refused"
)
"""What stands in the audit and on rejected.v1. Never whose it is."""


def _bounded(state: PatientState, rows: list[Contested]) -> tuple[Contested, ...]:
    """At most MAX_CONTESTED: first those go that hold nothing back, or that nothing binds any more."""
    bound = {one.id for one in devices(state)}
    while len(rows) > MAX_CONTESTED:
        idle = [place for place, row in enumerate(rows) if not row.spans or row.device not in bound]
        del rows[idle[0] if idle else 0]
    return tuple(rows)
