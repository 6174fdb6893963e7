"""E-mail over SMTP. The alert is the thread, the notice the message: a repeat has the same Message-ID."""

from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime

import aiosmtplib

from schemas.notice import NoticeAction
from streams.adapters.channels.book import EmailBook, secret
from streams.adapters.channels.ports import NO_ADDRESS, TAKEN, TIMEOUT, UNREACHABLE, Attempt, Message
from streams.adapters.channels.wording import body, subject, thread, written_at


class Email:
    """One connection per message: mail servers close idle ones, and a page must not fail for that."""

    together = frozenset({NoticeAction.TRIGGER, NoticeAction.ACKNOWLEDGE, NoticeAction.RESOLVE})

    def __init__(self, book: EmailBook) -> None:
        """Read the password now."""
        self._book = book
        self._password = None if book.password_file is None else secret(book.password_file)

    async def attempt(self, message: Message) -> Attempt:
        """Hand it to the mail server; that it has taken it is all that anybody can know."""
        to = self._book.recipients.get(message.recipient)
        if to is None:
            return Attempt(NO_ADDRESS)
        book = self._book
        try:
            await aiosmtplib.send(
                mail_of(message, book, to),
                hostname=book.host,
                port=book.port,
                use_tls=book.tls == "tls",
                start_tls=book.tls == "starttls",
                username=book.username,
                password=self._password,
                timeout=book.timeout_s,
            )
        except (aiosmtplib.SMTPTimeoutError, TimeoutError):
            return Attempt(TIMEOUT, again=True)
        except aiosmtplib.SMTPRecipientsRefused as refused:
            return _answered(refused.recipients[0].code)
        except aiosmtplib.SMTPResponseException as answer:
            return _answered(answer.code)
        except (aiosmtplib.SMTPException, OSError, ValueError):
            return Attempt(UNREACHABLE, again=True)
        return TAKEN

    async def close(self) -> None:
        """Nothing is held open."""


def mail_of(message: Message, book: EmailBook, to: str) -> EmailMessage:
    """Plain text; no clinical text unless the book says so."""
    domain = book.sender.rpartition("@")[2]
    mail = EmailMessage()
    mail["From"], mail["To"] = book.sender, to
    mail["Subject"] = subject(message, book.language)
    mail["Date"] = format_datetime(datetime.fromisoformat(written_at(message)))
    mail["Message-ID"] = f"<{message.id}@{domain}>"
    mail["References"] = f"<{thread(message)}@{domain}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(body(message, book.language, book.detail) + "\n")
    return mail


def _answered(code: int) -> Attempt:
    """SMTP's own rule: 4xx may be tried again, 5xx may not. Below 400 is an answer nobody expected."""
    return Attempt(f"smtp_{code}", again=code < 500)
