"""What the changelog holds: one StateRecord per patient and one PartitionRecord per partition.

Both name the offset of patient-events.v1 they stand for. Recovery keeps the highest per key, so a
stalled worker's late write cannot bring an old state back.
"""

from collections.abc import Mapping
from dataclasses import astuple, dataclass, field
from functools import lru_cache
from typing import Any, NamedTuple

import orjson

from schemas.errors import StateError
from schemas.events import Stamp
from schemas.triage import TriageLevel
from streams.core.learning.floor import Standing
from streams.core.learning.memory import Fact, Memory, Waiting
from streams.core.permit import Permit
from streams.core.pro.held import pack_filled, unpack_filled
from streams.core.signal.features import Aspect
from streams.core.signal.series import pack, unpack
from streams.core.state import (
    AlertState,
    Bucket,
    Contested,
    DeviceClock,
    Identified,
    PatientState,
    Refused,
    Shown,
    SignOfLife,
    SlotState,
    TakenSpan,
    Withdrawn,
)

STATE_VERSION = 1
"""Written. A release reads this one and the one before; it refuses a higher one."""

PARTITION_PREFIX = "__pos__/"


@dataclass(frozen=True, slots=True)
class StateRecord:
    """One patient's state, the offset that made it, and when it next wants time to pass.

    due_data_ms: earliest missing-reading deadline; due_ladder_ms: earliest deadline of the open alert.
    """

    offset: int
    due_data_ms: int
    due_ladder_ms: int
    state: PatientState


@dataclass(frozen=True, slots=True)
class PartitionRecord:
    """One partition's watermark.

    offset: last applied of patient-events. topic_id: of that topic, to tell a recreated one.
    sources: "topic/partition" -> highest source offset seen; a copy by intake at or below it is dropped.
    alive_ms: Kafka's time of the timekeeper's last heartbeat; 0 = none yet. stops: see streams.core.standstill.
    """

    offset: int = -1
    topic_id: str = ""
    sources: Mapping[str, int] = field(default_factory=dict)
    alive_ms: int = 0
    stops: tuple[tuple[int, int], ...] = ()


def partition_key(partition: int) -> bytes:
    """Key of a partition record; no pseudonym can look like it."""
    return f"{PARTITION_PREFIX}{partition}".encode()


def encode_partition(record: PartitionRecord) -> bytes:
    """Canonical bytes of a partition record."""
    return orjson.dumps(
        {
            "v": STATE_VERSION,
            "off": record.offset,
            "topic_id": record.topic_id,
            "src": record.sources,
            "alive_ms": record.alive_ms,
            "stops": record.stops,
        },
        option=orjson.OPT_SORT_KEYS,
    )


def decode_partition(data: bytes) -> PartitionRecord:
    """Inverse of `encode_partition`. Raises StateError for a newer version."""
    body = _versioned(data)
    stops = tuple((since, until) for since, until in body.get("stops", ()))
    return PartitionRecord(body["off"], body["topic_id"], body["src"], body["alive_ms"], stops)


def encode_state(record: StateRecord) -> bytes:
    """Canonical bytes of a state record: sorted keys, packed series."""
    state = record.state
    return orjson.dumps(
        {
            "v": STATE_VERSION,
            "off": record.offset,
            "due": (record.due_data_ms, record.due_ladder_ms),
            "patient": state.patient,
            "now": state.now_ms,
            "stamp": (state.stamp.coverage, state.stamp.rules, state.stamp.models),
            "plans": state.plans,
            "bindings": state.bindings,
            "series": {kind: pack(points) for kind, points in state.series.items()},
            "slots": {key: (slot.open_ms, slot.due_ms, slot.before_ms) for key, slot in state.slots.items()},
            "slots_plan": state.slots_plan,
            "floods": {key: (bucket.left, bucket.at_ms) for key, bucket in state.floods.items()},
            "battery": state.battery,
            "refused": [astuple(row) for row in state.refused],
            "withdrawn": [tuple(row) for row in state.withdrawn],
            "back": state.back_ms,
            "clocks": {key: tuple(one) for key, one in state.clocks.items()},
            "alert": state.alert,
            "handled": state.handled_ms,
            "alerts": state.alerts,
            "path_late": state.path_late,
            "shown": state.shown,
            "answers": {name: pack_filled(filled) for name, filled in state.answers.items()},
            "symptoms": state.symptoms,
            "recheck": state.recheck_ms,
            "requested": state.requested_ms,
            "identified": [tuple(one) for one in state.identified],
            **_devices_out(state),
            "consents": (state.told_unwatched_ms, [tuple(one) for one in state.consents]),
            **_learned_out(state),
        },
        option=orjson.OPT_SORT_KEYS,
    )


def _learned_out(state: PatientState) -> dict[str, Any]:
    """What models remember of the patient."""
    return {
        "aspects": {kind: tuple(one) for kind, one in state.aspects.items()},
        "learned": state.learned,
        "tracks": {kind: tuple(numbers) for kind, numbers in state.tracks.items()},
        "standing": None if state.standing is None else tuple(state.standing),
        "memory": _memory_out(state.memory),
    }


