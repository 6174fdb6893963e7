"""Automatic answers: every text in both languages, with the same blanks, rendered without a value in it."""

import re

import pytest

from schemas.errors import ContractError
from schemas.notice import ReplyKind
from schemas.replies import blanks, local_time, render
from schemas.reply_texts import REPLIES

GIVEN = {"at": "2026-04-06T08:00", "phone": "1813", "kind": "spo2"}


def filled(key: str) -> dict[str, str]:
    """Every blank of a text with something in it."""
    return {name: GIVEN[name] for name in blanks(key)}


@pytest.mark.parametrize("key", REPLIES)
def test_a_text_renders_in_both_languages(key: str) -> None:
    """The same blanks in both, none left open, and the two differ."""
    row = REPLIES[key]
    assert set(re.findall(r"\{(\w+)\}", row.text.en)) == blanks(key) <= set(GIVEN)
    danish, english = render(key, filled(key), "da"), render(key, filled(key), "en")
    assert danish != english
    assert not {"{", "}"} & set(danish + english)


@pytest.mark.parametrize("key", REPLIES)
def test_a_key_begins_with_its_kind(key: str) -> None:
    """So that a reader of the record knows what was said without the table."""
    assert REPLIES[key].kind is ReplyKind(key.partition(".")[0])


def test_colours_are_shown_by_triage_alone() -> None:
    """And there is an answer without one, for when plan or consent do not allow it."""
    assert {"triage.green", "triage.green_last", "triage.yellow", "triage.yellow_known", "triage.red"} == {
        key for key, row in REPLIES.items() if row.level is not None
    }
    assert REPLIES["triage.received"].kind is ReplyKind.TRIAGE


@pytest.mark.parametrize(
    ("key", "parameters"),
    [("triage.red", {}), ("triage.red", {"phone": "1813", "at": GIVEN["at"]}), ("triage.blue", {})],
)
def test_a_text_with_other_blanks_is_a_mistake(key: str, parameters: dict[str, str]) -> None:
    """Nobody may read `call {phone}`."""
    with pytest.raises(ContractError, match="needs other blanks"):
        render(key, parameters, "da")


@pytest.mark.parametrize(
    ("text", "danish", "english"),
    [
        ("2026-04-06T08:00", "mandag den 6. april kl. 08.00", "Monday 6 April at 08:00"),
        ("2026-12-31T23:59", "torsdag den 31. december kl. 23.59", "Thursday 31 December at 23:59"),
    ],
)
def test_times_read_as_people_say_them(text: str, danish: str, english: str) -> None:
    """With the weekday, because `the 6th` says little at night."""
    assert (danish, english) == (local_time(text, "da"), local_time(text, "en"))
