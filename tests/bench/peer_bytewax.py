"""The trivial job in bytewax, as its own documentation would write it; recovery to SQLite every two seconds."""

import sys
from datetime import timedelta
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import bytewax.operators as op
from bytewax.connectors.kafka import KafkaSinkMessage
from bytewax.connectors.kafka import operators as kop
from bytewax.dataflow import Dataflow
from bytewax.recovery import RecoveryConfig, init_db_dir
from bytewax.run import cli_main
from confluent_kafka import OFFSET_BEGINNING

from tests.bench.job import ALERTS, AUDIT, READINGS, Done, Mean, Reading, judge, parse

RUN = 2_000
SNAPSHOT = timedelta(seconds=2)


def keep(held: Mean | None, reading: Reading) -> tuple[Mean, Done]:
    """State first, then what goes on."""
    done = judge(held or Mean(), reading)
    return done.state, done


def dataflow(broker: str, prefix: str) -> Dataflow:
    """Kafka in, one stateful step per patient, Kafka out."""
    settings = {"fetch.wait.max.ms": "50", "enable.idempotence": "true", "linger.ms": "5"}
    readings, results = {"fetch.wait.max.ms": "50"}, {k: v for k, v in settings.items() if k != "fetch.wait.max.ms"}
    flow = Dataflow("bench")
    source: Any = kop.input(
        "readings",
        flow,
        brokers=[broker],
        topics=[f"{prefix}{READINGS}"],
        starting_offset=OFFSET_BEGINNING,
        batch_size=RUN,
        add_config=readings,
    )
    keyed = op.map("parse", source.oks, lambda message: (message.key.decode(), parse(message.value)))
    done = op.stateful_map("judge", keyed, keep)
    audits = op.map("audit", done, lambda pair: KafkaSinkMessage(pair[0].encode(), pair[1].audit))
    kop.output("audits", audits, brokers=[broker], topic=f"{prefix}{AUDIT}", add_config=results)
    raised = op.filter("raised", done, lambda pair: pair[1].alert is not None)
    alerts = op.map("alert", raised, lambda pair: KafkaSinkMessage(pair[0].encode(), pair[1].alert))
    kop.output("alerts", alerts, brokers=[broker], topic=f"{prefix}{ALERTS}", add_config=results)
    return flow


if __name__ == "__main__":
    folder = Path(mkdtemp(prefix="bench-bytewax-"))
    init_db_dir(folder, 1)
    cli_main(dataflow(*sys.argv[1:3]), epoch_interval=SNAPSHOT, recovery_config=RecoveryConfig(folder))
