"""Builders of what is sent to people: a notice and a reply, valid by default, override one thing."""

from typing import Any

from schemas.base import rfc3339
from schemas.notice import Notice, NoticeAction, Reply, notice_id
from schemas.replies import REPLIES, render
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
