"""Intake: every byte string gets an event or exactly one reason with a next step, and never an exception."""

from typing import Any

import orjson
import pytest

from schemas.base import rfc3339
from schemas.codec import MAX_INPUT_BYTES
from schemas.events import (
    BindingsReceived,
    CarePlanReceived,
    CommandReceived,
    ConsentReceived,
    DeviceStatusReceived,
    InputEvent,
    MeasurementReceived,
    Stamp,
)
from schemas.topics import INPUTS
from streams.core.intake.accept import HEADER_BYTES, RawRecord, Refused, accept
from tests.builders import (
    DAY,
    MINUTE,
    T0,
    Contract,
    context,
    make_binding,
    make_bindings,
    make_command,
    make_consent,
    make_limit,
    make_measurement,
    make_plan,
    make_record,
    make_slot,
    make_status,
)

CPR_LIKE = "0102" + "03" + "-" + "12" + "34"
STAMP = Stamp(coverage=3)


def body(**changed: Any) -> bytes:
    """A green reading as JSON, one thing changed; what would not pass the contract too."""
    return orjson.dumps(make_measurement().model_dump(mode="json", exclude_none=True) | changed)


def without(field: str) -> bytes:
    """A green reading that lacks a field."""
    held = make_measurement().model_dump(mode="json", exclude_none=True)
    del held[field]
    return orjson.dumps(held)


def written(value: str) -> bytes:
    """A green reading whose value is written like this."""
    return body().replace(b'"value":96', b'"value":' + value.encode())


def judge(record: RawRecord) -> InputEvent | Refused:
    """What intake says of a record."""
    return accept(record, STAMP, context())


BAD_VALUES: dict[str, tuple[bytes | None, str]] = {
    "no value": (None, "malformed"),
    "empty": (b"", "malformed"),
    "not JSON": (b"spo2=86", "malformed"),
    "not UTF-8": (b'{"id":"\xff"}', "malformed"),
    "a byte order mark": (b"\xef\xbb\xbf" + body(), "malformed"),
    "a text": (b'"86"', "schema"),
    "a list": (b"[86]", "schema"),
    "null": (b"null", "schema"),
    "no fields": (b"{}", "schema"),
    "depth 10,000": (b"[" * 10_000 + b"]" * 10_000, "malformed"),
    "depth 33": (b"[" * 33 + b"]" * 33, "malformed"),
    "NaN": (written("NaN"), "malformed"),
    "infinity": (written("-Infinity"), "malformed"),
    "1e400": (written("1e400"), "malformed"),
    "10^400": (written("1" + "0" * 400), "malformed"),
    "10^400 beside an escape": (written("1" + "0" * 400).replace(b'"id":"r', b'"id":"\\u0072'), "malformed"),
    "10^5000": (written("1" + "0" * 5000), "malformed"),
    "a key twice": (body()[:-1] + b',"value":86}', "malformed"),
    "a key twice, escaped": (body()[:-1] + b',"v\\u0061lue":86}', "malformed"),
    "a lone surrogate": (body().replace(b'"id":"r', b'"id":"\\ud800'), "malformed"),
    "wrong unit": (body(unit="kPa"), "unit"),
    "missing unit": (without("unit"), "unit"),
    "empty unit": (body(unit=""), "unit"),
    "unit of a kind without": (body(kind="consciousness", value="A", unit="1"), "unit"),
    "unknown kind": (body(kind="aura"), "schema"),
    "kind in capitals": (body(kind="SPO2"), "schema"),
    "a boolean": (body(value=True), "schema"),
    "a text for a number": (body(value="86"), "schema"),
    "low": (body(value="LO"), "schema"),
    "a number for a code": (body(kind="consciousness", value=1, unit=None), "schema"),
    "unknown code": (body(kind="consciousness", value="Z", unit=None), "schema"),
    "beyond 1e9": (body(value=1e12), "schema"),
    "an impossible value": (body(value=101), "implausible"),
    "a fraction as per cent": (body(value=0.97), "implausible"),
    "from the future": (body(measured_at=rfc3339(T0 + 10 * MINUTE + 1)), "time"),
    "from long ago": (body(measured_at=rfc3339(T0 - 30 * DAY - 1)), "time"),
    "from year 1": (body(measured_at="0001-01-01T00:00:00+14:00"), "time"),
    "from year 9999": (body(measured_at="9999-12-31T23:59:59-14:00"), "time"),
    "time without zone": (body(measured_at="2026-01-05T07:00:00"), "schema"),
    "time as a number": (body(measured_at=T0), "schema"),
    "unknown field": (body(note="x"), "schema"),
    "missing patient": (without("patient"), "schema"),
    "too large": (body(note="x" * MAX_INPUT_BYTES), "oversize"),
}


