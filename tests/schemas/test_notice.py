"""Notices and replies: ids from content alone, and nothing in them that may not leave."""

from schemas.codec import dumps
from schemas.made import wire
from schemas.notice import Notice, NoticeAction, RecipientRole, Reply, ReplyKind, notice_id
from tests.messages import make_notice, make_reply

FIELDS_OF_VALUES = {"value", "value_milli", "evidence", "name", "address", "text", "findings"}


def test_a_notice_reads_back_as_it_was_made() -> None:
    """Bytes are canonical, as of every contract."""
    for notice in (make_notice(), make_notice("resolve", verdict="true", by="nurse-1")):
        assert notice == Notice.model_validate_json(wire(notice))
        assert dumps(notice.model_dump(mode="json")) == wire(notice)
    reply = make_reply("triage.red", phone="1813")
    assert reply == Reply.model_validate_json(wire(reply))
    assert dumps(reply.model_dump(mode="json")) == wire(reply)


def test_the_same_message_has_the_same_id() -> None:
    """And each part of it makes another one."""
    parts = ("a1", 1, NoticeAction.TRIGGER, "nurse-phone", "console")
    others = [
        ("a2", *parts[1:]),
        ("a1", 2, *parts[2:]),
        (*parts[:2], NoticeAction.RESOLVE, *parts[3:]),
        (*parts[:3], "lead-phone", "console"),
        (*parts[:4], "email"),
    ]
    assert notice_id(*parts) == notice_id(*parts) == make_notice().id
    assert 6 == len({notice_id(*parts), *(notice_id(*each) for each in others)})  # type: ignore[arg-type]  # mixed


def test_a_notice_has_no_room_for_clinical_text() -> None:
    """Codes, ids and times only: what is not there cannot leak."""
    assert not FIELDS_OF_VALUES & set(Notice.model_fields)


def test_the_lists_are_closed() -> None:
    """Consumers switch on them; a new member is a new major version."""
    assert ["trigger", "acknowledge", "resolve", "inform"] == [*NoticeAction]
    assert {"nurse", "doctor", "duty_lead", "on_call", "operator", "gp", "relative", "home_care"} == {*RecipientRole}
    assert ["triage", "repeat", "reminder", "unread", "emergency", "information"] == [*ReplyKind]
