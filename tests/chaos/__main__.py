"""`python -m tests.chaos`: one crash run; exit code 1 when anything is lost, doubled with other content, or wrong."""

import asyncio
import logging
import sys
from pathlib import Path
from typing import Any

import click
import orjson

from tests.chaos.run import Plan, crash_run


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
@click.option("--logs", type=click.Path(path_type=Path), help="Folder for the workers' logs, one file each.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as one JSON object.")
def main(*, logs: Path | None, as_json: bool, **plan: Any) -> None:
    """Feed readings, kill things, then fold every input again and compare."""
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # a killed broker is no news here
    if logs is not None:
        logs.mkdir(parents=True, exist_ok=True)
    report = asyncio.run(crash_run(Plan(**plan), say=lambda text: click.echo(text, err=True), logs=logs))
    click.echo(orjson.dumps(report.to_json()).decode() if as_json else report.line())
    for example in report.verdict.examples:
        click.echo(f"  {example[:600]}", err=True)
    sys.exit(0 if report.verdict.is_clean else 1)


if __name__ == "__main__":
    main()
