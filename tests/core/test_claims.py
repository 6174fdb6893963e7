"""One device, several who want it: the first has it, whatever came between."""

from collections import defaultdict

from hypothesis import given
from hypothesis import strategies as st

from schemas.base import rfc3339
from schemas.claim import ClaimedSpan, DeviceClaim
from schemas.command import MAX_CONTESTED_SPANS
from streams.core.claims import ALL_KINDS, Claims, contested, rulings, with_claim
from streams.core.plan import NEVER
from tests.builders import T0

DAY_LONG = 10


def span(since: int, until: int | None = None, *kinds: str, shared: bool = False) -> ClaimedSpan:
    """From one instant to another; None = for good."""
    return ClaimedSpan(from_ms=since, until_ms=until, kinds=kinds, shared=shared)


def claim(patient: str, version: int, *spans: ClaimedSpan) -> DeviceClaim:
    """One version of one patient's claim of the scale."""
    return DeviceClaim(device="scale", patient=patient, version=version, spans=spans, at=rfc3339(T0))


def folded(*log: DeviceClaim) -> Claims:
    """All of them, in the order of the log."""
    claims = Claims()
    for rank, one in enumerate(log):
        claims = with_claim(claims, one, rank)
    return claims


def lost(*log: DeviceClaim) -> dict[str, list[tuple[int, int]]]:
    """Patient -> spans that somebody else had first, whatever the kinds."""
    return {name: [(one.from_ms, one.until_ms) for one in rows] for name, rows in contested(folded(*log)).items()}


def test_the_first_claim_has_the_device() -> None:
    """The second has it where they do not overlap: [from, until)."""
    assert {"b": [(5, 10)]} == lost(claim("a", 1, span(0, 10)), claim("b", 1, span(5)))
    assert {} == lost(claim("a", 1, span(0, 10)), claim("b", 1, span(10)))


def test_kinds_that_do_not_overlap_are_no_conflict() -> None:
    """A scale may weigh one and tell the body fat of another; no kinds are all kinds."""
    assert {} == lost(claim("a", 1, span(0, None, "weight")), claim("b", 1, span(0, None, "pulse")))
    both = contested(folded(claim("a", 1, span(0, None, "weight")), claim("b", 1, span(0))))
    assert [("b", ("weight",))] == [(name, row.kinds) for name, rows in both.items() for row in rows]


def test_a_shared_device_is_everybodys_who_says_so() -> None:
    """A couple's scale; one who does not say so is not let in, and lets nobody in."""
    couple = claim("a", 1, span(0, shared=True)), claim("b", 1, span(0, shared=True))
    assert {} == lost(*couple)
    assert {"c": [(3, NEVER)]} == lost(*couple, claim("c", 1, span(3)))
    assert {"b": [(0, NEVER)]} == lost(claim("a", 1, span(0)), couple[1])
    assert {"b": [(0, NEVER)]} == lost(claim("a", 1, span(0)), couple[1], claim("c", 1))


def test_an_end_by_the_first_frees_it_for_the_second() -> None:
    """What was handed out before the old binding was ended."""
    log = [claim("a", 1, span(0)), claim("b", 1, span(5))]
    assert {"b": [(5, 7)]} == lost(*log, claim("a", 2, span(0, 7)))
    assert {} == lost(*log, claim("a", 2))
    assert {} == lost(*log, claim("b", 2))


def test_a_change_keeps_what_was_held_and_queues_for_what_is_new() -> None:
    """A shorter span loses nothing to who waits; a longer one waits itself."""
    log = [claim("a", 1, span(0, 20)), claim("b", 1, span(10, 30))]
    assert {"b": [(10, 15)]} == lost(*log, claim("a", 2, span(0, 15)))
    assert {"a": [(20, 30)], "b": [(10, 20)]} == lost(*log, claim("a", 2, span(0)))
    assert {"a": [(10, 30)]} == lost(*log, claim("a", 2), claim("a", 3, span(0)))


def test_nobody_can_take_back_what_they_share() -> None:
    """Who no longer shares stands behind those they shared it with."""
    couple = claim("a", 1, span(0, shared=True)), claim("b", 1, span(0, shared=True))
    assert {"a": [(0, NEVER)]} == lost(*couple, claim("a", 2, span(0)))


def test_an_old_version_or_a_repeat_changes_nothing() -> None:
    """Delivered twice by a worker that was killed, or late by one that had stalled."""
    log = [claim("a", 2, span(0, 10)), claim("b", 1, span(0))]
    claims = folded(*log)
    assert claims is with_claim(claims, claim("a", 2, span(0)), 7)
    assert claims is with_claim(claims, claim("a", 1, span(0)), 8)


