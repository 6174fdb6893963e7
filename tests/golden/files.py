"""The files of a story: `<name>.in.jsonl` holds its input records, `<name>.out.jsonl` what must come of them."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path

import orjson

from schemas.base import rfc3339, to_ms
from schemas.codec import dumps
from streams.adapters.input_records import InputRecord

FOLDER = Path(__file__).parent / "told"


def names() -> list[str]:
    """All stories that have been told, by name."""
    return sorted(path.name.removesuffix(".in.jsonl") for path in FOLDER.glob("*.in.jsonl"))


def write_inputs(name: str, records: Iterable[InputRecord]) -> None:
    """One line per record; a body that is no JSON stands as text."""
    (FOLDER / f"{name}.in.jsonl").write_bytes(b"".join(_line(record) + b"\n" for record in records))


def read_inputs(name: str) -> list[InputRecord]:
    """The records in their order."""
    return [_record(line) for line in (FOLDER / f"{name}.in.jsonl").read_bytes().splitlines()]


def write_outputs(name: str, lines: Iterable[bytes]) -> None:
    """One line per record that came out."""
    (FOLDER / f"{name}.out.jsonl").write_bytes(b"".join(line + b"\n" for line in lines))


def read_outputs(name: str) -> list[bytes]:
    """The lines in their order."""
    return (FOLDER / f"{name}.out.jsonl").read_bytes().splitlines()


def people() -> dict[str, str]:
    """Patient -> the story they are in. A patient of two stories is a mistake in the files."""
    found: dict[str, str] = {}
    for name in names():
        for patient in _patients(name):
            if found.setdefault(patient, name) != name:
                raise ValueError(f"{patient} is in {found[patient]} and in {name}")
    return found


def cast_of(name: str) -> frozenset[str]:
    """Everybody in the story."""
    return frozenset(patient for patient, story in people().items() if story == name)


def _patients(name: str) -> Iterator[str]:
    yield from sorted({record.key.decode() for record in read_inputs(name) if record.key is not None})


def _line(record: InputRecord) -> bytes:
    body = record.value or b""
    try:
        said: dict[str, object] = {"value": orjson.loads(body)}
    except orjson.JSONDecodeError:
        said = {"text": body.decode()}
    if "value" in said and dumps(said["value"]) != body:
        said = {"text": body.decode()}
    key = None if record.key is None else record.key.decode()
    head = {"at": rfc3339(record.at_ms), "topic": record.topic, "partition": record.partition, "key": key}
    return orjson.dumps({**head, **said})


def _record(line: bytes) -> InputRecord:
    said = orjson.loads(line)
    value = dumps(said["value"]) if "value" in said else said["text"].encode()
    key = None if said["key"] is None else said["key"].encode()
    return InputRecord(said["topic"], key, value, to_ms(datetime.fromisoformat(said["at"])), (), said["partition"])
