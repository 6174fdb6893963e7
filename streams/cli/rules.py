"""`nattevagt rules rehearse|publish|show|digest`: every number that decides, as one signed bundle."""

import re
from pathlib import Path

import click

from schemas.catalog import default_bundle
from schemas.errors import ConfigurationError
from schemas.plan_template import PlanTemplate
from schemas.rules import RuleBundle
from streams.adapters import reference_log
from streams.adapters.settings import Settings
from streams.cli import rehearsing
from streams.cli.given import FILE, contract, document, newer, pretty, run, with_settings
from streams.core.context import Reference
from streams.replay.lost_reds import Rehearsal
from streams.replay.rehearsal import DAYS

ACTOR = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:@~-]{0,79}")
LONGEST_REASON = 300

DAYS_GIVEN = click.option("--days", type=click.IntRange(1, 90), default=DAYS, show_default=True, help="How far back.")
WORKERS = click.option("--workers", default=2, show_default=True, type=click.IntRange(1), help="Processes.")
EXIT_OBJECTIONS = 1
"""Of `rehearse`: somebody has to say yes."""


@click.group()
def command() -> None:
    """Rehearse and publish a rule bundle, show the one in force, or compute a digest."""


@command.command()
@FILE
@click.option("--template", is_flag=True, help="FILE is a plan template: its plans are played as it says now.")
@DAYS_GIVEN
@WORKERS
@click.option("--events", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Events, one a line.")
@click.option("--patients", is_flag=True, help="Name the people whose reds differ.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of lines.")
@with_settings
def rehearse(
    settings: Settings,
    file: Path,
    *,
    template: bool,
    days: int,
    workers: int,
    events: Path | None,
    patients: bool,
    as_json: bool,
) -> None:
    """Play the last days under what is in force and under FILE, side by side. Publishes nothing.

    Exit code 1: more than twice the alerts, or a red that is lost, so that somebody has to say yes. Records that intake
    refused and models are not played; a played team closes every alert after a day on both sides.
    """
    reference = run(reference_log.in_force(settings)) if events is None else Reference(default_bundle(), settings.code)
    tried = contract(PlanTemplate, document(file), file.name) if template else None
    bundle = reference.at(reference.stamp).rules if template else _bundle(file)
    found = rehearsing.rehearsed(settings, reference, bundle, days=days, workers=workers, events=events, template=tried)
    told = rehearsing.as_json(found, patients=patients)
    click.echo(told if as_json else "\n".join(rehearsing.lines(found, patients=patients)))
    if found.objections:
        raise SystemExit(EXIT_OBJECTIONS)


@command.command()
@FILE
@click.option("--approved-by", metavar="NAME", help="Staff id of whoever says yes to what the rehearsal objects to.")
@click.option("--reason", metavar="TEXT", help="Why; it stands in the audit beside the name.")
@click.option("--unrehearsed", is_flag=True, help="Do not rehearse. Needs a name and a reason.")
@DAYS_GIVEN
@WORKERS
@with_settings
def publish(
    settings: Settings,
    file: Path,
    *,
    approved_by: str | None,
    reason: str | None,
    unrehearsed: bool,
    days: int,
    workers: int,
) -> None:
    """Rehearse FILE, a rule bundle, then publish it. Without `zones` it gets the shipped time zones.

    Outside demo and simulation it must be signed: `signed_by` is the staff id of a clinician. More than twice the
    alerts, or one lost red, needs --approved-by and --reason. What came of it stands on audit.v1 first.
    """
    bundle = _bundle(file)
    if bundle.signed_by is None and not settings.toy:
        raise ConfigurationError(
            f"{file.name}: nobody has signed it.", next_step="Set `signed_by` to a clinician's id."
        )
    reference = run(reference_log.in_force(settings))
    held = reference.at(reference.stamp).rules
    published = reference.stamp.rules >= 0 and held.bundle == bundle.bundle
    newer(f"bundle {bundle.bundle}", bundle.version, held.version if published else None)
    yes = _yes(approved_by, reason)
    found = None if unrehearsed else rehearsing.rehearsed(settings, reference, bundle, days=days, workers=workers)
    said, is_objected = _allowed(file.name, found, yes)
    what = f"rules.publish of {bundle.bundle}, version {bundle.version}"
    run(rehearsing.write_down(settings, what, bundle.digest, said, approved_by if is_objected else bundle.signed_by))
    run(reference_log.publish_rules(settings, bundle))
    click.echo(f"Rule bundle {bundle.bundle}, version {bundle.version}, digest {bundle.digest}, is published.")


def _allowed(name: str, found: Rehearsal | None, yes: str | None) -> tuple[str, bool]:
    """What the audit says, and whether it needed a yes. found: None = not rehearsed. Raises ConfigurationError."""
    objections = ("it has not been rehearsed",) if found is None else found.objections
    refused = bool(objections) and yes is None
    if found is not None:
        click.echo("\n".join(rehearsing.lines(found, patients=False)), err=refused)
    if refused:
        raise ConfigurationError(
            f"{name}: {'; '.join(objections)}.",
            next_step="Look with `nattevagt rules rehearse`; who takes it on gives --approved-by and --reason.",
        )
    said = "not rehearsed" if found is None else found.line
    return (f"{said}; yes: {yes}" if objections else said), bool(objections)


def _yes(name: str | None, reason: str | None) -> str | None:
    """Who says yes, and why; None = nobody has. Raises ConfigurationError when it is half of it, or too long."""
    if name is None and reason is None:
        return None
    text = reason or ""
    if ACTOR.fullmatch(name or "") is None or not 0 < len(text) <= LONGEST_REASON or not text.isprintable():
        raise ConfigurationError(
            "A yes needs both a staff id and a reason.",
            next_step=f"Give --approved-by ID and --reason TEXT, one line of at most {LONGEST_REASON} characters.",
        )
    return f"{name}: {text}"


@command.command()
@click.option("--shipped", is_flag=True, help="The default that ships, whatever is in force. Asks no broker.")
@with_settings
def show(settings: Settings, *, shipped: bool) -> None:
    """Show the bundle in force, as JSON that can be published again after a change."""
    click.echo(pretty((default_bundle() if shipped else _in_force(settings)).model_dump(mode="json")))


@command.command()
@click.argument("file", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@with_settings
def digest(settings: Settings, file: Path | None) -> None:
    """Print the digest that decisions name: of FILE, or of the bundle in force."""
    click.echo((_in_force(settings) if file is None else _bundle(file)).digest)


def _in_force(settings: Settings) -> RuleBundle:
    reference = run(reference_log.in_force(settings))
    return reference.at(reference.stamp).rules


def _bundle(file: Path) -> RuleBundle:
    value = document(file)
    if isinstance(value, dict) and not value.get("zones"):
        value = value | {"zones": default_bundle().zones}
    return contract(RuleBundle, value, file.name)
