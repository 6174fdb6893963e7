"""The only interpreter of effects: each kind of effect to one Kafka record, in the order they must leave."""

from base64 import b64decode
from collections.abc import Callable, Iterable

from schemas.codec import cloudevent
from schemas.ids import UNASSIGNED_TEAM
from schemas.made import wire
from schemas.topics import AUDIT, DEVICE_CLAIMS, EXAMPLES, NOTICES, OVERVIEW, REJECTED, REPLIES, SCORES, alerts_topic
from streams.adapters.input_records import partition_of
from streams.adapters.kafka import OutRecord
from streams.adapters.settings import Settings
from streams.core.effects import (
    ClaimDevice,
    Effect,
    PublishAlert,
    PublishExample,
    PublishOverview,
    PublishScore,
    RejectInput,
    SendNotice,
    SendReply,
    WriteAudit,
)
from streams.core.intake.route import reason_headers

SOURCE = "nattevagt"
"""CloudEvents source of everything the worker says."""


class Interpreter:
    """Effects of one slice of one patient-events partition -> records, alerts and messages first, audit last."""

    def __init__(self, settings: Settings, is_reachable: Callable[[str], bool] = lambda _: True) -> None:
        """is_reachable: does the team's topic exist? An alert that cannot go there goes to `unassigned`."""
        self._topic = settings.topic
        self._partitions = settings.partitions
        self._is_reachable = is_reachable

    def records(self, partition: int, effects: Iterable[tuple[int, Effect]]) -> list[OutRecord]:
        """Alerts, notices and replies, then scores, examples, claims, refusals and last overviews, then audit.

        (offset, effect): the patient-events offset is the overview's `applied_offset`, and part of an example.
        """
        alerts, messages, rest, audit = [], [], [], []
        overviews: dict[str, OutRecord] = {}
        for offset, effect in effects:
            match effect:
                case PublishAlert():
                    alerts.append(self.alert(partition, effect))
                case SendNotice() | SendReply():
                    messages.append(self.message(partition, effect))
                case PublishScore() | PublishExample() | ClaimDevice():
                    rest.append(self.beside(partition, offset, effect))
                case PublishOverview():
                    overviews[effect.overview.patient] = self.overview(partition, offset, effect)
                case RejectInput():
                    rest.append(self.reject(effect))
                case WriteAudit():
                    audit.append(self.audit(partition, effect))
        return [*alerts, *messages, *rest, *overviews.values(), *audit]

    def alert(self, partition: int, effect: PublishAlert) -> OutRecord:
        """One step of an alert's life to its team; the partition number is the patient's everywhere."""
        team = effect.topic_team if self._is_reachable(effect.topic_team) else UNASSIGNED_TEAM
        return OutRecord(
            self._topic(alerts_topic(team)),
            partition,
            effect.step.patient.encode(),
            wire(effect.step),
            cloudevent(effect.id, f"alert.{effect.step.type}", SOURCE, effect.step.at),
            effect.now_ms,
        )

    def message(self, partition: int, effect: SendNotice | SendReply) -> OutRecord:
        """One notice for the notify process, or one answer for the patient's app; either goes once by its id."""
        if isinstance(effect, SendNotice):
            topic, kind = NOTICES, f"notice.{effect.notice.action}"
        else:
            topic, kind = REPLIES, f"reply.{effect.reply.kind}"
        body = effect.notice if isinstance(effect, SendNotice) else effect.reply
        return OutRecord(
            self._topic(topic),
            partition,
            body.patient.encode(),
            wire(body),
            cloudevent(body.id, kind, SOURCE, body.at),
            effect.now_ms,
        )

    def beside(self, partition: int, offset: int, effect: PublishScore | PublishExample | ClaimDevice) -> OutRecord:
        """A score, what became of one, or what the patient wants of a device: for processes of their own."""
        if isinstance(effect, ClaimDevice):
            return self.claim(effect)
        return (
            self.score(partition, effect)
            if isinstance(effect, PublishScore)
            else self.example(partition, offset, effect)
        )

    def score(self, partition: int, effect: PublishScore) -> OutRecord:
        """One model's opinion, beside the patient's other records."""
        return OutRecord(
            self._topic(SCORES),
            partition,
            effect.score.patient.encode(),
            wire(effect.score),
            cloudevent(effect.id, "score", SOURCE, effect.score.at),
            effect.now_ms,
        )

    def example(self, partition: int, offset: int, effect: PublishExample) -> OutRecord:
        """One moment for the learner, with the coordinates by which it knows a repeat. The topic has one partition."""
        return OutRecord(
            self._topic(EXAMPLES),
            0,
            effect.example.patient.encode(),
            wire(effect.example, partition=partition, offset=offset),
            cloudevent(effect.id, "example", SOURCE, effect.example.known_at),
            effect.now_ms,
        )

    def overview(self, partition: int, offset: int, effect: PublishOverview) -> OutRecord:
        """The patient's overview with the offset it stands for."""
        return OutRecord(
            self._topic(OVERVIEW),
            partition,
            effect.overview.patient.encode(),
            wire(effect.overview, applied_offset=offset),
            cloudevent(effect.id, "overview", SOURCE, effect.overview.as_of),
            effect.now_ms,
        )

    def claim(self, effect: ClaimDevice) -> OutRecord:
        """Beside all other claims of the device, whoever makes them: the registry sees them in one order."""
        key = effect.claim.device.encode()
        return OutRecord(
            self._topic(DEVICE_CLAIMS),
            partition_of(key, self._partitions),
            key,
            wire(effect.claim),
            cloudevent(effect.id, "device_claim", SOURCE, effect.claim.at),
            effect.now_ms,
        )

    def reject(self, effect: RejectInput) -> OutRecord:
        """The source record, key, bytes and headers untouched, with the reason behind them."""
        event = effect.event
        headers = tuple((name, None if value is None else b64decode(value)) for name, value in event.headers)
        return OutRecord(
            self._topic(REJECTED),
            event.source.partition,
            event.patient.encode(),
            event.payload.encode(),
            headers + reason_headers(event.source, effect.outcome, effect.reason, effect.next_step),
            event.received_ms,
        )

    def audit(self, partition: int, effect: WriteAudit) -> OutRecord:
        """To the source's partition number, so that completeness can be checked partition by partition."""
        body = effect.body
        key = b"time" if body.source is None else f"{body.source.topic}/{body.source.offset}".encode()
        return OutRecord(
            self._topic(AUDIT),
            partition if body.source is None else body.source.partition,
            key,
            wire(body, sparse=True),
            cloudevent(body.id, f"audit.{body.type}", SOURCE, body.at),
            effect.now_ms,
        )
