"""`nattevagt watchdog`: the dead-man's switch. Sends red readings of its own and pages when no alert comes back."""

import asyncio
import logging
import shlex
import signal
from pathlib import Path

import click
import orjson

from schemas.errors import ConfigurationError, NattevagtError
from streams.adapters import logs
from streams.adapters.clock import steady_s
from streams.adapters.settings import Settings
from streams.cli.given import run, with_settings
from streams.watchdog.channels import Channels
from streams.watchdog.line import prepare
from streams.watchdog.watch import ALIVE_FACTOR, Watch, watch

UNWELL = 1  # exit code of --once
SECONDS = click.FloatRange(min=0.5, max=3600)


@click.command()
@click.option("--every", type=SECONDS, default=60.0, show_default=True, help="Seconds from round to round.")
@click.option("--limit", type=SECONDS, default=60.0, show_default=True, help="Seconds an alert may take to come back.")
@click.option(
    "--page-command",
    metavar="COMMAND",
    help="Run this to page: the text is its input, PAGE_KIND is page, again or resolved.",
)
@click.option("--page-url", metavar="URL|@FILE", help="POST pages there as JSON; @FILE holds the address.")
@click.option(
    "--setup", is_flag=True, help="Only publish the team `watchdog`, with the rights of a care team; then end."
)
@click.option("--once", is_flag=True, help="One round of every partition, then end: 0 = all is well, 1 = it is not.")
@with_settings
def command(
    settings: Settings,
    every: float,
    limit: float,
    page_command: str | None,
    page_url: str | None,
    *,
    setup: bool,
    once: bool,
) -> None:
    """Page somebody when readings no longer become alerts. Runs beside the workers, best on another machine."""
    if settings.simulation:
        raise ConfigurationError(
            "a simulation has a clock of its own, which no watchdog can wait for.",
            next_step="Run it where readings are real, or with --demo.",
        )
    logs.configure(settings.log_level, libraries="ERROR")
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # a broker that is away is ours to say, once
    if setup:
        run(prepare(settings))
        click.echo("Team watchdog is published.")
        return
    channels = Channels(shlex.split(page_command or ""), _address(page_url))
    state = Watch.begin(settings, every, limit, at_once=once)
    asyncio.run(_once(state) if once else _until_told(state, channels))
    if once:
        click.get_current_context().exit(UNWELL if _said(state) else 0)


async def _until_told(state: Watch, channels: Channels) -> None:
    """Watch until SIGTERM or Ctrl-C."""
    task, told = asyncio.create_task(watch(state, channels)), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, told.set)
    waiting = asyncio.create_task(told.wait())
    await asyncio.wait({task, waiting}, return_when=asyncio.FIRST_COMPLETED)
    ended = task.done()
    for one in (task, waiting):
        one.cancel()
    await asyncio.gather(task, waiting, return_exceptions=True)
    if ended:
        error = None if task.cancelled() else task.exception()
        raise NattevagtError(
            f"the watchdog ended by itself ({type(error).__name__})",
            next_step="its supervisor starts it again; report it as a defect",
        ) from error


async def _once(state: Watch) -> None:
    """One round of every partition. Faults are said at the end, not paged."""
    wait_s = ALIVE_FACTOR * state.settings.watch_alive_s + 2 * state.limit_s

    def over(now_s: float) -> bool:
        gone = all(probe.rounds or probe.fault for probe in state.probes)
        return gone or bool(state.faults(now_s)) or now_s - state.begun_s > wait_s

    await watch(state, None, until=over)


def _said(state: Watch) -> bool:
    """Print the round as one JSON object. True = something is wrong."""
    trips = {probe.partition: round(probe.trip_s, 3) for probe in state.probes if probe.rounds}
    missing = sorted(probe.partition for probe in state.probes if not probe.rounds)
    faults = {stage.value: sorted(where) for stage, where in state.faults(steady_s()).items()}
    click.echo(orjson.dumps({"trip_s": {str(k): v for k, v in trips.items()}, "missing": missing, "faults": faults}))
    return bool(missing or faults)


def _address(given: str | None) -> str | None:
    """The webhook's address; from a file, so that no process list shows a secret."""
    if given is None:
        return None
    try:
        found = Path(given[1:]).read_text(encoding="utf-8").strip() if given.startswith("@") else given
    except (OSError, UnicodeDecodeError):
        found = ""
    if not found.startswith(("https://", "http://")):
        raise ConfigurationError("--page-url is no address.", next_step="Give http(s)://..., or @FILE that holds it.")
    return found
