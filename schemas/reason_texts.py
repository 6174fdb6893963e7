"""TABLE of words for reason codes, in Danish and English; `schemas.texts` puts them together."""

from collections.abc import Mapping

from schemas.vital_sign import Text

REASONS: Mapping[str, Text] = {
    "limits.{kind}.red_below": Text("{kind} under den røde grænse", "{kind} below the red limit"),
    "limits.{kind}.red_from": Text("{kind} på eller over den røde grænse", "{kind} at or above the red limit"),
    "limits.{kind}.yellow_below": Text("{kind} under den gule grænse", "{kind} below the yellow limit"),
    "limits.{kind}.yellow_from": Text("{kind} på eller over den gule grænse", "{kind} at or above the yellow limit"),
    "limits.{kind}.was_red": Text("{kind} var rød for nylig", "{kind} was red a short while ago"),
    "news2.single3": Text("NEWS2: ét tegn alene giver 3", "NEWS2: one sign alone scores 3"),
    "news2.medium": Text("NEWS2 mindst 5: mellemhøj risiko", "NEWS2 at least 5: medium risk"),
    "news2.high": Text("NEWS2 mindst 7: høj risiko", "NEWS2 at least 7: high risk"),
    "news2.habitual": Text("NEWS2: ét tegn giver 3, vant for patienten", "NEWS2: one sign scores 3, usual here"),
    "habitual.{kind}.floor": Text(
        "{kind} er ud over den nedre eller øvre grænse for det vante", "{kind} is beyond the floor of what is habitual"
    ),
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
    "refused.{kind}.keeps_sending": Text(
        "{kind}: et måleudstyr, der ikke er knyttet til patienten, bliver ved med at sende",
        "{kind}: a device that is not bound to the patient keeps sending",
    ),
    "refused.{kind}.beyond_red": Text(
        "{kind}: en afvist måling lå på den røde side", "{kind}: a refused reading lay on the red side"
    ),
    "refused.device_status.unbound_device": Text(
        "et måleudstyr, der ikke er knyttet til patienten, giver livstegn",
        "a device that is not bound to the patient says that it is alive",
    ),
    "refused.{kind}.{why}": Text("{kind} afvist: {why}", "{kind} refused: {why}"),
    "battery.low": Text("lavt batteri i måleudstyret", "low battery in a device"),
    "device.silent.{kind}": Text(
        "{kind}: måleudstyret høres ikke; tjek strøm og forbindelse",
        "{kind}: its device is not heard; check its power and connection",
    ),
    "device.fault": Text("måleudstyr melder fejl", "a device reports a fault"),
    "reference.target": Text("KOL-regler mangler mål for iltmætning", "COPD rules lack a target for SpO2"),
    "reference.best": Text("astmaregler mangler bedste peakflow", "asthma rules lack the personal best"),
    "reference.chemotherapy": Text("kræftregler mangler dato for kemoterapi", "cancer rules lack the day of treatment"),
    "reference.discharge": Text("udskrivningsregler mangler dato", "discharge rules lack the day of discharge"),
    "reference.pregnancy": Text("graviditetsregler, men ikke gravid i planen", "pregnancy rules in a plan without one"),
    "reference.habitual": Text(
        "en vant værdi er udløbet; en læge skal skrive under igen", "a habitual value has run out; sign it again"
    ),
    "reference.limits": Text("planen har ingen personlige grænser", "the plan has no personal limits"),
    "reference.device": Text(
        "et måleudstyr er knyttet til en anden først; målinger fra det tæller ikke",
        "a device is bound to somebody else first; its readings do not count",
    ),
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
    "plan.absence": Text("en planlagt pause begynder", "a planned absence begins"),
    "binding.lapsed": Text(
        "intet udstyr er længere knyttet til noget, planen venter på", "no device is bound for what the plan expects"
    ),
    "binding.contested": Text(
        "et måleudstyr er også knyttet til en anden", "a device is bound to somebody else as well, who had it first"
    ),
    "binding.released": Text("et måleudstyr er igen patientens alene", "a device is no longer bound to somebody else"),
    "plan.ended": Text("planen er udløbet", "the plan has ended"),
    "plan.ended_in_red": Text(
        "planen er udløbet, mens en rød alarm var åben: ring til patienten",
        "the plan has ended while a red alert was open: call the patient",
    ),
    "consent.withdrawn": Text(
        "ikke overvåget: samtykket er trukket tilbage", "not watched: consent has been withdrawn"
    ),
    "consent.withdrawn_in_red": Text(
        "samtykket er trukket tilbage, mens en rød alarm var åben: ring til patienten",
        "consent was withdrawn while a red alert was open: call the patient",
    ),
    "consent.given": Text("samtykket er givet igen: overvåget fra nu", "consent is given again: watched from now"),
    "consent.team_blocked": Text(
        "patienten har spærret for planens team: planen skal have et andet",
        "the patient has blocked the plan's team: the plan needs another one",
    ),
    "time.passed": Text("tiden gik", "time passed"),
}
"""Pattern of a reason code -> its words. {kind} is a vital sign, {why} the end of an outcome; first match wins.
Reasons of questionnaires begin with `pro.` and have their words in schemas.form_texts."""
