"""Claims: of all who want one device, who has it when? Whoever claimed an instant first, as the log has it.

What somebody keeps of a device in a later version keeps its place in the queue; what is new, or no longer shared,
stands behind all that was there. So nobody can lose a device by another's changes, and an end frees it.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import NamedTuple

from schemas.claim import ClaimedSpan, DeviceClaim
from schemas.command import MAX_CONTESTED_SPANS, ContestBinding, ContestedSpan
from schemas.ids import make_id
from schemas.vitals import VITALS
from streams.core.plan import NEVER

REGISTRY = "registry"
"""The `by` of its commands: a service, role system."""

ALL_KINDS = tuple(sorted(VITALS))


class Piece(NamedTuple):
    """[from_ms, until_ms) of one kind. rank: offset of the claim it has been held since, lowest first."""

    from_ms: int
    until_ms: int
    rank: int
    shared: bool


class Lost(NamedTuple):
    """[from_ms, until_ms) in which these kinds are somebody else's; sorted."""

    from_ms: int
    until_ms: int
    kinds: tuple[str, ...]


Pieces = Mapping[str, tuple[Piece, ...]]
"""Kind -> what one patient wants of it, in order of time."""


@dataclass(frozen=True, slots=True)
class Claims:
    """All claims of one device. versions, wanted: by patient."""

    versions: Mapping[str, int] = field(default_factory=dict)
    wanted: Mapping[str, Pieces] = field(default_factory=dict)


def with_claim(claims: Claims, claim: DeviceClaim, rank: int) -> Claims:
    """The claims with one more; the same object for a version that is not above the one known."""
    patient = claim.patient
    if claim.version <= claims.versions.get(patient, 0):
        return claims
    versions = {**claims.versions, patient: claim.version}
    if not claim.spans:
        return Claims(versions, {name: held for name, held in claims.wanted.items() if name != patient})
    before = claims.wanted.get(patient, {})
    pieces = {
        kind: _merged(piece for span in spans for piece in _queued(before.get(kind, ()), span, rank))
        for kind, spans in _by_kind(claim.spans).items()
    }
    return Claims(versions, {**claims.wanted, patient: pieces})


def contested(claims: Claims) -> dict[str, tuple[Lost, ...]]:
    """What nobody may speak about though they claim it: patient -> spans. Who is not in it has all they claim."""
    lost: dict[str, dict[tuple[int, int], list[str]]] = {}
    if len(claims.wanted) > 1:
        for kind in sorted({kind for pieces in claims.wanted.values() for kind in pieces}):
            queue = {patient: pieces[kind] for patient, pieces in claims.wanted.items() if kind in pieces}
            for patient, spans in _losers(queue).items():
                for span in spans:
                    lost.setdefault(patient, {}).setdefault(span, []).append(kind)
    return {
        patient: tuple(Lost(*span, tuple(kinds)) for span, kinds in sorted(lost[patient].items())) for patient in lost
    }


def rulings(before: Claims, after: Claims, device: str, rank: int) -> tuple[ContestBinding, ...]:
    """One command to each patient for whom a claim has changed what is contested; by pseudonym."""
    was, now = contested(before), contested(after)
    return tuple(
        ContestBinding(
            id=make_id("contest", device, rank, patient),
            patient=patient,
            by=REGISTRY,
            role="system",
            device=device,
            upto=rank,
            spans=_told(now.get(patient, ())),
        )
        for patient in sorted(was.keys() | now.keys())
        if was.get(patient) != now.get(patient)
    )


def _by_kind(spans: Iterable[ClaimedSpan]) -> dict[str, list[ClaimedSpan]]:
    found: dict[str, list[ClaimedSpan]] = {}
    for span in sorted(spans, key=lambda one: one.from_ms):
        for kind in span.kinds or ALL_KINDS:
            found.setdefault(kind, []).append(span)
    return found


def _queued(before: Sequence[Piece], span: ClaimedSpan, rank: int) -> Iterator[Piece]:
    """The span in pieces: what was held before keeps its rank, unless others could share it and now no longer can."""
    at_ms, end_ms = span.from_ms, NEVER if span.until_ms is None else span.until_ms
    for piece in before:
        since, until = max(at_ms, piece.from_ms), min(end_ms, piece.until_ms)
        if since >= until or (piece.shared and not span.shared):
            continue
        if at_ms < since:
            yield Piece(at_ms, since, rank, span.shared)
        yield Piece(since, until, piece.rank, span.shared)
        at_ms = until
    if at_ms < end_ms:
        yield Piece(at_ms, end_ms, rank, span.shared)


def _merged(pieces: Iterable[Piece]) -> tuple[Piece, ...]:
    """Neighbours of the same rank as one, so that many versions do not make many pieces."""
    found: list[Piece] = []
    for piece in pieces:
        last = found[-1] if found else None
        if last is not None and (last.until_ms, last.rank, last.shared) == (piece.from_ms, piece.rank, piece.shared):
            found[-1] = last._replace(until_ms=piece.until_ms)
        else:
            found.append(piece)
    return tuple(found)


def _losers(queue: Mapping[str, Sequence[Piece]]) -> dict[str, list[tuple[int, int]]]:
    """Of one kind: between two edges the first in the queue has it, and with them whoever shares as they do."""
    lost: dict[str, list[tuple[int, int]]] = {}
    edges = sorted({edge for pieces in queue.values() for piece in pieces for edge in piece[:2]})
    for since, until in pairwise(edges):
        wanting = sorted(
            (piece.rank, patient, piece.shared)
            for patient, pieces in queue.items()
            for piece in pieces
            if piece.from_ms <= since < piece.until_ms
        )
        for _, patient, shared in wanting[1:]:
            if not (shared and wanting[0][2]):
                spans = lost.setdefault(patient, [])
                if spans and spans[-1][1] == since:
                    spans[-1] = (spans[-1][0], until)
                else:
                    spans.append((since, until))
    return lost


def _told(lost: Sequence[Lost]) -> tuple[ContestedSpan, ...]:
    """As the command says it. What is more ragged than it can say is told as one span over all of it."""
    if len(lost) > MAX_CONTESTED_SPANS:
        kinds = tuple(sorted({kind for one in lost for kind in one.kinds}))
        lost = (Lost(min(one.from_ms for one in lost), max(one.until_ms for one in lost), kinds),)
    return tuple(
        ContestedSpan(
            valid_from=_instant(one.from_ms),
            valid_until=None if one.until_ms >= NEVER else _instant(one.until_ms),
            kinds=() if one.kinds == ALL_KINDS else one.kinds,
        )
        for one in lost
    )


def _instant(at_ms: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=at_ms)
