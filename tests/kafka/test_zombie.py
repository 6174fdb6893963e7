"""A worker that stood still for longer than its session writes late: nothing of it may win."""

import asyncio

import orjson
import pytest

from schemas.topics import OVERVIEW, STATE
from streams.adapters.broker import Broker
from streams.adapters.kafka import Deliverer, OutRecord
from streams.core.intake.accept import RawRecord
from tests.kafka.ward import Ward
from tests.kafka.workers import Worker, settings_for

pytestmark = [pytest.mark.kafka, pytest.mark.slow]


def write_again(ward: Ward, *records: RawRecord) -> None:
    """These records once more, behind everything else, as a zombie's late delivery would put them."""

    async def go() -> None:
        deliverer = Deliverer(ward.settings)
        await deliverer.start()
        try:
            await deliverer.deliver(
                OutRecord(ward.settings.topic(one.topic), one.partition, one.key, one.value, one.headers, one.at_ms)
                for one in records
            )
        finally:
            await deliverer.stop()

    asyncio.run(go())


@pytest.mark.nightly
def test_late_records_of_a_zombie_lose_and_the_true_overview_goes_out_again(broker: Broker, prefix: str) -> None:
    """Recovery keeps the highest applied offset, says so, and puts the overview right that the zombie made old."""
    ward = Ward(settings_for(broker.address, prefix, partitions=2))
    ward.open()
    key = ward.patients[0].name.encode()
    with Worker(ward.settings) as worker:
        worker.watching()
        ward.enrol()
        ward.send(ward.readings(60))
        assert ward.account().is_balanced
        assert 0 == worker.terminate(), worker.last_words()
    write_again(ward, ward.records_of(STATE, key)[0], ward.records_of(OVERVIEW, key)[0])
    with Worker(ward.settings) as worker:
        worker.watching()
        assert 1 == worker.wait_for("stale records of another worker ignored")["count"]
        assert 0 == worker.terminate(), worker.last_words()
    verdict = ward.judge()
    assert verdict.is_clean, verdict
    offsets = [orjson.loads(one.value or b"{}")["applied_offset"] for one in ward.records_of(OVERVIEW, key)]
    assert max(offsets) == offsets[-1] > offsets[-2]


def test_a_worker_that_joins_makes_nobody_a_zombie(broker: Broker, prefix: str) -> None:
    """Partitions that stay where they are were written by their owner: nothing in them is stale."""
    ward = Ward(settings_for(broker.address, prefix, partitions=2))
    ward.open()
    with Worker(ward.settings) as first:
        first.watching()
        ward.enrol()
        ward.send(ward.readings(60))
        assert ward.account().is_balanced
        with Worker(ward.settings) as second:
            second.watching()
            first.watching(times=2)
            assert 0 == first.said("recovered")[-1]["count"], "it has read its own writes again"
            assert not first.said("stale records") + second.said("stale records")
            assert 0 == second.terminate(), second.last_words()
        assert 0 == first.terminate(), first.last_words()


@pytest.mark.nightly
def test_a_stalled_worker_changes_nothing(broker: Broker, prefix: str) -> None:
    """SIGSTOP in the middle of work, another takes over, SIGCONT: states, alerts, overviews are as they should be."""
    ward = Ward(settings_for(broker.address, prefix, partitions=2))
    ward.open()
    with Worker(ward.settings) as first:
        first.watching()
        ward.enrol()
        with Worker(ward.settings) as second:
            second.watching()
            ward.send(ward.readings(4_000))
            with second.stalled():
                first.watching(times=3)  # alone, with the other, alone again
                ward.send(ward.readings(200))
                assert ward.account().is_balanced
            ward.send(ward.readings(200))
            assert ward.account().is_balanced
            second.kill()
        first.kill()
    with Worker(ward.settings) as third:
        third.watching()
        ward.send(ward.readings(20))
        assert ward.account().is_balanced
        assert 0 == third.terminate(), third.last_words()
    verdict = ward.judge()
    assert verdict.is_clean, verdict
