"""Foreign bytes on a terminal: readable where they are text, and no control character ever among them."""

from collections.abc import Iterator

from schemas.codec import Headers

ROW = 16
"""Bytes in a line of a dump."""

EDGE = "  | "
"""Begins every line of foreign text, so that it cannot pass itself off as one of ours."""


def safe(text: str) -> str:
    """The text on one line, with everything that is not printable spelled out: controls, line ends, marks that
    turn the direction of writing."""
    return "".join(one if one.isprintable() else _spelled(one) for one in text)


def body(value: bytes | None, limit: int = 0) -> list[str]:
    """A value as lines: text where it is UTF-8, else a dump. limit: show so many bytes; 0 = all."""
    if value is None:
        return [f"{EDGE}(null)"]
    shown = value[:limit] if limit else value
    lines = _text(shown, cut=len(shown) < len(value)) or list(_dump(shown))
    if len(shown) < len(value):
        lines.append(f"({len(value) - len(shown)} bytes more; --bytes 0 shows all)")
    return lines


def header_lines(headers: Headers) -> Iterator[str]:
    """One line for each, value as text where it is UTF-8, else in hex."""
    for name, value in headers:
        yield f"{EDGE}{safe(name)}: {_brief(value)}"


def _text(value: bytes, *, cut: bool) -> list[str] | None:
    """None = it is no text. cut: the last character may be incomplete."""
    for end in range(len(value), max(-1, len(value) - 4 if cut else len(value) - 1), -1):
        try:
            text = value[:end].decode()
        except UnicodeDecodeError:
            continue
        return [EDGE + safe(line) for line in text.split("\n")]
    return None


def _dump(value: bytes) -> Iterator[str]:
    for begin in range(0, len(value), ROW):
        row = value[begin : begin + ROW]
        letters = "".join(chr(byte) if 0x20 <= byte < 0x7F else "." for byte in row)
        yield f"{EDGE}{begin:08x}  {row.hex(' '):{3 * ROW}} {letters}"


def _brief(value: bytes | None) -> str:
    if value is None:
        return "(null)"
    try:
        return safe(value.decode())
    except UnicodeDecodeError:
        return f"0x{value.hex()}"


def _spelled(one: str) -> str:
    code = ord(one)
    return f"\\x{code:02x}" if code <= 0xFF else f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"
