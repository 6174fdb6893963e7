"""`python -m tests.chaos.ends`: a worker is asked to end, again and again, at work; each time it must end with 0."""

import sys
import time
from collections import Counter
from pathlib import Path
from random import Random

import click

from streams.adapters.broker import obtain
from tests.kafka.ward import Ward
from tests.kafka.workers import Worker, settings_for

LONGEST_S = 2.5
"""The order comes at any moment up to here after the take-over: beats of a second, heartbeats, slices, commits."""


def ends(times: int, seed: int = 1, logs: Path | None = None) -> Counter[int]:
    """How often a worker ended with which code, on a broker of its own. logs: a folder for those of the others."""
    dice, codes = Random(seed), Counter[int]()
    with obtain(say=_say) as broker:
        settings = settings_for(broker.address, "ends-", simulation=False, metrics_port=0, partition_alive_s=0.5)
        ward = Ward(settings)
        ward.open()
        for number in range(times):
            with Worker(settings, keep=logs and logs / f"end-{number:03d}.log") as worker:
                worker.watching()
                if not number:
                    ward.enrol()
                ward.send(ward.readings(dice.randrange(600)))
                time.sleep(dice.uniform(0, LONGEST_S))
                codes[worker.terminate()] += 1
                if worker.code:
                    _say(f"end {number}: {worker.code}: {worker.last_words()}")
    return codes


def _say(text: str) -> None:
    click.echo(text, err=True)


@click.command()
@click.option("--times", default=50, show_default=True)
@click.option("--seed", default=1, show_default=True)
@click.option("--logs", type=click.Path(path_type=Path, file_okay=False, exists=True))
def main(times: int, seed: int, logs: Path | None) -> None:
    """Exit code 1 unless every end was orderly."""
    codes = ends(times, seed, logs)
    click.echo(f"{times} ends: {dict(codes)}")
    sys.exit(0 if codes == {0: times} else 1)


if __name__ == "__main__":
    main()
