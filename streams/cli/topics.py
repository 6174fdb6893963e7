"""`nattevagt topics apply|check|list|acls`: the topics of this cluster, made and held to schemas.topics."""

from dataclasses import asdict

import click
import orjson

from schemas.topics import ALERTS_ROW, DAY_MS, TABLE, UNLIMITED, Layout, Topic, alerts_topic
from streams.adapters import admin, reference_log
from streams.adapters.acl_plan import script
from streams.adapters.settings import Settings
from streams.cli.given import run, with_settings

PROBLEMS = 1  # exit code, as of grep and diff: not an error, but not nothing either


@click.group()
def command() -> None:
    """Make topics, check them, list what must be, print the rights they need."""


@command.command()
@click.option("--team", "more", multiple=True, metavar="SLUG", help="Also for this team; may be repeated.")
@click.option("--partitions", type=click.IntRange(1, 1000), help="Instead of NATTEVAGT_PARTITIONS.")
@with_settings
@click.pass_context
def apply(ctx: click.Context, settings: Settings, more: tuple[str, ...], partitions: int | None) -> None:
    """Make what is missing, for the teams of coverage.v1 too. What exists is only looked at."""
    if partitions is not None:
        settings = settings.but(partitions=partitions)
    teams = (*run(reference_log.teams(settings)), *more)
    for name, state in run(admin.apply(settings, teams)).items():
        click.echo(f"{state:8}{name}")
    _say(ctx, settings, teams, as_json=False)


@command.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON list instead of lines.")
@with_settings
@click.pass_context
def check(ctx: click.Context, settings: Settings, *, as_json: bool) -> None:
    """Name everything that is not as it must be. Exit code 0: nothing; 1: something; 2: not found out."""
    _say(ctx, settings, run(reference_log.teams(settings)), as_json=as_json)


def _say(ctx: click.Context, settings: Settings, teams: tuple[str, ...], *, as_json: bool) -> None:
    problems = run(admin.check(settings, teams))
    if as_json:
        click.echo(orjson.dumps([asdict(one) for one in problems]))
    elif problems:
        click.echo("\n".join(map(str, problems)))
    else:
        click.echo("Topics: all as they must be.")
    ctx.exit(PROBLEMS if problems else 0)


@command.command("list")
@click.option("--json", "as_json", is_flag=True, help="One JSON list instead of a table.")
@with_settings
def list_(settings: Settings, *, as_json: bool) -> None:
    """List the topics that must exist. Asks no broker."""
    rows = [_facts(row, settings) for row in (*TABLE, ALERTS_ROW)]
    if as_json:
        click.echo(orjson.dumps(rows))
        return
    lines = [[*rows[0]], *([str(value) for value in row.values()] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        click.echo("  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip())


def _facts(row: Topic, settings: Settings) -> dict[str, object]:
    keeps = "for ever" if row.retention_ms == UNLIMITED else f"{row.retention_ms // DAY_MS} d"
    return {
        "topic": settings.topic(alerts_topic("<team>") if row is ALERTS_ROW else row.name),
        "key": row.key,
        "value": row.value,
        "writers": ", ".join(row.writers),
        "partitions": 1 if row.layout is Layout.ONE else settings.partitions,
        "cleanup": row.cleanup,
        "keeps": "last per key" if row.cleanup == "compact" else keeps,
        "max_bytes": row.max_message_bytes,
    }


@command.command()
@with_settings
def acls(settings: Settings) -> None:
    """Print the rights each role needs, as a shell script around kafka-acls.sh. Asks no broker."""
    click.echo(script(settings), nl=False)
