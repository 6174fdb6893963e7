"""Wording of what stands for many: in both languages, with what is known and what is not."""

import pytest

from schemas.texts import Language
from streams.adapters.channels.wording import body, subject
from tests.messages import make_group, make_storm_page


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("da", ("Alarm: 3 x ▲ RØD, lung", "3 alarmer, ▲ RØD, hast 4")),
        ("en", ("Alert: 3 x ▲ RED, lung", "3 alerts, ▲ RED, tier 4")),
    ],
)
def test_a_group_says_how_many_and_how_urgent(language: Language, said: tuple[str, str]) -> None:
    """In its subject and in its first line; by when the first must be taken; then every alert."""
    group = make_group(deliver_by="2026-01-05T07:10:00Z")
    text = body(group, language, "none")
    assert said[0] == subject(group, language)
    assert said[1] in text.splitlines()[0]
    assert "2026-01-05T07:10:00Z" in text
    assert ["a1", "a2", "a3"] == text.splitlines()[-3:]


def test_a_group_of_what_is_over_asks_nobody_to_take_it() -> None:
    """There is no deadline any more."""
    text = body(make_group(action="resolve"), "en", "none")
    assert text.startswith("Over: 3 alerts")
    assert "taken by" not in text


@pytest.mark.parametrize(
    ("language", "lines"),
    [
        ("da", ["- apparattype Nonin 3230: 20 af 20", "- gateway: ikke kendt", "- planskabelon: ikke kendt"]),
        ("en", ["- device type Nonin 3230: 20 of 20", "- gateway: not known", "- plan template: not known"]),
    ],
)
def test_a_storm_page_says_what_is_shared_and_what_nobody_knows(language: Language, lines: list[str]) -> None:
    """And since when the rules that decided have been in force."""
    page = make_storm_page()
    text = body(page, language, "none")
    assert lines == text.splitlines()[3:6]
    assert "abc123: 20" in text
    assert "2026-01-05T07:00:00.000Z" in text or "2026-01-05T07:00:00Z" in text
    assert "Nonin 3230" in subject(page, language)


def test_the_end_of_a_storm_says_that_alerts_stay_open() -> None:
    """Nobody may take it for an all-clear."""
    page = make_storm_page(over=True)
    assert ("Alert storm over: lung", True) == (subject(page, "en"), "stay open" in body(page, "en", "none"))
