"""TABLE of automatic answers to the patient, in Danish and English. Wording is fixed; blanks are filled by code.

A clinician signs these texts. They never name a value: what a phone shows on its lock screen is not private.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from schemas.notice import ReplyKind
from schemas.triage import TriageLevel
from schemas.vital_sign import Text


@dataclass(frozen=True, slots=True)
class ReplyText:
    """One text. level: the colour it shows; None = it shows none and may always be sent.

    wants_read: the app must report that it has been seen.
    Blanks: {kind} a vital sign, {at} a local date and time such as `2026-04-06T08:00`, {phone} as configured.
    """

    kind: ReplyKind
    text: Text
    level: TriageLevel | None = None
    wants_read: bool = False


REPLIES: Mapping[str, ReplyText] = {
    "triage.green": ReplyText(
        ReplyKind.TRIAGE,
        Text(
            "Tak. Det, du har sendt, er, som det skal være. Næste gang er {at}.",
            "Thank you. What you sent is as it should be. The next time is {at}.",
        ),
        TriageLevel.GREEN,
    ),
    "triage.green_last": ReplyText(
        ReplyKind.TRIAGE,
        Text(
            "Tak. Det, du har sendt, er, som det skal være.",
            "Thank you. What you sent is as it should be.",
        ),
        TriageLevel.GREEN,
    ),
    "triage.yellow": ReplyText(
        ReplyKind.TRIAGE,
        Text(
            "Tak. Noget afviger. Dit team ser på det senest {at}. Får du det værre, så ring {phone}.",
            "Thank you. Something differs. Your team looks at it by {at}. If you get worse, call {phone}.",
        ),
        TriageLevel.YELLOW,
    ),
    "triage.yellow_known": ReplyText(
        ReplyKind.TRIAGE,
        Text(
            "Tak. Noget afviger, og dit team kender til det. Får du det værre, så ring {phone}.",
            "Thank you. Something differs, and your team knows of it. If you get worse, call {phone}.",
        ),
        TriageLevel.YELLOW,
    ),
    "triage.red": ReplyText(
        ReplyKind.TRIAGE,
        Text(
            "Noget afviger meget. Ring nu {phone}. Er det livstruende, så ring 112.",
            "Something differs a lot. Call {phone} now. If your life is in danger, call 112.",
        ),
        TriageLevel.RED,
        wants_read=True,
    ),
    "triage.corrected": ReplyText(
        ReplyKind.TRIAGE,
        Text(
            "Et tidligere grønt svar gælder ikke. Dit team ser på det senest {at}. Får du det værre, så ring {phone}.",
            "An earlier green answer no longer holds. Your team looks at it by {at}. If you get worse, call {phone}.",
        ),
        wants_read=True,
    ),
    "triage.received": ReplyText(
        ReplyKind.TRIAGE,
        Text(
            "Tak, vi har modtaget det. Får du det værre, så ring {phone}. Er det livstruende, så ring 112.",
            "Thank you, we have received it. If you get worse, call {phone}. If your life is in danger, call 112.",
        ),
    ),
    "repeat.measure": ReplyText(
        ReplyKind.REPEAT,
        Text(
            "Målingen er usædvanlig: {kind}. Hvil fem minutter, og mål igen.",
            "The reading is unusual: {kind}. Rest for five minutes and measure again.",
        ),
        wants_read=True,
    ),
    "repeat.refused": ReplyText(
        ReplyKind.REPEAT,
        Text(
            "Vi kunne ikke bruge din måling: {kind}. Mål igen. Sker det igen, så ring {phone}.",
            "We could not use your reading: {kind}. Measure again. If it happens again, call {phone}.",
        ),
        wants_read=True,
    ),
    "repeat.person": ReplyText(
        ReplyKind.REPEAT,
        Text(
            "Målingen ligner ikke dine tidligere: {kind}. Er det dig, der har målt? Så mål igen. "
            "Er det ikke dig, så ring {phone}.",
            "The reading is unlike your earlier ones: {kind}. Was it you? Then measure again. If it was not you, "
            "call {phone}.",
        ),
        wants_read=True,
    ),
    "unread.not_watched": ReplyText(
        ReplyKind.UNREAD,
        Text(
            "Du bliver ikke overvåget nu, og ingen ser din måling. Har du brug for hjælp, så ring {phone}. "
            "Er det livstruende, så ring 112.",
            "You are not being watched now, and nobody sees your reading. For help call {phone}. "
            "If your life is in danger, call 112.",
        ),
        wants_read=True,
    ),
    "information.absence": ReplyText(
        ReplyKind.INFORMATION,
        Text(
            "Indtil {at} venter vi ingen målinger fra dig. Det, du sender, bliver stadig vurderet. "
            "Får du det værre, så ring {phone}.",
            "Until {at} we expect no readings from you. What you send is still assessed. "
            "If you get worse, call {phone}.",
        ),
    ),
    "information.back": ReplyText(
        ReplyKind.INFORMATION,
        Text(
            "Vi venter igen målinger fra dig som før. Har du spørgsmål, så ring {phone}.",
            "We expect readings from you again as before. If you have questions, call {phone}.",
        ),
    ),
    "information.ended": ReplyText(
        ReplyKind.INFORMATION,
        Text(
            "Din overvågning er slut. Målinger, du sender, bliver ikke set. Har du brug for hjælp, så ring {phone}.",
            "Your monitoring has ended. Readings you send are not seen. For help call {phone}.",
        ),
        wants_read=True,
    ),
    "information.withdrawn": ReplyText(
        ReplyKind.INFORMATION,
        Text(
            "Du har trukket dit samtykke tilbage og bliver ikke længere overvåget. Målinger, du sender, bliver ikke "
            "set. Har du brug for hjælp, så ring {phone}. Er det livstruende, så ring 112.",
            "You have withdrawn your consent and are no longer being watched. Readings you send are not seen. "
            "For help call {phone}. If your life is in danger, call 112.",
        ),
        wants_read=True,
    ),
    "information.withdrawn_in_red": ReplyText(
        ReplyKind.INFORMATION,
        Text(
            "Du har trukket dit samtykke tilbage og bliver ikke længere overvåget. Din alarm er ikke færdig: "
            "ring nu {phone}. Er det livstruende, så ring 112.",
            "You have withdrawn your consent and are no longer being watched. Your alert is not finished: "
            "call {phone} now. If your life is in danger, call 112.",
        ),
        wants_read=True,
    ),
    "information.watched": ReplyText(
        ReplyKind.INFORMATION,
        Text(
            "Du har givet dit samtykke og bliver overvåget igen fra nu. Har du spørgsmål, så ring {phone}.",
            "You have given your consent and are being watched again from now. If you have questions, call {phone}.",
        ),
    ),
    "information.blocked": ReplyText(
        ReplyKind.INFORMATION,
        Text(
            "Du har spærret for det team, der skulle se dine målinger, og det ser dem ikke mere. "
            "Ring {phone} for at få et andet team. Er det livstruende, så ring 112.",
            "You have blocked the team that was to look at your readings, and it sees them no longer. "
            "Call {phone} to get another team. If your life is in danger, call 112.",
        ),
        wants_read=True,
    ),
    "information.unbound": ReplyText(
        ReplyKind.INFORMATION,
        Text(
            "Udstyr, du måler med, er ikke eller ikke længere knyttet til dig, og ingen ser målinger fra det. "
            "Har du brug for hjælp, så ring {phone}. Er det livstruende, så ring 112.",
            "A device that you measure with is not, or no longer, bound to you, and nobody sees its readings. "
            "For help call {phone}. If your life is in danger, call 112.",
        ),
        wants_read=True,
    ),
    "reminder.missing": ReplyText(
        ReplyKind.REMINDER,
        Text("Vi mangler en måling fra dig: {kind}.", "We miss a reading from you: {kind}."),
    ),
    "reminder.several": ReplyText(
        ReplyKind.REMINDER,
        Text("Vi mangler flere målinger fra dig.", "We miss several readings from you."),
    ),
    "reminder.device": ReplyText(
        ReplyKind.REMINDER,
        Text(
            "Vi mangler en måling fra dig, og vi kan ikke høre dit måleudstyr. Se efter, om det har strøm og "
            "forbindelse, og mål igen. Har du brug for hjælp, så ring {phone}. Er det livstruende, så ring 112.",
            "We miss a reading from you, and we cannot hear your device. Please check its power and connection, and "
            "measure again. For help call {phone}. If your life is in danger, call 112.",
        ),
    ),
    "reminder.answers": ReplyText(
        ReplyKind.REMINDER,
        Text("Vi mangler svar på dit spørgeskema.", "We miss your answers to the questionnaire."),
    ),
    "unread.outside_hours": ReplyText(
        ReplyKind.UNREAD,
        Text(
            "Ingen læser dette før {at}. Har du brug for hjælp før, så ring {phone}. Er det livstruende, så ring 112.",
            "Nobody reads this before {at}. To get help sooner, call {phone}. If your life is in danger, call 112.",
        ),
        wants_read=True,
    ),
    "unread.nobody_answers": ReplyText(
        ReplyKind.UNREAD,
        Text(
            "Dit team har ikke svaret endnu. Ring nu {phone}. Er det livstruende, så ring 112.",
            "Your team has not answered yet. Call {phone} now. If your life is in danger, call 112.",
        ),
        wants_read=True,
    ),
    "emergency.call_112": ReplyText(
        ReplyKind.EMERGENCY,
        Text("Ring 112 nu.", "Call 112 now."),
        wants_read=True,
    ),
    "information.contact": ReplyText(
        ReplyKind.INFORMATION,
        Text(
            "Vi har prøvet at ringe til dig. Ring {phone}, når du ser dette.",
            "We have tried to call you. Please call {phone} when you see this.",
        ),
        wants_read=True,
    ),
    "information.device": ReplyText(
        ReplyKind.INFORMATION,
        Text(
            "Der er noget galt med dit måleudstyr: {kind}. Se vejledningen, eller ring {phone}.",
            "Something is wrong with your device: {kind}. See its guide, or call {phone}.",
        ),
    ),
    "information.corrected": ReplyText(
        ReplyKind.INFORMATION,
        Text(
            "Et tidligere svar gælder ikke mere, fordi en måling er rettet. Se det nye svar.",
            "An earlier answer no longer holds, because a reading was corrected. See the new answer.",
        ),
        wants_read=True,
    ),
}
"""Key of a text -> its row. A key is never given another meaning; a better wording keeps it."""
