"""`nattevagt config show`: every setting, its value, where it comes from and what it means."""

import os
from collections.abc import Mapping
from dataclasses import fields

import click
import orjson

from schemas.errors import ConfigurationError
from streams.adapters.declare import PREFIX
from streams.adapters.settings import Settings

REFUSED = 2  # exit code: a process with these settings would not start


@click.group()
def command() -> None:
    """Look at the settings of this environment."""


@command.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of lines.")
@click.pass_context
def show(ctx: click.Context, *, as_json: bool) -> None:
    """Show every setting. Passwords are never among them. Exit code 0: good to start with; 2: refused."""
    rows = _rows(os.environ)
    refused = _refused(os.environ)
    if as_json:
        click.echo(orjson.dumps({"settings": rows, "refused": refused}))
    else:
        for row in rows:
            click.echo(f"{row['name']} = {_word(row['value'])}  [{row['source']}]\n    {row['doc']}")
        if refused:
            click.echo(f"Refused: {refused}", err=True)
    ctx.exit(REFUSED if refused else 0)


def _rows(environ: Mapping[str, str]) -> list[dict[str, object]]:
    """One row per setting; a value that is refused is not repeated."""
    rows: list[dict[str, object]] = []
    for one in fields(Settings):
        name = one.metadata["env"]
        given = {name: environ[name]} if environ.get(name) else {}
        try:
            value = getattr(Settings.from_env(given), one.name)
        except ConfigurationError:
            value = None
        source = "environment" if given else "default"
        rows.append({"name": name, "value": value, "source": source, "doc": one.metadata["doc"]})
    return rows


def _refused(environ: Mapping[str, str]) -> str | None:
    """Why a process would not start; None if it would."""
    try:
        Settings.from_env({name: text for name, text in environ.items() if name.startswith(PREFIX)}).check()
    except ConfigurationError as error:
        return str(error)
    return None


def _word(value: object) -> str:
    return "(not set)" if value is None else str(value).lower() if isinstance(value, bool) else str(value) or "(empty)"
