"""What a message says to people: urgency, team and the alert's id; patient and reasons only where the book allows."""

from schemas import texts
from schemas.base import rfc3339
from schemas.notice import Notice, NoticeAction
from schemas.texts import Language, say
from schemas.vital_sign import Text
from streams.adapters.channels.book import Detail
from streams.adapters.channels.ports import Message
from streams.core.escalation.grouping import Group
from streams.core.escalation.storm import Common, StormPage

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

MANY = Text("{action}: {count} x {colour}, {teams}", "{action}: {count} x {colour}, {teams}")

MANY_BODY = Text(
    "{action}: {count} alarmer, {colour}, hast {tier}, team {teams}.\nDe kom så tæt, at de står i én besked; hver af "
    "dem har sin egen linje og frist. Den første skal være taget {by}.\nÅbn arbejdslisten for at se og tage dem. "
    "Denne besked kan ikke besvares.\nAlarmer:\n{alerts}",
    "{action}: {count} alerts, {colour}, tier {tier}, team {teams}.\nThey came so fast that they stand in one message; "
    "each of them has its own row and deadline. The first one must be taken by {by}.\nOpen the worklist to see and "
    "take them. This message cannot be answered.\nAlerts:\n{alerts}",
)

MANY_OVER = Text(
    "{action}: {count} alarmer, {colour}, hast {tier}, team {teams}.\nDenne besked kan ikke besvares.\n"
    "Alarmer:\n{alerts}",
    "{action}: {count} alerts, {colour}, tier {tier}, team {teams}.\nThis message cannot be answered.\n"
    "Alerts:\n{alerts}",
)

STORM = Text("Alarmstorm: {team}, {count} nye alarmer{why}", "Alert storm: {team}, {count} new alerts{why}")
STORM_OVER = Text("Alarmstorm forbi: {team}", "Alert storm over: {team}")

STORM_BODY = Text(
    "{count} nye alarmer hos team {team} siden {begun}, heraf {reds} røde; højeste hast {tier}.\n"
    "Alarmerne løber hver for sig, hver med sin egen linje og frist; kun beskederne samles.\nFælles for dem:\n"
    "{common}\nEr fælles udstyr eller regler årsagen, så ring til driften. Ellers: kald flere ind.",
    "{count} new alerts of team {team} since {begun}, {reds} of them red; highest tier {tier}.\n"
    "Each alert goes on by itself, with its own row and deadline; only messages are grouped.\nWhat they share:\n"
    "{common}\nIf shared equipment or rules are the cause, call the operator. If not: call more people in.",
)

STORM_OVER_BODY = Text(
    "Alarmstormen hos team {team}, begyndt {begun}, er forbi: {count} alarmer i alt. De åbne er stadig åbne.",
    "The alert storm of team {team}, begun {begun}, is over: {count} alerts in all. Those that are open stay open.",
)

SHARES = {
    "device_type": Text("apparattype", "device type"),
    "gateway": Text("gateway", "gateway"),
    "template": Text("planskabelon", "plan template"),
    "rules": Text("regelsæt", "rule bundle"),
    "reason": Text("grund", "reason"),
}
SHARED = Text("{what} {value}: {count} af {of}", "{what} {value}: {count} of {of}")
SINCE = Text(" (i kraft siden {since})", " (in force since {since})")
SHIPPED = Text(" (det, som følger med)", " (the one that ships)")
UNKNOWN = Text("{what}: ikke kendt", "{what}: not known")
PARTLY = Text(", ukendt for {unknown}", ", unknown for {unknown}")


def subject(message: Message, language: Language) -> str:
    """One line."""
    match message:
        case Group():
            first, said = message.first, say(MANY, language)
            return said.format(
                action=say(ACTIONS[first.action], language),
                count=len(message.alert_ids),
                colour=texts.colour(first.level, language),
                teams=", ".join(message.teams),
            )
        case StormPage():
            return _storm_subject(message, language)
        case Notice():
            colour = texts.colour(message.level, language)
            action = say(ACTIONS[message.action], language)
            return f"{action}: {colour}, {message.team}, {message.alert_id[:SHORT]}"


