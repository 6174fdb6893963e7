"""Foreign bytes on a terminal: no control character reaches it, whatever was sent."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.cli.safe_text import EDGE, body, header_lines, safe


@given(st.text())
def test_nothing_unprintable_is_left(text: str) -> None:
    """Controls, line ends, marks of direction, surrogates and private characters are spelled out."""
    assert not [one for one in safe(text) if unicodedata.category(one)[0] in "CZ" and one != " "]


@given(st.none() | st.binary() | st.text().map(str.encode), st.integers(0, 40))
def test_a_body_never_leaves_its_edge(value: bytes | None, limit: int) -> None:
    """Each line begins with the mark that ours never have, so a value cannot pass itself off as a header of ours."""
    lines = body(value, limit)
    assert lines
    assert all(line.isprintable() for line in lines)
    assert all(line.startswith(EDGE) or "bytes more" in line for line in lines)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (b'{"a":1}', ['  | {"a":1}']),
        (b"\x1b[2Jgone\r\nnext", ["  | \\x1b[2Jgone\\x0d", "  | next"]),
        ("\u202eevil".encode(), ["  | \\u202eevil"]),
        ("åæø\u200b".encode(), ["  | åæø\\u200b"]),
        (b"\xff\x00A", ["  | 00000000  ff 00 41                                         ..A"]),
        (b"", ["  | "]),
        (None, ["  | (null)"]),
    ],
)
def test_bodies(value: bytes | None, expected: list[str]) -> None:
    """Text as text, the rest as a dump; null is told from nothing."""
    assert expected == body(value)


def test_a_long_body_is_cut_between_characters_and_says_so() -> None:
    """Half a letter does not make text a dump."""
    assert ["  | å", "(3 bytes more; --bytes 0 shows all)"] == body("ååx".encode(), 3)[:1] + body("ååx".encode(), 2)[1:]
    assert ["  | åå"] == body("åå".encode(), 4)


def test_headers() -> None:
    """A name or value of the sender's is as foreign as a body."""
    given_headers = (("trace", b"1"), ("x\n", b"\x1b"), ("raw", b"\xff"), ("none", None))
    assert ["  | trace: 1", "  | x\\x0a: \\x1b", "  | raw: 0xff", "  | none: (null)"] == list(
        header_lines(given_headers)
    )
