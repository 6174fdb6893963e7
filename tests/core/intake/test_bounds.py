"""Sizes and times intake reckons with, to the byte; what a redriven record may have more; which kind is told."""

import pytest

from schemas.audit import Outcome
from schemas.catalog import default_bundle
from schemas.codec import MAX_INPUT_BYTES, Headers
from schemas.events import InputRefused
from streams.core.context import Reference
from streams.core.intake.accept import HEADER_BYTES, MAX_COORDINATES, REDRIVE_HEADER, RawRecord
from streams.core.intake.route import EARLIEST_MS, LATEST_MS, Routed, route
from tests.builders import PATIENT, make_record

NAMED = (REDRIVE_HEADER, b"measurements.v1/3/17")


def routed(record: RawRecord) -> Routed:
    """In a simulation, where a sender stamps its records itself."""
    return route(record, Reference(default_bundle(), "nattevagt/test"), simulation=True)


def outcome(record: RawRecord) -> Outcome | None:
    """What intake says; None = it goes to `step`."""
    found = routed(record)
    return None if found.audit is None else found.audit.outcome


def sized(total: int, *headers: tuple[str, bytes | None]) -> RawRecord:
    """A good reading of this many bytes, filled up with white space; `headers` do not count into it."""
    value = make_record().value or b""
    return make_record(value=value + b" " * (total - len(value) - len(PATIENT)), headers=headers)


@pytest.mark.parametrize(("more", "expected"), [(0, None), (1, Outcome.REJECTED_OVERSIZE)])
def test_the_limit_itself_is_inside(more: int, expected: Outcome | None) -> None:
    """64 KiB of key, value and headers pass; one byte more does not."""
    headers = (("trace", b"1"), ("null", None))
    spent = sum(len(name) + len(value or b"") + HEADER_BYTES for name, value in headers)
    assert expected == outcome(sized(MAX_INPUT_BYTES - spent + more, *headers))


def test_headers_without_name_and_value_have_a_weight() -> None:
    """Else any number of them would pass, and not fit into the patient's log."""
    most = MAX_INPUT_BYTES // HEADER_BYTES
    assert Outcome.REJECTED_OVERSIZE == outcome(make_record(headers=(("", None),) * most))
    assert outcome(make_record(headers=(("", None),) * (most - 1_000))) is None


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ((NAMED,), None),
        ((NAMED, NAMED), Outcome.REJECTED_OVERSIZE),
        (((REDRIVE_HEADER, b"x" * (MAX_COORDINATES + 1)),), Outcome.REJECTED_OVERSIZE),
    ],
    ids=["one", "two", "one that names nothing"],
)
def test_a_redriven_record_may_name_the_old_one_beyond_the_limit(headers: Headers, expected: Outcome | None) -> None:
    """What was just small enough must not be too large because it is sent again. Nobody else gains by it."""
    assert expected == outcome(sized(MAX_INPUT_BYTES, *headers))


@pytest.mark.parametrize("at_ms", [EARLIEST_MS - 1, LATEST_MS, -(2**63), 2**63 - 1])
def test_a_record_time_beyond_all_reckoning_moves_no_patients_clock(at_ms: int) -> None:
    """It would wait there until the year 9999, and no deadline could be told."""
    found = routed(make_record(at_ms=at_ms))
    assert found.event is None
    assert found.audit is not None
    assert Outcome.REJECTED_TIME == found.audit.outcome


@pytest.mark.parametrize(
    ("value", "expected"),
    [(b'{"kind":"spo2"}', "spo2"), (b'{"kind":"aura"}', None), (b'{"kind":["spo2"]}', None), (b"[]", None)],
)
def test_the_kind_is_told_where_the_bytes_still_tell_it(value: bytes, expected: str | None) -> None:
    """So that the refusal stands beside the silence of this kind. A kind we do not know is the sender's word."""
    event = routed(make_record(value=value)).event
    assert isinstance(event, InputRefused)
    assert expected == event.kind
