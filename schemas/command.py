"""Commands: what people and care systems ask for. Imperative names; the answer is an audited outcome."""

from typing import Annotated, Literal, Self

from pydantic import Field, TypeAdapter, model_validator

from schemas.base import Closed, Instant
from schemas.ids import ActorField, DeviceField, LocalIdField, PseudonymField, TeamField
from schemas.plan import Kind

Role = Literal["nurse", "doctor", "assistant", "citizen", "system"]
Verdict = Literal["true", "false", "technical", "known"]
Code = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_.-]{0,39}$")]
"""A word from a list that the sender keeps: never free text, which could hold a name or a finding."""

MAX_CONTESTED_SPANS = 4
"""Of one device of one patient. Our choice: what is more ragged is told as one span that covers all of it."""


class _Command(Closed):
    """Common part. by: staff id, never a name; role: what the sender acts as.

    team: the team this person acts for. None = whichever team's coverage names the person; where none does
    the sender's own access control is believed.
    at: when the person decided, by the sender's clock. None = when the command arrived. A hold counts from it, so
    a command that was long on its way holds shorter, and one whose hold has passed is refused.
    """

    id: LocalIdField
    patient: PseudonymField
    by: ActorField
    role: Role
    team: TeamField | None = None
    at: Instant | None = None


class _AboutAlert(_Command):
    """sequence: the newest step of the alert's life that this person has seen.

    seen_until: the newest evidence (`measured_at`) this person has seen; the overview tells it. None = what that
    step knew.
    """

    alert_id: LocalIdField
    sequence: Annotated[int, Field(ge=1)]
    seen_until: Instant | None = None


class Acknowledge(_AboutAlert):
    """A person takes the alert; it is theirs until the acknowledgement runs out. To be reached is another thing."""

    type: Literal["acknowledge"] = "acknowledge"


class TakeOver(_AboutAlert):
    """A person of the same team takes the alert from whoever has it."""

    type: Literal["take_over"] = "take_over"


class HandOver(_AboutAlert):
    """Offer the alert to another team. The old one stays responsible until somebody of the new one takes it.

    why: the sender's own code for the reason.
    """

    type: Literal["hand_over"] = "hand_over"
    to_team: TeamField
    why: Code

    @model_validator(mode="after")
    def _elsewhere(self) -> Self:
        if self.team == self.to_team:
            raise ValueError("to_team must be another team")
        return self


class Snooze(_AboutAlert):
    """Wait with one condition in one direction. It never covers another, a worse colour, a higher tier or a red.

    condition: the reason code without its colour and direction, as `limits.spo2`; direction: `none` where the code
    has none. why: the sender's own code for the reason.
    """

    type: Literal["snooze"] = "snooze"
    condition: Annotated[str, Field(pattern=r"^[a-z0-9_]+(\.[a-z0-9_]+){0,3}$", max_length=80)]
    direction: Literal["below", "above", "none"]
    until: Instant
    why: Code


class Close(_AboutAlert):
    """The person is done. Refused while the alert has a finding that this person has not seen.

    verdict: what it turned out to be; it becomes a label to learn from.
    """

    type: Literal["close"] = "close"
    verdict: Verdict


class ContactFailed(_AboutAlert):
    """The person who has the alert could not reach anybody. The next one to try, and until when, follows.

    tried: who did not answer; channel of the attempt is the sender's business.
    """

    type: Literal["contact_failed"] = "contact_failed"
    tried: Literal["patient", "relative", "home_care", "emergency"] = "patient"


class Contacted(_AboutAlert):
    """Somebody was reached: work has begun, the alert waits for its closure."""

    type: Literal["contacted"] = "contacted"
    reached: Literal["patient", "relative", "home_care", "emergency"] = "patient"


class Note(_AboutAlert):
    """Something was written down elsewhere: the hold starts anew. ref: the record's id there, never its text."""

    type: Literal["note"] = "note"
    ref: LocalIdField


class RequestContact(_Command):
    """The patient (or somebody for them) asks to be contacted. why: the app's own code; None = not told."""

    type: Literal["request_contact"] = "request_contact"
    why: Code | None = None


class DeliveryReported(_Command):
    """What became of one message, written by the process that sends them (role system).

    notice_id: of the notice or reply. alert_id: None when the message was about no alert.
    recipient: who it was for. result: `delivered` = the channel's far end has taken it, `failed` = given up,
    `read` = a person has opened it. detail: the channel's own code, as `http_500`; None = nothing to add.
    """

    type: Literal["delivery_reported"] = "delivery_reported"
    notice_id: LocalIdField
    alert_id: LocalIdField | None = None
    recipient: ActorField | None = None
    channel: Code
    result: Literal["delivered", "failed", "read"]
    detail: Code | None = None


class Invalidate(_Command):
    """Readings of one kind were not the patient's, or not true: they are withdrawn and triage is made again as of then.

    measured_at, until: those measured at that instant, or from it up to and with `until`.
    value_milli: only those of this value, in thousandths of the kind's canonical unit (as overviews show it); then
    one that has not arrived yet is withdrawn as well. None = every reading then.
    """

    type: Literal["invalidate"] = "invalidate"
    kind: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,31}$")]
    measured_at: Instant
    until: Instant | None = None
    value_milli: int | None = None
    why: Literal["wrong_patient", "wrong_value", "device_fault"]

    @model_validator(mode="after")
    def _forward(self) -> Self:
        if self.until is not None and self.until < self.measured_at:
            raise ValueError("until must not be before measured_at")
        return self


class Identify(_Command):
    """The answer to "is this you?" about a reading that came first from a newly bound device, far from the own normal.

    kind, measured_at: of the reading, as the overview shows it. mine: it was the patient's own. If not, a person
    declares it invalid (`Invalidate`); until then it colours and stays out of the own normal.
    """

    type: Literal["identify"] = "identify"
    kind: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,31}$")]
    measured_at: Instant
    mine: bool


class ContestedSpan(Closed):
    """[valid_from, valid_until) in which somebody else had the device first; None = until further notice.

    kinds: vital signs it is about; empty = all.
    """

    valid_from: Instant
    valid_until: Instant | None = None
    kinds: Annotated[tuple[Kind, ...], Field(max_length=32, strict=False)] = ()


class ContestBinding(_Command):
    """A device of this patient is bound to somebody else for the same time and kinds, who had it first.

    Written by the registry (role system), which never says who that is. spans: all that is contested of this device
    now; empty = nothing is any more. upto: offset on device-claims.v1 of the claim that made it so; a command that
    does not reach beyond the newest one known changes nothing.
    """

    type: Literal["contest_binding"] = "contest_binding"
    device: DeviceField
    upto: Annotated[int, Field(ge=0)]
    spans: Annotated[tuple[ContestedSpan, ...], Field(max_length=MAX_CONTESTED_SPANS, strict=False)] = ()


AlertCommand = Acknowledge | TakeOver | HandOver | Snooze | Close | ContactFailed | Contacted | Note
"""What a person does to an open alert."""

AnyCommand = AlertCommand | RequestContact | DeliveryReported | Invalidate | Identify | ContestBinding
"""Every command there is."""

Command = Annotated[AnyCommand, Field(discriminator="type")]
COMMAND: TypeAdapter[AnyCommand] = TypeAdapter(Command)
