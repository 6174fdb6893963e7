"""`nattevagt worker`: one process of the watch. Scale by starting more of them."""

import asyncio
import os

import click
import faust

from schemas.errors import ConfigurationError
from streams.adapters import logs
from streams.adapters.admin import refuse_unsafe
from streams.adapters.settings import Settings
from streams.app import create_app


@click.command()
def command() -> None:
    """Run one worker until it is told to stop (SIGTERM, Ctrl-C). Settings come from NATTEVAGT_ variables."""
    settings = Settings.from_env(os.environ)
    settings.check()
    logs.configure(settings.log_level)
    asyncio.run(refuse_unsafe(settings))
    app = create_app(settings)
    worker = faust.Worker(app, loglevel="WARN", redirect_stdouts=False, override_logging=False, quiet=True)
    code = worker.execute_from_commandline()
    if code:
        raise ConfigurationError(
            f"the engine ended with code {code}", next_step="look at the log lines above; the supervisor restarts it"
        )
