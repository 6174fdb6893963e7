"""The first night without Kafka, and the records it would have left on the topics: what the commands look at."""

from functools import cache

from aiokafka import ConsumerRecord

from schemas.alert import AlertStep
from schemas.audit import AuditBody
from schemas.events import LogEvent, PatientEvent
from streams.adapters.input_records import partition_of
from streams.adapters.kafka import OutRecord
from streams.adapters.settings import Settings
from streams.agents.effects import Interpreter
from streams.cli.board import Board
from streams.core.effects import (
    PublishAlert,
    PublishOverview,
    PublishScore,
    RejectInput,
    SendNotice,
    SendReply,
    WriteAudit,
)
from streams.replay.run import PureRun
from streams.sim.scenarios import first_night
from streams.sim.story import Story

PARTITIONS = 4
SETTINGS = Settings(topic_prefix="night-", partitions=PARTITIONS, replication=1, min_insync=1, demo=True)


class Recorded(PureRun):
    """A run that keeps the patients' log as well."""

    def __init__(self) -> None:
        super().__init__(PARTITIONS, code=SETTINGS.code)
        self.log: list[tuple[int, PatientEvent]] = []

    def _append(self, event: PatientEvent) -> None:
        self.log.append((self._log(event.patient).next_offset, event))
        super()._append(event)


@cache
def night() -> tuple[Story, Recorded]:
    """The story and its run, to the end; made once for all tests."""
    run = Recorded()
    story = first_night(partitions=PARTITIONS, watch=run)
    run.advance(story.end_ms)
    return story, run


def events(patient: str) -> list[tuple[int, LogEvent, int]]:
    """(offset, event, Kafka's time) of one patient."""
    return [(offset, event, 0) for offset, event in night()[1].log if event.patient == patient]


@cache
def published() -> list[tuple[str, AlertStep]]:
    """(ce_id, step) of every alert of the night."""
    return [(effect.id, effect.step) for effect in night()[1].effects if isinstance(effect, PublishAlert)]


@cache
def audits() -> list[AuditBody]:
    """Every audit record of the night."""
    return [effect.body for effect in night()[1].effects if isinstance(effect, WriteAudit)]


@cache
def records() -> list[ConsumerRecord]:
    """What the topics would hold, in the order in which it was decided."""
    interpret, found = Interpreter(SETTINGS), []
    for offset, effect in enumerate(night()[1].effects):
        match effect:
            case (
                PublishAlert(step=one)
                | SendNotice(notice=one)
                | SendReply(reply=one)
                | PublishScore(score=one)
                | PublishOverview(overview=one)
                | RejectInput(event=one)
            ):
                patient = one.patient
            case WriteAudit(body=body):
                patient = body.patient or ""
        partition = partition_of(patient.encode(), PARTITIONS)
        found += [record(out, offset) for out in interpret.records(partition, [(offset, effect)])]
    return found


def record(out: OutRecord, offset: int) -> ConsumerRecord:
    """An outgoing record as a consumer would be handed it."""
    return ConsumerRecord(out.topic, out.partition, offset, out.at_ms, 0, out.key, out.value, None, -1, -1, out.headers)


@cache
def board() -> Board:
    """The demo's board at the end of the night, all of it read at 100 s; not to be changed."""
    made = Board(SETTINGS, 90.0, now_ms=night()[0].end_ms, story=False)
    for one in records():
        made.take(one, 100.0)
    return made
