"""The model card: one Markdown file with its plots, written from results and from nothing else."""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from streams.core.learning.designs import DESIGNS
from streams.core.models import risk
from streams.core.models.risk_features import FREE, RISK_FEATURES
from streams.core.models.snapshot import ENOUGH_OUTCOMES, VERSION
from streams.replay.datasets.bench import RULES, Result, beats_rules_from, misses
from streams.replay.datasets.drift import Noticed
from streams.replay.datasets.judge import Figures
from streams.replay.datasets.run import RISK

STRONGEST = 12
"""Weights shown per set."""

INTRODUCTION = f"""# Model card: {risk.ID}, version {VERSION}

**What it says.** {risk.SUMMARY[0].upper()}{risk.SUMMARY[1:]}.
**How.** {risk.SOURCE}.

A shift and a slope, learned slowly beside the weights, keep it calibrated.

**What it may do.** It may raise attention, never lower it below the rules. Until {ENOUGH_OUTCOMES} outcomes are known
it is a shadow. It ships with the rules' opinion as its prior and with no weight that was learned in a hospital.

**What it looks at.** {len(RISK_FEATURES)} named numbers per person: steps outwards of NEWS2-like bands, now and lately;
the distance from the person's own level, now and lately; how late and how often something is measured; answers;
outcomes of before. Not age, not sex, not the time since enrolment. What is missing is not filled in.

**What holds by construction.** A worse reading never lowers the risk, nor does silence: every weight but those of
{len(FREE)} features is 0 or more in what is published, and a snapshot with a wrong sign is refused. The free ones say
how often a kind is measured and that it has been; they are settled when a reading comes, so no silence changes them.

**What the figures below do not say.** Two sets are from intensive care and one is small (42 people): nothing here is
validated at home. Every choice of the features was made with these sets in sight. Labels come as late as in use.

**Made by** `nattevagt backtest datasets FOLDER --card FOLDER`; features and beliefs {DESIGNS[0].digest[:12]}.
"""


def write(results: Sequence[Result], folder: Path) -> Path:
    """The card and its plots in a folder; gives the card's path."""
    folder.mkdir(parents=True, exist_ok=True)
    parts = [INTRODUCTION]
    for result in results:
        parts.append(_section(result))
        _plot(folder / f"{result.name}.svg", result)
    path = folder / "model-card.md"
    path.write_text("\n".join(parts), encoding="utf-8")
    return path


def rows_of(result: Result) -> list[tuple[str, ...]]:
    """One line per model: name and figures as text; "-" where there is none."""
    return [(name, *map(_text, _shown(figures))) for name, figures in result.columns.items()]


HEADINGS = ("model", "AUROC", "AUPRC", "alerts/day at 0.5", "at 0.7", "slope", "error")


NOTICED = ("fault", "weeks", "CUSUM (product)", "false alarms", "ADWIN (river)", "false alarms")


def _shown(found: Figures) -> tuple[float | None, ...]:
    return found.auroc, found.auprc, found.alerts_50, found.alerts_70, found.slope, found.error


def _text(number: float | None) -> str:
    return "-" if number is None else f"{number:.3f}"


def better_than_it(result: Result) -> str:
    """Who does better than the risk model in which figure, in words: what a reader must not have to look for."""
    own = result.columns[RISK]
    others = [(name, found) for name, found in result.columns.items() if name != RISK]
    told = [f"{name} {found.auprc:.3f} in AUPRC" for name, found in others if found.auprc > own.auprc]
    told += [f"{name} {found.auroc:.3f} in AUROC" for name, found in others if found.auroc > own.auroc]
    for share, place in ((0.5, "alerts_50"), (0.7, "alerts_70")):
        fewer = [(name, getattr(found, place)) for name, found in others]
        told += [f"{name} {n:.3f} alerts at {share}" for name, n in fewer if n < getattr(own, place)]
    return f"Better than it: {'; '.join(told) if told else 'none of them, in nothing of this table'}.\n"


def _section(result: Result) -> str:
    best = result.columns[RISK]
    interval = "." if best.low is None else f". AUROC over patients, 95 %: {best.low:.3f} to {best.high:.3f}."
    missed = misses(result)
    ahead = beats_rules_from(result)
    strongest = sorted(result.snapshot.weights.items(), key=lambda item: (-abs(item[1]), item[0]))[:STRONGEST]
    start = [
        (f"{low} to {'' if high >= 10**9 else high}", str(rows), *[f"{found[name]:.3f}" for name in (RISK, *RULES)])
        for low, high, rows, found in result.start
    ]
    return "\n".join(
        (
            f"## {result.title}\n",
            f"{result.source}.",
            f"Judged: {result.rows} scores of {result.patients} people with {result.events} events{interval}",
            f"Gates of the study: {'; '.join(missed) if missed else 'all met'}.\n",
            _table(HEADINGS, rows_of(result)),
            better_than_it(result),
            f"![calibration and cold start]({result.name}.svg)\n",
            f"Ahead of every rule {'from ' + str(ahead) + ' outcomes on' if ahead is not None else 'at no stage'}:\n",
            _table(("outcomes known", "scores", "risk model", *RULES), start),
            "By sex and age, AUROC of the risk model:\n",
            _table(
                ("group", "people", "AUROC"),
                [(name, str(people), f"{found:.3f}") for name, (people, found) in result.groups.items()],
            ),
            "Would it be noticed? Weeks of persons from a fault half-way to the alarm, and alarms without a fault:\n",
            _table(NOTICED, map(_noticed, result.drift)),
            "Its strongest weights at the end, in log odds:\n",
            _table(("feature", "weight"), [(name, f"{weight:+.2f}") for name, weight in strongest]),
        )
    )


def _noticed(found: Noticed) -> tuple[str, ...]:
    cusum, adwin = ("-" if n is None else str(n) for n in (found.cusum, found.adwin))
    false = found.false_alarms
    return found.fault, str(found.episodes), cusum, str(false[0]), adwin, str(false[1])


def _table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [headings, ["---"] * len(headings), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines) + "\n"


def _plot(path: Path, result: Result) -> None:
    import matplotlib as mpl  # part of the extra `backtest`; a second to import

    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = "nattevagt"  # the same results give the same bytes
    mpl.rcParams["svg.fonttype"] = "none"  # letters, not their outlines
    from matplotlib import pyplot as plt

    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4))
    _calibration(left, result)
    _start(right, result)
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None})
    plt.close(figure)


def _calibration(axes: Any, result: Result) -> None:
    foretold, came = zip(*result.bins, strict=True)
    most = max(*foretold, *came)
    axes.plot([0, most], [0, most], color="grey", linewidth=1)
    axes.plot(foretold, came, marker="o")
    axes.set(xlabel="foretold", ylabel="came true", title="calibration, ten equally full bins")


def _start(axes: Any, result: Result) -> None:
    draw: Callable[..., Any] = axes.plot
    for name in (RISK, *RULES):
        draw(
            [f"{low}+" for low, *_ in result.start], [found[name] for *_, found in result.start], marker="o", label=name
        )
    axes.set(xlabel="outcomes known", ylabel="AUROC", title="cold start")
    axes.legend()
