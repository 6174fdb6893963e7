"""Bytes <-> contract, with limits on size, depth and numbers, so that no device can hurt a worker.

Reads refuse: more than 64 KiB, not UTF-8, not JSON, duplicate keys, deeper than 32, numbers beyond
what a double holds exactly or at all (NaN, Infinity, 10^400).
"""

import json
import math
from typing import Any

import orjson

from schemas.errors import ContractError

MAX_INPUT_BYTES = 65_536
MAX_DEPTH = 32
MAX_INTEGER = 2**53

CLOUDEVENTS_VERSION = b"1.0"
JSON_CONTENT = b"application/json"

Headers = tuple[tuple[str, bytes | None], ...]
"""Kafka allows the same name twice, and null as a value."""


class MalformedError(ContractError):
    """Bytes that are not JSON as we accept it."""


def loads(data: bytes) -> Any:
    """Bytes to JSON values. Raises MalformedError with a reason that quotes nothing of the input."""
    try:
        value = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise MalformedError(f"not JSON: {error.msg.split(':')[0]}", next_step="send UTF-8 JSON, RFC 8259") from None
    colons = _measure(value, 1)
    if b"\\" in data:
        json.loads(data, object_pairs_hook=_unique)
    elif data.count(b":") != colons:
        # Without escapes every colon is either in a text or behind a key, so one too many is a repeated key.
        raise _duplicate()
    return value


def _measure(value: Any, depth: int) -> int:
    """Colons the value accounts for (one per key, plus those inside texts); refuses depth and numbers."""
    kind = type(value)
    if kind is str:
        return int(value.count(":"))
    if kind is dict or kind is list:
        if depth > MAX_DEPTH:
            raise MalformedError(f"nested deeper than {MAX_DEPTH}", next_step="send the flat structure of the contract")
        inside = sum([_measure(item, depth + 1) for item in (value if kind is list else value.values())])
        return inside if kind is list else inside + len(value) + "".join(value).count(":")
    if kind is bool or value is None:
        return 0
    if not math.isfinite(value) or (isinstance(value, int) and abs(value) > MAX_INTEGER):
        raise MalformedError("number out of range", next_step="send finite numbers below 2^53")
    return 0


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _duplicate()
    return found


def _duplicate() -> MalformedError:
    return MalformedError("an object names a key twice", next_step="send each key once")


def dumps(value: Any) -> bytes:
    """Canonical bytes: sorted keys, no white space. The same value always gives the same bytes."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def cloudevent(event_id: str, event_type: str, source: str, time: str) -> Headers:
    """CloudEvents 1.0 binary-mode headers for a JSON value."""
    return (
        ("ce_specversion", CLOUDEVENTS_VERSION),
        ("ce_id", event_id.encode()),
        ("ce_source", source.encode()),
        ("ce_type", event_type.encode()),
        ("ce_time", time.encode()),
        ("content-type", JSON_CONTENT),
    )
