"""A worker with a transport that loses one run on purpose, as Faust 0.15 does at the end of recovery by chance.

    python -m tests.kafka.faulty TOPIC NAME [--unguarded]

The run of TOPIC that holds a record with NAME in its value is lost, once. --unguarded switches the guard off,
so that the tests of the guard are seen to fail without it.
"""

import logging
import os
import sys
from collections.abc import AsyncIterator
from typing import Any

import faust
from faust.types import TP, Message

from streams.adapters import logs
from streams.adapters.settings import Settings
from streams.agents import density, intake, lifecycle, monitor
from streams.agents.enginekit import KitConsumer, KitTransport, chunk_message
from streams.app import create_app

log = logging.getLogger(__name__)

RUN = 5
"""Runs are cut to this, so that one lost run has others before and behind it."""


def losing(topic: str, name: bytes) -> type[KitTransport]:
    """A transport that loses that run, the first time it comes."""

    class LosingConsumer(KitConsumer):
        lost = False

        async def getmany(self, timeout: float) -> AsyncIterator[tuple[TP, Message]]:  # noqa: ASYNC109 - Faust's
            async for tp, message in super().getmany(timeout):
                if tp.topic != topic:
                    yield tp, message
                    continue
                records, generation = message.value.records, message.value.generation
                for begin in range(0, len(records), RUN):
                    run = records[begin : begin + RUN]
                    if not self.lost and any(name in (record.value or b"") for record in run):
                        self.lost = True
                        where = {"topic": tp.topic, "partition": tp.partition, "offset": run[0].offset}
                        log.warning("run lost on purpose", extra={**where, "count": len(run)})
                        continue
                    yield tp, chunk_message(tp, run, generation)

    class LosingTransport(KitTransport):
        Consumer = LosingConsumer

    return LosingTransport


def trusting(expected: density.Expected, run: list[Any]) -> density.Run:
    """What the guard would be if it trusted the engine: everything that comes is worked on."""
    return density.Run([record for record in run if record.offset >= expected.offset])


def main(topic: str, name: str, *flags: str) -> None:
    """Run the worker until it is told to stop."""
    settings = Settings.from_env(os.environ)
    logs.configure("INFO")
    if "--unguarded" in flags:
        intake.examine = monitor.examine = trusting  # type: ignore[assignment]  # the guard is what is switched off here
        lifecycle.tail_missing = lambda *_: False  # type: ignore[assignment]  # and its other half
    app = create_app(settings, losing(settings.topic(topic), name.encode()))
    worker = faust.Worker(app, loglevel="WARN", redirect_stdouts=False, override_logging=False, quiet=True)
    worker.execute_from_commandline()


if __name__ == "__main__":
    main(*sys.argv[1:])
