"""`nattevagt replay tihm`: real home readings through a real Kafka, accounted for and decided twice."""

import os
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import click
import orjson

from streams.adapters.broker import obtain
from streams.adapters.clock import wall_ms
from streams.adapters.settings import Settings
from streams.cli.given import DEMO, run
from streams.cli.play import Played, play
from streams.cli.replay_burden import command as burden
from streams.replay.decisions import Published, digest
from streams.replay.tihm import EXCERPT
from streams.replay.tihm_records import TihmReplay, tihm_replay

PUBLISHED = "Physiology.csv"
"""Name of the file as the publisher ships it."""


class Speed(click.ParamType):
    """`max`, or simulated seconds per second."""

    name = "max|N"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> float | None:
        """None = as fast as it goes."""
        if value == "max":
            return None
        try:
            speed = float(str(value))
        except ValueError:
            self.fail("give max or a number", param, ctx)
        if not 0 < speed < float("inf"):
            self.fail("give max or a number above 0", param, ctx)
        return speed


@click.group()
def command() -> None:
    """Play recorded readings again: the same events, the same decisions."""


command.add_command(burden, "burden")


@command.command()
@click.option(
    "--path", type=click.Path(exists=True, path_type=Path), help=f"Folder of TIHM's {PUBLISHED}, or the file."
)
@click.option("--excerpt", is_flag=True, help="Five people, 14 days; ships with the package. [default]")
@click.option("--speed", type=Speed(), default="max", show_default=True, help="max, or simulated seconds per second.")
@click.option("--broker", help="host:port of a Kafka to use. [default: NATTEVAGT_BROKER, else one is started]")
@click.option("--prefix", help="Begins all topic names. [default: a fresh one]")
@click.option("--workers", type=click.IntRange(1, 12), default=1, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of lines.")
@click.pass_context
def tihm(
    ctx: click.Context,
    *,
    path: Path | None,
    excerpt: bool,
    speed: float | None,
    broker: str | None,
    prefix: str | None,
    workers: int,
    as_json: bool,
) -> None:
    """Play TIHM, readings of people with dementia at home.

    Exit code 1: an input is unaccounted for, or Kafka and the run without it decided differently.
    """
    if path is not None and excerpt:
        raise click.UsageError("give --path or --excerpt, not both")
    say = _quiet if as_json else click.echo
    with obtain(broker or os.environ.get("NATTEVAGT_BROKER") or None, say=say) as kafka:
        settings = _settings(kafka.address, prefix or f"replay-{wall_ms()}-")
        source = tihm_replay(_file(path), partitions=settings.partitions)
        played = run(play(source, settings, workers=workers, speed=speed, say=say))
    if as_json:
        click.echo(orjson.dumps(_facts(source, played)))
    else:
        _print(source, played)
    ctx.exit(0 if played.is_good else 1)


def _quiet(_: str) -> None:
    """Nothing but the JSON object goes to the output."""


def _file(path: Path | None) -> Path:
    if path is None:
        return EXCERPT
    return path / PUBLISHED if path.is_dir() else path


def _settings(address: str, prefix: str) -> Settings:
    """Settings of a simulation on whatever cluster there is; one copy is enough, no patient is watched."""
    settings = Settings.from_env(os.environ, broker=address, topic_prefix=prefix, simulation=True, **DEMO)
    settings.check()
    return settings


def _facts(source: TihmReplay, played: Played) -> dict[str, object]:
    return {
        **played.to_json(),
        "readings": source.readings,
        "rows_left_out": source.left_out,
        "alerts": {patient: dict(steps) for patient, steps in _per_patient(played.alerts).items()},
    }


def _per_patient(alerts: Iterable[Iterable[Published]]) -> dict[str, Counter[str]]:
    """How many steps of each kind every patient's alerts took, repeats left out."""
    seen: dict[str, dict[str, str]] = {}
    for records in alerts:
        for record in records:
            seen.setdefault(record.patient, {})[record.id] = orjson.loads(record.value)["type"]
    return {patient: Counter(seen[patient].values()) for patient in sorted(seen)}


def _print(source: TihmReplay, played: Played) -> None:
    account = played.account
    click.echo(f"TIHM: {source.readings} readings, {source.left_out} rows that are no vital sign of the house left out")
    for patient, steps in _per_patient(played.alerts).items():
        click.echo(f"  {patient}: " + ", ".join(f"{count} {kind}" for kind, count in sorted(steps.items())))
    refused = sum(account.rejected.values())
    click.echo(f"accepted {account.accepted} + rejected {refused} = {account.accepted + refused}, sent {played.sent}")
    for outcome, count in account.rejected.items():
        click.echo(f"  {outcome}: {count}")
    click.echo(
        f"without outcome {account.inputs_without_outcome}, conflicting {account.inputs_with_conflicting_outcomes}, "
        f"alerts raised {account.alerts_raised}, audit records {account.audit_records}"
    )
    click.echo(f"decision stream from Kafka    {digest(played.kafka_stream)}")
    click.echo(f"decision stream without Kafka {digest(played.pure_stream)}")
    click.echo("equal, all accounted for" if played.is_good else "NOT equal, or not all accounted for")
