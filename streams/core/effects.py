"""Effects: the closed list of things the core may ask the world to do. Data, not actions.

`agents/effects.py` is the only interpreter; a test fails if one of these has no row there.
"""

from dataclasses import dataclass
from typing import NamedTuple

from schemas.alert import AlertStep
from schemas.audit import AuditBody
from schemas.claim import DeviceClaim
from schemas.events import InputEvent
from schemas.example import Example
from schemas.notice import Notice, Reply
from schemas.overview import Overview
from schemas.score import RiskScore


@dataclass(frozen=True, slots=True)
class PublishAlert:
    """One step of an alert's life to the team's topic. id becomes the header `ce_id`. now_ms: of the step.

    alone_ms: since the step before, how long it was red without a responsible reader; told to one team only.
    """

    id: str
    topic_team: str
    now_ms: int
    step: AlertStep
    alone_ms: int = 0


@dataclass(frozen=True, slots=True)
class SendNotice:
    """One message to one recipient on one channel. Its own id becomes the header `ce_id`. now_ms: of the step."""

    now_ms: int
    notice: Notice


@dataclass(frozen=True, slots=True)
class SendReply:
    """One automatic answer to the patient. Its own id becomes the header `ce_id`. now_ms: the patient's clock."""

    now_ms: int
    reply: Reply


class PublishOverview(NamedTuple):
    """The patient's newest overview; the shell fills in the applied offset and sends the last one of a slice."""

    id: str
    now_ms: int
    overview: Overview


class PublishScore(NamedTuple):
    """One model's opinion after one reading. id becomes the header `ce_id`. now_ms: the patient's clock."""

    id: str
    now_ms: int
    score: RiskScore


@dataclass(frozen=True, slots=True)
class PublishExample:
    """A moment of scoring whose outcome is settled; the shell, which alone knows it, fills in partition and offset.

    id becomes the header `ce_id`. now_ms: the patient's clock.
    """

    id: str
    now_ms: int
    example: Example


class ClaimDevice(NamedTuple):
    """All that one patient wants of one device now, for the registry. id becomes the header `ce_id`."""

    id: str
    now_ms: int
    claim: DeviceClaim


@dataclass(frozen=True, slots=True)
class RejectInput:
    """Put the source record on rejected.v1 whole, with the reason in its headers."""

    id: str
    event: InputEvent
    outcome: str
    reason: str
    next_step: str


class WriteAudit(NamedTuple):
    """One audit record; goes to its source's partition number, or to the patient's without a source."""

    now_ms: int
    body: AuditBody


Effect = (
    PublishAlert
    | SendNotice
    | SendReply
    | PublishScore
    | PublishExample
    | ClaimDevice
    | PublishOverview
    | RejectInput
    | WriteAudit
)
