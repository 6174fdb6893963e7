"""`nattevagt coverage publish|check|show`: which teams exist, who reads their alerts, and when nobody does."""

from pathlib import Path

import click

from schemas import texts
from schemas.catalog import default_bundle
from schemas.coverage import TeamCoverage
from schemas.rules import RuleBundle
from streams.adapters import reference_log
from streams.adapters.clock import wall_ms
from streams.adapters.settings import Settings
from streams.cli.given import FILE, contract, document, newer, pretty, run, with_settings
from streams.core.escalation.survey import DAYS, survey
from streams.core.replies import local_text


@click.group()
def command() -> None:
    """Publish a team's coverage, check what it leaves open, or show what is in force."""


@command.command()
@FILE
@with_settings
def publish(settings: Settings, file: Path) -> None:
    """Publish FILE: the coverage of one team, or a list of them. Makes and checks each team's topic first.

    What is in force already, word for word, is not published again: to say the same twice is no mistake. Hours in
    which nobody reads are taken, and told as findings.
    """
    coverages = _read(file)
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
        for line in findings(coverage, reference.at(reference.stamp).rules, wall_ms()):
            click.echo(line)


@command.command()
@FILE
@click.option("--days", type=click.IntRange(1, 40), default=DAYS, show_default=True, help="How far to look.")
@click.option("--language", type=click.Choice(["da", "en"]), default="en", show_default=True)
def check(file: Path, days: int, language: texts.Language) -> None:
    """Say what FILE leaves open, hour by hour. Needs no Kafka; exit code 1 when a red may wait unread."""
    red = False
    for coverage in _read(file):
        rules, now_ms = default_bundle(), wall_ms()
        lines = findings(coverage, rules, now_ms, days, language)
        red = red or any(gap.is_red for gap in survey(coverage, rules, now_ms, days))
        click.echo(f"Team {coverage.team}, version {coverage.version}: {len(lines) or 'no'} lines to read")
        for line in lines:
            click.echo(line)
    if red:
        raise SystemExit(1)


def _read(file: Path) -> list[TeamCoverage]:
    value = document(file)
    return [contract(TeamCoverage, one, file.name) for one in (value if isinstance(value, list) else [value])]


def findings(
    coverage: TeamCoverage, rules: RuleBundle, now_ms: int, days: int = DAYS, language: texts.Language = "en"
) -> list[str]:
    """One line per gap, and one per stretch of hours in which nobody reads, in the team's own time."""
    zone = rules.zones.get(coverage.zone, ())
    lines = []
    for gap in survey(coverage, rules, now_ms, days):
        lines.append(f"  {'!' if gap.is_red else '-'} {gap.code}: {texts.reason(gap.code, language)}")
        for since, until in gap.hours:
            hours = (until - since) / 3_600_000
            lines.append(f"      {local_text(zone, since)} to {local_text(zone, until)}  ({hours:g} h)")
    return lines


@command.command()
@click.option("--team", metavar="SLUG", help="Only this team.")
@with_settings
def show(settings: Settings, team: str | None) -> None:
    """Show the coverage in force, as a JSON list of teams."""
    reference = run(reference_log.in_force(settings))
    found = reference.at(reference.stamp).teams
    click.echo(pretty([found[name].model_dump(mode="json") for name in sorted(found) if team in (None, name)]))
