"""`nattevagt worker`: one process of the watch. Scale by starting more of them."""

import asyncio
import gc
import os
import signal
import sys
import threading
import time

import click
import faust

from schemas.errors import NattevagtError, UnavailableError
from streams.adapters import logs
from streams.adapters.admin import refuse_unsafe
from streams.adapters.settings import Settings
from streams.agents.room import EXIT_FAILED, EXIT_REFUSED, end_process
from streams.app import WatchApp, create_app

COLLECT_AFTER = 50_000
"""New containers alive at once before the first look: more than a slice makes, at most some tens of MB."""

DRAIN_S = 30.0
"""Time to end in order once whoever started us is gone (our choice: as long as a supervisor waits)."""


@click.command()
@click.option("--until-stdin-closes", is_flag=True, help="End, too, when whoever started it is gone.")
def command(*, until_stdin_closes: bool) -> None:
    """Run one worker until it is told to stop (SIGTERM, Ctrl-C). Settings come from NATTEVAGT_ variables.

    Exit codes: 0 told to stop; 70 failed, start it again; 78 refused, a person must mend something first.
    """
    if until_stdin_closes:
        threading.Thread(target=_end_with_owner, daemon=True).start()
    try:
        app = _prepared()
    except UnavailableError as error:
        end_process(error, EXIT_FAILED)
    except NattevagtError as error:
        end_process(error, EXIT_REFUSED)
    worker = faust.Worker(app, loglevel="WARN", redirect_stdouts=False, override_logging=False, quiet=True)
    try:
        worker.execute_from_commandline()
    except SystemExit as end:
        sys.exit(EXIT_FAILED if end.code else 0)


def _prepared() -> WatchApp:
    settings = Settings.from_env(os.environ)
    logs.configure(settings.log_level)
    settings.check()
    asyncio.run(refuse_unsafe(settings))
    app = create_app(settings)
    spare_collector()
    return app


def _end_with_owner() -> None:
    """A killed owner cannot tell us to stop, but the pipe it held closes, however early that is."""
    while os.read(sys.stdin.fileno(), 1024):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(DRAIN_S)
    os._exit(EXIT_FAILED)


def spare_collector() -> None:
    """Let Python look for cycles less often: our values have none, and each look costs a third of a reading.

    What exists by now stays for good. Reference counting frees everything else at once, as always.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(COLLECT_AFTER, 20, 50)
