"""`nattevagt coverage publish|show`: which teams exist, and when somebody reads their alerts."""

from pathlib import Path

import click

from schemas.coverage import TeamCoverage
from streams.adapters import reference_log
from streams.adapters.settings import Settings
from streams.cli.given import FILE, contract, document, newer, pretty, run, with_settings


@click.group()
def command() -> None:
    """Publish a team's coverage, or show what is in force."""


@command.command()
@FILE
@with_settings
def publish(settings: Settings, file: Path) -> None:
    """Publish FILE: the coverage of one team, or a list of them. Makes and checks each team's topic first.

    What is in force already, word for word, is not published again: to say the same twice is no mistake.
    """
    value = document(file)
    coverages = [contract(TeamCoverage, one, file.name) for one in (value if isinstance(value, list) else [value])]
    reference = run(reference_log.in_force(settings))
    held = reference.at(reference.stamp).teams
    fresh = [coverage for coverage in coverages if held.get(coverage.team) != coverage]
    for coverage in fresh:
        newer(f"team {coverage.team}", coverage.version, held[coverage.team].version if coverage.team in held else None)
    for coverage in fresh:
        run(reference_log.publish_coverage(settings, coverage))
    for coverage in coverages:
        state = "published" if coverage in fresh else "in force already"
        click.echo(f"Coverage of team {coverage.team}, version {coverage.version}, is {state}.")


@command.command()
@click.option("--team", metavar="SLUG", help="Only this team.")
@with_settings
def show(settings: Settings, team: str | None) -> None:
    """Show the coverage in force, as a JSON list of teams."""
    reference = run(reference_log.in_force(settings))
    found = reference.at(reference.stamp).teams
    click.echo(pretty([found[name].model_dump(mode="json") for name in sorted(found) if team in (None, name)]))
