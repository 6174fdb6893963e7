"""The address book: where each recipient of coverage.v1 is reached. A file beside the process, never on a topic.

Secrets stand in files of their own; the book holds only their names. `detail: none` (the default) sends no
clinical text at all: no patient, no reason, only that there is an alert, how urgent, and its id.
"""

from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, model_validator

from schemas.base import Closed
from schemas.errors import ConfigurationError
from schemas.ids import ActorField
from streams.adapters.declare import is_loopback

Detail = Literal["none", "codes"]
"""codes: the pseudonym and the reason codes too. Only for a receiver that may know them."""

Mail = Annotated[str, Field(pattern=r"^[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9.-]{1,190}$")]
Host = Annotated[str, Field(pattern=r"^[A-Za-z0-9.-]{1,200}$")]
Seconds = Annotated[int | float, Field(ge=0.1, le=30)]


class WebhookAddress(Closed):
    """secret_file: `whsec_` and base64, one a line; with two lines both sign, so that a secret can be changed.

    routing_key_file: what PagerDuty calls the integration key; None = the receiver needs none.
    """

    url: Annotated[str, Field(max_length=500)]
    secret_file: str
    routing_key_file: str | None = None

    @model_validator(mode="after")
    def _encrypted(self) -> Self:
        parts = urlsplit(self.url)
        if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(parts.hostname or "")):
            raise ValueError("the address must begin with https://, or http:// on this machine")
        return self


class WebhookBook(Closed):
    """timeout_s: of one try, from looking up the name to the answer's status (5 s: our choice, a page is small)."""

    recipients: Annotated[dict[ActorField, WebhookAddress], Field(min_length=1, max_length=1000)]
    timeout_s: Seconds = 5
    detail: Detail = "none"


class EmailBook(Closed):
    """One mail server for all. tls: `starttls` on 587, `tls` on 465, `none` on this machine only."""

    host: Host
    port: Annotated[int, Field(ge=1, le=65535)] = 587
    tls: Literal["starttls", "tls", "none"] = "starttls"
    username: str | None = None
    password_file: str | None = None
    sender: Mail
    recipients: Annotated[dict[ActorField, Mail], Field(min_length=1, max_length=1000)]
    language: Literal["da", "en"] = "da"
    timeout_s: Seconds = 10
    detail: Detail = "none"

    @model_validator(mode="after")
    def _safe(self) -> Self:
        if self.tls == "none" and not is_loopback(self.host):
            raise ValueError("without TLS a mail server must be on this machine")
        if (self.username is None) != (self.password_file is None):
            raise ValueError("username and password_file go together")
        if self.tls == "none" and self.username is not None:
            raise ValueError("a password needs TLS")
        return self


class ConsoleBook(Closed):
    """Everybody's notices on standard output: for a demo, and for whoever pipes them on."""

    language: Literal["da", "en"] = "da"
    detail: Detail = "none"


class ChannelBook(Closed):
    """Which channels there are. One that is missing here fails with `no_channel`, and the ladder moves on."""

    webhook: WebhookBook | None = None
    email: EmailBook | None = None
    console: ConsoleBook | None = None


def secret(name: str) -> str:
    """The content of a secret's file. Raises ConfigurationError that names the file and not what is in it."""
    try:
        found = Path(name).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        found = ""
    if not found:
        raise ConfigurationError(f"{name} holds no secret.", next_step="Write it there, for this process only.")
    return found
