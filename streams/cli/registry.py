"""`nattevagt registry`: say of each device that two people claim at once who had it first. One is enough."""

import asyncio
import logging
import sys

import click
from aiokafka.errors import KafkaError

from schemas.errors import ConfigurationError, NattevagtError, StateError, UnavailableError
from schemas.topics import COMMANDS, DEVICE_CLAIMS
from streams.adapters import logs
from streams.adapters.admin import refuse_unsafe
from streams.adapters.settings import Settings
from streams.agents.registry import Registry
from streams.agents.room import EXIT_FAILED, EXIT_REFUSED, end_process
from streams.cli.given import with_settings
from streams.cli.serving import serve


@click.command()
@with_settings
def command(settings: Settings) -> None:
    """Read device-claims.v1 until told to stop (SIGTERM, Ctrl-C), and write commands.v1.

    Exit codes: 0 told to stop; 70 failed, start it again; 78 refused, a person must mend something first.
    """
    logs.configure(settings.log_level, libraries="ERROR")
    try:
        asyncio.run(_until_told(settings))
    except (StateError, ConfigurationError) as error:
        end_process(error, EXIT_FAILED if isinstance(error, UnavailableError) else EXIT_REFUSED)
    except (NattevagtError, KafkaError) as error:
        logging.getLogger(__name__).critical("registry ends", extra={"reason": type(error).__name__})
        sys.exit(EXIT_FAILED)


async def _until_told(settings: Settings) -> None:
    await refuse_unsafe(settings, only=(DEVICE_CLAIMS, COMMANDS))
    await serve(settings, Registry(settings))
