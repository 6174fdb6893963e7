"""Answers to the patient, rendered: a text of `schemas.reply_texts` with its blanks filled."""

import re
from collections.abc import Mapping
from datetime import datetime

from schemas import texts
from schemas.errors import ContractError
from schemas.reply_texts import REPLIES
from schemas.texts import Language, say

_BLANK = re.compile(r"\{(\w+)\}")
_DAYS: Mapping[Language, str] = {
    "da": "mandag tirsdag onsdag torsdag fredag lørdag søndag",
    "en": "Monday Tuesday Wednesday Thursday Friday Saturday Sunday",
}
_MONTHS: Mapping[Language, str] = {
    "da": "januar februar marts april maj juni juli august september oktober november december",
    "en": "January February March April May June July August September October November December",
}


def blanks(key: str) -> frozenset[str]:
    """What has to be given with a text; the same in both languages."""
    return frozenset(_BLANK.findall(REPLIES[key].text.da))


def render(key: str, parameters: Mapping[str, str], language: Language) -> str:
    """The text with its blanks filled. Raises ContractError when a blank is missing or one too many is given."""
    if key not in REPLIES or blanks(key) != parameters.keys():
        raise ContractError(
            f"the text '{key}' does not exist, or needs other blanks than {sorted(parameters)}",
            next_step="give what schemas.replies.blanks says",
        )
    filled = {name: _filled(name, value, language) for name, value in parameters.items()}
    return say(REPLIES[key].text, language).format(**filled)


def _filled(name: str, value: str, language: Language) -> str:
    match name:
        case "at":
            return local_time(value, language)
        case "kind":
            return texts.kind(value, language)
        case _:
            return value


def local_time(text: str, language: Language) -> str:
    """`2026-04-06T08:00` -> `mandag den 6. april kl. 08.00` / `Monday 6 April at 08:00`."""
    at = datetime.fromisoformat(text)
    day, month = _DAYS[language].split()[at.weekday()], _MONTHS[language].split()[at.month - 1]
    if language == "da":
        return f"{day} den {at.day}. {month} kl. {at:%H.%M}"
    return f"{day} {at.day} {month} at {at:%H:%M}"
