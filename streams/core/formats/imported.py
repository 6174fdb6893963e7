"""What every importer of questionnaires gives back, and the words it refuses with."""

import re
import unicodedata
from dataclasses import dataclass

from schemas.errors import ContractError
from schemas.questionnaire import Questionnaire

TASK = 2
"""Tier of a yellow row that an importer makes: the next working day."""


class FormatError(ContractError):
    """A form that cannot be read as the format says."""


@dataclass(frozen=True, slots=True)
class Imported:
    """notes: what was left out or could not be carried over, one sentence each; a clinician reads them."""

    questionnaire: Questionnaire
    notes: tuple[str, ...]


def slug(text: str, joint: str, longest: int) -> str:
    """A name as an id: lower case, other letters spelt out or replaced by `joint`. Never empty."""
    plain = text.lower().replace("æ", "ae").replace("ø", "oe").replace("å", "aa")
    plain = unicodedata.normalize("NFKD", plain).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", joint, plain).strip(joint)[:longest].strip(joint) or "x"


def unique(wanted: str, taken: set[str], longest: int) -> str:
    """`wanted`, or with a number behind it when it is taken; it is taken afterwards."""
    name, number = wanted, 1
    while name in taken:
        number += 1
        name = f"{wanted[: longest - len(str(number)) - 1]}_{number}"
    taken.add(name)
    return name
