"""Identifiers: how they look, and how they are made from what they identify, never from clock or chance."""

import re
from hashlib import sha256
from typing import Annotated, NewType

from pydantic import StringConstraints

Pseudonym = NewType("Pseudonym", str)
"""The only patient id inside the system: ASCII, 1 to 64 characters, never a CPR number."""

AlertId = NewType("AlertId", str)
EventId = NewType("EventId", str)

_PSEUDONYM = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._~-]{0,62}[A-Za-z0-9])?")
# A Danish civil registration number (DDMMYY-SSSS) or a replacement number (letters in the last four), with
# whatever a pseudonym may hold between its two parts.
_LIKE_CPR = re.compile(r"\d{6}[._~-]?[0-9A-Za-z]{4}")

PseudonymField = Annotated[
    str, StringConstraints(pattern=r"^[A-Za-z0-9](?:[A-Za-z0-9._~-]{0,62}[A-Za-z0-9])?$", strict=True)
]
DeviceField = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:~-]{0,79}$", strict=True)]
TeamField = Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]{1,40}$", strict=True)]
DeviceTypeField = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9 ._:/+-]{0,63}$", strict=True)]
LocalIdField = Annotated[str, StringConstraints(pattern=r"^[\x21-\x7e]{1,80}$", strict=True)]
ActorField = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:@~-]{0,79}$", strict=True)]

UNASSIGNED_TEAM = "unassigned"
"""alerts.v1.unassigned always exists: an alert whose team is unknown goes there and is a finding."""

WATCHDOG_TEAM = "watchdog"
"""The team of the watchdog's synthetic patients: nobody reads it but the watchdog."""

SYNTHETIC_PREFIX = "nattevagt-watchdog-"
"""Reserved: pseudonyms that begin like this are no persons. They are counted apart and shown to no care team."""


def is_synthetic(patient: str) -> bool:
    """Is this one of the watchdog's patients?"""
    return patient.startswith(SYNTHETIC_PREFIX)


def is_pseudonym(text: str) -> bool:
    """Is this a well-formed pseudonym? What looks like a CPR or replacement number is not."""
    return _PSEUDONYM.fullmatch(text) is not None and _LIKE_CPR.fullmatch(text) is None


def make_id(*parts: str | int) -> EventId:
    """A 128-bit id in hex, a function of its parts alone: the same input gives the same id after every crash.

    Parts are joined by the unit separator, which none of them can contain (patterns above), so
    ("a", "bc") and ("ab", "c") differ.
    """
    return EventId(sha256("\x1f".join([str(part) for part in parts]).encode()).hexdigest()[:32])