@pytest.mark.parametrize("name", BAD_VALUES)
def test_a_bad_value_is_refused_with_a_reason(name: str) -> None:
    """The patient's log hears of it too: the key was good. Nothing of the value is repeated."""
    value, outcome = BAD_VALUES[name]
    refused = judge(make_record(value=value))

    assert isinstance(refused, Refused)
    assert f"rejected.{outcome}" == refused.outcome
    assert refused.reason
    assert refused.next_step
    assert (refused.outcome, refused.reason, "p1", T0, STAMP) == (
        refused.event.outcome,
        refused.event.reason,
        refused.event.patient,
        refused.event.received_ms,
        refused.event.stamp,
    )
    assert not {"SPO2", "aura", "86", "note"} & set(refused.reason.replace(":", " ").split())


@pytest.mark.parametrize("name", ["wrong unit", "an impossible value", "from the future", "unknown code"])
def test_a_refusal_names_the_kind_where_the_bytes_still_tell(name: str) -> None:
    """So that the team sees which reading is missing."""
    refused = judge(make_record(value=BAD_VALUES[name][0]))

    assert ("consciousness" if name == "unknown code" else "spo2") == refused.event.kind


@pytest.mark.parametrize(
    ("key", "told"),
    [
        (None, None),
        (b"", None),
        (b"\xff", None),
        ("æ".encode(), None),
        (CPR_LIKE.encode(), None),
        (CPR_LIKE.replace("-", "").encode(), None),
        (b"a b", None),
        (b"x" * 65, None),
        (b'"p1"', None),
        (b"another", "another"),
    ],
)
def test_a_bad_key_is_refused(key: bytes | None, told: str | None) -> None:
    """Only a well-formed pseudonym gets its log told; a number like a person's goes nowhere but rejected.v1."""
    refused = judge(make_record(key=key))

    assert isinstance(refused, Refused)
    assert "rejected.schema" == refused.outcome
    assert told == (None if refused.event is None else refused.event.patient)
    assert CPR_LIKE not in refused.reason + refused.next_step


def test_a_number_like_a_persons_is_no_patient_in_the_body_either() -> None:
    """The key must equal the body, and such a key is none."""
    number = CPR_LIKE.replace("-", "")
    refused = judge(make_record(key=number.encode(), value=body(patient=number)))

    assert ("rejected.schema", None) == (refused.outcome, refused.event)
    assert number not in refused.reason


@pytest.mark.parametrize(
    ("key", "value", "headers", "refused"),
    [
        (b"p1", body(), (("x", b"x" * MAX_INPUT_BYTES),), True),
        (b"p1", body(), (("x" * MAX_INPUT_BYTES, b""),), True),
        (b"x" * MAX_INPUT_BYTES, body(), (), True),
        (b"p1", b" " * MAX_INPUT_BYTES, (), True),
        (None, None, (("x", b"x" * MAX_INPUT_BYTES),), True),
        (
            b"p1",
            body() + b" " * (MAX_INPUT_BYTES - len(body()) - 4 - 2 * HEADER_BYTES),
            (("h", None), ("i", b"")),
            False,
        ),
        (b"p1", body() + b" " * (MAX_INPUT_BYTES - len(body()) - 2 - HEADER_BYTES), (("h", b""),), True),
    ],
)
def test_key_value_and_headers_count_together(key: Any, value: Any, headers: Any, *, refused: bool) -> None:
    """64 KiB in all pass, one byte more does not; a header without value is none the worse for it."""
    taken = judge(make_record(key=key, value=value, headers=headers))

    assert refused is (isinstance(taken, Refused) and taken.outcome == "rejected.oversize")
    assert refused or isinstance(taken, MeasurementReceived)


