"""What watches the watch asks for metrics that exist: a panel or an alarm on a misspelt one is silent for ever."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from streams.adapters import learn_metrics, metrics, notify_metrics, registry_metrics
from streams.adapters.metrics import LABELS, PARTITION, Metrics
from tests.contracts.house import ROOT, report

DASHBOARD = ROOT / "deploy" / "grafana" / "overview.json"
RULES = sorted((ROOT / "deploy" / "prometheus").glob("*.yml"))

SHOWN = (
    metrics.OUTCOMES,
    metrics.TO_ALERT,
    metrics.SYNTHETIC_TO_ALERT,
    metrics.LAG_RECORDS,
    metrics.LAG_SECONDS,
    metrics.SLICE,
    metrics.HOLES_FOUND,
    metrics.HOLES_ACCEPTED,
    metrics.REBALANCES,
    metrics.OPEN_ALERTS,
    metrics.LAST_INPUT,
    metrics.WATCH_ALIVE,
    metrics.OWNED,
    metrics.DELIVERY_FAILURES,
    metrics.STEP_ERRORS,
    learn_metrics.AUROC,
    learn_metrics.DRIFT,
    learn_metrics.FELL_BACK,
)
"""What the overview cannot be without."""

NAME = re.compile(r"\bnattevagt_[a-z0-9_]+")
LABEL = re.compile(r'([a-z_]+)\s*=~?\s*"([^"]*)"')
GROUPED = re.compile(r"\bby \(([^)]*)\)")

OTHER_LABELS = {"le", "instance", "job", PARTITION}
"""Labels that Prometheus or a histogram adds, and the one whose values depend on the cluster."""


def series() -> set[str]:
    """Names of all series that our processes show, read from their pages."""
    found: set[str] = set()
    tables = (metrics.TABLE, notify_metrics.TABLE, learn_metrics.TABLE, registry_metrics.TABLE)
    text = b"".join(Metrics(1, row).text() for row in tables)
    for line in text.decode().splitlines():
        match line.split():
            case ["#", "TYPE", name, "histogram"]:
                found |= {f"{name}_bucket", f"{name}_sum", f"{name}_count"}
            case ["#", "TYPE", name, _]:
                found.add(name)
    return found


def panels() -> list[dict[str, Any]]:
    """The panels of the overview."""
    found: list[dict[str, Any]] = json.loads(DASHBOARD.read_text(encoding="utf-8"))["panels"]
    return found


def expressions() -> Iterator[tuple[str, str]]:
    """(title of the panel, what it asks)."""
    for panel in panels():
        for target in panel["targets"]:
            yield panel["title"], target["expr"]


@pytest.mark.parametrize("path", [DASHBOARD, *RULES], ids=lambda path: path.name)
def test_only_metrics_that_exist_are_asked_for(path: Path) -> None:
    """Histograms by their buckets, sums and counts."""
    report(sorted(set(NAME.findall(path.read_text(encoding="utf-8"))) - series()))


@pytest.mark.parametrize(("title", "asked"), [*expressions()], ids=str)
def test_labels_and_their_values_exist(title: str, asked: str) -> None:
    """A value that no series has is as silent as a name that no series has."""
    grouped = {name.strip() for names in GROUPED.findall(asked) for name in names.split(",")}

    assert not grouped - set(LABELS) - OTHER_LABELS, title
    for label, value in LABEL.findall(asked):
        assert value in LABELS[label], title


def test_the_overview_shows_what_matters() -> None:
    """Each of these is on some panel."""
    text = " ".join(asked for _, asked in expressions())

    report(row.full_name for row in SHOWN if row.full_name not in text)


def test_panels_are_told_apart_and_explain_themselves() -> None:
    """At night somebody reads the description."""
    assert len(panels()) == len({panel["id"] for panel in panels()}) == len({panel["title"] for panel in panels()})
    report(panel["title"] for panel in panels() if len(panel["description"]) < 15)


def test_panels_do_not_cover_each_other() -> None:
    """Every place of the grid of 24 columns is taken once."""
    taken: set[tuple[int, int]] = set()
    for panel in panels():
        at = panel["gridPos"]
        places = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert not places & taken, panel["title"]
        assert at["x"] + at["w"] <= 24
        taken |= places


def test_rules_are_there_to_be_checked() -> None:
    """An empty list would make the test above pass for nothing."""
    assert "alerts.yml" in [path.name for path in RULES]
