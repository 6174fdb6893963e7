"""What every channel must fulfil, against real servers of this test with faults of their own."""

import asyncio
import contextlib
import io
import time
from base64 import b64encode
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from schemas.notice import Notice
from streams.adapters.channels import CHANNELS, open_channels
from streams.adapters.channels.book import ChannelBook
from streams.adapters.channels.console import Console
from streams.adapters.channels.ports import Channel, Delivery
from streams.adapters.channels.sender import PAUSES_S, Sender
from tests.messages import make_group, make_notice, make_storm_page
from tests.servers import HTTP_FAULTS, SMTP_FAULTS, Far, http_server, smtp_server

TIMEOUT_S = 0.3
SECRET = "whsec_" + b64encode(b"k" * 32).decode()
WHO = "p-told-to-nobody"
"""A pseudonym that no signature in base64 holds by chance, as it may hold `p1`."""

CLINICAL = (WHO, "spo2", "limits", "iltmætning", "SpO2", "nurse-1")
"""What a notice knows and no channel may say unless the address book allows it."""


@dataclass(slots=True)
class Rig:
    """A channel with a far end of its own. pauses: what the sender would have waited."""

    channel: str
    far: Far
    sender: Sender
    pauses: list[float] = field(default_factory=list)
    out: io.StringIO = field(default_factory=io.StringIO)

    def notice(self, **changed: Any) -> Notice:
        """To somebody this channel can reach."""
        return make_notice(**{"channel": self.channel, "by": "nurse-1"} | changed)

    def arrived(self) -> list[str]:
        """Texts that the far end has taken."""
        return self.out.getvalue().splitlines() if self.channel == "console" else [one.text for one in self.far.taken]


def sections(far: Far, folder: Path) -> dict[str, dict[str, Any]]:
    """A section of the address book per channel, all at the far end's port."""
    file = folder / "secret"
    file.write_text(SECRET, encoding="utf-8")
    hook = {"url": f"http://127.0.0.1:{far.port}/hook", "secret_file": str(file)}
    mail = {"host": "127.0.0.1", "port": far.port, "tls": "none", "sender": "watch@example.org"}
    return {
        "webhook": {"recipients": {"nurse-phone": hook}, "timeout_s": TIMEOUT_S},
        "email": {**mail, "recipients": {"nurse-phone": "nurse@example.org"}, "timeout_s": TIMEOUT_S},
        "console": {},
    }


@contextlib.asynccontextmanager
async def nobody(_: Far) -> AsyncIterator[None]:
    """No server at all."""
    yield


SERVERS: dict[str, tuple[Callable[[Far], AbstractAsyncContextManager[None]], tuple[str, ...]]] = {
    "webhook": (http_server, HTTP_FAULTS),
    "email": (smtp_server, SMTP_FAULTS),
    "console": (nobody, ()),  # no far end that could hang: standard output blocks the process, as any log does
}
"""Channel -> its server, and what that can do wrong."""

FAULTS = [(name, fault) for name, (_, faults) in SERVERS.items() for fault in faults]
HARMLESS = {("webhook", "flood")}
"""Faults behind the answer's status: the message has been taken, the rest is not read."""

FINAL = {("webhook", "redirect"), ("webhook", "400"), ("email", "550")}
"""Faults that another try cannot mend."""


def run(
    name: str, folder: Path, work: Callable[[Rig], Coroutine[Any, Any, None]], *, reachable: bool = True, **section: Any
) -> None:
    """Do this with a channel and its server. section: changes to the address book."""

    async def go() -> None:
        far, out, pauses = Far(), io.StringIO(), list[float]()
        book = ChannelBook.model_validate({name: sections(far, folder)[name] | section})
        channels: dict[str, Channel] = open_channels(book)
        if book.console is not None:
            channels["console"] = Console(book.console, out)

        async def pause(seconds: float) -> None:
            pauses.append(seconds)

        rig = Rig(name, far, Sender(channels, sleep=pause), pauses, out)
        async with SERVERS[name][0](far) if reachable else nobody(far):
            try:
                await work(rig)
            finally:
                far.over.set()
                await rig.sender.close()

    asyncio.run(go())


