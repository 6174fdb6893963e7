"""All data sets of a folder, each in a process of its own, and what is to be told of each."""

import gc
import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from schemas.errors import ContractError
from streams.core.models.snapshot import Snapshot
from streams.replay.datasets import physionet2012, physionet2019, tihm_days
from streams.replay.datasets.anchor import NAME as ANCHOR
from streams.replay.datasets.anchor import boosted
from streams.replay.datasets.drift import Noticed, watched
from streams.replay.datasets.judge import Figures, Labels, Scores, auroc, figures, groups, reliability
from streams.replay.datasets.rivals import FixedLimits, PartialNews2
from streams.replay.datasets.rows import DataSet
from streams.replay.datasets.run import RISK, Played, play, tested

LOADERS: Mapping[str, tuple[str, Callable[[Path], DataSet]]] = {
    "p2012": (physionet2012.FILE, physionet2012.load),
    "p2019": (physionet2019.FILE, physionet2019.load),
    "tihm": ("tihm/Physiology.csv", tihm_days.load),
}
"""Name -> the file that tells that it is there, and its loader; the slow ones first."""

WINDOWS = (0, 5, 15, 30, 60, 120, 240, 480)
"""Outcomes known so far: the windows of the cold-start curve (study of online models, section 7)."""

RULES = (PartialNews2.name, FixedLimits.name)


@dataclass(frozen=True, slots=True)
class Result:
    """What one set gave. patients, rows, events: judged ones. columns: name -> figures. start: the cold-start curve.

    groups: sex and age band -> people, AUROC of the risk model. bins: its reliability. drift: would faults be noticed?
    """

    name: str
    title: str
    source: str
    rows: int
    patients: int
    events: int
    columns: Mapping[str, Figures]
    start: Sequence[tuple[int, int, int, Mapping[str, float]]]
    groups: Mapping[str, tuple[int, float]]
    bins: Sequence[tuple[float, float]]
    snapshot: Snapshot
    drift: Sequence[Noticed] = ()


def found_in(folder: Path, only: Sequence[str] = ()) -> list[str]:
    """The sets that are there. Raises ContractError when a wanted one is not, or none is."""
    unknown = sorted(set(only) - set(LOADERS))
    there = [name for name, (file, _) in LOADERS.items() if (folder / file).exists() and (not only or name in only)]
    missing = unknown or sorted(set(only) - set(there))
    if missing or not there:
        files = ", ".join(f"{name}: {file}" for name, (file, _) in LOADERS.items())
        raise ContractError(
            f"Not found in the folder: {', '.join(missing) or 'any data set'}.",
            next_step=f"give a folder with the files as published ({files})",
        )
    return there


def run_all(folder: Path, names: Sequence[str], workers: int, resamples: int) -> list[Result]:
    """Each set in its own process; the results by name."""
    if workers == 1:
        return sorted((judged(folder, resamples, name) for name in names), key=lambda result: result.name)
    # `spawn`, because the numeric libraries must be told before they are loaded how many threads are theirs: the
    # offline model comes last and may use what the other sets have left free.
    os.environ.update({"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": str(workers), "OMP_WAIT_POLICY": "passive"})
    # No collector: hundreds of thousands of rows stay alive, none of them in a cycle, and each look costs seconds.
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn"), initializer=gc.disable) as pool:
        return sorted(pool.map(partial(judged, folder, resamples), names), key=lambda result: result.name)


def judged(folder: Path, resamples: int, name: str) -> Result:
    """One set from file to figures."""
    data = LOADERS[name][1](folder)
    played = play(data)
    columns = {**played.columns, ANCHOR: boosted(data.rows, played.xs)}
    places = list(tested(data))
    rows = [data.rows[n] for n in places]
    told = played.probabilities | {ANCHOR}
    labels = np.array([row.label for row in rows])
    risk = columns[RISK][places]
    return Result(
        name=data.name,
        title=data.title,
        source=data.source,
        rows=len(rows),
        patients=len({row.patient for row in rows}),
        events=len({row.event for row in rows if row.event}),
        columns={
            column: figures(
                data, rows, scores[places], is_probability=column in told, resamples=resamples if column == RISK else 0
            )
            for column, scores in columns.items()
        },
        start=cold_start(played, np.array([row.label for row in data.rows])),
        groups=groups(data, rows, risk),
        bins=reliability(risk, labels),
        snapshot=played.snapshot,
        drift=watched(rows, risk),
    )


def cold_start(played: Played, labels: Labels) -> list[tuple[int, int, int, Mapping[str, float]]]:
    """AUROC of the risk model and of the rules by outcomes known so far: (from, below, rows, name -> AUROC)."""
    curve: list[tuple[int, int, int, Mapping[str, float]]] = []
    for low, high in pairwise((*WINDOWS, 10**9)):
        inside = (played.outcomes >= low) & (played.outcomes < high)
        if 0 < labels[inside].sum() < inside.sum():
            columns: dict[str, Scores] = {name: played.columns[name][inside] for name in (RISK, *RULES)}
            curve.append((low, high, int(inside.sum()), {n: auroc(s, labels[inside]) for n, s in columns.items()}))
    return curve


def beats_rules_from(result: Result) -> int | None:
    """Outcomes from which on it ranks above the best rule in every later window; None = not at the end either."""
    ahead = None
    for low, _, _, by_name in result.start:
        leads = by_name[RISK] > max(by_name[rule] for rule in RULES)
        ahead = (low if ahead is None else ahead) if leads else None
    return ahead


GATES: Mapping[str, tuple[float, float, float, tuple[float, float]]] = {
    "tihm": (0.69, 0.28, 0.07, (0.7, 1.2)),
    "p2012": (0.72, 0.088, 0.025, (0.85, 1.2)),
    "p2019": (0.745, 0.26, 0.005, (0.85, 1.15)),
}
"""AUROC at least, alerts at sensitivity 0.5 and error at most, slope within: section 8 of the study."""


def misses(result: Result) -> list[str]:
    """Which gates the risk model misses on this set; other folders' data have a case mix of their own."""
    least, alerts, error, (low, high) = GATES[result.name]
    got = result.columns[RISK]
    slope, off = got.slope or 0.0, got.error or 0.0
    told = (
        (got.auroc >= least, f"AUROC {got.auroc:.3f} is below {least}"),
        (got.alerts_50 <= alerts, f"{got.alerts_50:.3f} alerts per patient-day at sensitivity 0.5 are above {alerts}"),
        (off <= error, f"calibration error {off:.4f} is above {error}"),
        (low <= slope <= high, f"calibration slope {slope:.2f} is outside {low} to {high}"),
    )
    return [text for is_met, text in told if not is_met]
