"""`python -m tests.chaos`: one crash run; exit code 1 when anything is lost, doubled with other content, or wrong."""

import asyncio
import logging
import sys
from pathlib import Path
from typing import Any

import click
import orjson

from tests.chaos.outage import WHO, Outage, OutageReport, Who, outage_run
from tests.chaos.run import Plan, Report, crash_run


@click.command()
@click.option("--readings", default=20_000, show_default=True, help="Readings sent, besides repeats and clocks.")
@click.option("--patients", default=500, show_default=True)
@click.option("--kills", default=3, show_default=True, help="SIGKILLs of a worker, each restarted.")
@click.option("--broker-kills", default=1, show_default=True, help="SIGKILLs of the broker, each restarted.")
@click.option("--joins", default=0, show_default=True, help="Times a second worker joins.")
@click.option("--stops", default=0, show_default=True, help="Times it leaves again, by SIGTERM and SIGKILL in turn.")
@click.option("--stalls", default=0, show_default=True, help="SIGSTOPs of the youngest worker for 22 s.")
@click.option(
    "--down", "down_s", default=2.0, show_default=True, help="Seconds without a broker after each of its SIGKILLs."
)
@click.option("--seed", default=1, show_default=True)
@click.option("--rate", "per_second", default=1_500.0, show_default=True, help="Records sent per second.")
@click.option("--live", is_flag=True, help="As in operation: Kafka's record times and the wall clock.")
@click.option("--static", is_flag=True, help="Workers keep their names in the group over restarts.")
@click.option("--outage-minutes", type=float, help="Instead: one outage of so long, as in operation.")
@click.option(
    "--outage", type=click.Choice(["worker", "broker"]), multiple=True, help="Who is away; else each in turn."
)
@click.option("--logs", type=click.Path(path_type=Path), help="Folder for the workers' logs, one file each.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as one JSON object.")
def main(
    *, outage_minutes: float | None, outage: tuple[Who, ...], logs: Path | None, as_json: bool, **plan: Any
) -> None:
    """Feed readings, kill things, then fold every input again and compare."""
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # a killed broker is no news here
    if logs is not None:
        logs.mkdir(parents=True, exist_ok=True)
    if outage_minutes is None:
        sys.exit(0 if _told(asyncio.run(crash_run(Plan(**plan), say=_say, logs=logs)), as_json=as_json) else 1)
    away = [Outage(who, outage_minutes * 60) for who in outage or WHO]
    clean = [_told(asyncio.run(outage_run(one, say=_say, logs=logs)), as_json=as_json) for one in away]
    sys.exit(0 if all(clean) else 1)


def _say(text: str) -> None:
    click.echo(text, err=True)


def _told(report: Report | OutageReport, *, as_json: bool) -> bool:
    """Print one report; is it clean?"""
    click.echo(orjson.dumps(report.to_json()).decode() if as_json else report.line())
    for example in (*report.verdict.examples, *(report.examples if isinstance(report, OutageReport) else ())):
        _say(f"  {example[:600]}")
    return report.is_clean


if __name__ == "__main__":
    main()