def test_every_channel_is_tried_here() -> None:
    """A new row of CHANNELS needs a server, or the reason why it has none."""
    assert set(CHANNELS) == set(SERVERS) == set(ChannelBook.model_fields)


@pytest.mark.parametrize("name", CHANNELS)
def test_a_notice_arrives_and_a_repeat_does_not(name: str, tmp_path: Path) -> None:
    """The same key twice is one send, one after the other and at once; another step is another message."""

    async def work(rig: Rig) -> None:
        notice = rig.notice()
        first = await rig.sender.send(notice)
        again = await asyncio.gather(rig.sender.send(notice), rig.sender.send(notice))
        later = rig.notice(action="resolve", sequence=2)
        await asyncio.gather(rig.sender.send(later), rig.sender.send(later))

        assert Delivery("delivered", None, 1) == first
        assert [first, first] == again
        assert 2 == len(rig.arrived())
        assert all("a1" in text for text in rig.arrived()), "the alert's id joins what belongs together"

    run(name, tmp_path, work)


@pytest.mark.parametrize("name", CHANNELS)
def test_no_clinical_text_leaves_by_default(name: str, tmp_path: Path) -> None:
    """Neither patient nor reason nor staff; with `codes` they do, so this test can fail."""

    async def silent(rig: Rig) -> None:
        await rig.sender.send(rig.notice(patient=WHO))
        everything = "\n".join([*rig.arrived(), *(str(one.headers) for one in rig.far.taken)])
        assert [] == [word for word in CLINICAL if word in everything]
        assert "lung" in everything

    async def open_(rig: Rig) -> None:
        await rig.sender.send(rig.notice(patient=WHO))
        assert WHO in rig.arrived()[0]

    run(name, tmp_path, silent)
    run(name, tmp_path, open_, detail="codes")


@pytest.mark.parametrize("name", CHANNELS)
def test_a_group_and_a_storm_page_arrive_once_and_say_nothing_clinical(name: str, tmp_path: Path) -> None:
    """Every alert of the group is named, the page says what is shared; a repeat of either is known as one."""

    async def work(rig: Rig) -> None:
        group, page = make_group(channel=name, by="nurse-1"), make_storm_page(channel=name)
        assert Delivery("delivered", f"group.{group.id}", 1) == await rig.sender.send(group)
        assert Delivery("delivered", None, 1) == await rig.sender.send(page)
        await asyncio.gather(rig.sender.send(group), rig.sender.send(page))
        await rig.sender.send(group.notices[1])

        told, storm = rig.arrived()
        assert all(alert_id in told for alert_id in group.alert_ids)
        assert "Nonin 3230" in storm
        assert "abc123" in storm
        assert [] == [word for word in ("p1", *CLINICAL) if word in told + storm]

    run(name, tmp_path, work)


@pytest.mark.parametrize("name", CHANNELS)
def test_what_may_be_shown_of_each_is_shown_of_many(name: str, tmp_path: Path) -> None:
    """With `codes` a group names patients and reasons, and a storm page the reason that most alerts share."""

    async def work(rig: Rig) -> None:
        await rig.sender.send(make_group(channel=name))
        await rig.sender.send(make_storm_page(channel=name))
        told, storm = rig.arrived()
        assert all(word in told for word in ("p1", "p2", "p3"))
        assert "spo2" in storm or "iltmætning" in storm

    run(name, tmp_path, work, detail="codes")


