"""The outage in short: 75 seconds, longer than a rung of the ladder and than a slot's grace."""

import asyncio

import pytest

from tests.chaos.outage import WHO, Outage, Who, outage_run

pytestmark = [pytest.mark.kafka, pytest.mark.slow, pytest.mark.nightly]


@pytest.mark.timeout(600)
@pytest.mark.parametrize("who", WHO)
def test_an_outage_ends_in_no_false_silence_and_no_rushed_ladder(who: Who) -> None:
    """Worker or broker away, readings on their way meanwhile; who is silent is missed, and alerts still escalate."""
    report = asyncio.run(outage_run(Outage(who, 75.0)))
    assert report.is_clean, f"{report.to_json()}"
    assert report.stood_still > 0
