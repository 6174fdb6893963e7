"""Labels: when it is known what became of a moment of scoring, and when it never can be.

`No event` is no answer where care may have prevented one, and none about somebody who was silent, admitted or
recovering: else a model learns to hush what care prevents.
"""

from collections.abc import Iterator
from typing import NamedTuple

from schemas.base import rfc3339
from schemas.circumstances import Circumstances
from schemas.example import Example, Why
from schemas.ids import make_id
from streams.core.effects import PublishExample
from streams.core.evolve import evolve
from streams.core.learning.designs import DESIGNS
from streams.core.learning.memory import (
    ACTED,
    HORIZON_MIN,
    MINUTE_MS,
    RECOVERY_MIN,
    REPORT_MIN,
    SAMPLED,
    SILENT,
    SILENT_MIN,
    WEIGHT,
    Fact,
    Memory,
    Waiting,
)
from streams.core.learning.pack import unpack
from streams.core.plan import parse_plan
from streams.core.state import PatientState

RIPE_MIN = HORIZON_MIN + REPORT_MIN
"""From then on nobody is expected to tell any more."""


class Settled(NamedTuple):
    """Why a row no longer waits, and the event, where there is one."""

    why: Why
    event: Fact | None = None


def ripen(before: PatientState, state: PatientState, cause: str) -> tuple[PatientState, list[PublishExample]]:
    """Settle every row whose outcome is known or never will be. before: the state the event met; cause: its id.

    Looks at rows only when a fact has come, the oldest is ripe, or no plan is in force. Of somebody whose data may not
    be used again they are forgotten, and nothing is told.
    """
    memory = state.memory
    if not memory.rows:
        return state, []
    if state.withholds("secondary_use"):
        return evolve(state, memory=Memory(memory.facts, (), memory.heard_ms)), []
    now_min = state.now_ms // MINUTE_MS
    over = state.plan_at(state.now_ms) is None
    if memory.facts is before.memory.facts and now_min < memory.rows[0].at_min + RIPE_MIN and not over:
        return state, []
    stay: list[Waiting] = []
    found: list[tuple[Waiting, Settled]] = []
    for row in memory.rows:
        settled = _settled(row, memory, now_min, over=over)
        if settled is None:
            stay.append(row)
        elif settled.event is not None or row.marks & SAMPLED:
            found.append((row, settled))
    left = evolve(state, memory=Memory(memory.facts, tuple(stay), memory.heard_ms))
    return left, list(_examples(found, state, cause))


def _settled(row: Waiting, memory: Memory, now_min: int, *, over: bool) -> Settled | None:
    """None = it goes on waiting."""
    end_min = row.at_min + HORIZON_MIN
    if _recovering(row, memory.facts):
        return Settled(Why.RECOVERING) if over or now_min >= end_min + REPORT_MIN else None
    for fact in memory.facts:
        if fact.is_event and row.at_min < fact.at_ms // MINUTE_MS <= end_min:
            return Settled(Why.EVENT, fact)
    if any(fact.kind == "none" and fact.at_ms // MINUTE_MS >= end_min for fact in memory.facts):
        return Settled(_doubt(row, memory, now_min) or Why.RULED_OUT)
    if now_min >= end_min + REPORT_MIN:
        return Settled(_doubt(row, memory, now_min) or Why.QUIET)
    return Settled(Why.ENDED) if over else None


def _recovering(row: Waiting, facts: tuple[Fact, ...]) -> bool:
    return any(fact.is_event and 0 <= row.at_min - fact.at_ms // MINUTE_MS < RECOVERY_MIN for fact in facts)


def _doubt(row: Waiting, memory: Memory, now_min: int) -> Why | None:
    """Why `nothing happened` would say too much; None = it may be said."""
    end_min, heard_min = row.at_min + HORIZON_MIN, memory.heard_ms // MINUTE_MS
    for since, until in _stays(memory.facts, now_min):
        if row.at_min <= until and since <= end_min:
            return Why.ADMITTED
    if row.marks & ACTED:
        return Why.ACTED
    if row.marks & SILENT or (now_min - heard_min > SILENT_MIN and end_min > heard_min):
        return Why.SILENT
    return None


def _stays(facts: tuple[Fact, ...], now_min: int) -> Iterator[tuple[int, int]]:
    """Spans in hospital; one without a discharge lasts until now."""
    since: int | None = None
    for fact in facts:
        if fact.kind == "admission":
            since = fact.at_ms // MINUTE_MS if since is None else since
        elif fact.kind == "discharge" and since is not None:
            yield since, fact.at_ms // MINUTE_MS
            since = None
    if since is not None:
        yield since, now_min + 1


def _examples(found: list[tuple[Waiting, Settled]], state: PatientState, cause: str) -> Iterator[PublishExample]:
    told: set[Fact] = set()
    index = 0
    stated = parse_plan(state.plans[-1]).contract.circumstances if state.plans else Circumstances()
    for row, settled in found:
        moment = unpack(row.blob)
        if moment is None:
            continue
        event = settled.event
        body = Example(
            patient=state.patient,
            label=1 if event is not None else 0 if settled.why in (Why.QUIET, Why.RULED_OUT) else None,
            why=settled.why,
            weight=row.stands_for if event is not None else WEIGHT,
            at=rfc3339(row.at_min * MINUTE_MS),
            known_at=rfc3339(state.now_ms),
            tier=moment.tier,
            features=moment.features,
            scores={design.id: score for design, score in zip(DESIGNS, moment.scores, strict=True)},
            outcome=None if event is None else make_id(state.patient, event.kind, event.at_ms),
            is_first=event is not None and event not in told,
            sex=stated.sex,
            age_band=stated.age_band,
            partition=-1,
            offset=-1,
            index=index,
        )
        yield PublishExample(make_id(cause, "example", index), state.now_ms, body)
        index += 1
        if event is not None:
            told.add(event)
