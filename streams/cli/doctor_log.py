"""What the doctor finds in the logs: would a worker start, is anything waiting, is the watch alive, do clocks agree?

It reads record times, heartbeats and partition records, never a reading.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

import orjson
from aiokafka import ConsumerRecord

from schemas.base import to_ms
from schemas.errors import StateError
from schemas.topics import DEVICE_CLAIMS, INPUTS, PATIENT_EVENTS, STATE, alerts_topic
from streams.adapters.log_tail import topics_named
from streams.adapters.newest import Place, newest, times_at
from streams.adapters.offsets import Committed, Offsets, offset_reader
from streams.adapters.settings import Settings
from streams.adapters.topic_ids import topic_ids
from streams.agents.lifecycle import REBUILD, verify
from streams.agents.progress import LATE_MS, SKEW_MS
from streams.agents.registry import group_of
from streams.cli.alive import SILENT_MS
from streams.cli.remark import Remark, fail, ok, warn
from streams.core.record import PARTITION_PREFIX, PartitionRecord, decode_partition, partition_key

LOGS = (*INPUTS, PATIENT_EVENTS)

Now = Callable[[], int]
"""How late it is, epoch ms; asked when the answers of Kafka are there."""

WAIT_MS = 10_000
"""Commits come every second; what waits ten times as long is stuck, or too much (our choice)."""

FRESH_MS = 15_000
"""Three heartbeats of a partition: a newer record than this can tell how far the clocks are apart."""


@dataclass(frozen=True, slots=True)
class Reach:
    """How far logs reach and how far the group has come. held: None = the changelog knows nothing of the partition."""

    starts: Offsets
    ends: Offsets
    committed: Committed
    topic_id: str
    held: Mapping[int, PartitionRecord | None]

    def at(self, place: Place) -> int:
        """Where the group goes on."""
        committed = self.committed[place]
        return self.starts[place] if committed is None else committed


async def reach(settings: Settings) -> Reach:
    """Commits before the changelog, ends last: a worker writes in the other order, so what it does in between is
    never mistaken for a contradiction."""
    ids = await topic_ids(settings, [PATIENT_EVENTS])
    async with offset_reader(settings) as offsets:
        committed = await offsets.committed(settings.group, LOGS)
        held = await newest(settings, [STATE], lambda record: record.key == partition_key(record.partition))
        starts, ends = await offsets.starts(LOGS), await offsets.ends(LOGS)
    records = {
        number: None if record is None or record.value is None else decode_partition(record.value)
        for (_, number), record in held.items()
    }
    return Reach(starts, ends, committed, ids[PATIENT_EVENTS], records)


async def state(settings: Settings) -> list[Remark]:
    """Would a worker refuse?"""
    return belonging(await reach(settings))


def belonging(found: Reach) -> list[Remark]:
    """The worker's own checks, partition by partition, and whether the inputs are those the state remembers."""
    refusals = []
    for (topic, number), end in sorted(found.ends.items()):
        if topic == PATIENT_EVENTS:
            span = found.starts[topic, number], end
            held, committed = found.held.get(number), found.committed[topic, number]
            try:
                verify(number, held, found.topic_id, committed, span)
            except StateError as error:
                refusals.append((f"a worker would refuse: {error.args[0]}", error.next_step))
    refusals += [(words, REBUILD) for words in _recreated(found)]
    if refusals:
        more = f" ({len(refusals) - 1} more like this)" if len(refusals) > 1 else ""
        return [fail(f"{refusals[0][0]}{more}", refusals[0][1])]
    known = sum(record is not None for record in found.held.values())
    return [ok(f"a worker would start; {known} of {len(found.held)} partitions have a watermark, which fits the log")]


def _recreated(found: Reach) -> list[str]:
    """Inputs that end before what has been let in: the topic is not the one that was read."""
    said = []
    for (topic, number), end in sorted(found.ends.items()):
        if topic != PATIENT_EVENTS and found.at((topic, number)) > end:
            said.append(f"{topic}[{number}] ends at {end}, the group stands at {found.at((topic, number))}: recreated?")
    for record in found.held.values():
        for source, offset in sorted((record.sources if record else {}).items()):
            topic, _, digits = source.rpartition("/")
            end = found.ends.get((topic, int(digits)), offset + 1)
            if offset >= end:
                said.append(f"{topic}[{digits}] ends at {end}, but record {offset} was let in: recreated?")
    return said


async def lag(settings: Settings, now_ms: Now) -> list[Remark]:
    """Is anything waiting, and since when?"""
    found = await reach(settings)
    behind = {place: found.at(place) for place, end in found.ends.items() if found.at(place) < end}
    times = {} if settings.simulation else await times_at(settings, behind)
    left = dict.fromkeys(LOGS, 0)
    for place, offset in behind.items():
        left[place[0]] += found.ends[place] - offset
    return waiting(left, {place: now_ms() - at_ms for place, at_ms in times.items()})


def waiting(left: Mapping[str, int], ages_ms: Mapping[Place, int]) -> list[Remark]:
    """left: records not committed yet, by topic. ages_ms: of the first of them; empty in a simulation."""
    said = ", ".join(f"{topic} {count}" for topic, count in left.items())
    if not ages_ms:
        return [ok(said)]
    (topic, number), age_ms = max(ages_ms.items(), key=lambda item: item[1])
    if age_ms < WAIT_MS:
        return [ok(said)]
    words = f"{said}; {topic}[{number}] waits since {ago(age_ms)}"
    step = "look whether workers run and at their logs; start more if they are busy"
    return [fail(words, step) if age_ms > LATE_MS else warn(words, step)]


