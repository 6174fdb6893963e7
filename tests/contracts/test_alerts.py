"""Alerts of Prometheus: each has a runbook, names only metrics that there are, and is tried both ways by promtool."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from streams.adapters import learn_metrics, metrics, notify_metrics, registry_metrics
from tests.contracts.house import ROOT, report

RULES = ROOT / "deploy/prometheus"
RUNBOOKS = ROOT / "deploy/runbooks"
SEVERITIES = {"page", "ticket", "none"}
HEADINGS = ("## Symptom", "## Check", "## Fix", "## Who to call")
SUFFIXES = ("_bucket", "_count", "_sum")


def alerts() -> Iterator[dict[str, Any]]:
    """Every alerting rule."""
    for group in yaml.safe_load((RULES / "alerts.yml").read_text(encoding="utf-8"))["groups"]:
        yield from group["rules"]


def names() -> list[str]:
    """Their names."""
    return [rule["alert"] for rule in alerts()]


def test_each_alert_has_a_runbook_of_its_name_and_no_runbook_is_left_over() -> None:
    """At night nobody searches."""
    assert sorted(names()) == sorted(path.stem for path in RUNBOOKS.glob("*.md"))
    assert len(names()) == len(set(names()))


def test_a_runbook_says_what_it_is_what_to_look_at_what_to_do_and_whom_to_call() -> None:
    """In this order, each part with words below it."""
    for path in RUNBOOKS.glob("*.md"):
        text = path.read_text(encoding="utf-8")
        parts = [part.strip() for part in re.split(r"^## .*$", text, flags=re.MULTILINE)]
        assert list(HEADINGS) == re.findall(r"^## .*$", text, re.MULTILINE), path.name
        assert all(parts), path.name
        assert f"# {path.stem}" == parts[0]


def test_alerts_name_only_metrics_that_there_are() -> None:
    """A misspelt metric would never fire."""
    there = {
        row.full_name for row in (*metrics.TABLE, *notify_metrics.TABLE, *learn_metrics.TABLE, *registry_metrics.TABLE)
    }
    used = {name for rule in alerts() for name in re.findall(rf"\b{metrics.PREFIX}[a-z_]+", rule["expr"])}

    report(
        sorted(name for name in used if re.sub(f"({'|'.join(SUFFIXES)})$", "", name) not in there and name not in there)
    )


def test_each_alert_says_how_urgent_it_is_and_what_it_means() -> None:
    """One of three severities, and one sentence."""
    report(rule["alert"] for rule in alerts() if rule["labels"]["severity"] not in SEVERITIES)
    report(rule["alert"] for rule in alerts() if not rule["annotations"]["summary"].endswith("."))


def test_each_alert_is_tried_both_ways() -> None:
    """Firing, and something that looks like it and does not fire; what always fires cannot stay quiet."""
    tried: dict[str, set[bool]] = {}
    for path in sorted(RULES.glob("tests*.yml")):
        for case in yaml.safe_load(path.read_text(encoding="utf-8"))["tests"]:
            for one in case["alert_rule_test"]:
                tried.setdefault(one["alertname"], set()).add(bool(one["exp_alerts"]))
    wanted = {name: {True} if name == "Watchdog" else {True, False} for name in names()}

    assert wanted == tried


@pytest.mark.parametrize(
    "words",
    [
        ("check", "config", "prometheus.yml"),
        ("test", "rules", "tests.yml"),
        ("test", "rules", "tests-burden.yml"),
        ("test", "rules", "tests-models.yml"),
        ("test", "rules", "tests-devices.yml"),
    ],
    ids=" ".join,
)
def test_promtool_agrees(words: tuple[str, ...]) -> None:
    """The rules fire, and do not fire, as the file of tests says."""
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip(reason="no promtool on this machine; it comes with Debian's package `prometheus`")
    done = subprocess.run([promtool, *words], cwd=RULES, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout + done.stderr
