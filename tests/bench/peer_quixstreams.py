"""The trivial job in quixstreams, as its own documentation would write it: RocksDB state with a changelog topic."""

import sys
from tempfile import mkdtemp
from typing import Any

from quixstreams import Application, State

from tests.bench.job import ALERTS, AUDIT, READINGS, Done, Mean, judge, parse


def keep(data: bytes, state: State) -> Done:
    """One reading of the key at hand."""
    done = judge(Mean(*state.get("mean", ())), parse(data))
    state.set("mean", list(done.state))
    return done


def main(broker: str, prefix: str) -> None:
    """Run until killed."""
    app = Application(
        broker_address=broker,
        consumer_group=f"{prefix}quix",
        auto_offset_reset="earliest",
        state_dir=mkdtemp(prefix="bench-quix-"),
        producer_extra_config={"enable.idempotence": True, "linger.ms": 5},
        consumer_extra_config={"fetch.wait.max.ms": 50},
        loglevel="WARNING",
    )

    def topic(name: str) -> Any:
        return app.topic(f"{prefix}{name}", value_serializer="bytes", value_deserializer="bytes")

    done = app.dataframe(topic(READINGS)).apply(keep, stateful=True)
    done.apply(lambda one: one.audit).to_topic(topic(AUDIT))
    done.filter(lambda one: one.alert is not None).apply(lambda one: one.alert).to_topic(topic(ALERTS))
    app.run()


if __name__ == "__main__":
    main(*sys.argv[1:3])
