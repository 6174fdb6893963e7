"""Lanes: in order for one person, independent of the others, and quick to say that a channel is dead."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import pytest

from schemas.base import rfc3339
from schemas.notice import Notice, NoticeAction
from streams.adapters.channels.ports import TAKEN, Attempt, Channel, Delivery, Message
from streams.adapters.channels.sender import Sender
from streams.agents.desk import DOWN_AFTER, LOOK_AGAIN_S, Breaker, Clocks, Desk
from streams.agents.lanes import Errand, Lane, lane_of
from tests.builders import MINUTE, T0
from tests.messages import make_notice

DEAD = Attempt("timeout", again=True)


@dataclass(slots=True)
class FakeChannel:
    """Answers as told; `gate` holds every try back until it is opened."""

    answer: Attempt = TAKEN
    tried: list[Message] = field(default_factory=list)
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    together: tuple[NoticeAction, ...] = (NoticeAction.TRIGGER,)

    async def attempt(self, notice: Message) -> Attempt:
        """One try."""
        self.tried.append(notice)
        await self.gate.wait()
        return self.answer

    async def close(self) -> None:
        """Nothing is open."""


@dataclass(slots=True)
class Bench:
    """One lane on a fake channel and clocks that stand still."""

    channel: FakeChannel = field(default_factory=FakeChannel)
    now_s: float = 100.0
    now_ms: int | None = T0
    told: list[tuple[str, str | None]] = field(default_factory=list)
    failures: list[BaseException] = field(default_factory=list)
    reports_fail: bool = False

    def lane(self) -> Lane:
        """A fresh one."""
        channels: dict[str, Channel] = {"console": self.channel}

        async def no_pause(_: float) -> None:
            return None

        clocks = Clocks(lambda: self.now_s, lambda: self.now_ms)
        return Lane(Desk(Sender(channels, sleep=no_pause), clocks), self._report, self.failures.append, clocks)

    async def _report(self, errand: Errand, delivery: Delivery) -> None:
        if self.reports_fail:
            raise ConnectionError("no broker")
        self.told.append((errand.notice.id, delivery.detail or delivery.result))


def errand(notice: Notice) -> Errand:
    """Its record."""
    return Errand(notice, 0, notice.sequence, T0)


def go(work: Callable[[Bench], Awaitable[None]], **bench: object) -> Bench:
    """Do this on a bench."""

    async def made() -> Bench:
        found = Bench(**bench)  # type: ignore[arg-type]  # test parameters
        await work(found)
        return found

    return asyncio.run(made())


async def done(lane: Lane) -> None:
    """Wait until the lane has nothing to do."""
    assert lane.task is not None
    await asyncio.wait([lane.task])


def test_messages_of_one_alert_to_one_person_share_a_lane() -> None:
    """And nobody else's do."""
    first, second = make_notice(), make_notice("resolve", sequence=2)
    assert lane_of(first) == lane_of(second)
    assert lane_of(first) != lane_of(make_notice(channel="email"))
    assert lane_of(first) != lane_of(make_notice(recipient="lead-phone"))


def test_messages_arrive_in_order() -> None:
    """A resolve may not overtake its trigger; a needed one waits for the one before it."""

    async def work(bench: Bench) -> None:
        lane, sent = bench.lane(), [make_notice(), make_notice("acknowledge", sequence=2)]
        lane.put(errand(sent[0]))
        await asyncio.sleep(0.01)
        lane.put(errand(sent[1]))
        await asyncio.sleep(0.01)
        assert [sent[0]] == bench.channel.tried
        bench.channel.gate.set()
        await done(lane)
        assert [(notice.id, "delivered") for notice in sent] == bench.told

    go(work)


def test_a_page_that_something_newer_has_overtaken_is_not_sent() -> None:
    """After an outage nobody gets an hour's pages of alerts that are over; the newest step is sent."""

    async def work(bench: Bench) -> None:
        lane = bench.lane()
        bench.channel.gate.set()
        pages = [make_notice(sequence=n) for n in (1, 2)]
        over = make_notice("resolve", sequence=3)
        for notice in (*pages, over):
            lane.put(errand(notice))
        await done(lane)
        assert [over] == bench.channel.tried
        assert [(pages[0].id, "superseded"), (pages[1].id, "superseded"), (over.id, "delivered")] == bench.told

    go(work)


