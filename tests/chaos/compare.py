"""The judge of a crash run: every difference between what is there and what should be, counted by kind.

It must be able to say no; test_compare.py takes one record away and looks.
"""

from collections.abc import Container, Iterable
from dataclasses import asdict, dataclass, field
from typing import Any

import orjson

from schemas.events import EVENT, PartitionAlive
from schemas.topics import AUDIT, DEVICE_CLAIMS, INPUTS, NOTICES, OVERVIEW, PATIENT_EVENTS, REJECTED, REPLIES, SCORES
from streams.core.intake.accept import RawRecord
from streams.replay.decisions import is_watch_alive
from tests.chaos.evidence import Evidence, Place
from tests.chaos.fold import Expected, Said, expect, said

Published = dict[Place, dict[bytes, Said]]
"""Per partition of a topic, in order: id -> record."""

FAULTS = ("_missing", "_wrong", "_extra", "_out_of_order")

EXAMPLES = 12
"""Differences named one by one; the counts are always whole."""


@dataclass(slots=True)
class Verdict:
    """inputs: records of the input topics. unfolded: on the log and not yet in the state, but for time's own.

    lost: inputs without outcome. conflicting: with two different ones. Everything that ends as in FAULTS, and the
    three above, must be 0. messages: notices and replies. repeats (of these, of alerts and of scores) and copies are
    harmless: the same record again, byte for byte. gaps: inputs audited as lost.gap, which only a test that deletes
    may have.
    """

    inputs: int = 0
    events: int = 0
    lost: int = 0
    conflicting: int = 0
    gaps: int = 0
    events_missing: int = 0
    unfolded: int = 0
    events_wrong: int = 0
    audit_missing: int = 0
    audit_wrong: int = 0
    audit_repeats: int = 0
    patients: int = 0
    states_wrong: int = 0
    alerts: int = 0
    alerts_missing: int = 0
    alerts_wrong: int = 0
    alerts_extra: int = 0
    alerts_out_of_order: int = 0
    messages: int = 0
    messages_missing: int = 0
    messages_wrong: int = 0
    messages_extra: int = 0
    messages_out_of_order: int = 0
    scores: int = 0
    scores_missing: int = 0
    scores_wrong: int = 0
    scores_extra: int = 0
    scores_out_of_order: int = 0
    repeats: int = 0
    rejected_missing: int = 0
    overviews_wrong: int = 0
    claims_missing: int = 0
    claims_wrong: int = 0
    copies: int = 0
    examples: list[str] = field(default_factory=list)

    @property
    def is_clean(self) -> bool:
        """Is everything there, once, and as it should be?"""
        return not (self.lost or self.conflicting or self.gaps or self.unfolded) and not any(
            value for name, value in asdict(self).items() if name.endswith(FAULTS)
        )

    def to_json(self) -> dict[str, Any]:
        """As a JSON object."""
        return asdict(self) | {"clean": self.is_clean}

    def add(self, what: str, how: str, count: int) -> None:
        """Count what `alerts`, `messages` and `scores` have in common."""
        setattr(self, what + how, getattr(self, what + how) + count)

    def name(self, what: str) -> None:
        """Remember one difference, if there is room."""
        if len(self.examples) < EXAMPLES:
            self.examples.append(what)


def judge(evidence: Evidence) -> Verdict:
    """Fold everything again, and compare."""
    verdict, expected = Verdict(), expect(evidence)
    verdict.unfolded = expected.unfolded
    _events(verdict, expected, evidence)
    _outcomes(verdict, evidence)
    _audit(verdict, expected, evidence)
    _states(verdict, expected, evidence)
    _published(verdict, "alerts", expected.alerts, _once(verdict, evidence.alerts()))
    _published(verdict, "messages", expected.messages, _once(verdict, evidence.of(NOTICES, REPLIES)))
    _published(verdict, "scores", expected.scores, _once(verdict, evidence.of(SCORES)))
    _rest(verdict, expected, evidence)
    return verdict


def _events(verdict: Verdict, expected: Expected, evidence: Evidence) -> None:
    """Everything intake has let in is on the log, as it was."""
    seen = set()
    for _, records in evidence.of(PATIENT_EVENTS):
        verdict.events += len(records)
        for record in records:
            event = EVENT.validate_json(record.value or b"")
            if isinstance(event, PartitionAlive) or event.id not in expected.events:
                continue
            verdict.copies += event.id in seen
            seen.add(event.id)
            owed = expected.events[event.id].model_copy(update={"stamp": event.stamp})
            if owed != event:
                verdict.events_wrong += 1
                verdict.name(f"event {event.id} differs from its input")
    for event_id in expected.events.keys() - seen:
        verdict.events_missing += 1
        verdict.name(f"input {_place(expected.events[event_id].source)} is not on the log")


def _place(source: Any) -> str:
    return f"{source.topic}[{source.partition}]@{source.offset}"


def outcomes(evidence: Evidence) -> dict[tuple[str, int, int], set[bytes]]:
    """Input coordinates -> the audit records that tell what became of it; a gap tells it of all it covers."""
    told: dict[tuple[str, int, int], set[bytes]] = {}
    for _, records in evidence.of(AUDIT):
        for record in records:
            body = orjson.loads(record.value or b"{}")
            source, first = body.get("source"), (body.get("source") or {}).get("offset")
            if source is None or body.get("outcome") is None:
                continue
            for offset in range(first, source.get("until_offset", first) + 1):
                told.setdefault((source["topic"], source["partition"], offset), set()).add(record.value or b"")
    return told


