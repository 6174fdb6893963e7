"""One broker for the whole run, because a start costs seconds; topics of its own for each test."""

import itertools
import os
import time
from collections.abc import Iterator

import pytest

from streams.adapters.broker import Broker, obtain

_COUNTER = itertools.count(1)


@pytest.fixture(scope="session")
def broker() -> Iterator[Broker]:
    """The broker of this run: at NATTEVAGT_TEST_BROKER when set, else one started for it and stopped after."""
    with obtain(os.environ.get("NATTEVAGT_TEST_BROKER") or None, say=print) as one:
        yield one


@pytest.fixture(scope="session")
def run_mark() -> str:
    """Differs between runs, also on a broker that outlives them and a machine that reuses process ids."""
    return f"t{int(time.time()):x}-{os.getpid()}"


@pytest.fixture
def prefix(run_mark: str) -> str:
    """Begin every topic, group and transactional id of the test with this."""
    return f"{run_mark}-{next(_COUNTER)}-"