def body(message: Message, language: Language, detail: Detail) -> str:
    """A few lines, the same for every channel that shows text."""
    match message:
        case Group():
            return _group(message, language, detail)
        case StormPage():
            return _storm(message, language, detail)
        case Notice():
            return _notice(message, language, detail)


def thread(message: Message) -> str:
    """The key that joins all messages about the same thing: an alert, a storm; a group stands by itself."""
    match message:
        case Group():
            return message.id
        case StormPage():
            return message.sky.storm.id
        case Notice():
            return message.alert_id


def written_at(message: Message) -> str:
    """RFC 3339: when what it tells happened."""
    match message:
        case Group():
            return max(notice.at for notice in message.notices)
        case StormPage():
            return rfc3339(message.sky.storm.last_ms)
        case Notice():
            return message.at


def first_deadline(group: Group) -> str | None:
    """When the first of their ladders moves on; None = none waits."""
    return min((notice.deliver_by for notice in group.notices if notice.deliver_by is not None), default=None)


def _notice(notice: Notice, language: Language, detail: Detail) -> str:
    text = say(BODY, language).format(
        action=say(ACTIONS[notice.action], language),
        colour=texts.colour(notice.level, language),
        tier=notice.tier,
        team=notice.team,
        rung=notice.rung + 1,
        alert=notice.alert_id,
        sequence=notice.sequence,
        raised=notice.raised_at,
    )
    return text if detail == "none" else f"{text}\n{_codes(notice, language)}"


def _codes(notice: Notice, language: Language) -> str:
    reasons = ", ".join(texts.reason(code, language) for code in notice.reasons)
    return say(CODES, language).format(patient=notice.patient, reasons=reasons)


def _group(group: Group, language: Language, detail: Detail) -> str:
    first, by = group.first, first_deadline(group)
    rows = [n.alert_id if detail == "none" else f"{n.alert_id}  {_codes(n, language)}" for n in group.notices]
    return say(MANY_OVER if by is None else MANY_BODY, language).format(
        action=say(ACTIONS[first.action], language),
        count=len(group.alert_ids),
        colour=texts.colour(first.level, language),
        tier=first.tier,
        teams=", ".join(group.teams),
        by=by,
        alerts="\n".join(dict.fromkeys(rows)),
    )


def _storm_subject(page: StormPage, language: Language) -> str:
    sky = page.sky
    if page.over:
        return say(STORM_OVER, language).format(team=sky.storm.team)
    known = [one for one in sky.common if one.what in ("device_type", "gateway") and one.count * 2 >= sky.alerts]
    why = f"; {_common(known[0], page, language)}" if known else ""
    return say(STORM, language).format(team=sky.storm.team, count=sky.alerts, why=why)


def _storm(page: StormPage, language: Language, detail: Detail) -> str:
    sky = page.sky
    rows = [one for one in sky.common if one.what != "reason" or detail == "codes"]
    return say(STORM_OVER_BODY if page.over else STORM_BODY, language).format(
        count=sky.alerts,
        team=sky.storm.team,
        begun=rfc3339(sky.storm.begun_ms),
        reds=sky.reds,
        tier=sky.top_tier,
        common="\n".join(f"- {_common(one, page, language)}" for one in rows),
    )


def _common(one: Common, page: StormPage, language: Language) -> str:
    """What is shared and by how many of them; what nobody knows is said to be unknown."""
    what = say(SHARES[one.what], language)
    if one.value is None:
        return say(UNKNOWN, language).format(what=what)
    value = texts.reason(one.value, language) if one.what == "reason" else one.value
    said = say(SHARED, language).format(what=what, value=value, count=one.count, of=page.sky.alerts)
    if one.unknown:
        said += say(PARTLY, language).format(unknown=one.unknown)
    if one.what == "rules":
        since = page.rules_since
        said += say(SHIPPED, language) if since is None else say(SINCE, language).format(since=since)
    return said
