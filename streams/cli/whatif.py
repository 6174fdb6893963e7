"""`nattevagt backtest what-if`: the same past under other rules or plans, side by side."""

import os
from collections.abc import Mapping, Sequence
from functools import partial
from html import escape
from pathlib import Path
from typing import NamedTuple

import click
import orjson
from rich.console import Console
from rich.progress import Progress, TaskID
from rich.table import Table

from schemas.catalog import default_bundle
from schemas.errors import ContractError
from schemas.rules import RuleBundle
from streams.adapters import reference_log
from streams.adapters.input_records import InputRecord
from streams.adapters.settings import Settings
from streams.cli.gathering import gathered, teams
from streams.cli.given import run
from streams.core.context import Reference
from streams.replay.burden import Interval, difference, measured
from streams.replay.datasets.tihm_days import events_ms
from streams.replay.tihm_records import tihm_replay
from streams.replay.whatif import Lived, Person, Variant, people_of, play, variant

WIDTH = 140
FROM = click.Path(exists=True, dir_okay=False, path_type=Path)


class Past(NamedTuple):
    """What is played: the people, what they share, and the rules that stand as it is."""

    people: list[Person]
    reference: Sequence[InputRecord]
    rules: RuleBundle


@click.command("what-if", short_help="the same past under other rules or plans, side by side")
@click.argument("folder", required=False, type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--events", type=FROM, help="One event of patient-events.v1 a line: an archive.")
@click.option("--log", "is_log", is_flag=True, help="Read patient-events.v1 itself, with the rules and teams in force.")
@click.option("--days", default=28, show_default=True, type=click.IntRange(1, 366), help="Of a log or an archive.")
@click.option("--compare", nargs=2, type=FROM, help="Two variants.")
@click.option("--variant", "one", type=FROM, help="One variant.")
@click.option("--workers", default=2, show_default=True, type=click.IntRange(1), help="Processes.")
@click.option("--html", type=click.Path(dir_okay=False, path_type=Path), help="Write a report there.")
def command(
    folder: Path | None,
    events: Path | None,
    *,
    is_log: bool,
    days: int,
    compare: tuple[Path, Path] | None,
    one: Path | None,
    workers: int,
    html: Path | None,
) -> None:
    """Play the past through the worker's own decisions, as it is and as it would be.

    The past is a FOLDER with TIHM's homes, an archive of --events, or --log: patient-events.v1 of the cluster that
    NATTEVAGT_BROKER names, up to its newest input. There an event is an unplanned admission, an exacerbation or a
    death that clinical-outcomes.v1 has told; nobody is named.

    A variant is a JSON file: {"rules": {...}, "plan": {...}, "min_tier": 2, "model": {...}}; `rules` exchanges parts
    of the bundle, `plan` fields of every care plan, `model` is a snapshot as `nattevagt model show` prints it, which
    may then colour. Without one the past is told as it is. A played team closes each alert after a day.
    """
    past = _past(folder, events, days, is_log=is_log)
    chosen = [_read(path, past.rules) for path in compare or ((one,) if one else ())]
    tried = chosen if compare else [Variant(base=past.rules), *chosen]
    console = Console() if Console().is_terminal else Console(width=WIDTH)
    lives = _played(past, tried, workers, console)
    columns = {each.name: measured(own) for each, own in zip(tried, lives, strict=True)}
    if len(lives) == 2:
        columns["difference"] = difference(lives[0], lives[1])
    events_told = sum(len(person.events_ms) for person in past.people)
    console.print(_table(columns, f"{len(past.people)} people, {events_told} events"))
    if html is not None:
        html.write_text(report(columns, lives, [each.name for each in tried]), encoding="utf-8")
        console.print(f"report: {html}")


def _played(past: Past, tried: Sequence[Variant], workers: int, console: Console) -> list[list[Lived]]:
    lives = []
    with Progress(console=console) as bar:
        for each in tried:
            told = partial(_tell, bar, bar.add_task(each.name, total=len(past.people)))
            lives.append(play(past.people, past.reference, each, workers, told))
    return lives


def _past(folder: Path | None, events: Path | None, days: int, *, is_log: bool) -> Past:
    if (folder is not None) + (events is not None) + is_log != 1:
        raise ContractError("One past is played at a time.", next_step="give a FOLDER, --events FILE or --log")
    if folder is not None:
        source = tihm_replay(folder / "tihm" / "Physiology.csv", partitions=1)
        people = people_of(source.records, events_ms(folder / "tihm" / "Labels.csv"))
        return Past(people, source.reference, default_bundle())
    settings = Settings.from_env(os.environ)
    reference = run(reference_log.in_force(settings)) if is_log else Reference(default_bundle(), settings.code)
    found = gathered(settings, days, events)
    return Past(found.people(), teams(reference), reference.at(reference.stamp).rules)


def _read(path: Path, rules: RuleBundle) -> Variant:
    try:
        return variant(path.stem, orjson.loads(path.read_bytes()), rules)
    except orjson.JSONDecodeError as fault:
        raise ContractError(f"{path.name} is no JSON.", next_step='write {"rules": {}, "plan": {}}') from fault


def _tell(bar: Progress, task: TaskID, done: int) -> None:
    bar.update(task, completed=done)


def _table(columns: Mapping[str, Mapping[str, Interval]], title: str) -> Table:
    table = Table(title=title, title_justify="left")
    table.add_column("")
    for name in columns:
        table.add_column(name, justify="right")
    for figure in next(iter(columns.values())):
        table.add_row(figure, *[_text(column[figure]) for column in columns.values()])
    return table


def _text(found: Interval) -> str:
    if found.value is None:
        return "-"
    if found.low is None:
        return f"{found.value:.3f}"
    return f"{found.value:.3f} [{found.low:.3f}, {found.high:.3f}]"


def report(
    columns: Mapping[str, Mapping[str, Interval]], lives: Sequence[Sequence[Lived]], names: Sequence[str]
) -> str:
    """One HTML page: the table, and how many alerts each person would have had per week."""
    head = "".join(f"<th>{escape(name)}</th>" for name in columns)
    rows = "".join(
        f"<tr><th>{escape(figure)}</th>" + "".join(f"<td>{_text(column[figure])}</td>" for column in columns.values())
        for figure in next(iter(columns.values()))
    )
    plots = "".join(f"<h2>{escape(name)}</h2>{_bars(own)}" for name, own in zip(names, lives, strict=True))
    style = "body{font:16px sans-serif;max-width:60em;margin:2em auto}td,th{padding:.3em 1em;text-align:right}"
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>What if</title><style>{style}</style>'
        f"<h1>What if</h1><p>95 % intervals over people. An alert belongs to an event within two days.</p>"
        f"<table><tr><th></th>{head}</tr>{rows}</table>{plots}</html>\n"
    )


def _bars(lives: Sequence[Lived]) -> str:
    """Alerts per week, one bar a person, the most burdened first: a plot without a library."""
    weekly = sorted((len(life.raised) / life.days * 7 for life in lives), reverse=True)
    most = max([*weekly, 1.0])
    bars = "".join(
        f'<rect x="{n * 12}" y="{100 - share:.1f}" width="10" height="{share:.1f}" fill="#357"/>'
        for n, share in enumerate(week / most * 100 for week in weekly)
    )
    label = f"alerts per week, each person; the highest bar is {most:.1f}"
    return f'<svg role="img" aria-label="{label}" width="{len(weekly) * 12}" height="100">{bars}</svg><p>{label}</p>'
