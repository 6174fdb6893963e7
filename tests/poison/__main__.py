"""`python -m tests.poison`: one poison run on a broker of its own; exit code 1 unless everything is accounted for."""

import logging
import sys

import click
import orjson

from tests.poison.run import Plan, poison_run


@click.command()
@click.option("--good", default=100_000, show_default=True, help="Readings that must count.")
@click.option("--bad", default=10_000, show_default=True, help="Records that must be refused, each with its reason.")
@click.option("--patients", default=500, show_default=True)
@click.option("--seed", default=1, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print the report as one JSON object.")
def main(good: int, bad: int, patients: int, seed: int, *, as_json: bool) -> None:
    """Send bad input among good as fast as it goes, then count restarts, outcomes and bytes."""
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # topics just made have no leader yet
    report = poison_run(Plan(good, bad, patients, seed), say=lambda text: click.echo(text, err=True))
    click.echo(orjson.dumps(report.to_json()).decode() if as_json else report.line())
    for example in report.examples:
        click.echo(f"  {example}", err=True)
    sys.exit(0 if report.is_clean else 1)


if __name__ == "__main__":
    main()
