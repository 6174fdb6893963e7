"""`nattevagt demo`: a broker, topics, workers and a first night, live; it ends with an account of every input."""

import asyncio
import os
import signal
from dataclasses import dataclass
from typing import Any

import click
import orjson

from schemas.texts import Language
from streams.adapters.broker import Broker, detached, obtain
from streams.adapters.clock import process_start_s, steady_s, wall_ms
from streams.adapters.settings import Settings
from streams.cli import whereabouts
from streams.cli.board import Board
from streams.cli.demo_show import Manner, shown
from streams.cli.given import run
from streams.cli.overviews import overviews
from streams.cli.stage import Stage, staged, sweep
from streams.cli.telling import Clock, go_on, tell
from streams.cli.whereabouts import DEMO_SETTINGS, Running
from streams.replay.account import Account, await_account
from streams.replay.quiet import until_quiet
from streams.replay.run import PureRun
from streams.sim.scenarios import first_night
from streams.sim.story import Story

STORY_S = 40
"""Seconds in which two days pass, the prologue included (our choice: an attention span)."""

UNBALANCED = 1  # exit code: an input without outcome, or with two


@dataclass(frozen=True, slots=True)
class Options:
    """What the command was asked for. speed: None = as the demo chooses."""

    until_done: bool
    as_json: bool
    speed: float | None
    partitions: int
    seed: int
    keep: bool
    workers: int
    language: Language


@click.command()
@click.option("--broker", metavar="HOST:PORT", help="A Kafka to use.  [default: one is started]")
@click.option("--until-done", is_flag=True, help="As fast as it goes; end when the story is told and decided.")
@click.option("--json", "as_json", is_flag=True, help="The account as one JSON object, and nothing else on stdout.")
@click.option("--speed", type=click.FloatRange(min=1), help="Simulated seconds per second.  [default: 40 s in all]")
@click.option("--partitions", type=click.IntRange(1, 64), default=4, show_default=True, help="Of patient topics.")
@click.option("--seed", type=int, default=1, show_default=True, help="Of the story's small chances.")
@click.option("--keep", is_flag=True, help="Keep the topics when it ends.")
@click.option("--workers", type=click.IntRange(1, 8), default=1, show_default=True)
@click.option("--language", type=click.Choice(["da", "en"]), default="en", show_default=True)
@click.pass_context
def command(ctx: click.Context, /, *, broker: str | None, **given: Any) -> None:
    """Show the night watch at work on thirteen people who do not exist. Ctrl-C ends it with an account."""
    began_s, options = process_start_s(), Options(**given)
    kept = detached.folder() / f"demo-{wall_ms()}" if options.keep and broker is None else None
    with obtain(broker, data=kept, say=_say) as kafka:
        facts = run(_demo(options, kafka, began_s))
    if options.as_json:
        click.echo(orjson.dumps(facts))
    else:
        _print(facts)
    wrong = facts["inputs_without_outcome"] or facts["inputs_with_conflicting_outcomes"]
    ctx.exit(UNBALANCED if wrong else 0)


def _say(text: str) -> None:
    click.echo(text, err=True)


async def _demo(options: Options, kafka: Broker, began_s: float) -> dict[str, Any]:
    stop = _stop_signal()
    settings = _settings(options, kafka.address)
    story, board = _story(options), Board(settings, began_s)
    entry = Running(os.getpid(), settings.broker, settings.topic_prefix, settings.partitions, 0, 0)
    clock = Clock(board, entry)
    log = detached.folder() / f"{settings.topic_prefix}worker.log"
    try:
        async with staged(settings, story.reference, workers=options.workers, log=log, say=_say) as stage:
            clock.at(story.start_ms)
            await _show(options, story, stage, clock, stop)
            await stage.hush()
            account = await stage.during(await_account(settings))
            facts = _facts(account, board) | {"patients": len(await overviews(settings))}
    finally:
        whereabouts.forget(clock.entry)
    if kafka.how == "given" and not options.keep:
        await sweep(settings)
    if not stage.crew.restarts:
        log.unlink(missing_ok=True)
    return facts


def _settings(options: Options, address: str) -> Settings:
    """A fresh prefix each time: a demo never meets the state of an earlier one."""
    prefix = f"demo-{wall_ms()}-"
    return Settings.from_env(
        os.environ, broker=address, topic_prefix=prefix, partitions=options.partitions, **DEMO_SETTINGS
    )


def _story(options: Options) -> Story:
    """The first night, ending at the wall clock: now, or when it will have been told."""
    seconds = 2 * 86_400 / options.speed if options.speed is not None else STORY_S
    end_ms = wall_ms() + (0 if options.until_done else round(seconds * 1000))
    return first_night(options.seed, end_ms=end_ms, partitions=options.partitions, watch=PureRun(options.partitions))


def _stop_signal() -> asyncio.Event:
    """Set by the first Ctrl-C or SIGTERM; the second one is Python's own and ends at once."""
    stop, loop = asyncio.Event(), asyncio.get_running_loop()

    def heard(number: signal.Signals) -> None:
        loop.remove_signal_handler(number)
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, heard, number)
    return stop


async def _show(options: Options, story: Story, stage: Stage, clock: Clock, stop: asyncio.Event) -> None:
    """Tell the story and show it, until it is done (--until-done) or somebody ends it."""

    async def telling() -> None:
        await tell(story, stage, clock, full_speed=options.until_done)
        if options.until_done:
            await until_quiet(stage.settings, story.end_ms)
        else:
            await go_on(story, stage, clock)

    manner = Manner(options.language, to_stderr=options.as_json, screen=not options.until_done)
    async with shown(manner, story, stage, clock.board):
        await stage.during(_first(telling(), stop.wait()))


async def _first(*work: Any) -> None:
    """Whichever ends first; the others are cancelled. Raises what it raised."""
    tasks = [asyncio.ensure_future(one) for one in work]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _facts(account: Account, board: Board) -> dict[str, Any]:
    """The account's figures. events_per_second: inputs, clock records too, from the first outcome told to the last.

    first_alert_seconds, seconds: from the start of the command. None = there was none.
    """
    first, rate = board.first_alert_s, board.over_all()
    return {
        "received": account.received,
        "accepted": account.accepted,
        "rejected": account.rejected,
        "alerts_raised": account.alerts_raised,
        "audit_records": account.audit_records,
        "clock_records": account.clock_records,
        "inputs_without_outcome": account.inputs_without_outcome,
        "inputs_with_conflicting_outcomes": account.inputs_with_conflicting_outcomes,
        "seconds": round(steady_s() - board.began_s, 1),
        "events_per_second": None if rate is None else round(rate, 1),
        "first_alert_seconds": None if first is None else round(first, 1),
        "worker_restarts": board.restarts,
    }


def _print(facts: dict[str, Any]) -> None:
    refused = sum(facts["rejected"].values())
    click.echo(f"received {facts['received']} = accepted {facts['accepted']} + refused {refused}")
    for reason, count in facts["rejected"].items():
        click.echo(f"  {reason}: {count}")
    click.echo(
        f"inputs without outcome {facts['inputs_without_outcome']}, "
        f"with conflicting outcomes {facts['inputs_with_conflicting_outcomes']}"
    )
    click.echo(
        f"{facts['patients']} patients, {facts['alerts_raised']} alerts raised, "
        f"{facts['audit_records']} audit records, "
        f"first alert after {facts['first_alert_seconds']} s, "
        f"{facts['events_per_second']} events/s"
    )
