"""`nattevagt model list|show|compare|promote|freeze|rollback`: which model may colour is a named person's decision."""

from collections.abc import Callable
from typing import Any

import click
from pydantic import ValidationError

from schemas.base import rfc3339
from schemas.errors import ConfigurationError
from schemas.model import Frozen, ModelSnapshot, Promoted, RolledBack
from streams.adapters import model_log
from streams.adapters.clock import wall_ms
from streams.adapters.settings import Settings
from streams.cli import model_table
from streams.cli.given import pretty, run, with_settings
from streams.core.learning.designs import BY_ID
from streams.core.models.snapshot import ENOUGH_OUTCOMES

JSON = click.option("--json", "as_json", is_flag=True, help="As JSON.")
MODEL = click.argument("model", type=click.Choice([*BY_ID]))


def _person(function: Callable[..., Any]) -> Callable[..., Any]:
    """Who decides, and why: both stand on models.v1 for good."""
    function = click.option("--reason", required=True, metavar="TEXT", help="Why, for whoever asks in three years.")(
        function
    )
    return click.option("--by", required=True, metavar="STAFF-ID", help="Who decides; a staff id, never a name.")(
        function
    )


@click.group()
def command() -> None:
    """Show what was learned, compare models, and decide which of them may colour."""


@command.command("list")
@JSON
@with_settings
def list_models(settings: Settings, *, as_json: bool) -> None:
    """Every model: what its scores are made of now, and whether it may colour."""
    rows = _rows(run(model_log.read(settings)))
    click.echo(pretty(rows) if as_json else "\n".join(map(_row_text, rows)))


@command.command()
@MODEL
@click.argument("digest", required=False)
@with_settings
def show(settings: Settings, model: str, digest: str | None) -> None:
    """The snapshot DIGEST of MODEL (default: the newest) as it stands on models.v1: weights, lineage, figures.

    As `model` of a variant it colours in `nattevagt backtest what-if`.
    """
    click.echo(pretty(_chosen(settings, model, digest).model_dump(mode="json")))


@command.command()
@JSON
@click.argument("models", nargs=-1, type=click.Choice([*BY_ID]))
@with_settings
def compare(settings: Settings, models: tuple[str, ...], *, as_json: bool) -> None:
    """How the scores of MODELS (default: all) have fared on the same people, beside the rules.

    Each score was given before its label was known. Where a label cannot be known both ends are told: left out, and
    counted as quiet. Intervals are over people, a twentieth of them left out at a time. The figures are sums; no person
    can be found in them.
    """
    found = run(model_log.fared(settings, models or tuple(BY_ID)))
    click.echo(pretty(model_table.as_json(found)) if as_json else "\n".join(model_table.lines(found)))


@command.command()
@MODEL
@click.argument("digest", required=False)
@_person
@with_settings
def promote(settings: Settings, model: str, digest: str | None, by: str, reason: str) -> None:
    """Let MODEL colour: first with the snapshot DIGEST (default: the newest), then with those that follow it.

    It may raise a colour, never lower one, and alone reaches the bundle's `model.tier` at most.
    """
    snapshot = _chosen(settings, model, digest)
    known = snapshot.lineage.outcomes
    _publish(settings, Promoted, snapshot, by, reason)
    click.echo(f"{model} may colour from now on, first with {snapshot.digest[:12]}.")
    if known < ENOUGH_OUTCOMES:
        click.echo(f"It knows {known} outcomes; until it knows {ENOUGH_OUTCOMES} the rules stand alone.")


@command.command()
@MODEL
@_person
@with_settings
def freeze(settings: Settings, model: str, by: str, reason: str) -> None:
    """Keep what is in force of MODEL until somebody promotes again; the learner goes on in the shadow."""
    served = run(model_log.read(settings)).models.now.served[model]
    snapshot = _chosen(settings, model, served.digest)
    _publish(settings, Frozen, snapshot, by, reason)
    click.echo(f"{model} stays at {snapshot.digest[:12]}.")


@command.command()
@MODEL
@click.argument("digest")
@_person
@with_settings
def rollback(settings: Settings, model: str, digest: str, by: str, reason: str) -> None:
    """Bring the earlier snapshot DIGEST of MODEL into force, and keep it there until somebody promotes again."""
    snapshot = _chosen(settings, model, digest)
    _publish(settings, RolledBack, snapshot, by, reason)
    click.echo(f"{model} is back at {snapshot.digest[:12]}.")


def _chosen(settings: Settings, model: str, digest: str | None) -> ModelSnapshot:
    """The sound snapshot whose digest begins like this; the newest without one."""
    log = run(model_log.read(settings))
    sound = [one for one in log.snapshots(model) if log.models.snapshot_of(model, one.digest) is not None]
    fitting = [one for one in sound if one.digest.startswith(digest or "")]
    if not fitting or (digest is not None and len({one.digest for one in fitting}) > 1):
        what = "no sound snapshot" if not fitting else "more than one snapshot"
        raise ConfigurationError(
            f"{model}: {what} fits.", next_step="See `nattevagt model list --json`; give more digits of its digest."
        )
    return fitting[-1]


def _publish(
    settings: Settings, kind: type[Promoted | Frozen | RolledBack], snapshot: ModelSnapshot, by: str, reason: str
) -> None:
    body = {"model": snapshot.model, "digest": snapshot.digest, "by": by, "reason": reason, "at": rfc3339(wall_ms())}
    try:
        record = kind.model_validate(body)
    except ValidationError as error:
        wrong = error.errors(include_input=False)[0]["loc"][0]
        raise ConfigurationError(f"--{wrong} is not well-formed.", next_step="A staff id has no blanks.") from None
    run(model_log.decide(settings, record))


def _rows(log: model_log.ModelLog) -> list[dict[str, Any]]:
    now = log.models.now
    rows = []
    for name, design in BY_ID.items():
        served = now.served[name]
        snapshots = log.snapshots(name)
        rows.append(
            {
                "model": name,
                "summary": design.summary,
                "in_force": served.digest,
                "outcomes": served.outcomes,
                "snapshots": [one.digest for one in snapshots],
                "champion": name == now.champion,
                "colours": name == now.champion and now.may_colour is not None,
                "held": name in now.held,
                "refused": len(log.models.refused),
            }
        )
    return rows


def _row_text(row: dict[str, Any]) -> str:
    standing = "colours" if row["colours"] else "promoted, too few outcomes" if row["champion"] else "shadow"
    held = ", held" if row["held"] else ""
    snapshots, outcomes = len(row["snapshots"]), row["outcomes"]
    return (
        f"{row['model']}: {standing}{held}; {row['in_force'][:12]}, {outcomes} outcomes, {snapshots} snapshots"
        f" ({row['summary']})"
    )