async def registry(settings: Settings) -> list[Remark]:
    """Has somebody looked whether two people claim a device?"""
    async with offset_reader(settings) as offsets:
        committed = await offsets.committed(group_of(settings), [DEVICE_CLAIMS])
        ends = await offsets.ends([DEVICE_CLAIMS])
    left = sum(end - (committed[place] or 0) for place, end in ends.items())
    return decided(sum(ends.values()), left, toy=settings.toy)


def decided(claims: int, left: int, *, toy: bool) -> list[Remark]:
    """While claims wait, a device may speak for two people at once; a demo needs no registry."""
    if left > 0 and not toy:
        step = "start `nattevagt registry`, or look why it does not go on: two people may hold one device"
        return [warn(f"{left} of {claims} claims of devices are decided on by nobody", step)]
    return [ok(f"{claims} claims of devices, {left or 'none'} of them undecided")]


async def alive(settings: Settings, now_ms: Now) -> list[Remark]:
    """The watch's own sign in each partition of each team's topic. In a simulation the topics' own time counts."""
    topics = await topics_named(settings, alerts_topic(""))
    signs = await newest(settings, topics, _is_sign)
    newest_ms = max((int(sign.timestamp) for sign in signs.values() if sign is not None), default=0)
    return heard(signs, newest_ms if settings.simulation else now_ms())


def _is_sign(record: ConsumerRecord) -> bool:
    return ("ce_type", b"watch_alive") in record.headers


def heard(signs: Mapping[Place, ConsumerRecord | None], now_ms: int) -> list[Remark]:
    """Silence of three minutes is an outage; a sign that stands for an old instant is a late path."""
    start = "start `nattevagt worker`, or look why it does not watch"
    never = sorted(place for place, sign in signs.items() if sign is None)
    if len(never) == len(signs):
        return [warn("nobody has watched here yet", start)]
    ages = {place: now_ms - int(sign.timestamp) for place, sign in signs.items() if sign is not None}
    (topic, number), age_ms = max(ages.items(), key=lambda item: item[1])
    if age_ms > SILENT_MS:
        silent = sum(age > SILENT_MS for age in ages.values()) + len(never)
        return [fail(f"THE WATCH IS SILENT in {silent} of {len(signs)}: {topic}[{number}] since {ago(age_ms)}", start)]
    if never:
        where = f"{never[0][0]}[{never[0][1]}]"
        return [warn(f"no sign yet in {len(never)} of {len(signs)}, {where} among them", "ask again in a minute")]
    late_ms = max(now_ms - _assessed_ms(sign) for sign in signs.values() if sign is not None)
    if late_ms > LATE_MS:
        return [warn(f"heard, but only what came {ago(late_ms)} ago has been assessed", "look at lag above")]
    return [ok(f"{len(signs)} partitions of alerts heard within {ago(age_ms)}, assessed up to {ago(late_ms)} ago")]


def _assessed_ms(sign: ConsumerRecord) -> int:
    return to_ms(datetime.fromisoformat(orjson.loads(sign.value)["assessed_up_to"]))


async def clocks(settings: Settings, now_ms: Now) -> list[Remark]:
    """Do this machine, the broker and the workers agree how late it is? Nothing is written to find out."""
    if settings.simulation:
        return [ok("simulated times are not compared")]
    beats = await newest(settings, [PATIENT_EVENTS], lambda record: (record.key or b"").startswith(_POSITION))
    found = [(int(one.timestamp), _said_ms(one)) for one in beats.values() if one is not None]
    return agreeing(max(found, default=None), now_ms())


_POSITION = PARTITION_PREFIX.encode()


def _said_ms(beat: ConsumerRecord) -> int:
    return int(orjson.loads(beat.value)["at_ms"])


def agreeing(beat: tuple[int, int] | None, now_ms: int) -> list[Remark]:
    """beat: (broker's time, worker's time) of the newest heartbeat; None = there was none yet."""
    if beat is None:
        return [ok("no heartbeat yet to compare with")]
    broker_ms, worker_ms = beat
    step = "let every machine follow a time server (chrony, systemd-timesyncd)"
    if broker_ms - now_ms > SKEW_MS:
        return [warn(f"the broker's clock is {broker_ms - now_ms} ms or more ahead of this machine's", step)]
    if abs(broker_ms - worker_ms) > SKEW_MS:
        return [warn(f"a worker's clock and the broker's are {abs(broker_ms - worker_ms)} ms apart", step)]
    apart = f"worker and broker {abs(broker_ms - worker_ms)} ms apart"
    if now_ms - broker_ms > FRESH_MS:
        return [ok(f"{apart}, {ago(now_ms - broker_ms)} ago; nothing newer to compare this machine with")]
    return [ok(f"{apart}, delivery included; this machine at most {max(0, now_ms - broker_ms)} ms ahead")]


def ago(age_ms: int) -> str:
    """A duration for people: 4 s, 3 min, 2 h, 5 d."""
    seconds = max(0, age_ms) // 1000
    for unit, size in (("d", 86_400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"
