"""How a setting is declared and read: variable, default, meaning and range in one row."""

import ipaddress
import re
from collections.abc import Callable
from dataclasses import field
from difflib import get_close_matches
from typing import Any, TypeVar

from schemas.errors import ConfigurationError

PREFIX = "NATTEVAGT_"

T = TypeVar("T")
Rule = Callable[[Any], str | None]
"""None if the value is allowed, else what would be: the end of a sentence that begins `it must be`."""


def between(low: float, high: float) -> Rule:
    """A number in this range, both ends allowed."""
    return lambda value: None if low <= value <= high else f"{low} to {high}"


def one_of(*allowed: str) -> Rule:
    """One of these words."""
    return lambda value: None if value in allowed else " or ".join(allowed)


def matches(pattern: str, words: str) -> Rule:
    """A text of this pattern; `words` say it to a person."""
    return lambda value: None if re.fullmatch(pattern, value) else words


def setting(env: str, default: T, doc: str, rule: Rule = lambda _: None) -> T:
    """Declare one setting. `default` None = not set; then the setting is a text."""
    declared: T = field(default=default, metadata={"env": PREFIX + env, "doc": doc, "rule": rule})
    return declared


def is_loopback(host: str) -> bool:
    """Does this address stay on the machine? A name other than localhost counts as a network."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def parse(name: str, text: str, kind: type) -> object:
    """The text as the kind of the setting's default; a setting without default is a text."""
    if kind is bool:
        return _flag(name, text)
    if kind not in (int, float):
        return text
    try:
        return kind(text)
    except ValueError:
        raise bad(name, "must be a whole number" if kind is int else "must be a number") from None


def _flag(name: str, text: str) -> bool:
    if text.lower() in ("1", "true", "yes", "on"):
        return True
    if text.lower() in ("0", "false", "no", "off"):
        return False
    raise bad(name, "must be 1 or 0")


def bad(name: str, words: str) -> ConfigurationError:
    """The refusal of a value. It names the variable and never repeats the value, which could be a password."""
    return ConfigurationError(f"{name} {words}.", next_step="`nattevagt config show` explains every setting.")


def unknown(name: str, known: list[str]) -> ConfigurationError:
    """The refusal of a variable that is no setting: a misspelt one would silently change nothing."""
    near = get_close_matches(name, known, n=1)
    return ConfigurationError(
        f"{name} is no setting.",
        next_step=f"Did you mean {near[0]}?"
        if near
        else "`nattevagt config show` lists every setting; unset this one.",
    )
