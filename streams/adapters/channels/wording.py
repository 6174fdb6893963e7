"""What a notice says to people: urgency, team and the alert's id; patient and reasons only where the book allows."""

from schemas import texts
from schemas.notice import Notice, NoticeAction
from schemas.texts import Language, say
from schemas.vital_sign import Text
from streams.adapters.channels.book import Detail

SHORT = 8
"""Characters of an alert's id in a subject line: enough to tell the open ones apart, the whole id follows below."""

ACTIONS = {
    NoticeAction.TRIGGER: Text("Alarm", "Alert"),
    NoticeAction.ACKNOWLEDGE: Text("Taget", "Acknowledged"),
    NoticeAction.RESOLVE: Text("Afsluttet", "Over"),
    NoticeAction.INFORM: Text("Orientering", "For your information"),
}

BODY = Text(
    "{action}: {colour}, hast {tier}, team {team}, trin {rung}.\nAlarm {alert}, trin {sequence} i dens forløb, "
    "rejst {raised}.\nÅbn arbejdslisten for at se og tage den. Denne besked kan ikke besvares.",
    "{action}: {colour}, tier {tier}, team {team}, rung {rung}.\nAlert {alert}, step {sequence} of its life, "
    "raised {raised}.\nOpen the worklist to see and take it. This message cannot be answered.",
)

CODES = Text("Patient {patient}: {reasons}", "Patient {patient}: {reasons}")


def subject(notice: Notice, language: Language) -> str:
    """One line."""
    colour = texts.colour(notice.level, language)
    return f"{say(ACTIONS[notice.action], language)}: {colour}, {notice.team}, {notice.alert_id[:SHORT]}"


def body(notice: Notice, language: Language, detail: Detail) -> str:
    """A few lines, the same for every channel that shows text."""
    lines = [
        say(BODY, language).format(
            action=say(ACTIONS[notice.action], language),
            colour=texts.colour(notice.level, language),
            tier=notice.tier,
            team=notice.team,
            rung=notice.rung + 1,
            alert=notice.alert_id,
            sequence=notice.sequence,
            raised=notice.raised_at,
        )
    ]
    if detail == "codes":
        reasons = ", ".join(texts.reason(code, language) for code in notice.reasons)
        lines.append(say(CODES, language).format(patient=notice.patient, reasons=reasons))
    return "\n".join(lines)
