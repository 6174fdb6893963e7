"""`nattevagt doctor`: one line for each thing that must be right for the watch to work, and what to do where it is not.

It reads settings, offsets, heartbeats and record times. It never reads a reading and never writes.
"""

import os
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any

import click
import orjson
from aiokafka.errors import KafkaError

from schemas.errors import NattevagtError
from streams.adapters.settings import Settings
from streams.cli import doctor_cluster, doctor_log, doctor_machine
from streams.cli.given import DEMO, run
from streams.cli.remark import Remark, Verdict, exit_code, fail, failed
from streams.cli.whereabouts import here

Said = dict[str, list[Remark]]
"""Check -> what it says; in the order of asking."""

Asked = Callable[[], Awaitable[list[Remark]]]

LOCAL = ("python", "pins", "settings", "limits", "containers")
CLUSTER = ("broker", "topics", "coverage", "rules", "group", "state", "lag", "registry", "alive", "clocks")
"""The checks in the order of asking. All behind `topics` need the topics of the table."""

COLOURS = {Verdict.OK: "green", Verdict.WARN: "yellow", Verdict.FAIL: "red"}


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of lines.")
@click.option("--demo", is_flag=True, help="As --demo of other commands: one copy of each topic.")
@click.option("--simulation", is_flag=True, help="Topics carry simulated times.")
@click.pass_context
def command(ctx: click.Context, /, *, as_json: bool, **flags: bool) -> None:
    """Look at everything and say what is wrong. Exit code 0: all is well; 1: warnings; 2: failures."""
    said = examine(flags)
    _print(said, as_json=as_json)
    ctx.exit(exit_code(one for found in said.values() for one in found))


def examine(flags: Mapping[str, bool]) -> Said:
    """Everything, from this machine outwards; what depends on something that failed is not asked."""
    said: Said = {"python": doctor_machine.python(), "pins": doctor_machine.pins()}
    overrides: dict[str, Any] = {**(DEMO if flags["demo"] else {})} | (
        {"simulation": True} if flags["simulation"] else {}
    )
    try:
        place = here()
        settings = place.settings.but(**overrides)
    except NattevagtError as error:
        return said | {"settings": [failed(error)], "limits": doctor_machine.limits()}
    said["settings"] = doctor_machine.settings(os.environ, settings)
    said["limits"], said["containers"] = doctor_machine.limits(), doctor_machine.containers()
    return said | run(_ask_cluster(settings, place.now_ms))


async def _ask_cluster(settings: Settings, now_ms: Callable[[], int]) -> Said:
    try:
        said: Said = {"broker": await doctor_cluster.broker(settings)}
        said["topics"] = await _one(partial(doctor_cluster.topics, settings))
        if exit_code(said["topics"]) and await doctor_cluster.missing(settings):
            return said
    except NattevagtError as error:
        return {"broker": [failed(error)]}
    checks: dict[str, Asked] = {
        "coverage": partial(doctor_cluster.coverage, settings),
        "rules": partial(doctor_cluster.rules, settings),
        "group": partial(doctor_cluster.group, settings),
        "state": partial(doctor_log.state, settings),
        "lag": partial(doctor_log.lag, settings, now_ms),
        "registry": partial(doctor_log.registry, settings),
        "alive": partial(doctor_log.alive, settings, now_ms),
        "clocks": partial(doctor_log.clocks, settings, now_ms),
    }
    for name, check in checks.items():
        said[name] = await _one(check)
    return said


async def _one(check: Asked) -> list[Remark]:
    """What the check says; an error is what it says, too, and the next check goes on."""
    try:
        return await check()
    except NattevagtError as error:
        return [failed(error)]
    except (KafkaError, TimeoutError) as error:
        return [fail(f"Kafka did not say ({type(error).__name__})", "look at the broker and at the user's rights")]


def _print(said: Said, *, as_json: bool) -> None:
    rows = [(name, one) for name, found in said.items() for one in found]
    unasked = [name for name in (*LOCAL, *CLUSTER) if name not in said]
    if as_json:
        facts = [
            {"check": name, "verdict": one.verdict.value, "text": one.text, "next_step": one.next_step}
            for name, one in rows
        ]
        click.echo(orjson.dumps({"remarks": facts, "not_asked": unasked}))
        return
    for name, one in rows:
        word = click.style(f"{one.verdict.value:4}", fg=COLOURS[one.verdict])
        click.echo(f"{word}  {name:10}  {one.text}{f'  -> {one.next_step}' if one.next_step else ''}")
    if unasked:
        click.echo(f"Not asked because of the failure above: {', '.join(unasked)}.")
    click.echo(", ".join(f"{sum(one.verdict is kind for _, one in rows)} {kind.value}" for kind in Verdict) + ".")
