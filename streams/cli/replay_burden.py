"""`nattevagt replay burden`: alerts per patient-day with each mitigation switched off and on, beside the labels."""

from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from itertools import product
from pathlib import Path

import click

from schemas.catalog import default_bundle
from streams.replay.alert_burden import VARIANTS, Burden, measure, total
from streams.replay.burden_sources import Source, stays, tihm

HEADINGS = ("mitigations", "alerts", "per patient-day", "red", "pages", "next-day sensitivity", "next-day PPV")

HEAD = """# Alert burden

Made by `nattevagt replay burden FOLDER --write`, never by hand. Each row is the shipped rule bundle with one thing
changed. A page is a step of tier 3 or above that wakes somebody; a simulated nurse closes each alert after eight
hours. Next-day sensitivity: share of days with an event confirmed by a clinician that had news of an alert the day
before; PPV: share of days with news that were followed by one. TIHM's labels mostly restate same-day thresholds, so
these figures compare rows with each other; they say nothing about deterioration at home. The stays are intensive care.
"""

_held: list[Source] = []
"""What a process of the pool plays; each gets it once, when it starts."""


@click.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--stays", "count", default=200, show_default=True, type=click.IntRange(1, 4000), help="How many.")
@click.option("--workers", default=2, show_default=True, type=click.IntRange(1), help="Processes.")
@click.option("--write", type=click.Path(dir_okay=False, path_type=Path), help="Markdown file for the tables.")
def command(folder: Path, count: int, workers: int, write: Path | None) -> None:
    """Play TIHM and PhysioNet 2012 without Kafka, once for each set of mitigations.

    FOLDER holds the files as their publishers ship them. A simulated nurse closes each alert after eight hours.
    """
    text = "\n\n".join(table(source, workers) for source in (tihm(folder), stays(folder, count)))
    click.echo(text)
    if write is not None:
        write.write_text(f"{HEAD}\n{text}\n", encoding="utf-8")


def table(source: Source, workers: int) -> str:
    """One row for each of VARIANTS, in Markdown."""
    found = _measured(source, workers)
    lines = [f"## {source.title}", "", _row(HEADINGS), _row(["---"] * len(HEADINGS))]
    lines += [_row(_cells(name, burden, source)) for name, burden in found.items()]
    first = next(iter(found.values()))
    return "\n".join([*lines, "", f"{first.readings} readings, {len(first.days)} patient-days with a reading."])


def _measured(source: Source, workers: int) -> dict[str, Burden]:
    jobs = list(product(VARIANTS, range(len(source.parts))))
    with ProcessPoolExecutor(workers, initializer=_hold, initargs=(source,)) as pool:
        done = list(pool.map(_one, jobs, chunksize=max(1, len(jobs) // (workers * 8))))
    return {
        name: total(burden for (variant, _), burden in zip(jobs, done, strict=True) if variant == name)
        for name in VARIANTS
    }


def _hold(source: Source) -> None:
    _held[:] = [source]


def _one(job: tuple[str, int]) -> Burden:
    name, part = job
    source = _held[0]
    return measure(source.reference, source.parts[part], VARIANTS[name](default_bundle()))


def _cells(name: str, burden: Burden, source: Source) -> Sequence[str]:
    agreed = ("-", "-")
    if source.events:
        sensitivity, ppv = burden.next_day(source.events)
        agreed = (f"{sensitivity:.3f}", f"{ppv:.3f}")
    return (name, str(burden.alerts), f"{burden.per_day:.3f}", str(burden.red), str(burden.pages), *agreed)


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