@pytest.mark.parametrize(
    ("contract", "event"),
    [
        (make_measurement(86, battery_percent=50), MeasurementReceived),
        (make_plan(slots=[make_slot()], valid_until=rfc3339(T0)), CarePlanReceived),
        (make_bindings(), BindingsReceived),
        (make_consent(), ConsentReceived),
        (make_command(), CommandReceived),
        (make_command("close"), CommandReceived),
    ],
)
def test_what_is_good_becomes_an_event(contract: Contract, event: type[InputEvent]) -> None:
    """The payload verbatim, headers in base64, the coordinates of the source and the stamp of what was read."""
    record = make_record(contract, partition=7, offset=9, headers=(("ce_id", b"\x00\x01"), ("none", None)))
    taken = judge(record)

    assert event is type(taken)
    assert (record.value.decode(), (("ce_id", "AAE="), ("none", None))) == (taken.payload, taken.headers)
    assert (record.topic, 7, 9) == (taken.source.topic, taken.source.partition, taken.source.offset)
    assert (T0, STAMP, "p1") == (taken.received_ms, taken.stamp, taken.patient)
    assert taken == judge(record)


@pytest.mark.parametrize("value", [30, 69.9, 70, 100])
def test_the_confirm_band_is_no_fault(value: float) -> None:
    """A true saturation of 60 must not disappear because it is unusual."""
    assert isinstance(judge(make_record(make_measurement(value))), MeasurementReceived)


@pytest.mark.parametrize("at_ms", [T0 + 10 * MINUTE, T0 - 30 * DAY])
def test_times_at_the_edge_are_believed(at_ms: int) -> None:
    """Ten minutes ahead, thirty days behind."""
    assert isinstance(judge(make_record(make_measurement(at_ms=at_ms))), MeasurementReceived)


@pytest.mark.parametrize(
    "contract",
    [
        make_plan(limits=[make_limit("aura", red_from=1)]),
        make_plan(slots=[make_slot(kinds=["spo2", "aura"])]),
        make_plan(rules=["limits", "astrology"]),
        make_plan(limits=[make_limit("consciousness", red_from=1)]),
        make_plan(limits=[make_limit("urine_protein", red_from=2)]),
        make_bindings(devices=[make_binding(kinds=["aura"])]),
    ],
)
def test_a_plan_may_only_name_what_can_be_watched(contract: Contract) -> None:
    """A kind or rule that does not exist, or a limit in numbers for a kind of codes, would watch nothing."""
    refused = judge(make_record(contract))

    assert isinstance(refused, Refused)
    assert "rejected.schema" == refused.outcome
    assert refused.next_step


@pytest.mark.parametrize("topic", INPUTS)
@pytest.mark.parametrize("value", [b"{}", b"[]", b"null", b"1", b'{"type":"erase"}', b'{"patient":"p1"}'])
def test_every_input_topic_refuses_nonsense(topic: str, value: bytes) -> None:
    """Whatever the contract, the answer is a reason."""
    refused = judge(make_record(topic=topic, value=value))

    assert "rejected.schema" == refused.outcome
    assert refused.reason


def test_a_contradicting_plan_is_refused_without_repeating_it() -> None:
    """Where and what kind of fault, never the value."""
    value = make_plan().model_dump_json(exclude_none=True).replace("90", '"Jensen"').encode()
    refused = judge(make_record(make_plan(), value=value))

    assert "Jensen" not in refused.reason
    assert "limits.0.yellow_below" in refused.reason


@pytest.mark.parametrize(
    ("changed", "outcome"),
    [
        ({"at": rfc3339(T0 + 11 * MINUTE)}, "rejected.time"),
        ({"at": rfc3339(T0 - 31 * DAY)}, "rejected.time"),
        ({"at": rfc3339(T0)[:-1]}, "rejected.schema"),
        ({"battery_percent": 101}, "rejected.schema"),
        ({"fault": "low battery, please change it"}, "rejected.schema"),
        ({"firmware": "æ"}, "rejected.schema"),
        ({"value": 96}, "rejected.schema"),
        ({"patient": "p2"}, "rejected.schema"),
        ({"device": None}, "rejected.schema"),
    ],
)
def test_a_bad_heartbeat_is_refused(changed: dict[str, Any], outcome: str) -> None:
    """From the future, too old, with what it must not hold, or under another patient's key."""
    right = make_status(battery_percent=50, fault="E1", firmware="1.0")
    assert isinstance(judge(make_record(right)), DeviceStatusReceived)
    value = orjson.dumps(right.model_dump(mode="json") | changed)

    refused = judge(make_record(right, value=value))
    assert isinstance(refused, Refused)
    assert (outcome, None) == (refused.outcome, refused.event and refused.event.kind)
    assert refused.reason
    assert refused.next_step
