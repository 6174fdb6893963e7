"""Bytes to values and back: canonical out, and limits that no sender can get around."""

from typing import Any

import pytest

from schemas.codec import MAX_DEPTH, MAX_INTEGER, MalformedError, cloudevent, dumps, loads


@pytest.mark.parametrize(
    ("data", "value"),
    [
        (b'{"a": 1}', {"a": 1}),
        (b'{"a:b": "c:d", "e": [":", {"f": null}]}', {"a:b": "c:d", "e": [":", {"f": None}]}),
        (b'{"a\\"": "\\u003a", "b": true}', {'a"': ":", "b": True}),
        (b"[]", []),
        (b"-9007199254740992", -MAX_INTEGER),
        (b"1e300", 1e300),
    ],
)
def test_json_is_read(data: bytes, value: Any) -> None:
    """Colons in keys and texts, and escapes, are not taken for repeated keys."""
    assert value == loads(data)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"not json",
        b"\xff\xfe",
        b"\xef\xbb\xbf{}",
        b'{"a": NaN}',
        b'{"a": Infinity}',
        b'{"a": 1e400}',
        b'{"a": 1' + b"0" * 400 + b"}",
        b'{"a": 9007199254740993}',
        b'{"a": 1} x',
        b'{"a": "\\ud800"}',
        b'{"a": 1, "a": 1}',
        b'{"a": 1, "\\u0061": 2}',
        b'{"x": {"a:": 1, "b": "\\n", "a:": 2}}',
        b'{"a": {"b": ":"}, "a": {"c": ":"}}',
        b"[" * 10_000 + b"]" * 10_000,
        b"[" * (MAX_DEPTH + 1) + b"]" * (MAX_DEPTH + 1),
        b'{"a":' * (MAX_DEPTH + 1) + b"1" + b"}" * (MAX_DEPTH + 1),
    ],
)
def test_what_could_hurt_is_malformed(data: bytes) -> None:
    """Never another exception, always a next step, and nothing of the input in the reason."""
    with pytest.raises(MalformedError) as caught:
        loads(data)

    assert caught.value.next_step
    assert "9007199254740993" not in str(caught.value)


def test_the_deepest_that_is_read() -> None:
    """32 levels pass, 33 do not."""
    assert loads(b"[" * MAX_DEPTH + b"]" * MAX_DEPTH)


def test_bytes_are_canonical() -> None:
    """The same value gives the same bytes, in whatever order it was built."""
    assert b'{"a":[1,null],"b":"\xc3\xa6"}' == dumps({"b": "æ", "a": [1, None]})


def test_cloudevents_headers() -> None:
    """CloudEvents 1.0 in binary mode: four required attributes, the time and the content type."""
    names = ("ce_specversion", "ce_id", "ce_source", "ce_type", "ce_time", "content-type")
    values = (b"1.0", b"i", b"/s", b"t", b"2026-01-05T07:00:00.000Z", b"application/json")

    assert tuple(zip(names, values, strict=True)) == cloudevent("i", "t", "/s", "2026-01-05T07:00:00.000Z")
