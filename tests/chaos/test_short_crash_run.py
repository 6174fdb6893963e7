"""The proof in short: 20,000 readings, the worker dies three times, the broker once, and nothing is missing."""

import asyncio

import pytest

from tests.chaos.run import Plan, crash_run

pytestmark = [pytest.mark.kafka, pytest.mark.slow]


@pytest.mark.timeout(900)
def test_three_kills_of_the_worker_and_one_of_the_broker_lose_nothing() -> None:
    """Every input has one outcome, every state and every alert is that of the pure fold, byte for byte."""
    report = asyncio.run(crash_run(Plan(readings=20_000, kills=3, broker_kills=1)))
    assert report.verdict.is_clean, report.line() + "\n" + "\n".join(report.verdict.examples)
    assert report.exits.count(-9) >= 3, "the worker was not killed as often as planned"
    assert report.verdict.inputs >= 20_000
    assert report.verdict.alerts > 100
