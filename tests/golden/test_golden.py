"""Golden stories: the same bytes out on every engine, and the same as have been looked at and committed."""

import asyncio
from collections.abc import Callable

import pytest

from streams.adapters.input_records import InputRecord
from tests.golden.engines import folded
from tests.golden.files import cast_of, names, read_inputs, read_outputs
from tests.golden.harness import harnessed
from tests.golden.kept import Kept, lines
from tests.golden.stories import STORIES
from tests.golden.telling import Teller, clocked

Engine = Callable[[list[InputRecord]], list[Kept]]


def in_faust(records: list[InputRecord]) -> list[Kept]:
    """The worker's rooms on Faust's test harness."""
    return asyncio.run(harnessed(records))


def test_every_story_has_its_files() -> None:
    """`python -m tests.golden` writes them."""
    assert sorted(STORIES) == names()


@pytest.mark.parametrize("name", STORIES)
def test_the_inputs_are_the_story(name: str) -> None:
    """A story that was changed and not told anew would be a file that nobody can make again."""
    teller = Teller(list(STORIES).index(name))
    STORIES[name](teller)
    assert teller.told() == read_inputs(name)


@pytest.mark.parametrize("engine", [folded, in_faust], ids=["fold", "faust"])
@pytest.mark.parametrize("name", STORIES)
def test_a_story_comes_out_as_committed(name: str, engine: Engine) -> None:
    """Byte for byte. A difference that is wanted is written with `python -m tests.golden`, and looked at."""
    number = list(STORIES).index(name)
    told = lines(engine(clocked(read_inputs(name), [number])), cast_of(name), number)
    assert read_outputs(name) == told
    assert told
