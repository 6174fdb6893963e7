"""Builders of what is sent to people: notices, groups, storm pages, replies; valid by default, override one thing."""

from typing import Any

from schemas.base import rfc3339
from schemas.notice import Notice, NoticeAction, RecipientRole, Reply, notice_id
from schemas.replies import render
from schemas.reply_texts import REPLIES
from schemas.storm import StormRules
from streams.core.escalation.grouping import Group
from streams.core.escalation.recipients import Addressee
from streams.core.escalation.storm import StormPage, StormWatch
from tests.builders import PATIENT, T0, TEAM


def make_notice(action: str = "trigger", **changed: Any) -> Notice:
    """The first page of a red alert, to one nurse on the console."""
    body: dict[str, Any] = {
        "action": action,
        "alert_id": "a1",
        "sequence": 1,
        "patient": PATIENT,
        "team": TEAM,
        "recipient": "nurse-phone",
        "role": "nurse",
        "channel": "console",
        "level": "red",
        "tier": 4,
        "rung": 0,
        "reasons": ["limits.spo2.red_below"],
        "unconfirmed": False,
        "at": rfc3339(T0),
        "raised_at": rfc3339(T0),
    } | changed
    key = notice_id(
        body["alert_id"], body["sequence"], NoticeAction(body["action"]), body["recipient"], body["channel"]
    )
    return Notice.model_validate({"id": key} | body, strict=False)


def make_group(count: int = 3, action: str = "trigger", **changed: Any) -> Group:
    """First pages of so many alerts, `a1` among them, as one message."""
    return Group(tuple(make_notice(action, alert_id=f"a{n + 1}", patient=f"p{n + 1}", **changed) for n in range(count)))


def make_storm_page(*, over: bool = False, channel: str = "console", **origin: str) -> StormPage:
    """A storm of 20 reds of one team, from one device type, to its duty lead."""
    watch, numbers = StormWatch(), StormRules(alerts=20)
    shared = {"device_type": "Nonin 3230", "rules": "abc123"} | origin
    for n in range(20):
        watch.take(make_notice(alert_id=f"a{n + 1}", patient=f"p{n + 1}", origin=shared), T0, numbers)
    (sky,) = watch.to_tell(T0 + 60_000, numbers)
    return StormPage(sky, Addressee(RecipientRole.DUTY_LEAD, "nurse-phone", channel), over, rfc3339(T0))


def make_reply(key: str = "triage.green_last", *, patient: str = PATIENT, **parameters: str) -> Reply:
    """An answer to the patient at T0, rendered from its row."""
    row = REPLIES[key]
    return Reply(
        id=f"reply-{key}",
        kind=row.kind,
        patient=patient,
        team=TEAM,
        level=row.level,
        text_key=key,
        parameters=parameters,
        language="da",
        text_da=render(key, parameters, "da"),
        text_en=render(key, parameters, "en"),
        wants_read=row.wants_read,
        at=rfc3339(T0),
        plan_version=1,
    )
