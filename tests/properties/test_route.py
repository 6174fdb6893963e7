"""Intake is total: whatever bytes, keys, headers and times come, there is one answer, and it quotes nothing."""

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import replace
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.audit import Outcome
from schemas.base import rfc3339
from schemas.catalog import default_bundle
from schemas.events import EVENT, InputRefused
from schemas.ids import is_pseudonym
from schemas.topics import INPUTS, MEASUREMENTS
from streams.adapters.settings import Settings
from streams.agents.effects import Interpreter
from streams.core.context import Reference
from streams.core.effects import RejectInput
from streams.core.intake.accept import REDRIVE_HEADER, RawRecord
from streams.core.intake.route import CLOCK_HEADER, OUTCOME_HEADER, Routed, route
from tests.builders import (
    T0,
    make_binding,
    make_bindings,
    make_command,
    make_measurement,
    make_plan,
    make_record,
    make_slot,
    make_status,
)

CANARY = "kanariefugl"
"""Stands in names, texts and kinds of the input; no reason may sing it."""

DECIDED = 4
"""Headers that intake adds: outcome, reason, next step, source."""

REFERENCE = Reference(default_bundle(), "nattevagt/test")
PLAN = make_plan(slots=[make_slot()], rules=["limits"])
STATUS = make_status(battery_percent=50, fault="E1", firmware="1.0")
BINDINGS = make_bindings(devices=[make_binding(kinds=["spo2"], heartbeat_min=15)])
CONTRACTS = (make_measurement(), PLAN, BINDINGS, make_command(), STATUS)
RECORDS = [make_record(contract) for contract in CONTRACTS]
BODIES: list[dict[str, Any]] = [orjson.loads(record.value or b"") for record in RECORDS]

texts = st.sampled_from([CANARY, f"{CANARY}:1", "spo2", "p1", "%", "A", "", rfc3339(T0)]) | st.text(max_size=8)
numbers = st.integers() | st.floats(allow_nan=False) | st.sampled_from([96, 250, 0, -1, 2**53, 10**9])
scalars = st.none() | st.booleans() | numbers | texts
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3), max_leaves=6
)
headers = st.lists(
    st.tuples(
        st.sampled_from([CLOCK_HEADER, REDRIVE_HEADER, OUTCOME_HEADER, CANARY, ""]) | st.text(max_size=5),
        st.none() | st.binary(max_size=20) | st.just(CANARY.encode()) | st.just(rfc3339(0).encode()),
    ),
    max_size=4,
)
keys = st.just(b"p1") | st.just(b"p1") | st.sampled_from([None, CANARY.encode(), b"", b"\xff"]) | st.binary(max_size=8)
times = st.just(T0) | st.just(T0) | st.integers(-(2**63), 2**63 - 1) | st.sampled_from([-1, 0, 2**53])


@st.composite
def bodies(draw: st.DrawFn) -> bytes:
    """A right body with some of its parts changed, left out or added, as bytes that may be cut off."""
    body = deepcopy(draw(st.sampled_from(BODIES)))
    for _ in range(draw(st.integers(0, 3))):
        holder, name = draw(st.sampled_from(list(_parts(body))))
        if draw(st.integers(0, 5)):
            holder[name] = draw(texts | values)
        else:
            del holder[name]
    body.update(draw(st.just({}) | st.dictionaries(texts, values, max_size=1)))
    data = _dumps(body)
    return data[: draw(st.integers(0, len(data)))] if draw(st.integers(0, 5)) == 0 else data


def _parts(body: Any) -> Iterator[tuple[Any, Any]]:
    """Every (object or list, key or index) of a JSON value."""
    for name in list(body) if isinstance(body, dict) else range(len(body)):
        yield body, name
        if isinstance(body[name], dict | list) and body[name]:
            yield from _parts(body[name])


def _dumps(body: object) -> bytes:
    try:
        return orjson.dumps(body)
    except orjson.JSONEncodeError:  # an integer of more than 64 bits
        return repr(body).encode()


records = st.builds(
    RawRecord,
    topic=st.sampled_from((MEASUREMENTS, *INPUTS)),
    partition=st.integers(0, 999),
    offset=st.integers(0, 2**63 - 1),
    at_ms=times,
    key=keys,
    value=st.none() | st.binary(max_size=40) | bodies() | bodies(),
    headers=st.tuples() | headers.map(tuple),
)


def _words(found: Routed) -> list[str]:
    """Everything that intake says about a record in words."""
    said = [] if found.audit is None else [found.audit.reason, found.audit.next_step]
    said += [found.event.reason, found.event.kind] if isinstance(found.event, InputRefused) else []
    added = () if found.reject is None else found.reject[-DECIDED:]
    said += [(value or b"").decode() for _, value in added]
    return [text for text in said if text is not None]


@settings(max_examples=300, deadline=None)
@given(records, st.booleans())
def test_every_record_has_one_way_and_is_not_quoted(record: RawRecord, simulation: bool) -> None:
    """To `step`, which decides; or an outcome now, with its bytes kept unless it was the simulation's clock.

    Reasons and next steps go to the audit and to logs, and what a device sends is about a patient.
    """
    found = route(record, REFERENCE, simulation=simulation)
    judged = found.event is not None and not isinstance(found.event, InputRefused)
    assert judged == (found.audit is None)
    assert (found.reject is None) == (found.audit is None or found.audit.outcome is Outcome.ACCEPTED_RECORDED)
    if found.audit is not None and found.reject is not None:
        assert found.audit.outcome is not None
        assert not found.audit.outcome.is_accepted
        assert found.audit.reason
        assert found.audit.next_step
        assert record.headers == found.reject[:-DECIDED]
    assert not [text for text in _words(found) if CANARY in text.lower()]


@pytest.mark.parametrize("right", RECORDS, ids=lambda record: record.topic)
@pytest.mark.parametrize("word", [CANARY, f"{CANARY}-1", [CANARY], {CANARY: CANARY}, {"limits": CANARY}])
def test_no_part_of_a_body_is_repeated(right: RawRecord, word: object) -> None:
    """Part by part: each is replaced once in a body that is right otherwise."""
    whole = orjson.loads(right.value or b"")
    for part in range(len(list(_parts(whole)))):
        body = deepcopy(whole)
        holder, name = list(_parts(body))[part]
        holder[name] = word
        found = route(replace(right, value=_dumps(body)), REFERENCE, simulation=False)
        assert not [text for text in _words(found) if CANARY in text.lower()], name


@settings(max_examples=150, deadline=None)
@given(records, st.booleans())
def test_every_event_can_be_written_read_and_put_on_rejected_whole(record: RawRecord, simulation: bool) -> None:
    """Key, value and headers as received, null told from empty."""
    event = route(record, REFERENCE, simulation=simulation).event
    if event is None:
        return
    assert is_pseudonym(event.patient)
    again = EVENT.validate_json(orjson.dumps(event.model_dump(mode="json")))
    assert event == again
    if not isinstance(again, InputRefused):
        assert not isinstance(event, InputRefused)
        assert (record.value, record.key) == (event.payload.encode(), event.patient.encode())
        kept = Interpreter(Settings()).reject(RejectInput("id", event, "rejected.state", "why", "what next"))
        assert (record.key, record.value) == (kept.key, kept.value)
        assert record.headers == tuple(kept.headers[:-DECIDED])
