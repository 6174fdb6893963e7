"""Evolve: `dataclasses.replace` for the hot path, three times as fast. The stub beside it says so to mypy."""

from collections.abc import Callable
from dataclasses import fields
from functools import cache
from operator import attrgetter
from typing import Any


def evolve(value: Any, /, **changes: Any) -> Any:
    """A copy of a frozen dataclass of two or more fields with these changed."""
    kind = value.__class__
    read, places = _shape(kind)
    content = list(read(value))
    for name, new in changes.items():
        content[places[name]] = new
    return kind(*content)


@cache
def _shape(kind: type) -> tuple[Callable[[Any], tuple[Any, ...]], dict[str, int]]:
    """How to read all fields at once, and where each stands in the constructor."""
    names = [field.name for field in fields(kind)]
    return attrgetter(*names), {name: place for place, name in enumerate(names)}