def decode_state(data: bytes) -> StateRecord:
    """Inverse of `encode_state`. Raises StateError for a newer version."""
    body = _versioned(data)
    state = PatientState(
        patient=body["patient"],
        now_ms=body["now"],
        stamp=_stamp(*body["stamp"]),
        plans=tuple(body["plans"]),
        bindings=body["bindings"],
        series={kind: unpack(flat) for kind, flat in body["series"].items()},
        slots={key: SlotState(*slot) for key, slot in body["slots"].items()},
        slots_plan=body["slots_plan"],
        floods={key: Bucket(*bucket) for key, bucket in body["floods"].items()},
        battery={key: tuple(pair) for key, pair in body["battery"].items()},
        refused=tuple([Refused(*row) for row in body["refused"]]),
        back_ms=body.get("back", 0),
        clocks={key: DeviceClock(*row) for key, row in body.get("clocks", {}).items()},
        withdrawn=tuple([Withdrawn(*row) for row in body.get("withdrawn", ())]),
        alert=_alert(body["alert"]),
        handled_ms=body["handled"],
        alerts=body["alerts"],
        path_late=body["path_late"],
        shown=_shown(body["shown"]),
        aspects={kind: Aspect(*row) for kind, row in body.get("aspects", {}).items()},
        learned=body.get("learned", {}),
        tracks={kind: tuple(numbers) for kind, numbers in body.get("tracks", {}).items()},
        standing=None if body.get("standing") is None else Standing(*body["standing"]),
        memory=_memory(*body.get("memory", ((), (), 0))),
        answers={name: unpack_filled(row) for name, row in body.get("answers", {}).items()},
        symptoms={code: tuple(fact) for code, fact in body.get("symptoms", {}).items()},
        recheck_ms=body.get("recheck", 0),
        requested_ms=body.get("requested", 0),
        identified=tuple([Identified(*one) for one in body.get("identified", ())]),
        alive={device: SignOfLife(*one) for device, one in body.get("alive", {}).items()},
        contested=tuple([_contested(*one) for one in body.get("contested", ())]),
        consents=tuple([_permit(*one) for one in body.get("consents", (0, ()))[1]]),
        told_unwatched_ms=body.get("consents", (0, ()))[0],
    )
    return StateRecord(body["off"], body["due"][0], body["due"][1], state)


class Glance(NamedTuple):
    """What a take-over must know of each patient before any reading flows."""

    patient: str
    due_data_ms: int
    due_ladder_ms: int
    alert: AlertState | None


def glance(data: bytes) -> Glance:
    """The same as in `decode_state`, without making all the rest. Raises StateError for a newer version."""
    body = _versioned(data)
    data_ms, ladder_ms = body["due"]
    return Glance(body["patient"], data_ms, ladder_ms, _alert(body["alert"]))


def offset_of(data: bytes) -> int:
    """The offset a changelog value stands for, of either kind."""
    return int(_versioned(data)["off"])


def _versioned(data: bytes) -> dict[str, Any]:
    body: dict[str, Any] = orjson.loads(data)
    if body["v"] > STATE_VERSION:
        raise StateError(
            f"the changelog holds state version {body['v']}, this release reads up to {STATE_VERSION}",
            next_step="run the newer release, or `nattevagt state rebuild` with this one",
        )
    return body


@lru_cache(maxsize=1024)
def _stamp(coverage: int, rules: int, models: int) -> Stamp:
    """Most patients share a few."""
    return Stamp(coverage=coverage, rules=rules, models=models)


def _permit(
    version: int, at_ms: int, from_ms: int, until_ms: int, withheld: list[str], teams: list[str], people: list[str]
) -> Permit:
    return Permit(version, at_ms, from_ms, until_ms, tuple(withheld), tuple(teams), tuple(people))


def _alert(body: dict[str, Any] | None) -> AlertState | None:
    if body is None:
        return None
    lists = {name: tuple(value) for name, value in body.items() if isinstance(value, list)}
    return AlertState(**{**body, **lists, "level": TriageLevel(body["level"])})


def _devices_out(state: PatientState) -> dict[str, Any]:
    return {
        "alive": {device: tuple(one) for device, one in state.alive.items()},
        "contested": [(one.device, one.upto, [tuple(span) for span in one.spans]) for one in state.contested],
    }


def _contested(device: str, upto: int, spans: list[tuple[int, int, list[str]]]) -> Contested:
    return Contested(device, upto, tuple([TakenSpan(since, until, tuple(kinds)) for since, until, kinds in spans]))


def _memory_out(memory: Memory) -> tuple[Any, ...]:
    return tuple(map(tuple, memory.facts)), tuple(map(tuple, memory.rows)), memory.heard_ms


def _memory(facts: list[list[Any]], rows: list[list[Any]], heard_ms: int) -> Memory:
    return Memory(tuple([Fact(*row) for row in facts]), tuple([Waiting(*row) for row in rows]), heard_ms)


def _shown(body: dict[str, Any] | None) -> Shown | None:
    if body is None:
        return None
    return Shown(body["level"], body["tier"], tuple(body["reasons"]), tuple(body["silence"]))