@pytest.mark.parametrize("name", CHANNELS)
def test_a_group_that_fails_may_be_tried_again_one_by_one(name: str, tmp_path: Path) -> None:
    """Nothing of it has been told."""

    async def work(rig: Rig) -> None:
        group = make_group(channel=name, recipient="stranger")
        if name == "console":
            rig.out.close()
        assert "failed" == (await rig.sender.send(group)).result
        assert not any(rig.sender.knows(notice.id) for notice in group.notices)

    run(name, tmp_path, work)


@pytest.mark.parametrize(("name", "fault"), FAULTS)
def test_a_fault_is_reported_within_the_timeout(name: str, fault: str, tmp_path: Path) -> None:
    """Never raised, never waited for: each try ends in its time, tries are bounded, and what went wrong is said."""

    async def work(rig: Rig) -> None:
        rig.far.fault = fault
        begun = time.monotonic()
        delivery = await rig.sender.send(rig.notice())
        took_s = time.monotonic() - begun

        if (name, fault) in HARMLESS:
            assert Delivery("delivered", None, 1) == delivery
        else:
            tries = 1 if (name, fault) in FINAL else len(PAUSES_S) + 1
            assert ("failed", tries) == (delivery.result, delivery.attempts)
            assert list(PAUSES_S[: tries - 1]) == rig.pauses
            assert delivery.detail
            assert [] == rig.arrived()
        assert took_s < (len(PAUSES_S) + 1) * TIMEOUT_S + 3.0

    run(name, tmp_path, work)


@pytest.mark.parametrize(
    ("name", "fault", "detail"),
    [
        ("webhook", "hang", "timeout"),
        ("webhook", "500", "http_500"),
        ("webhook", "400", "http_400"),
        ("webhook", "redirect", "redirect"),
        ("webhook", "cut", "unreachable"),
        ("email", "hang", "timeout"),
        ("email", "450", "smtp_450"),
        ("email", "550", "smtp_550"),
        ("email", "cut", "unreachable"),
    ],
)
def test_a_fault_has_its_code(name: str, fault: str, detail: str, tmp_path: Path) -> None:
    """An operator reads it in the audit and knows where to look."""

    async def work(rig: Rig) -> None:
        rig.far.fault = fault
        assert detail == (await rig.sender.send(rig.notice())).detail

    run(name, tmp_path, work)


@pytest.mark.parametrize("name", [name for name, (_, faults) in SERVERS.items() if faults])
def test_what_heals_is_delivered(name: str, tmp_path: Path) -> None:
    """Two tries fail, the third is taken; and what has failed for good may be sent again by the same key."""

    async def work(rig: Rig) -> None:
        rig.far.fault, rig.far.heal_after = "500" if name == "webhook" else "450", 2
        assert Delivery("delivered", None, 3) == await rig.sender.send(rig.notice())
        rig.far.heal_after = rig.far.asked + len(PAUSES_S) + 1
        second = rig.notice(sequence=2)
        assert "failed" == (await rig.sender.send(second)).result
        assert Delivery("delivered", None, 1) == await rig.sender.send(second)

    run(name, tmp_path, work)


@pytest.mark.parametrize("name", [name for name, (_, faults) in SERVERS.items() if faults])
def test_an_unreachable_host_is_a_report(name: str, tmp_path: Path) -> None:
    """Nobody listens there: the ladder hears of it and moves on."""

    async def work(rig: Rig) -> None:
        assert Delivery("failed", "unreachable", 4) == await rig.sender.send(rig.notice())

    run(name, tmp_path, work, reachable=False)


@pytest.mark.parametrize("name", [name for name, (_, faults) in SERVERS.items() if faults])
def test_a_recipient_without_an_address_is_a_report(name: str, tmp_path: Path) -> None:
    """At once, because no try can help; as is a channel that the book does not know."""

    async def work(rig: Rig) -> None:
        assert Delivery("failed", "no_address", 1) == await rig.sender.send(rig.notice(recipient="stranger"))
        assert Delivery("failed", "no_channel", 0) == await rig.sender.send(rig.notice(channel="pigeon"))

    run(name, tmp_path, work)
