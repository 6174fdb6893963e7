"""What is kept of a story: one line per record that came out, in an order that no engine can change.

Per patient, then per topic, then as the log has it; a repeat with the same content is dropped, and the same id with
other content stays, so that it shows. Steps and answers are written out with the sentences people read; scores and
plain outcomes are many and alike, so their topics end in a digest. `decision.code` names a release, not a decision.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from hashlib import sha256
from typing import Any, NamedTuple

import orjson

from schemas.audit import Outcome
from schemas.codec import dumps
from schemas.texts import colour, reason
from schemas.topics import ALERTS, AUDIT, OVERVIEW, PATIENT_EVENTS, REJECTED, STATE, TABLE
from schemas.triage import TriageLevel
from streams.replay.decisions import is_watch_alive

TOPICS = tuple(
    row.name
    for row in TABLE
    if "worker" in row.writers and row.name not in {PATIENT_EVENTS, STATE, REJECTED} and row.stage == "output"
)
"""All that the worker tells others, without alerts topics. rejected.v1 repeats the input; the audit says why."""

WRITTEN_OUT = frozenset({OVERVIEW, "replies.v1", "notices.v1"})


RUNGS = 4
"""Steps behind this rung are in the digest only: an alert that nobody answers repeats itself for days."""


class Kept(NamedTuple):
    """A record that came out. topic: without prefix. key: as sent. value: as sent."""

    topic: str
    id: str
    key: str
    value: bytes


def lines(records: Iterable[Kept], of: frozenset[str], number: int) -> list[bytes]:
    """The lines of the story whose people are `of`, told on partition `number`."""
    held: dict[str, dict[str, dict[bytes, Kept]]] = defaultdict(lambda: defaultdict(dict))
    for record in records:
        if record.topic.startswith(ALERTS) and is_watch_alive(record.value):
            continue
        said = orjson.loads(record.value)
        patient = _patient(said, number)
        if patient in of or patient == _NOBODY:
            event_id = "-" if record.topic == OVERVIEW else record.id  # the newest one is named by whatever came last
            held[patient][record.topic].setdefault(dumps([event_id, _comparable(said)]), record)
    return [
        line
        for patient in sorted(held)
        for topic in sorted(held[patient])
        for line in _topic(patient, topic, list(held[patient][topic]))
    ]


_NOBODY = "(nobody)"
"""Whom an outcome is about that names no patient: it belongs to the story by its source's partition."""


def _patient(said: dict[str, Any], number: int) -> str | None:
    if said.get("patient") is not None:
        return str(said["patient"])
    source = said.get("source") or {}
    is_clock = said.get("outcome") == Outcome.ACCEPTED_RECORDED
    return _NOBODY if source.get("partition") == number and not is_clock else None


def _comparable(said: dict[str, Any]) -> dict[str, Any]:
    decision = said.get("decision")
    if decision is not None:
        said = {**said, "decision": {**decision, "code": "-"}}
    return {name: value for name, value in said.items() if name != "applied_offset"}


def _topic(patient: str, topic: str, told: list[bytes]) -> Iterator[bytes]:
    if topic == OVERVIEW:
        told = told[-1:]
    if topic == AUDIT:  # on the sources' partitions and on the patient's: between them there is no order but time
        told = sorted(told, key=lambda line: (orjson.loads(line)[1]["at"], line))
    for line in told:
        event_id, said = orjson.loads(line)
        if topic.startswith(ALERTS) and said["rung"] <= RUNGS:
            yield dumps({"topic": topic, "id": event_id, "value": said, **_sentences(said)})
        elif topic in WRITTEN_OUT or (topic == AUDIT and _is_telling(said)):
            yield dumps({"topic": topic, "id": event_id, "value": said})
    if topic != OVERVIEW:
        digest = sha256(b"\n".join(told)).hexdigest()
        yield dumps({"topic": topic, "patient": patient, "records": len(told), "sha256": digest})


def _is_telling(said: dict[str, Any]) -> bool:
    is_plain = said.get("outcome") in {Outcome.ACCEPTED_NO_ALERT, Outcome.ACCEPTED_SUPPRESSED}
    return not is_plain and said.get("reason") != "ladder.unanswered"


def _sentences(step: dict[str, Any]) -> dict[str, str]:
    level = None if step["level"] is None else TriageLevel(step["level"])
    return {
        "da": f"{colour(level, 'da')}: " + "; ".join(reason(code, "da") for code in step["reasons"]),
        "en": f"{colour(level, 'en')}: " + "; ".join(reason(code, "en") for code in step["reasons"]),
    }
