"""Asking how far a group has come, while its coordinator is still waking up."""

import asyncio
from typing import Any

import pytest
from aiokafka import TopicPartition
from aiokafka.errors import GroupCoordinatorNotAvailableError, NotCoordinatorForGroupError

from streams.adapters import offsets
from streams.adapters.offsets import OffsetReader
from streams.adapters.settings import Settings

WHERE = [TopicPartition("a", 0), TopicPartition("a", 1)]
WHOLE = {WHERE[0]: 5, WHERE[1]: 0}


class Waking:
    """Stands for the admin client; answers what it was given, one after the other, the last one for ever."""

    def __init__(self, *answers: Any) -> None:
        self._answers = list(answers)

    async def list_consumer_group_offsets(self, _group: str, **_: Any) -> Any:
        """The next answer."""
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


def ask(*answers: Any) -> Any:
    """What a reader makes of these answers."""
    reader = OffsetReader(Settings(), Waking(*answers), None)
    return asyncio.run(reader._ask_group("group", WHERE))


@pytest.fixture(autouse=True)
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing here takes time."""
    monkeypatch.setattr(offsets, "PAUSE_S", 0.0)


@pytest.mark.parametrize(
    "waking",
    [GroupCoordinatorNotAvailableError(), NotCoordinatorForGroupError(), {}, {WHERE[0]: 5}],
    ids=["none yet", "another one", "loading", "half"],
)
def test_a_coordinator_that_wakes_up_is_asked_again(waking: object) -> None:
    """An answer about nothing is no answer, least of all `never committed`."""
    assert WHOLE == ask(waking, waking, WHOLE)


def test_patience_ends() -> None:
    """With the error when there never was an answer, else with what there is, for the caller to refuse."""
    with pytest.raises(GroupCoordinatorNotAvailableError):
        ask(GroupCoordinatorNotAvailableError())
    assert {} == ask({})
