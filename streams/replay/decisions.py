"""The decision stream: what was decided about each patient, in one order, so that two runs can be compared.

Per patient in code-point order the steps of the alerts' lives and the scores as published, each id once. Readings,
wall times and offsets of our own topics are not in it; WatchAlive belongs to the watch, not to a patient.
"""

from collections.abc import Iterable
from hashlib import sha256
from heapq import merge
from typing import NamedTuple

import orjson

from schemas.alert import AlertStep
from schemas.codec import dumps
from schemas.score import RiskScore
from streams.core.effects import Effect, PublishAlert, PublishScore


class Published(NamedTuple):
    """One record of an alerts topic or of scores.v1. id: its header `ce_id`. value: as published."""

    id: str
    patient: str
    value: bytes


def alerts_of(effects: Iterable[Effect]) -> list[Published]:
    """What the effects of a fold would publish on the alerts topics, in order."""
    return [
        Published(effect.id, effect.step.patient, effect.step.model_dump_json().encode())
        for effect in effects
        if isinstance(effect, PublishAlert)
    ]


def scores_of(effects: Iterable[Effect]) -> list[Published]:
    """What the effects of a fold would publish on scores.v1, in order."""
    return [
        Published(effect.id, effect.score.patient, effect.score.model_dump_json().encode())
        for effect in effects
        if isinstance(effect, PublishScore)
    ]


def decision_stream(*topics: Iterable[Published]) -> bytes:
    """One line per step and score, each with its id. topics: the records of each topic in log order, scores last:
    of what happens to a patient at the same instant, the earlier topic's comes first.

    A repeat with the same content is dropped. The same id with other content stays, so that it shows.
    """
    lines: dict[str, list[list[tuple[str, bytes]]]] = {}
    for records in topics:
        for patient, steps in _by_patient(records).items():
            lines.setdefault(patient, []).append(steps)
    return b"".join(
        line + b"\n"
        for patient in sorted(lines)
        # A patient whose team changed has steps on two topics; each topic's own order is kept.
        for line in dict.fromkeys(line for _, line in merge(*lines[patient], key=lambda step: step[0]))
    )


def digest(stream: bytes) -> str:
    """SHA-256 of a decision stream, in hex."""
    return sha256(stream).hexdigest()


def is_watch_alive(value: bytes) -> bool:
    """Is it the watch's own heartbeat? Alerts topics carry both."""
    return bool(orjson.loads(value).get("type") == "watch_alive")


def _by_patient(records: Iterable[Published]) -> dict[str, list[tuple[str, bytes]]]:
    """(time of the step or score, canonical line) per patient in the order given."""
    found: dict[str, list[tuple[str, bytes]]] = {}
    for record in records:
        if is_watch_alive(record.value):
            continue
        contract = RiskScore if "contributions" in orjson.loads(record.value) else AlertStep
        said = contract.model_validate_json(record.value)
        line = dumps({"id": record.id, **said.model_dump(mode="json")})
        found.setdefault(record.patient, []).append((said.at, line))
    return found
