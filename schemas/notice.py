"""Notices and replies: one message to one person on one channel, and automatic answers to the patient."""

from enum import StrEnum
from typing import Literal

from schemas.base import Open
from schemas.ids import EventId, make_id
from schemas.triage import TriageLevel


class NoticeAction(StrEnum):
    """What the recipient's system should do: page, stop paging because somebody has it, stop because it is over.

    INFORM is a letter (to the GP when a red is closed): nobody is paged and no answer is waited for.
    """

    TRIGGER = "trigger"
    ACKNOWLEDGE = "acknowledge"
    RESOLVE = "resolve"
    INFORM = "inform"


class RecipientRole(StrEnum):
    """Who is written to. The last four are outside the team."""

    NURSE = "nurse"
    DOCTOR = "doctor"
    DUTY_LEAD = "duty_lead"
    ON_CALL = "on_call"
    OPERATOR = "operator"
    GP = "gp"
    RELATIVE = "relative"
    HOME_CARE = "home_care"


class Origin(Open):
    """What an alert rests on, so that many alerts at once can be told by what they have in common. None = not known.

    device_type, gateway: of the device that speaks for its kinds, as device-bindings.v1 says, where it is one only.
    template: of the plan. rules: digest of the bundle that decided.
    """

    device_type: str | None = None
    gateway: str | None = None
    template: str | None = None
    rules: str | None = None


class Notice(Open):
    """One message to one recipient on one channel: codes, no values, no names, no clinical text.

    id: a function of alert, sequence, action, recipient and channel (`notice_id`): the key by which a channel
    sends it once. alert_id is the key by which the recipient's system joins trigger, acknowledge and resolve.
    recipient: an id of coverage.v1; the address behind it is configuration of the channel.
    sequence: the step of the alert's life it tells of, which an answer has to name. rung: 0 = first recipients.
    not_before: from when it may be sent; None = at once. deliver_by: if it has not arrived by then the ladder
    moves on without it; None = nothing waits for it.
    verdict, by: how it ended and the staff id of who ended it, on RESOLVE and INFORM; None while it is open.
    origin: on TRIGGER only. It is for grouping and for the duty lead; no channel shows it of a single alert.
    """

    v: Literal[1] = 1
    id: str
    action: NoticeAction
    alert_id: str
    sequence: int
    patient: str
    team: str
    recipient: str
    role: RecipientRole
    channel: str
    level: TriageLevel
    tier: int
    rung: int
    reasons: tuple[str, ...]
    unconfirmed: bool
    at: str
    raised_at: str
    not_before: str | None = None
    deliver_by: str | None = None
    verdict: str | None = None
    by: str | None = None
    origin: Origin | None = None


def notice_id(alert_id: str, sequence: int, action: NoticeAction, recipient: str, channel: str) -> EventId:
    """The same message has the same id after every crash, and another step of the alert's life has another."""
    return make_id("notice", alert_id, sequence, action.value, recipient, channel)


class ReplyKind(StrEnum):
    """What an app does with it: TRIAGE answers what was sent in, REPEAT asks to measure again, REMINDER misses it.

    UNREAD says that nobody reads this now and whom to call; EMERGENCY says to call 112; INFORMATION is the rest.
    """

    TRIAGE = "triage"
    REPEAT = "repeat"
    REMINDER = "reminder"
    UNREAD = "unread"
    EMERGENCY = "emergency"
    INFORMATION = "information"


class Reply(Open):
    """One automatic answer to the patient, the same to whatever app shows it.

    level: the colour it stands for; None when plan or consent do not allow showing it, or there is none.
    text_key, parameters: a row of schemas.reply_texts and what fills its blanks; text_da, text_en: the same, rendered.
    language: the one of the plan. wants_read: the app reports that it has been seen, and by `read_by` at the
    latest, else somebody is told; read_by None = nobody waits.
    not_before: before this instant the app shows it without waking anybody; None = it may wake.
    alert_id: the open alert it belongs to, None without one. It is no action: the alert stays open.
    """

    v: Literal[1] = 1
    id: str
    kind: ReplyKind
    patient: str
    team: str
    level: TriageLevel | None
    text_key: str
    parameters: dict[str, str]
    language: Literal["da", "en"]
    text_da: str
    text_en: str
    wants_read: bool
    at: str
    plan_version: int
    alert_id: str | None = None
    not_before: str | None = None
    read_by: str | None = None
