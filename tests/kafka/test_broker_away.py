"""A broker that is away for longer than a delivery may take: the worker ends, and its successor loses nothing."""

import time

import pytest

from schemas.topics import AUDIT
from streams.adapters.broker import obtain
from streams.agents.room import EXIT_FAILED
from tests.kafka.ward import Ward
from tests.kafka.workers import Worker, settings_for

pytestmark = [pytest.mark.kafka, pytest.mark.slow]

LIMIT_S = 3.0


def test_a_delivery_that_is_not_confirmed_in_time_ends_the_worker() -> None:
    """aiokafka itself would wait for ever, and nobody would know that alerts do not leave."""
    with obtain(say=print) as broker:
        ward = Ward(settings_for(broker.address, "away-", partitions=2, delivery_limit_s=LIMIT_S))
        ward.open()
        with Worker(ward.settings) as worker:
            worker.watching()
            ward.enrol()
            told = ward.end(AUDIT, 0)
            ward.send(ward.readings(8_000))  # seconds of work, so that a delivery is under way
            while ward.end(AUDIT, 0) < told + 200:
                assert worker.code is None
            broker.kill()
            killed_s = time.monotonic()
            assert EXIT_FAILED == worker.wait(), worker.last_words()
            assert time.monotonic() - killed_s < LIMIT_S + 10
            assert worker.said("nattevagt: Kafka did not confirm records (TimeoutError)"), worker.last_words()
        broker.restart()
        with Worker(ward.settings) as worker:
            worker.watching()
            ward.send(ward.readings(20))
            assert ward.account().is_balanced
            assert 0 == worker.terminate(), worker.last_words()
        verdict = ward.judge()
        assert verdict.is_clean, verdict
