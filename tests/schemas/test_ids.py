"""Identifiers: what may name a patient, and that ids are a function of their parts."""

import pytest

from schemas.ids import is_pseudonym, make_id

DAY, SERIAL = "0102" + "03", "12" + "34"


@pytest.mark.parametrize("text", ["p1", "a", "A.b_c~d-e", "x" * 64, "0f" * 16, "1234567", "12345678901"])
def test_pseudonyms(text: str) -> None:
    """Letters, digits and four marks, 1 to 64 of them, beginning and ending with a letter or digit."""
    assert is_pseudonym(text)


@pytest.mark.parametrize("text", ["", "-a", "a-", "a b", "æ", "x" * 65, "a/b", "a\n", "a\x1fb", "__pos__/0", "__pos__"])
def test_what_is_no_pseudonym(text: str) -> None:
    """Nothing that could break a key, an id or a log line, and nothing that looks like a partition record."""
    assert not is_pseudonym(text)


@pytest.mark.parametrize("between", ["", "-", ".", "_", "~"])
@pytest.mark.parametrize("serial", [SERIAL, "AB" + "12", "ab" + "cd"])
def test_a_civil_registration_number_is_no_pseudonym(between: str, serial: str) -> None:
    """Nor is a replacement number, whatever stands between its parts."""
    assert not is_pseudonym(DAY + between + serial)


def test_ids_are_functions_of_their_parts() -> None:
    """The same parts give the same id; where one part ends and the next begins matters."""
    assert make_id("a", 1) == make_id("a", 1)
    assert make_id("a", "bc") != make_id("ab", "c")
    assert 32 == len(make_id("a"))
