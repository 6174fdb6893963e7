"""TABLE of words: what every code that the pipeline emits is called in Danish and in English.

Codes decide, words explain: nothing reads these texts but people. A code without a row is shown as it is,
so that a new rule is never silent; a contract test asks for its row.
"""

import re
from collections.abc import Mapping
from functools import cache
from typing import Literal

from schemas import form_texts
from schemas.alert import AlertStepType
from schemas.audit import Outcome
from schemas.reason_texts import REASONS
from schemas.shipped_rules import shipped_rows
from schemas.triage import TriageLevel
from schemas.vital_sign import Text
from schemas.vitals import VITALS

Language = Literal["da", "en"]

KINDS: Mapping[str, Text] = {
    "spo2": Text("iltmætning", "SpO2"),
    "pulse": Text("puls", "pulse"),
    "resp_rate": Text("vejrtrækning", "breathing"),
    "sbp": Text("systolisk blodtryk", "systolic pressure"),
    "dbp": Text("diastolisk blodtryk", "diastolic pressure"),
    "temp": Text("temperatur", "temperature"),
    "weight": Text("vægt", "weight"),
    "fev1": Text("FEV1", "FEV1"),
    "fvc": Text("FVC", "FVC"),
    "pef": Text("peakflow", "peak flow"),
    "steps": Text("skridt", "steps"),
    "glucose": Text("blodsukker", "glucose"),
    "ketone": Text("ketoner", "ketones"),
    "crp": Text("CRP", "CRP"),
    "hb": Text("hæmoglobin", "haemoglobin"),
    "urine_protein": Text("protein i urinen", "urine protein"),
    "af_flag": Text("hjerterytme", "heart rhythm"),
    "fetal_hr": Text("fosterets hjertefrekvens", "fetal heart rate"),
    "consciousness": Text("bevidsthed", "consciousness"),
    "supplemental_o2": Text("ilttilskud", "oxygen supply"),
    "answers": Text("skemasvar", "answers to a questionnaire"),
    "input": Text("en indsendelse", "an input"),
}
"""Short names of kinds, for a table's cell and inside a sentence; the full ones are in schemas.vitals."""

COLOURS: Mapping[TriageLevel | None, tuple[str, Text]] = {
    TriageLevel.RED: ("▲", Text("RØD", "RED")),
    TriageLevel.YELLOW: ("◆", Text("GUL", "YELLOW")),
    TriageLevel.GREEN: ("●", Text("GRØN", "GREEN")),
    None: ("○", Text("BLÅ", "BLUE")),
}
"""Symbol and word: colour alone says nothing to many eyes. None = nothing may be said, or data are missing."""

STEPS: Mapping[AlertStepType, Text] = {
    AlertStepType.RAISED: Text("rejst", "raised"),
    AlertStepType.UPGRADED: Text("opgraderet", "upgraded"),
    AlertStepType.ACKNOWLEDGED: Text("taget", "acknowledged"),
    AlertStepType.ESCALATED: Text("eskaleret", "escalated"),
    AlertStepType.SNOOZED: Text("udsat", "snoozed"),
    AlertStepType.DELIVERED: Text("leveret", "delivered"),
    AlertStepType.JOINED: Text("mere kom til", "joined by more"),
    AlertStepType.TAKEN_OVER: Text("overtaget", "taken over"),
    AlertStepType.CONTACT_FAILED: Text("kontakt mislykkedes", "contact failed"),
    AlertStepType.CONTACTED: Text("kontaktet", "contacted"),
    AlertStepType.NOTED: Text("noteret", "noted"),
    AlertStepType.OFFERED: Text("tilbudt et andet team", "offered to another team"),
    AlertStepType.HANDED_OVER: Text("overdraget", "handed over"),
    AlertStepType.WITHDRAWN: Text("trukket tilbage", "withdrawn"),
    AlertStepType.CLOSED: Text("lukket", "closed"),
    AlertStepType.EXPIRED: Text("udløbet", "expired"),
}

