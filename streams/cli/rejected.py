"""`nattevagt rejected`: list what was refused, look at one record, and send it again once its cause is mended."""

import getpass
import re
from collections import deque
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import click
from pydantic import TypeAdapter, ValidationError

from schemas import texts
from schemas.audit import Outcome
from schemas.base import rfc3339, to_ms
from schemas.codec import dumps
from schemas.errors import ConfigurationError
from schemas.ids import ActorField
from streams.adapters.settings import Settings
from streams.cli import safe_text
from streams.cli.follow import Coordinates
from streams.cli.given import run
from streams.cli.redrive import already, redriven
from streams.cli.refusals import Refusal, coordinates, fetched, refusals, spelled
from streams.cli.sending import told
from streams.cli.whereabouts import Place, here

TOGETHER = 100
"""Refusals redriven at once: audited, sent and waited for together (our choice: at most 100 MiB)."""

SHOWN_BYTES = 4096
"""How much of a value `show` prints unless told otherwise (our choice: two screens)."""

REFUSING = [one.value for one in Outcome if not one.is_accepted]
UNITS_MS = {"s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
_SPAN = re.compile(r"(\d{1,9})([smhd])")

OUTCOME = click.option("--outcome", type=click.Choice(REFUSING), metavar="X", help="This outcome only.")


@click.group()
def command() -> None:
    """Refused inputs: what was sent, why it does not count, and how to send it again."""


@command.command(name="list")
@OUTCOME
@click.option("--since", metavar="WHEN", help="Received since then: 90m, 24h, 7d, or an RFC 3339 time.")
@click.option("--patient", metavar="P", help="Sent under this pseudonym only.")
@click.option("--limit", type=click.IntRange(1), default=50, show_default=True, help="The newest so many.")
@click.option("--json", "as_json", is_flag=True, help="JSON lines.")
def list_(outcome: str | None, since: str | None, patient: str | None, limit: int, *, as_json: bool) -> None:
    """List refusals, oldest first: where each lies, where it came from, why, and what to do. Never the value."""
    place = here()
    now_ms = place.now_ms()
    since_ms = None if since is None else _since_ms(since, now_ms)
    for one in run(_newest(place.settings, outcome, since_ms, patient, limit)):
        click.echo(dumps(_facts(one, now_ms)).decode() if as_json else _line(one, now_ms))


@command.command()
@click.argument("where", metavar="COORDINATES")
@click.option("--bytes", "limit", type=click.IntRange(0), default=SHOWN_BYTES, show_default=True, help="0 = all.")
def show(where: str, limit: int) -> None:
    """Show one refused record whole. It may hold a patient's reading. COORDINATES: of the refusal or of its input."""
    place = here()
    [one] = run(_fetched(place.settings, [coordinates(where)]))
    for line in _whole(one, place.now_ms(), limit):
        click.echo(line)


@command.command()
@click.argument("where", nargs=-1, metavar="[COORDINATES]...")
@click.option("--all", "everything", is_flag=True, help="All of one outcome that have not been redriven yet.")
@OUTCOME
@click.option("--dry-run", is_flag=True, help="Say what would be sent, and send nothing.")
@click.option("--by", metavar="ACTOR", help="Who does it, for the audit.  [default: the user of this machine]")
def redrive(where: tuple[str, ...], outcome: str | None, by: str | None, *, everything: bool, dry_run: bool) -> None:
    """Send refused inputs to their topic again, each as a new input that names the old one; tell what becomes of it.

    It is audited first. Doing it twice does no harm: what has counted already is refused as a duplicate.
    """
    if everything != (outcome is not None) or everything == bool(where):
        raise click.UsageError("Name coordinates, or --all with --outcome.")
    place, actor = here(), _actor(by)
    chosen = [coordinates(text) for text in where] or run(_left(place.settings, outcome))
    for begin in range(0, len(chosen), TOGETHER):
        run(_redrive(place, chosen[begin : begin + TOGETHER], actor, dry_run=dry_run))
    click.echo(f"{len(chosen)} {'would be ' if dry_run else ''}redriven.", err=True)


async def _newest(
    settings: Settings, outcome: str | None, since_ms: int | None, patient: str | None, limit: int
) -> list[Refusal]:
    """Partitions are read one behind the other, so the newest are known only at the end."""
    kept: dict[int, deque[Refusal]] = {}
    async for one in refusals(settings):
        if outcome in (None, one.outcome) and patient in (None, one.patient) and one.at_ms >= (since_ms or 0):
            kept.setdefault(one.at[1], deque(maxlen=limit)).append(one)
    every = sorted((one for part in kept.values() for one in part), key=lambda one: (one.at_ms, one.at))
    return every[-limit:]


async def _fetched(settings: Settings, wanted: Sequence[Coordinates]) -> list[Refusal]:
    return [one async for one in fetched(settings, wanted)]


async def _left(settings: Settings, outcome: str | None) -> list[Coordinates]:
    """All of this outcome, without those redriven before: else each try would double what is refused again."""
    done = await already(settings)
    return [one.at async for one in refusals(settings) if one.outcome == outcome and one.source not in done]


async def _redrive(place: Place, wanted: Sequence[Coordinates], by: str, *, dry_run: bool) -> None:
    chosen = await _fetched(place.settings, wanted)
    if dry_run:
        for one in chosen:
            click.echo(f"{spelled(one.at)}: {one.outcome}, to {one.source[0]}[{one.source[1]}] again")
        return
    now_ms = place.now_ms()
    sent_ms = None if place.settings.simulation and place.demo is None else now_ms
    async for done in redriven(place.settings, chosen, by, now_ms, sent_ms):
        click.echo(f"{spelled(done.old)} again: {told(done.outcome, 'en')}")


def _actor(given: str | None) -> str:
    """Raises ConfigurationError when it is no name the audit can hold."""
    try:
        name: str = TypeAdapter(ActorField).validate_python(given if given is not None else getpass.getuser())
    except (ValidationError, OSError, KeyError):
        raise ConfigurationError(
            "the audit must say who redrives, and this is no such name.",
            next_step="Give --by with letters, digits and . _ : @ ~ -, at most 80.",
        ) from None
    return name


def _since_ms(text: str, now_ms: int) -> int:
    if span := _SPAN.fullmatch(text):
        return now_ms - int(span[1]) * UNITS_MS[span[2]]
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        instant = None
    if instant is None or instant.tzinfo is None:
        raise ConfigurationError("--since is no time.", next_step="Write 90m, 24h, 7d or 2026-01-31T08:00:00Z.")
    return to_ms(instant)


def _age(ms: int) -> str:
    """In the largest unit of which there are two or more."""
    for unit in ("d", "h", "m"):
        if ms >= 2 * UNITS_MS[unit]:
            return f"{ms // UNITS_MS[unit]} {unit}"
    return f"{max(0, ms) // UNITS_MS['s']} s"


def _line(one: Refusal, now_ms: int) -> str:
    return (
        f"{spelled(one.at)}  {spelled(one.source):28} {_age(now_ms - one.at_ms):>6}  {one.patient or '-':12} "
        f"{safe_text.safe(one.outcome)}: {safe_text.safe(one.reason)} -> {safe_text.safe(one.next_step)}"
    )


def _facts(one: Refusal, now_ms: int) -> dict[str, Any]:
    return {
        "at": spelled(one.at),
        "source": spelled(one.source),
        "patient": one.patient,
        "outcome": one.outcome,
        "reason": one.reason,
        "next_step": one.next_step,
        "received_at": rfc3339(one.at_ms),
        "age_s": max(0, now_ms - one.at_ms) // 1000,
    }


def _whole(one: Refusal, now_ms: int, limit: int) -> list[str]:
    """Everything, the sender's words behind a mark of their own."""
    size = "null" if one.value is None else f"{len(one.value)} bytes"
    return [
        f"{spelled(one.at)}, received {rfc3339(one.at_ms)} ({_age(now_ms - one.at_ms)} ago)",
        f"source     {spelled(one.source)}",
        f"outcome    {safe_text.safe(one.outcome)} ({texts.outcome(one.outcome, 'en')})",
        f"reason     {safe_text.safe(one.reason)}",
        f"next step  {safe_text.safe(one.next_step)}",
        "key",
        *safe_text.body(one.key),
        f"headers    {len(one.headers)}",
        *safe_text.header_lines(one.headers),
        f"value      {size}",
        *safe_text.body(one.value, limit),
    ]