def without_outcome(evidence: Evidence) -> list[tuple[str, int, int]]:
    """Coordinates of the inputs nobody has said anything of, in order."""
    told = outcomes(evidence)
    places = ((*place, record.offset) for place, records in evidence.of(*INPUTS) for record in records)
    return [place for place in places if place not in told]


def _outcomes(verdict: Verdict, evidence: Evidence) -> None:
    """Every input offset has exactly one terminal outcome."""
    told = outcomes(evidence)
    verdict.inputs = sum(len(records) for _, records in evidence.of(*INPUTS))
    verdict.gaps = sum(1 for bodies in told.values() if any(b'"type":"gap"' in body for body in bodies))
    for place in without_outcome(evidence):
        verdict.lost += 1
        verdict.name(f"input {place} has no outcome")
    for place, bodies in told.items():
        if len(bodies) > 1:
            verdict.conflicting += 1
            verdict.name(f"input {place} has {len(bodies)} outcomes")


def _audit(verdict: Verdict, expected: Expected, evidence: Evidence) -> None:
    seen: set[bytes] = set()
    for _, records in evidence.of(AUDIT):
        for body in map(said, records):
            verdict.audit_repeats += body.id in seen
            seen.add(body.id)
            if body.id in expected.audit and body != expected.audit[body.id]:
                verdict.audit_wrong += 1
                verdict.name(f"audit {body.key!r} is {body.value!r}, should be {expected.audit[body.id].value!r}")
    missing = expected.audit.keys() - seen
    verdict.audit_missing = len(missing)
    for audit_id in sorted(missing)[:EXAMPLES]:
        verdict.name(f"audit {expected.audit[audit_id].key!r} is missing")


def _states(verdict: Verdict, expected: Expected, evidence: Evidence) -> None:
    for partition, values in expected.states.items():
        held = evidence.winning(partition)
        verdict.patients += len(values) - 1
        for key in values.keys() | held.keys():
            if values.get(key) != held.get(key):
                verdict.states_wrong += 1
                verdict.name(f"state {key!r} is {held.get(key)!r}, should be {values.get(key)!r}")


def _published(verdict: Verdict, what: str, owed: Published, actual: Published) -> None:
    """Alerts or scores: each step once by its id, to the byte, and in order where it was published."""
    for place in owed.keys() | actual.keys():
        due, there = owed.get(place, {}), actual.get(place, {})
        missing, extra = owed_not_in(due, there), owed_not_in(there, due)
        for one in missing:
            verdict.name(f"{what} {due[one].value!r} is missing")
        wrong = [one for one in due if one in there and there[one] != due[one]]
        for one in wrong:
            verdict.name(f"{what} {there[one].value!r} should be {due[one].value!r}")
        verdict.add(what, "", len(due))
        verdict.add(what, "_missing", len(missing))
        verdict.add(what, "_extra", len(extra))
        verdict.add(what, "_wrong", len(wrong))
        same = [[one for one in ids if one in due and one in there] for ids in (due, there)]
        verdict.add(what, "_out_of_order", int(same[0] != same[1]))


def _once(verdict: Verdict, logs: Iterable[tuple[Place, list[RawRecord]]]) -> Published:
    """What a reader sees that tells repeats by id. A repeat with other content takes the first one's place."""
    found: Published = {}
    for place, records in logs:
        once = found.setdefault(place, {})
        for record in records:
            if is_watch_alive(record.value or b"{}"):
                continue
            body = said(record)
            verdict.repeats += body.id in once
            if once.setdefault(body.id, body) != body:
                once[body.id] = body
    return found


def owed_not_in(owed: Iterable[bytes], there: Container[bytes]) -> list[bytes]:
    """Ids of the first that the second lacks, in order."""
    return [one for one in owed if one not in there]


def _rest(verdict: Verdict, expected: Expected, evidence: Evidence) -> None:
    """rejected.v1 holds every refused record untouched; overview.v1's highest applied offset is the truth."""
    rejected = {said(record) for _, records in evidence.of(REJECTED) for record in records}
    verdict.rejected_missing = len(expected.rejected - rejected)
    _claims(verdict, expected, evidence)
    newest: dict[bytes | None, dict[str, Any]] = {}
    for _, records in evidence.of(OVERVIEW):
        for record in records:
            body = orjson.loads(record.value or b"{}")
            if body["applied_offset"] >= newest.get(record.key, body)["applied_offset"]:
                newest[record.key] = body
    for key, owed in expected.overviews.items():
        # A republished overview (after a zombie) says the same later, so the offset itself may differ.
        if _shown(newest.get(key)) != _shown(orjson.loads(owed.value or b"{}")):
            verdict.overviews_wrong += 1
            verdict.name(f"overview {key!r} is {newest.get(key)}, should be {owed.value!r}")


def _claims(verdict: Verdict, expected: Expected, evidence: Evidence) -> None:
    """Each claim of a device by its id, to the byte. Between patients there is no order to keep."""
    there = {place: {body.id: body for body in map(said, records)} for place, records in evidence.of(DEVICE_CLAIMS)}
    for place, due in expected.claims.items():
        held = there.get(place, {})
        verdict.claims_missing += len(due.keys() - held.keys())
        verdict.claims_wrong += sum(held[one] != body for one, body in due.items() if one in held)


def _shown(body: dict[str, Any] | None) -> dict[str, Any] | None:
    return None if body is None else {name: value for name, value in body.items() if name != "applied_offset"}
