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

REASONS: Mapping[str, Text] = {
    "limits.{kind}.red_below": Text("{kind} under den røde grænse", "{kind} below the red limit"),
    "limits.{kind}.red_from": Text("{kind} på eller over den røde grænse", "{kind} at or above the red limit"),
    "limits.{kind}.yellow_below": Text("{kind} under den gule grænse", "{kind} below the yellow limit"),
    "limits.{kind}.yellow_from": Text("{kind} på eller over den gule grænse", "{kind} at or above the yellow limit"),
    "limits.{kind}.was_red": Text("{kind} var rød for nylig", "{kind} was red a short while ago"),
    "news2.single3": Text("NEWS2: ét tegn alene giver 3", "NEWS2: one sign alone scores 3"),
    "news2.medium": Text("NEWS2 mindst 5: mellemhøj risiko", "NEWS2 at least 5: medium risk"),
    "news2.high": Text("NEWS2 mindst 7: høj risiko", "NEWS2 at least 7: high risk"),
    "tobs.raised": Text("TOBS mindst 2", "TOBS at least 2"),
    "tobs.high": Text("TOBS mindst 3", "TOBS at least 3"),
    "extreme.{kind}": Text("{kind} er usædvanlig; mål igen", "{kind} is extreme; measure again"),
    "check.pressure_order": Text("systolisk ikke over diastolisk; mål igen", "systolic not above diastolic; repeat"),
    "check.pulse_pressure": Text("usandsynligt pulstryk; mål igen", "unlikely pulse pressure; repeat"),
    "check.fev1_above_fvc": Text("FEV1 over FVC; pust igen", "FEV1 above FVC; blow again"),
    "check.pounds": Text(
        "vægten ligner pund; er det den rigtige person?", "weight looks like pounds; the right person?"
    ),
    "check.weight_jump": Text(
        "vægtspring over 5 kg; er det den rigtige person?", "weight jump above 5 kg; the right person?"
    ),
    "check.person.{kind}": Text(
        "{kind}: første måling fra nyt udstyr er langt fra det vante; er det den rigtige person?",
        "{kind}: first reading of a new device is far from the usual; the right person?",
    ),
    "check.stranger.{kind}": Text(
        "{kind}: patienten siger, at en anden har målt; erklær målingen ugyldig",
        "{kind}: the patient says it was somebody else; declare the reading invalid",
    ),
    "check.impossible_step.{kind}": Text("{kind} kan ikke springe så meget", "{kind} cannot change so fast"),
    "check.flat.{kind}": Text("{kind} gentager sig selv; tjek udstyret", "{kind} repeats itself; check the device"),
    "check.unworn.{kind}": Text("{kind}: 0; blev måleren båret?", "{kind}: 0; was the counter worn?"),
    "missing.after_concern": Text("tavs efter en bekymrende måling", "silent after a worrying reading"),
    "missing.after_discharge": Text("tavs efter udskrivelse", "silent after discharge"),
    "missing.long": Text("intet modtaget i syv dage", "nothing received for seven days"),
    "missing.{kind}": Text("{kind} mangler", "{kind} is missing"),
    "clock.ahead": Text("uret i måleudstyret går for hurtigt", "a device's clock is ahead"),
    "clock.behind": Text("uret i måleudstyret er bagud", "a device's clock is behind"),
    "refused.{kind}.repeated": Text(
        "{kind}: tre målinger i træk blev afvist", "{kind}: three readings in a row were refused"
    ),
    "refused.{kind}.beyond_red": Text(
        "{kind}: en afvist måling lå på den røde side", "{kind}: a refused reading lay on the red side"
    ),
    "refused.{kind}.{why}": Text("{kind} afvist: {why}", "{kind} refused: {why}"),
    "battery.low": Text("lavt batteri i måleudstyret", "low battery in a device"),
    "reference.target": Text("KOL-regler mangler mål for iltmætning", "COPD rules lack a target for SpO2"),
    "reference.best": Text("astmaregler mangler bedste peakflow", "asthma rules lack the personal best"),
    "reference.chemotherapy": Text("kræftregler mangler dato for kemoterapi", "cancer rules lack the day of treatment"),
    "reference.discharge": Text("udskrivningsregler mangler dato", "discharge rules lack the day of discharge"),
    "reference.pregnancy": Text("graviditetsregler, men ikke gravid i planen", "pregnancy rules in a plan without one"),
    "reference.rule": Text("planen nævner en regel, der ikke findes", "the plan names a rule that does not exist"),
    "model.risk": Text("modellen ser en øget risiko", "the model sees a higher risk"),
    "technical.not_assessed": Text("en måling kunne ikke vurderes", "a reading could not be assessed"),
    "team.unknown": Text("planens team findes ikke", "the plan's team does not exist"),
    "ladder.unanswered": Text("ingen svarede til tiden", "nobody answered in time"),
    "ladder.acknowledgement_lapsed": Text("den, der tog den, lukkede den ikke", "whoever had it did not close it"),
    "ladder.contact_lapsed": Text("næste kontaktforsøg udeblev", "the next attempt at contact did not come"),
    "ladder.not_closed": Text("kontakten førte ikke til lukning", "contact was made, but nobody closed it"),
    "ladder.snooze_over": Text("udsættelsen er slut", "the snooze is over"),
    "ladder.offer_not_taken": Text("det andet team tog den ikke", "the other team did not take it"),
    "ladder.undelivered": Text("beskeden kom ikke frem", "no message could be delivered"),
    "coverage.begins": Text("teamets vagt begynder", "the team's hours begin"),
    "coverage.no_route": Text(
        "ingen vagt uden for åbningstid og ingen at ringe til", "nobody on call outside hours and nobody to ring"
    ),
    "coverage.no_shifts": Text(
        "ingen vagter: teamet lover ingen tider, og alarmer når det altid", "no shifts: the team promises no hours"
    ),
    "coverage.no_phone": Text("intet telefonnummer til patienterne", "no telephone number for its patients"),
    "coverage.empty_shift": Text("en vagt uden nogen at skrive til", "a shift with nobody to tell"),
    "coverage.calendar_ends": Text("helligdagene kendes ikke så længe", "public holidays are not known that far"),
    "coverage.no_recipient": Text("teamet har ingen modtagere", "the team has no recipients"),
    "notice.delivered": Text("beskeden er kommet frem", "the message has arrived"),
    "reply.unread": Text("patienten har ikke læst svaret", "the patient has not read the answer"),
    "contact.requested": Text("patienten beder om kontakt", "the patient asks to be contacted"),
    "plan.team_changed": Text("planen har fået et andet team", "the plan has another team"),
    "command.take_over": Text("en kollega har overtaget den", "a colleague has taken it over"),
    "command.hand_over": Text("et andet team er spurgt", "another team has been asked"),
    "command.accept": Text("det andet team har taget den", "the other team has taken it"),
    "command.snooze": Text("en person har udsat den", "a person has snoozed it"),
    "command.contact_failed": Text("ingen svarede på opkaldet", "the contact was not reached"),
    "command.contacted": Text("der er kontakt", "contact has been made"),
    "command.note": Text("der er skrevet et notat", "a note has been written"),
    "command.acknowledge": Text("en person har taget den", "a person has it"),
    "command.close": Text("en person har lukket den", "a person closed it"),
    "confirm.remeasured": Text("ny måling modsagde den", "a repeat contradicted it"),
    "confirm.agreed": Text("ny måling bekræftede den", "a repeat or another sign agreed"),
    "confirm.hold_over": Text("ingen ny måling kom", "no repeat came in time"),
    "reading.corrected": Text("målingen er rettet", "the reading was corrected"),
    "reading.invalidated": Text("målingen gælder ikke", "the reading was declared invalid"),
    "input.refused": Text("en indsending blev afvist", "an input was refused"),
    "patient.died": Text("patienten er død", "the patient has died"),
    "plan.ended": Text("planen er udløbet", "the plan has ended"),
    "time.passed": Text("tiden gik", "time passed"),
}
"""Pattern of a reason code -> its words. {kind} is a vital sign, {why} the end of an outcome; first match wins.
Reasons of questionnaires begin with `pro.` and have their words in schemas.form_texts."""

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