def test_who_is_touched_gets_one_command_and_nobody_elses_name() -> None:
    """All that is contested now, with an id made of device, claim and patient."""
    one = folded(claim("a", 1, span(0)))
    two = with_claim(one, claim("b", 1, span(0, 10, "weight")), 4)
    (told,) = rulings(one, two, "scale", 4)
    assert ("b", "scale", 4, "system", "registry") == (told.patient, told.device, told.upto, told.role, told.by)
    assert [(rfc3339(0), rfc3339(10), ["weight"])] == [
        (row["valid_from"], row["valid_until"], row["kinds"]) for row in told.model_dump(mode="json")["spans"]
    ]
    assert told == rulings(one, two, "scale", 4)[0]
    freed = rulings(two, with_claim(two, claim("a", 2), 9), "scale", 9)
    assert [("b", 9, ())] == [(each.patient, each.upto, each.spans) for each in freed]
    assert told.id != freed[0].id
    assert () == rulings(two, with_claim(two, claim("a", 2, span(0), span(-9, -5)), 9), "scale", 9)


def test_all_kinds_for_good_are_said_without_listing_them() -> None:
    """As a binding says it."""
    before = folded(claim("a", 1, span(0)))
    (told,) = rulings(before, with_claim(before, claim("b", 1, span(0)), 1), "scale", 1)
    assert [((), None)] == [(one.kinds, one.valid_until) for one in told.spans]


def test_a_ragged_conflict_is_told_as_one_span_over_all_of_it() -> None:
    """State stays small; what is refused too much is told of, what is accepted too much would not be."""
    hers = claim("a", 1, *[span(n * 10, n * 10 + 5) for n in range(MAX_CONTESTED_SPANS + 1)])
    before = folded(hers)
    (told,) = rulings(before, with_claim(before, claim("b", 1, span(0)), 1), "scale", 1)
    assert [(rfc3339(0), rfc3339(MAX_CONTESTED_SPANS * 10 + 5))] == [
        (one["valid_from"], one["valid_until"]) for one in told.model_dump(mode="json")["spans"]
    ]


instants = st.integers(0, DAY_LONG)
spans = st.builds(
    lambda since, length, kinds, shared: span(since, since + length, *kinds, shared=shared),
    instants,
    st.integers(1, DAY_LONG),
    st.sampled_from([(), ("weight",), ("pulse",), ("pulse", "weight")]),
    st.booleans(),
)
logs = st.lists(st.tuples(st.sampled_from("abc"), st.integers(1, 6), st.lists(spans, max_size=1)), max_size=12)


@given(logs)
def test_no_order_of_claims_leaves_two_who_have_the_device(log: list[tuple[str, int, list[ClaimedSpan]]]) -> None:
    """At no instant and for no kind, unless all of them share it; and somebody always has it."""
    claims = folded(*[claim(patient, version, *wanted) for patient, version, wanted in log])
    gone = contested(claims)
    for kind in ("weight", "pulse", ALL_KINDS[0]):
        wanting: dict[int, list[tuple[int, str, bool]]] = defaultdict(list)
        for patient, pieces in claims.wanted.items():
            for piece in pieces.get(kind, ()):
                for at_ms in range(piece.from_ms, piece.until_ms):
                    wanting[at_ms].append((piece.rank, patient, piece.shared))
        for at_ms, queue in wanting.items():
            has = [one for one in sorted(queue) if not _is_lost(gone.get(one[1], ()), kind, at_ms)]
            assert has[0] == min(queue)
            assert len(has) == 1 or all(shared for _, _, shared in has)


@given(logs)
def test_commands_alone_tell_who_has_lost_what(log: list[tuple[str, int, list[ClaimedSpan]]]) -> None:
    """Whoever obeys the newest command of each claim, in order, stands where the registry stands."""
    claims, obeyed = Claims(), dict[str, int]()
    for rank, (patient, version, wanted) in enumerate(log):
        after = with_claim(claims, claim(patient, version, *wanted), rank)
        for told in rulings(claims, after, "scale", rank):
            obeyed[told.patient] = len(told.spans)
        claims = after
    assert set(contested(claims)) == {name for name, held in obeyed.items() if held}


def _is_lost(rows, kind: str, at_ms: int) -> bool:
    return any(row.from_ms <= at_ms < row.until_ms and kind in row.kinds for row in rows)
