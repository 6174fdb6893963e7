"""When somebody is woken, how often, by what, and that they hear when it is over."""

import asyncio
import sys
from pathlib import Path

from aiohttp import web

from streams.adapters.settings import Settings
from streams.watchdog.channels import Channels
from streams.watchdog.paging import AGAIN_S, RETRY_S, WELL_S, Kind, Page, Pager
from streams.watchdog.probe import Stage
from streams.watchdog.watch import BROKER_S, Watch

FAULT = {Stage.ALERT: frozenset({3})}
PAGE = Page(Kind.PAGE, FAULT, 0.0)
SETTINGS = Settings(partitions=4)


def kinds(pager: Pager, faults: dict[Stage, frozenset[int]], times: list[float]) -> list[Kind | None]:
    """What is said at these times, each time taken by a channel."""
    said = []
    for now_s in times:
        page = pager.turn(faults, now_s)
        if page is not None:
            pager.done(page, now_s, taken=True)
        said.append(None if page is None else page.kind)
    return said


def test_a_page_comes_at_once_and_again_at_growing_distance() -> None:
    """Five minutes, ten, twenty, forty, and from then on every hour."""
    now_s, times = 100.0, [100.0]
    for pause_s in (*AGAIN_S, AGAIN_S[-1]):
        now_s += pause_s
        times += [now_s - 1, now_s]

    assert [Kind.PAGE, *[None, Kind.AGAIN] * 6] == kinds(Pager(), FAULT, times)


def test_another_stage_is_paged_at_once() -> None:
    """What was said before does not cover it."""
    pager = Pager()
    kinds(pager, FAULT, [0.0])

    assert [Kind.PAGE] == kinds(pager, {**FAULT, Stage.TIMEKEEPER: frozenset({3})}, [1.0])


def test_resolved_is_said_once_and_after_a_while() -> None:
    """A fault that comes and goes is one."""
    pager = Pager()
    kinds(pager, FAULT, [0.0])
    flapping = [*kinds(pager, {}, [10.0]), *kinds(pager, FAULT, [20.0])]

    assert [None, None] == flapping
    assert [None, Kind.RESOLVED, None] == kinds(pager, {}, [30.0, 30.0 + WELL_S, 100.0])
    assert [Kind.PAGE] == kinds(pager, FAULT, [200.0])


def test_a_page_no_channel_took_is_tried_again() -> None:
    """Soon, but not in a hot loop."""
    pager = Pager()
    page = pager.turn(FAULT, 0.0)
    assert page is not None
    pager.done(page, 0.0, taken=False)

    assert [None, Kind.PAGE] == kinds(pager, FAULT, [1.0, RETRY_S])


def test_without_kafka_nothing_else_is_claimed() -> None:
    """The cause, not its hundred consequences."""
    state = Watch.begin(SETTINGS, 60, 60)
    state.probes[0].fault = Stage.READING
    late = state.begun_s + BROKER_S + 1

    assert {Stage.READING: frozenset({0})} == state.faults(state.begun_s + 1)
    assert {Stage.BROKER: frozenset()} == state.faults(late)


def test_a_timekeeper_that_stops_is_missed_within_120_s_as_it_ships() -> None:
    """Though its sign comes only once a minute."""
    state = Watch.begin(SETTINGS, 60, 60)
    state.answered_s = state.begun_s + 1000

    assert {} == state.faults(state.begun_s + 89)
    assert {Stage.TIMEKEEPER: frozenset(range(4))} == state.faults(state.begun_s + 91)


def test_rounds_are_spread_so_that_a_dead_worker_is_missed_soon() -> None:
    """One partition after the other, all within the minute."""
    state = Watch.begin(SETTINGS, 60, 60)

    assert [0, 15, 30, 45] == [round(probe.next_s - state.begun_s) for probe in state.probes]


def test_the_command_gets_the_text_and_the_kind(tmp_path: Path) -> None:
    """On its input and in one variable, so that any mail program will do."""
    target = tmp_path / "page"
    code = f"import os, sys; open({str(target)!r}, 'w').write(os.environ['PAGE_KIND'] + sys.stdin.read())"

    assert asyncio.run(Channels((sys.executable, "-c", code)).send(PAGE))
    assert f"page{PAGE.text}" == target.read_text(encoding="utf-8")
    assert "partitions 3" in PAGE.text


def test_one_channel_that_takes_it_is_enough_and_none_is_not() -> None:
    """A program that is missing, one that fails, and the terminal alone."""
    failing = (sys.executable, "-c", "raise SystemExit(1)")

    async def go() -> list[bool]:
        return [
            await Channels(("/nowhere/pager",)).send(PAGE),
            await Channels(failing).send(PAGE),
            await Channels(failing, "http://127.0.0.1:1/").send(PAGE),
            await Channels().send(PAGE),
        ]

    assert [False, False, False, True] == asyncio.run(go())


def test_the_webhook_gets_json_and_its_refusal_counts() -> None:
    """2xx = taken; a redirect is not followed, for it could lead anywhere."""
    got: list[dict[str, object]] = []

    async def take(request: web.Request) -> web.Response:
        got.append(await request.json())
        return web.Response(status=204 if len(got) == 1 else 302, headers={"Location": "/"})

    async def go() -> list[bool]:
        app = web.Application()
        app.router.add_post("/", take)
        runner = web.AppRunner(app)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        port = runner.addresses[0][1]
        try:
            return [await Channels((), f"http://127.0.0.1:{port}/").send(PAGE) for _ in range(2)]
        finally:
            await runner.cleanup()

    assert [True, False] == asyncio.run(go())
    assert ("page", {"alert": [3]}) == (got[0]["kind"], got[0]["stages"])
