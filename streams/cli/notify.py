"""`nattevagt notify`: hand notices to people by webhook, e-mail or console, and write back what became of them."""

import asyncio
import logging
import sys
from pathlib import Path

import click
from aiokafka.errors import KafkaError

from schemas.errors import ConfigurationError, NattevagtError
from streams.adapters import logs
from streams.adapters.channels import open_channels
from streams.adapters.channels.book import ChannelBook, ConsoleBook
from streams.adapters.channels.sender import Sender
from streams.adapters.settings import Settings
from streams.agents.notify import Notify
from streams.agents.room import EXIT_FAILED
from streams.cli.given import contract, document, with_settings
from streams.cli.serving import serve


@click.command()
@click.option("--check", is_flag=True, help="Only read the address book and its secrets, then end.")
@with_settings
def command(settings: Settings, *, check: bool) -> None:
    """Deliver notices until SIGTERM or Ctrl-C. The address book is the file NATTEVAGT_CHANNELS_FILE.

    Exit codes: 0 told to stop; 70 failed, start it again; 2 refused, a person must mend something first.
    """
    logs.configure(settings.log_level, libraries="ERROR")
    book = _book(settings)
    if check:
        asyncio.run(_opened(book))
        click.echo("The address book and its secrets can be read.")
        return
    try:
        asyncio.run(_until_told(settings, book))
    except ConfigurationError:
        raise
    except (NattevagtError, KafkaError) as error:
        logging.getLogger(__name__).critical("notify ends", extra={"reason": type(error).__name__})
        sys.exit(EXIT_FAILED)


def _book(settings: Settings) -> ChannelBook:
    """Without a file a demo prints, and everything else refuses: a red alert that reaches nobody is no default."""
    if settings.channels_file is not None:
        return contract(ChannelBook, document(Path(settings.channels_file)), "the address book")
    if settings.demo:
        return ChannelBook(console=ConsoleBook())
    raise ConfigurationError(
        "NATTEVAGT_CHANNELS_FILE: nobody could be reached without an address book.",
        next_step="Write one as deploy/README.md shows, and name it.",
    )


async def _opened(book: ChannelBook) -> None:
    await Sender(open_channels(book)).close()


async def _until_told(settings: Settings, book: ChannelBook) -> None:
    await serve(settings, Notify(settings, Sender(open_channels(book))))
