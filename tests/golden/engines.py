"""The engines a story is told on: the fold alone, the worker's rooms in Faust's test harness, and a real Kafka."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from schemas.topics import ALERTS
from streams.adapters.input_records import InputRecord
from streams.adapters.kafka import OutRecord
from streams.adapters.log_tail import LogTail, topics_named
from streams.adapters.settings import Settings
from streams.agents.effects import Interpreter
from streams.replay.run import PureRun
from tests.golden.kept import TOPICS, Kept
from tests.golden.telling import END_MS, PARTITIONS, clocked, reference


@dataclass(frozen=True, slots=True)
class Ticking:
    """Records of stories with the simulation's clock between them: what a feeder plays."""

    reference: tuple[InputRecord, ...]
    records: tuple[InputRecord, ...]
    end_ms: int = END_MS


def folded(records: Iterable[InputRecord]) -> list[Kept]:
    """By the fold alone, without Kafka and without Faust. records: of one story, with its clock."""
    run = PureRun(PARTITIONS).feed_all(reference()).feed_all(records)
    run.advance(END_MS)
    return kept_of(Interpreter(Settings()).records(0, ((0, effect) for effect in run.effects)))


def together(stories: Iterable[Iterable[InputRecord]]) -> Ticking:
    """All stories at once, as a feeder plays them."""
    return Ticking(reference(), tuple(clocked((record for story in stories for record in story), range(PARTITIONS))))


def kept_of(records: Iterable[OutRecord]) -> list[Kept]:
    """Records on their way out, as kept."""
    return list(_kept((r.topic, r.key, dict(r.headers), r.value) for r in records))


async def told_by_kafka(settings: Settings) -> list[Kept]:
    """All that the output topics of this installation hold."""
    found: list[Kept] = []
    names = [*TOPICS, *await topics_named(settings, f"{ALERTS}.")]
    async with LogTail(settings, names) as tail:
        async for r in tail.read():
            found += _kept([(settings.unprefixed(r.topic), r.key, dict(r.headers), r.value)])
    return found


def _kept(records: Iterable[tuple[str, bytes | None, dict[str, bytes | None], bytes | None]]) -> Iterator[Kept]:
    for topic, key, headers, value in records:
        if topic.startswith(ALERTS) or topic in TOPICS:
            yield Kept(topic, (headers["ce_id"] or b"").decode(), (key or b"").decode(), value or b"")
