"""The model card that ships: of this release's features and beliefs, with its plots, and small."""

import re

from streams.replay.datasets.bench import LOADERS, Result
from streams.replay.datasets.card import INTRODUCTION, better_than_it
from streams.replay.datasets.judge import Figures
from streams.replay.datasets.run import PRIOR_SNAPSHOT, RISK
from tests.contracts.house import ROOT

CARD = ROOT / "streams" / "replay" / "card" / "model-card.md"
MOST_BYTES = 100_000


def test_the_card_that_ships_is_of_this_release() -> None:
    """If not: `nattevagt backtest datasets FOLDER --card streams/replay/card`, then read the diff."""
    assert INTRODUCTION in CARD.read_text(encoding="utf-8")


def test_it_tells_of_every_set_with_its_plot_gates_and_cold_start() -> None:
    """And of sexes and ages apart."""
    text = CARD.read_text(encoding="utf-8")
    sections = text.split("\n## ")[1:]

    assert len(LOADERS) == len(sections)
    for section in sections:
        assert "Gates of the study: all met." in section
        assert "Ahead of every rule" in section
        assert "By sex and age" in section
        (plot,) = re.findall(r"\]\((\w+\.svg)\)", section)
        assert 0 < (CARD.parent / plot).stat().st_size < MOST_BYTES


def test_who_does_better_is_said() -> None:
    """In each figure of the table, and `none` where nobody does."""
    own, other = Figures(0.7, 0.3, 0.2, 0.5, 1.0, 0.01), Figures(0.6, 0.4, 0.3, 0.4, None, None)
    made = Result("x", "x", "x", 1, 1, 1, {RISK: own, "rule": other}, (), {}, (), PRIOR_SNAPSHOT)

    assert "Better than it: rule 0.400 in AUPRC; rule 0.400 alerts at 0.7.\n" == better_than_it(made)
    assert "none of them" in better_than_it(Result("x", "x", "x", 1, 1, 1, {RISK: own}, (), {}, (), PRIOR_SNAPSHOT))
