"""Poison at full speed: 2,000 bad records among 20,000 good ones, nobody restarted, each accounted for."""

import pytest

from streams.adapters.broker import Broker
from tests.poison.run import Plan, poison_run


@pytest.mark.kafka
@pytest.mark.slow
@pytest.mark.nightly
def test_every_bad_record_is_accounted_for_and_no_worker_restarts(broker: Broker, prefix: str) -> None:
    """`python -m tests.poison` is the same five times as large."""
    report = poison_run(Plan(good=20_000, bad=2_000, patients=200), broker=broker, prefix=prefix, say=print)
    assert report.is_clean, (report.line(), report.examples)
