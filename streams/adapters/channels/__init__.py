"""TABLE of channels: one file each. A notice names its channel; a new one is a file, a row here and a section of the
address book, and tests/contracts/test_channels.py tries it."""

from collections.abc import Callable, Mapping
from typing import Any

from streams.adapters.channels.book import ChannelBook
from streams.adapters.channels.console import Console
from streams.adapters.channels.email import Email
from streams.adapters.channels.ports import Channel
from streams.adapters.channels.webhook import Webhook

CHANNELS: Mapping[str, Callable[[Any], Channel]] = {"webhook": Webhook, "email": Email, "console": Console}
"""Name, which is also the section of the address book -> what makes it of that section."""


def open_channels(book: ChannelBook) -> dict[str, Channel]:
    """Every channel that the book has a section for. Raises ConfigurationError when a secret is missing."""
    sections = {name: getattr(book, name) for name in CHANNELS}
    return {name: CHANNELS[name](section) for name, section in sections.items() if section is not None}
