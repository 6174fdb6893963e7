"""`nattevagt rules publish|show|digest`: every number that decides, as one signed bundle."""

from pathlib import Path

import click

from schemas.catalog import default_bundle
from schemas.errors import ConfigurationError
from schemas.rules import RuleBundle
from streams.adapters import reference_log
from streams.adapters.settings import Settings
from streams.cli.given import FILE, contract, document, newer, pretty, run, with_settings


@click.group()
def command() -> None:
    """Publish a rule bundle, show the one in force, or compute a digest."""


@command.command()
@FILE
@with_settings
def publish(settings: Settings, file: Path) -> None:
    """Publish FILE, a rule bundle. Without `zones` it gets the shipped time zones.

    Outside demo and simulation it must be signed: `signed_by` is the staff id of a clinician.
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
    run(reference_log.publish_rules(settings, bundle))
    click.echo(f"Rule bundle {bundle.bundle}, version {bundle.version}, digest {bundle.digest}, is published.")


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
