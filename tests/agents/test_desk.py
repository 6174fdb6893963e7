"""Desk: what rains on one person is told together, and each of it is answered as if it had gone alone."""

import asyncio
from collections.abc import Awaitable, Callable

from schemas.notice import Notice
from schemas.storm import StormRules
from streams.adapters import notify_metrics as m
from streams.adapters.channels.ports import TAKEN, Attempt, Channel, Delivery, Message
from streams.adapters.channels.sender import Sender
from streams.adapters.metrics import Metrics
from streams.agents.desk import AT_ONCE, Clocks, Desk
from streams.agents.lanes import Errand, Lane, lane_of
from streams.core.escalation.grouping import Group, Grouping
from tests.agents.test_lanes import FakeChannel
from tests.builders import T0
from tests.messages import make_notice

RULES = StormRules(alone=2, red_hold_s=1)


class Scene:
    """One desk, a channel that answers at once, and lanes as notify makes them."""

    def __init__(self, answer: Attempt = TAKEN) -> None:
        self.channel = FakeChannel(answer)
        self.channel.gate.set()
        self.metrics = Metrics(1, m.TABLE)
        channels: dict[str, Channel] = {"console": self.channel}

        async def no_pause(_: float) -> None:
            return None

        self.clocks = Clocks(asyncio.get_running_loop().time, lambda: T0)
        self.sender = Sender(channels, sleep=no_pause)
        self.desk = Desk(self.sender, self.clocks, Grouping(RULES), self.metrics)
        self.lanes: dict[object, Lane] = {}
        self.told: dict[str, Delivery] = {}
        self.failures: list[BaseException] = []

    async def _report(self, errand: Errand, delivery: Delivery) -> None:
        assert errand.notice.id not in self.told, "told twice"
        self.told[errand.notice.id] = delivery

    def put(self, *notices: Notice) -> None:
        """As they come from the log."""
        for notice in notices:
            key = lane_of(notice)
            if key not in self.lanes:
                self.lanes[key] = Lane(self.desk, self._report, self.failures.append, self.clocks)
            self.lanes[key].put(Errand(notice, 0, 0, T0))

    async def done(self) -> None:
        """Until every lane has nothing to do."""
        async with asyncio.timeout(5):
            while not all(lane.is_idle for lane in self.lanes.values()):  # noqa: ASYNC110 - lanes wake each other
                await asyncio.sleep(0.01)

    @property
    def groups(self) -> list[int]:
        """Sizes of the groups that were tried."""
        return [len(one.notices) for one in self.channel.tried if isinstance(one, Group)]


def go(work: Callable[[Scene], Awaitable[None]], answer: Attempt = TAKEN) -> Scene:
    """Do this at a desk."""

    async def made() -> Scene:
        scene = Scene(answer)
        await work(scene)
        scene.desk.forget()
        return scene

    return asyncio.run(made())


def rain(count: int) -> list[Notice]:
    """First pages of so many alerts to one nurse."""
    return [make_notice(alert_id=f"alert-{n}") for n in range(count)]


def test_two_hundred_pages_are_three_messages_and_two_hundred_answers() -> None:
    """Two alone, the rest in one; each member's report names the group that its recipient has in hand."""
    sent = rain(200)

    async def work(scene: Scene) -> None:
        scene.put(*sent)
        await scene.done()

    scene = go(work)
    assert (3, [198]) == (len(scene.channel.tried), scene.groups)
    assert {notice.id for notice in sent} == scene.told.keys()
    assert {"delivered"} == {delivery.result for delivery in scene.told.values()}
    (group,) = [one for one in scene.channel.tried if isinstance(one, Group)]
    assert [f"group.{group.id}"] * 198 == [d.detail for d in scene.told.values() if d.detail is not None]
    assert 198 == scene.metrics[m.GROUPED].labels("console")._value.get()


def test_a_group_that_is_not_delivered_is_failed_for_each() -> None:
    """So every one of their ladders moves on."""
    sent = rain(20)

    async def work(scene: Scene) -> None:
        scene.put(*sent)
        await scene.done()

    scene = go(work, Attempt("http_400"))
    assert {("failed", "http_400")} == {(d.result, d.detail) for d in scene.told.values()}
    assert 20 == len(scene.told)


def test_one_that_waited_alone_goes_as_itself() -> None:
    """Nothing came behind it: the receiver knows it by its own alert."""
    sent = rain(3)

    async def work(scene: Scene) -> None:
        scene.put(*sent)
        await scene.done()

    scene = go(work)
    assert sent == scene.channel.tried
    assert {None} == {delivery.detail for delivery in scene.told.values()}


def test_what_is_over_before_the_group_goes_is_not_in_it() -> None:
    """Its page would be of an alert that nobody has any more."""
    sent = rain(6)

    async def work(scene: Scene) -> None:
        scene.put(*sent)
        await asyncio.sleep(0.05)
        scene.put(make_notice("resolve", alert_id="alert-5", sequence=2))
        await scene.done()

    scene = go(work)
    assert [3] == scene.groups
    assert Delivery("failed", "superseded", 0) == scene.told[sent[5].id]


def test_what_has_been_told_in_a_group_is_not_told_again() -> None:
    """A worker that died has written it to the log a second time."""
    sent = rain(10)

    async def work(scene: Scene) -> None:
        scene.put(*sent)
        await scene.done()
        scene.told.clear()
        tried = len(scene.channel.tried)
        scene.put(*sent)
        await scene.done()
        assert tried == len(scene.channel.tried)

    assert {"delivered"} == {delivery.result for delivery in go(work).told.values()}


def test_hurry_lets_everything_go() -> None:
    """The process ends: what waits is not left to its successor."""
    sent = rain(10)

    async def work(scene: Scene) -> None:
        scene.put(*sent)
        await asyncio.sleep(0.05)
        assert [] == scene.groups
        scene.desk.hurry()
        await asyncio.sleep(0.05)
        assert [8] == scene.groups

    assert 10 == len(go(work).told)


def test_lanes_that_are_forgotten_are_not_told() -> None:
    """Their partition is somebody else's; those that wait with them still are."""
    sent = rain(10)

    async def work(scene: Scene) -> None:
        scene.put(*sent)
        await asyncio.sleep(0.05)
        for notice in sent[2:5]:
            scene.lanes[lane_of(notice)].forget()
        await scene.done()

    scene = go(work)
    assert [5] == scene.groups
    assert {notice.id for notice in (*sent[:2], *sent[5:])} == scene.told.keys()


def test_so_many_are_under_way_at_once_and_no_more() -> None:
    """A receiver is not overrun by its own pages."""

    async def work(scene: Scene) -> None:
        scene.channel.gate.clear()
        scene.desk.grouping = None
        scene.put(*rain(20))
        await asyncio.sleep(0.05)
        assert AT_ONCE == len(scene.channel.tried)
        scene.channel.gate.set()
        await scene.done()

    assert 20 == len(go(work).told)


class Broken(FakeChannel):
    """A defect of ours."""

    async def attempt(self, message: Message) -> Attempt:
        """Never comes to trying."""
        raise RuntimeError(f"a defect with {message.id}")


def test_a_defect_ends_every_lane_that_waited() -> None:
    """Nobody waits for ever for a group that has broken."""

    async def work(scene: Scene) -> None:
        scene.desk.sender = Sender({"console": Broken()})
        scene.put(*rain(5))
        async with asyncio.timeout(5):
            while len(scene.failures) < 5:  # noqa: ASYNC110 - lanes end by themselves
                await asyncio.sleep(0.01)

    assert [RuntimeError] * 5 == [type(error) for error in go(work).failures]
