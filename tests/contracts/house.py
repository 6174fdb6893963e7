"""The source files of the house as the gates see them: path, text, syntax tree, floor."""

import ast
import io
import subprocess
import tokenize
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

Function = ast.FunctionDef | ast.AsyncFunctionDef
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)

PURE = ("schemas/", "streams/core/")
"""Floors 0 and 1: what may not know of clocks, sockets, files and chance."""

WIRING = ("streams/cli/", "streams/app.py", "streams/worker.py")
"""Floor 4: the only place that may import our own packages late."""


@dataclass(frozen=True)
class Source:
    """One Python file. `path` is relative to the repository, with forward slashes."""

    path: str
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        """The syntax tree; a file that does not parse raises SyntaxError and so fails the gate."""
        return ast.parse(self.text, self.path)

    @property
    def pure(self) -> bool:
        """Does the file stand on floor 0 or 1?"""
        return self.path.startswith(PURE)

    @property
    def wiring(self) -> bool:
        """Does the file stand on floor 4?"""
        return self.path.startswith(WIRING)

    def at(self, node: ast.AST, words: str) -> str:
        """A violation as one line: path, line number, what is wrong."""
        return f"{self.path}:{getattr(node, 'lineno', 1)}: {words}"

    def functions(self) -> Iterator[Function]:
        """Every function and method, nested ones too."""
        for node in ast.walk(self.tree):
            if isinstance(node, FUNCTIONS):
                yield node

    def comments(self) -> Iterator[tuple[int, str]]:
        """Line number and text of each comment; what stands in a string is not a comment."""
        for token in tokenize.generate_tokens(io.StringIO(self.text).readline):
            if token.type == tokenize.COMMENT:
                yield token.start[0], token.string


@lru_cache
def sources(*folders: str) -> tuple[Source, ...]:
    """The Python files under `folders`, in order of their paths, whether tracked or not."""
    paths = sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))
    return tuple(Source(path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8")) for path in paths)


def packages() -> tuple[Source, ...]:
    """What is shipped: `schemas` and `streams`."""
    return sources("schemas", "streams")


@lru_cache
def tracked() -> tuple[str, ...]:
    """Paths that git tracks and the working tree holds; empty outside a git checkout."""
    done = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    if done.returncode != 0:
        return ()
    names = done.stdout.decode("utf-8").split("\0")
    return tuple(name for name in names if name and (ROOT / name).is_file())


def called_name(call: ast.Call) -> str:
    """The last part of what is called: `now` for `now()`, `clock.now()` and `datetime.now()`."""
    match call.func:
        case ast.Name(id=name):
            return name
        case ast.Attribute(attr=name):
            return name
        case _:
            return ""


def report(violations: Iterable[str]) -> None:
    """Fail with every violation on a line of its own; pass when there is none."""
    lines = list(violations)
    if lines:
        pytest.fail("\n".join([f"{len(lines)} violations", *lines]), pytrace=False)
