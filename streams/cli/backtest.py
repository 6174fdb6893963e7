"""`nattevagt backtest`: what models and rules would have made of the past."""

import importlib
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from schemas.errors import ContractError
from streams.cli.whatif import command as what_if

WIDTH = 140
"""Characters of a table in a file or a pipe."""


@click.group(short_help="what models and rules would have made of the past")
def command() -> None:
    """What models and rules would have made of the past."""


@command.command("datasets")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--only", multiple=True, help="tihm, p2012 or p2019; may be given again. Otherwise all that are there.")
@click.option("--workers", default=2, show_default=True, type=click.IntRange(1), help="Processes.")
@click.option("--resamples", default=40, show_default=True, help="Patient resamples behind the interval; 0 = none.")
@click.option("--card", "into", type=click.Path(file_okay=False, path_type=Path), help="Write the model card there.")
@click.option("--gates/--no-gates", default=True, help="End with 1 when the risk model misses a gate of its study.")
def datasets(
    folder: Path, only: tuple[str, ...], workers: int, resamples: int, into: Path | None, *, gates: bool
) -> None:
    """Play public data sets, test-then-train with late labels, and print how everybody did.

    FOLDER holds the files as their publishers ship them; another folder of the same formats will do.
    """
    bench, card = _extra("streams.replay.datasets.bench"), _extra("streams.replay.datasets.card")
    names = bench.found_in(folder, only)
    console = _console()
    with console.status(f"playing {', '.join(names)}: two to three minutes"):
        results = bench.run_all(folder, names, workers, resamples)
    for result in results:
        console.print(_table(result.title, card.HEADINGS, card.rows_of(result)))
        ahead = bench.beats_rules_from(result)
        console.print(
            "  not ahead of every rule yet" if ahead is None else f"  ahead of every rule from {ahead} outcomes on"
        )
    if into is not None:
        console.print(f"model card: {card.write(results, into)}")
    missed = [f"{result.name}: {text}" for result in results for text in bench.misses(result)]
    for text in missed:
        console.print(f"gate missed: {text}")
    if missed and gates:
        raise SystemExit(1)


command.add_command(what_if)


def _console() -> Console:
    console = Console()
    return console if console.is_terminal else Console(width=WIDTH)


def _table(title: str, headings: tuple[str, ...], rows: list[tuple[str, ...]]) -> Table:
    table = Table(title=title, title_justify="left")
    for n, heading in enumerate(headings):
        table.add_column(heading, justify="right" if n else "left")
    for row in rows:
        table.add_row(*row)
    return table


def _extra(module: str) -> Any:
    """A module that needs the extra `backtest`. Raises ContractError when it is not installed."""
    try:
        return importlib.import_module(module)
    except ImportError as fault:
        raise ContractError("A library is missing.", next_step="pip install 'nattevagt[backtest]'") from fault
