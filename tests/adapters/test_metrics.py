"""Metrics: named as Prometheus asks, bounded, and never about a person."""

import re
from pathlib import Path

import pytest
from prometheus_client import Counter, Histogram

from schemas.topics import MEASUREMENTS
from streams.adapters import learn_metrics, metrics, notify_metrics, registry_metrics
from streams.adapters.failures import FailureCount
from streams.adapters.metrics import PARTITION, TABLE, Metrics
from streams.adapters.settings import Settings

SERIES = 600
"""Most series of a worker that owns nothing yet; each owned partition adds PER_PARTITION."""

PER_PARTITION = 20
EVERY = (*TABLE, *notify_metrics.TABLE, *learn_metrics.TABLE, *registry_metrics.TABLE)
PERSONS = ("patient", "device", "pseudonym", "user", "team", "staff", "alert_id")


def series(text: bytes) -> list[str]:
    """Every line that is a sample."""
    return [line for line in text.decode().splitlines() if not line.startswith("#")]


def test_every_metric_that_is_declared_is_in_the_table_once() -> None:
    """One that is not would be made, and shown to nobody."""
    declared = [held for held in vars(metrics).values() if isinstance(held, metrics.Declared)]

    assert list(TABLE) == declared
    assert len(TABLE) == len({row.name for row in TABLE})


@pytest.mark.parametrize("row", EVERY, ids=lambda row: row.name)
def test_a_metric_has_prefix_unit_meaning_and_closed_labels(row: metrics.Declared) -> None:
    """A new label needs a row in LABELS, with every value it may have."""
    assert row.full_name.startswith(metrics.PREFIX)
    assert row.name.split("_")[-1] in metrics.UNITS
    assert row.name.endswith("_total") == (row.kind is Counter)
    assert bool(row.buckets) == (row.kind is Histogram)
    assert row.doc.endswith(".")
    assert set(row.labels) <= {*metrics.LABELS, PARTITION}


def test_no_label_can_name_a_person() -> None:
    """Neither by its name nor by a value that somebody sends."""
    assert not set(PERSONS) & set(metrics.LABELS)
    assert all(len(values) == len(set(values)) for values in metrics.LABELS.values())


def test_the_number_of_series_is_bounded_and_known_from_the_start() -> None:
    """All closed labels are there at 0, because a series that appears at 1 has not risen."""
    held = Metrics(12)
    before = series(held.text())
    for row in TABLE:
        if PARTITION in row.labels:
            for topic in metrics.LABELS["topic"]:
                held[row].labels(*(topic if name == "topic" else "0" for name in row.labels))

    assert len(before) <= SERIES
    assert len(series(held.text())) - len(before) <= PER_PARTITION
    assert 'nattevagt_inputs_total{outcome="rejected.unit",topic="measurements.v1"} 0.0' in before


def test_everything_shown_carries_the_prefix() -> None:
    """What the library itself adds about the process, too."""
    names = {re.split(r"[{ ]", line)[0] for line in series(Metrics(1).text())}

    assert all(name.startswith(metrics.PREFIX) for name in names)


def test_partitions_that_moved_are_forgotten() -> None:
    """Another worker tells of them; two values of one partition would be no answer."""
    held = Metrics(2)
    held[metrics.LAG_SECONDS].labels(MEASUREMENTS, 1).set(3)
    held.forget_partitions()

    assert not [line for line in series(held.text()) if "nattevagt_lag_seconds" in line]


def test_failures_are_remembered_by_the_next_life(tmp_path: Path) -> None:
    """A worker ends right after the first; nobody could ask that one."""
    path = tmp_path / "folder" / "failures"
    FailureCount(path).add()
    FailureCount(path).add()

    assert 2 == FailureCount(path).read()
    assert 0 == FailureCount(tmp_path / "other").read()


def test_nothing_is_kept_where_nobody_is_watched_or_a_folder_cannot_be_written(tmp_path: Path) -> None:
    """Neither is a reason to stop."""
    (tmp_path / "file").write_text("", encoding="ascii")
    nowhere = FailureCount(tmp_path / "file" / "failures")
    nowhere.add()
    FailureCount.of(Settings(demo=True)).add()

    assert (0, 0) == (nowhere.read(), FailureCount.of(Settings(demo=True)).read())
