"""The trivial job as a plain confluent-kafka loop: consume 2,000, produce, flush, commit; states in a dict."""

import sys
from typing import Any

from confluent_kafka import Consumer, Producer

from tests.bench.job import ALERTS, AUDIT, READINGS, STATE, Done, Mean, encode, judge, parse

RUN = 2_000


def main(broker: str, prefix: str) -> None:
    """Run until killed."""
    consumer = Consumer(
        {
            "bootstrap.servers": broker,
            "group.id": f"{prefix}plain",
            "auto.offset.reset": "earliest",
            "enable.auto.commit": False,
            "fetch.wait.max.ms": 50,
        }
    )
    producer = Producer(
        {"bootstrap.servers": broker, "enable.idempotence": True, "linger.ms": 5, "partitioner": "murmur2_random"}
    )
    consumer.subscribe([f"{prefix}{READINGS}"])
    states: dict[bytes, Mean] = {}
    while True:
        run = consumer.consume(RUN, timeout=0.1)
        if run:
            _work(run, states, producer, prefix)
            consumer.commit(asynchronous=False)


def _work(run: list[Any], states: dict[bytes, Mean], producer: Any, prefix: str) -> None:
    """One run; the flush is what makes the commit behind it safe."""
    dirty: dict[bytes, Mean] = {}
    for message in run:
        key = message.key()
        done: Done = judge(states.get(key, Mean()), parse(message.value()))
        states[key] = dirty[key] = done.state
        producer.produce(f"{prefix}{AUDIT}", done.audit, key)
        if done.alert is not None:
            producer.produce(f"{prefix}{ALERTS}", done.alert, key)
    for key, state in dirty.items():
        producer.produce(f"{prefix}{STATE}", encode(state), key)
    producer.flush()


if __name__ == "__main__":
    main(*sys.argv[1:3])
