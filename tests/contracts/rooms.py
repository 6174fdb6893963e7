"""The map of the house, written from the docstrings: one line per file, grouped by room and floor."""

import ast
import re
from collections.abc import Iterator

from tests.contracts.floors import layer_rows
from tests.contracts.house import Source, packages

FLOOR_NAMES = {
    0: "contracts and catalogue",
    1: "all decisions, pure",
    2: "input and output",
    3: "shells around the core",
    4: "wiring",
}

# A sentence ends at `.`, `!` or `?` before a blank or the end, unless the dot belongs to an abbreviation.
_FIRST = re.compile(r"(.+?(?<!\be\.g)(?<!\bi\.e)(?<!\bcf)(?<!\bvs)(?<!\bart)[.!?])(?=\s|$)")

_TAG = re.compile(r"<(?=[A-Za-z/!])")  # `alerts.v1.<team>` would vanish from the page as an unknown tag


def first_sentence(docstring: str) -> str:
    """The first sentence of the first paragraph, on one line; the whole paragraph if it has no full stop."""
    paragraph = " ".join(docstring.strip().split("\n\n")[0].split())
    match = _FIRST.match(paragraph)
    return match[1] if match else paragraph


def room_of(source: Source) -> str:
    """The folder a file stands in, with a slash at its end."""
    return source.path.rsplit("/", 1)[0] + "/"


def floor_of(module: str) -> int | None:
    """0 for `schemas`, up to 4 for the wiring; None for what spans them (`streams` itself)."""
    rows = layer_rows()
    for above, row in enumerate(reversed(rows)):
        if any(module == name or module.startswith(f"{name}.") for name in row):
            return min(above, max(FLOOR_NAMES))
    return 4 if module == "streams.worker" else None


def undescribed() -> Iterator[str]:
    """Files without a docstring: they would stand on the map without a word."""
    for source in packages():
        if not ast.get_docstring(source.tree):
            yield f"{source.path}: no docstring"


def rooms_block() -> str:
    """The Markdown between the markers of streams/README.md."""
    rooms: dict[str, list[Source]] = {}
    for source in packages():
        rooms.setdefault(room_of(source), []).append(source)
    return "\n".join(line for room in sorted(rooms, key=_walk) for line in _room(room, rooms[room]))


def _walk(room: str) -> tuple[int, str]:
    """Ground floor first; the roof, `streams/` itself, last."""
    floor = floor_of(room.strip("/").replace("/", "."))
    return (99 if floor is None else floor, room)


def _room(room: str, files: list[Source]) -> Iterator[str]:
    floor = floor_of(room.strip("/").replace("/", "."))
    yield f"### `{room}`" + ("" if floor is None else f": floor {floor}, {FLOOR_NAMES[floor]}")
    yield ""
    for source in sorted(files, key=lambda source: (not source.path.endswith("__init__.py"), source.path)):
        name = source.path.rsplit("/", 1)[1]
        sentence = _TAG.sub("&lt;", first_sentence(ast.get_docstring(source.tree) or ""))
        yield f"- `{name}`: {sentence}"
    yield ""