OUTCOMES: Mapping[Outcome, Text] = {
    Outcome.ACCEPTED_NO_ALERT: Text("godtaget, ingen alarm", "accepted, no alert"),
    Outcome.ACCEPTED_ALERT: Text("godtaget, gav alarm", "accepted, raised or worsened an alert"),
    Outcome.ACCEPTED_SUPPRESSED: Text("godtaget, bæres af den åbne alarm", "accepted, carried by the open alert"),
    Outcome.ACCEPTED_RECORDED: Text("godtaget og noteret", "accepted and recorded"),
    Outcome.REJECTED_MALFORMED: Text("ulæselig", "malformed"),
    Outcome.REJECTED_SCHEMA: Text("passer ikke med formatet", "not as the contract says"),
    Outcome.REJECTED_OVERSIZE: Text("for stor", "too large"),
    Outcome.REJECTED_UNIT: Text("forkert enhed", "wrong unit"),
    Outcome.REJECTED_IMPLAUSIBLE: Text("umulig værdi", "impossible value"),
    Outcome.REJECTED_TIME: Text("utroværdigt tidspunkt", "incredible time"),
    Outcome.REJECTED_AUTH: Text("ikke bevist hvem", "not authenticated"),
    Outcome.REJECTED_UNKNOWN_PATIENT: Text("ukendt patient", "unknown patient"),
    Outcome.REJECTED_UNBOUND_DEVICE: Text("udstyret er ikke patientens", "device not bound to the patient"),
    Outcome.REJECTED_CONSENT: Text("intet samtykke", "no consent"),
    Outcome.REJECTED_ROLE: Text("rollen må ikke", "role may not"),
    Outcome.REJECTED_STATE: Text("passer ikke med tilstanden", "not possible as things stand"),
    Outcome.REJECTED_DUPLICATE: Text("gentagelse", "duplicate"),
    Outcome.QUARANTINED_FLOOD: Text("for mange på kort tid", "too many in a short time"),
    Outcome.FAILED_INTERNAL: Text("fejl hos os", "a defect of ours"),
    Outcome.LOST_GAP: Text("tabt", "lost"),
}

THEN = Text(
    "{reason} – da det blev målt; nyere målinger er rolige", "{reason} – when it was measured; newer readings are calm"
)
"""What had been red when it was measured and came late, or came to light when another reading was withdrawn."""

_THEN = ".was_red"

ASK = Text("{rule}: afventer ny måling", "{rule}: waiting for another reading")
"""What a disease rule says while it waits for another reading."""

_ASK = ".ask"

_PATTERNS = tuple(
    (re.compile(re.escape(code).replace(r"\{kind\}", r"(?P<kind>\w+)").replace(r"\{why\}", r"(?P<why>\w+)")), text)
    for code, text in REASONS.items()
)


def say(text: Text, language: Language) -> str:
    """The text in this language."""
    return text.da if language == "da" else text.en


def kind(key: str, language: Language) -> str:
    """A kind's short name; the key itself when it has none."""
    return say(KINDS[key], language) if key in KINDS else key


def colour(level: TriageLevel | None, language: Language) -> str:
    """Symbol and word of a colour."""
    symbol, word = COLOURS[level]
    return f"{symbol} {say(word, language)}"


def outcome(code: str, language: Language) -> str:
    """A terminal outcome; a code we do not know is shown as it is."""
    try:
        return say(OUTCOMES[Outcome(code)], language)
    except ValueError:
        return code


def reason(code: str, language: Language) -> str:
    """A reason code in words; a code without a row is shown as it is."""
    if (of_form := form_texts.reason(code)) is not None:
        return say(of_form, language)
    for pattern, text in _PATTERNS:
        match = pattern.fullmatch(code)
        if match is not None:
            named = match.groupdict()
            return say(text, language).format(
                kind=kind(named.get("kind", ""), language), why=_why(named.get("why", ""), language)
            )
    if code.endswith(_THEN):
        return say(THEN, language).format(reason=reason(code.removesuffix(_THEN), language))
    row = _row(code)
    return code if row is None else say(row, language)


def _row(code: str) -> Text | None:
    """The words of a shipped disease rule; None for any other code."""
    words = _shipped_words().get(code.removesuffix(_ASK))
    if words is None or not code.endswith(_ASK):
        return words
    return Text(ASK.da.format(rule=words.da), ASK.en.format(rule=words.en))


@cache
def _shipped_words() -> Mapping[str, Text]:
    return {row.id: Text(row.words.da, row.words.en) for row in shipped_rows()}


def has_words(code: str) -> bool:
    """Is there a row for this reason code, and for the kind in it?"""
    if form_texts.reason(code) is not None:
        return True
    for pattern, _ in _PATTERNS:
        match = pattern.fullmatch(code)
        if match is not None:
            return match.groupdict().get("kind", "input") in KINDS
    return _row(code) is not None or (code.endswith(_THEN) and has_words(code.removesuffix(_THEN)))


def reading(key: str, milli: int, unit: str | None) -> str:
    """A value as a person reads it: `86 %`, `36.7 Cel`, or the code of an enum kind."""
    codes = VITALS[key].codes if key in VITALS else ()
    if codes:
        return codes[milli] if 0 <= milli < len(codes) else str(milli)
    number = f"{milli / 1000:.3f}".rstrip("0").rstrip(".")
    return f"{number} {unit}" if unit else number


def _why(tail: str, language: Language) -> str:
    for one, text in OUTCOMES.items():
        if one.value.partition(".")[2] == tail:
            return say(text, language)
    return tail