@pytest.mark.parametrize(("late_ms", "said"), [(0, "too_late"), (-1, "delivered")])
def test_a_page_whose_time_has_passed_is_not_sent(late_ms: int, said: str) -> None:
    """The ladder has moved on without it, and said so to the next person."""

    async def work(bench: Bench) -> None:
        lane = bench.lane()
        bench.channel.gate.set()
        lane.put(errand(make_notice(deliver_by=rfc3339(T0 - late_ms))))
        await done(lane)
        assert said == bench.told[0][1]

    go(work)


def test_in_a_simulation_no_deadline_is_held_against_the_wall_clock() -> None:
    """Its notices are years old."""

    async def work(bench: Bench) -> None:
        lane = bench.lane()
        bench.channel.gate.set()
        lane.put(errand(make_notice(deliver_by=rfc3339(T0 - MINUTE), not_before=rfc3339(T0 + MINUTE))))
        await done(lane)
        assert "delivered" == bench.told[0][1]

    go(work, now_ms=None)


def test_a_page_before_its_time_waits_aside_and_holds_nobody_up() -> None:
    """An unconfirmed value pages later; what is worse pages now and makes the waiting one needless."""

    async def work(bench: Bench) -> None:
        lane = bench.lane()
        bench.channel.gate.set()
        waiting = make_notice(not_before=rfc3339(T0 + 15 * MINUTE))
        other, worse = make_notice(alert_id="a2"), make_notice(sequence=2)
        lane.put(errand(waiting))
        lane.put(errand(other))
        await done(lane)
        assert [other] == bench.channel.tried
        lane.put(errand(worse))
        await done(lane)
        assert [other, worse] == bench.channel.tried
        assert (waiting.id, "superseded") in bench.told
        assert {} == lane.aside

    go(work)


def test_its_time_comes() -> None:
    """Twenty milliseconds later it is sent."""

    async def work(bench: Bench) -> None:
        lane = bench.lane()
        bench.channel.gate.set()
        lane.put(errand(make_notice(not_before=rfc3339(T0 + 20))))
        assert [] == bench.channel.tried
        await asyncio.sleep(0.2)
        assert ["delivered"] == [said for _, said in bench.told]

    go(work)


def test_a_dead_channel_is_said_at_once_and_looked_at_again() -> None:
    """After three failures nothing is tried but one look every ten seconds; the first success opens it again."""

    async def work(bench: Bench) -> None:
        lane = bench.lane()
        bench.channel.gate.set()
        sequence = 0

        async def page() -> tuple[int, str | None]:
            nonlocal sequence
            sequence += 1
            before = len(bench.channel.tried)
            lane.put(errand(make_notice(sequence=sequence)))
            await done(lane)
            return len(bench.channel.tried) - before, bench.told[-1][1]

        assert [(4, "timeout")] * DOWN_AFTER == [await page() for _ in range(DOWN_AFTER)]
        assert (0, "down") == await page()
        bench.now_s += LOOK_AGAIN_S
        assert [(1, "timeout"), (0, "down")] == [await page(), await page()]
        bench.now_s += LOOK_AGAIN_S
        bench.channel.answer = TAKEN
        assert [(1, "delivered"), (1, "delivered")] == [await page(), await page()]

    go(work, channel=FakeChannel(DEAD))


def test_a_wrong_address_says_nothing_about_the_far_end() -> None:
    """One person without an address must not silence the others."""
    breaker = Breaker()
    for _ in range(10):
        breaker.learned(Delivery("failed", "no_address", 1), 0.0)
    assert not breaker.is_down


def test_a_report_that_kafka_does_not_take_ends_the_process() -> None:
    """Not the lane alone: who waits behind it would wait for ever."""

    async def work(bench: Bench) -> None:
        lane = bench.lane()
        bench.channel.gate.set()
        lane.put(errand(make_notice()))
        await done(lane)
        await asyncio.sleep(0)

    assert [ConnectionError] == [type(error) for error in go(work, reports_fail=True).failures]


def test_what_is_forgotten_is_not_sent() -> None:
    """Its partition is somebody else's now."""

    async def work(bench: Bench) -> None:
        lane = bench.lane()
        lane.put(errand(make_notice()))
        lane.put(errand(make_notice(alert_id="a2", not_before=rfc3339(T0 + MINUTE))))
        await asyncio.sleep(0)
        lane.forget()
        await done(lane)
        assert ([], []) == (bench.told, bench.failures)
        assert not lane.queue
        assert not lane.aside

    go(work)
