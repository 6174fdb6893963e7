"""Commands: what people and care systems ask for. Imperative names; the answer is an audited outcome."""

from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from schemas.base import Closed
from schemas.ids import ActorField, LocalIdField, PseudonymField

Role = Literal["nurse", "doctor", "assistant", "citizen", "system"]
Verdict = Literal["true", "false", "technical", "known"]


class _Command(Closed):
    """Common part. by: staff id, never a name; role: what the sender acts as."""

    id: LocalIdField
    patient: PseudonymField
    by: ActorField
    role: Role


class Acknowledge(_Command):
    """A person takes the alert. sequence: the newest step of the alert's life this person has seen."""

    type: Literal["acknowledge"] = "acknowledge"
    alert_id: LocalIdField
    sequence: Annotated[int, Field(ge=1)]


class Close(_Command):
    """The person is done. Refused while the alert has a newer step than `sequence`."""

    type: Literal["close"] = "close"
    alert_id: LocalIdField
    sequence: Annotated[int, Field(ge=1)]
    verdict: Verdict


Command = Annotated[Acknowledge | Close, Field(discriminator="type")]
COMMAND: TypeAdapter[Acknowledge | Close] = TypeAdapter(Command)
