"""The papers say what the code says. `python -m tests.contracts.test_docs --write` makes it so.

A generated block stands between `<!-- name -->` and `<!-- /name -->`. A new one is a row in BLOCKS.
"""

import re
import sys
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from tests.contracts.house import ROOT, Source, report
from tests.contracts.metric_table import metrics_block
from tests.contracts.rooms import first_sentence, floor_of, room_of, rooms_block, undescribed

PAPERS = (
    ".github/CONTRIBUTING.md",
    ".github/SECURITY.md",
    ".github/PULL_REQUEST_TEMPLATE.md",
    "streams/README.md",
)
"""Hand-written papers whose paths must exist."""

_PATH = re.compile(r"`((?:schemas|streams|tests|deploy|\.github|\.ci)/[\w./-]*)`")


@dataclass(frozen=True)
class Block:
    """A part of a paper that code writes: which file, between which markers, from what."""

    path: str
    name: str
    render: Callable[[], str]

    @property
    def pattern(self) -> re.Pattern[str]:
        """Opening marker, content, closing marker."""
        name = re.escape(self.name)
        return re.compile(rf"(<!-- {name} -->\n)(.*?)(<!-- /{name} -->)", re.DOTALL)

    def refreshed(self, text: str) -> str:
        """`text` with the block written anew; ValueError if it has not exactly one pair of markers."""
        content = f"\n{self.render().strip()}\n\n"
        fresh, count = self.pattern.subn(lambda match: f"{match[1]}{content}{match[3]}", text)
        if count != 1:
            raise ValueError(f"{self.path} has {count} blocks named '{self.name}', one is needed")
        return fresh


BLOCKS = (
    Block("streams/README.md", "rooms", rooms_block),
    Block("deploy/README.md", "metrics", metrics_block),
)


def write() -> None:
    """Refresh every generated block in place."""
    for block in BLOCKS:
        path = ROOT / block.path
        path.write_text(block.refreshed(path.read_text(encoding="utf-8")), encoding="utf-8")


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: f"{block.path}:{block.name}")
def test_generated_block_is_fresh(block: Block) -> None:
    """If not: `python -m tests.contracts.test_docs --write`, then read the diff."""
    text = (ROOT / block.path).read_text(encoding="utf-8")
    stale = set(block.refreshed(text).splitlines()) ^ set(text.splitlines())

    report(sorted(stale))
    assert text == block.refreshed(text)


def test_every_file_says_why_it_exists() -> None:
    """The map is made of docstrings; a file without one is a blank spot."""
    report(undescribed())


@pytest.mark.parametrize("paper", PAPERS)
def test_paths_in_papers_exist(paper: str) -> None:
    """A checklist that sends a newcomer to a file that is gone is worse than none."""
    text = (ROOT / paper).read_text(encoding="utf-8")

    report(f"{paper}: `{path}` does not exist" for path in _PATH.findall(text) if not (ROOT / path).exists())


@pytest.mark.parametrize(
    ("docstring", "expected"),
    [
        ("One thing. And more.", "One thing."),
        ("One thing,\nover two lines.\n\nMore.", "One thing, over two lines."),
        ("Reads e.g. a topic like alerts.v1 whole. Then more.", "Reads e.g. a topic like alerts.v1 whole."),
        ("Follows RFC 6962. `root` is first.", "Follows RFC 6962."),
        ("No full stop", "No full stop"),
        ("Why? Because.", "Why?"),
        ("All of it. patient-events.v1 is the record.", "All of it."),
    ],
)
def test_first_sentence(docstring: str, expected: str) -> None:
    """Dots inside a sentence do not end it."""
    assert first_sentence(docstring) == expected


def test_a_block_keeps_what_stands_around_it() -> None:
    """Only the lines between the markers change, and missing markers are an error, not a silence."""
    block = Block("x.md", "a", lambda: "new")

    assert block.refreshed("1\n<!-- a -->\nold\n<!-- /a -->\n2") == "1\n<!-- a -->\n\nnew\n\n<!-- /a -->\n2"
    with pytest.raises(ValueError, match="0 blocks"):
        block.refreshed("nothing here")


@pytest.mark.parametrize(
    ("module", "floor"),
    [
        ("schemas", 0),
        ("streams.core.rules", 1),
        ("streams.adapters", 2),
        ("streams.agents.guard", 3),
        ("streams.app", 4),
        ("streams.cli", 4),
        ("streams.worker", 4),
        ("streams", None),
    ],
)
def test_floors_are_read_from_the_contract(module: str, floor: int | None) -> None:
    """The map counts floors in the order in which pyproject.toml lists the layers."""
    assert floor_of(module) == floor


def test_a_file_stands_in_its_folder() -> None:
    """The room of a package's own file is the package."""
    assert room_of(Source("streams/core/__init__.py", "")) == "streams/core/"


if __name__ == "__main__":
    if sys.argv[1:] != ["--write"]:
        sys.exit("usage: python -m tests.contracts.test_docs --write")
    write()
