"""The address book: what is refused, because it would carry notices or passwords in the open."""

from typing import Any

import pytest
from pydantic import ValidationError

from streams.adapters.channels import open_channels
from streams.adapters.channels.book import ChannelBook

HOOK = {"url": "https://pager.example/hook", "secret_file": "secret"}
MAIL = {"host": "mail.example", "sender": "watch@example.org", "recipients": {"nurse-1": "nurse@example.org"}}


def book(**sections: Any) -> ChannelBook:
    """As it is read from a file."""
    return ChannelBook.model_validate(sections)


def test_an_empty_book_has_no_channel() -> None:
    """Then every notice fails with `no_channel`, and the ladder moves on."""
    assert {} == open_channels(book())


def test_what_is_right_is_taken() -> None:
    """One of each."""
    made = book(webhook={"recipients": {"nurse-1": HOOK}}, email=MAIL, console={"language": "en"})
    assert ("none", "starttls", "en") == (made.webhook and made.webhook.detail, made.email and made.email.tls, "en")


@pytest.mark.parametrize(
    "sections",
    [
        {"webhook": {"recipients": {"nurse-1": HOOK | {"url": "http://pager.example/hook"}}}},
        {"webhook": {"recipients": {"nurse-1": HOOK | {"url": "file:///etc/passwd"}}}},
        {"webhook": {"recipients": {}}},
        {"webhook": {"recipients": {"nurse-1": HOOK}, "timeout_s": 31}},
        {"email": MAIL | {"tls": "none"}},
        {"email": MAIL | {"host": "127.0.0.1", "tls": "none", "username": "u", "password_file": "p"}},
        {"email": MAIL | {"username": "u"}},
        {"email": MAIL | {"recipients": {"nurse-1": "nurse@example.org\nBcc: x@example.org"}}},
        {"email": MAIL | {"password": "hunter2"}},
        {"pigeon": {}},
    ],
)
def test_what_is_unsafe_is_refused(sections: dict[str, Any]) -> None:
    """When the book is read, not when it is needed."""
    with pytest.raises(ValidationError):
        book(**sections)
