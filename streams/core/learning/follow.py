"""What one input means for learning: a reading was heard, an alert that somebody acted on was closed, a score waits."""

from collections.abc import Sequence

from schemas.alert import AlertStepType
from streams.core.effects import PublishScore
from streams.core.escalation.moves import Move
from streams.core.evolve import evolve
from streams.core.learning.designs import BY_ID, DESIGNS
from streams.core.learning.memory import MINUTE_MS, Fact, Memory, acted, heard, known, remember
from streams.core.signal.tracks import Tracks, with_outcome
from streams.core.state import PatientState
from streams.core.verdict import Verdict

ACTED_ON = frozenset({"true", "known"})
"""Verdicts behind which somebody may have done something. A false or a technical alert changed nobody's day."""

CONFIRMED = "confirmed"
MILLION = 1_000_000


def followed(
    state: PatientState, verdict: Verdict, move: Move | None, scored: Sequence[PublishScore], cause: str
) -> PatientState:
    """The state with its memory brought up to date; the same state when nothing was learned. cause: the event's id."""
    memory = state.memory
    if move is not None and move.step is AlertStepType.CLOSED and move.verdict in ACTED_ON:
        memory = acted(memory, move.alert.raised_ms, state.now_ms)
        if move.verdict == "true":
            memory = known(memory, Fact(move.alert.raised_ms, CONFIRMED))
    if verdict.reading is not None:
        memory = heard(memory, state.now_ms)
    for effect in scored if not state.withholds("secondary_use") else ():
        score = effect.score
        if score.model in BY_ID:
            told = {**score.challengers, score.model: score.score}
            risks = [round(told.get(design.id, 0.0) * MILLION) for design in DESIGNS]
            tier = 0 if state.shown is None else state.shown.tier
            memory = remember(memory, cause, state.now_ms, tier, risks, score.features)
    return state if memory is state.memory else evolve(state, memory=memory, tracks=with_events(state, memory))


def with_events(state: PatientState, memory: Memory) -> Tracks:
    """The tracks once new events are known: what happened lately is a reason to watch closer."""
    tracks = state.tracks
    for fact in memory.facts if memory.facts is not state.memory.facts else ():
        if fact.is_event and fact not in state.memory.facts:
            tracks = with_outcome(tracks, state.now_ms // MINUTE_MS)
    return tracks
