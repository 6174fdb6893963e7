"""`nattevagt tail`: watch alerts, audit, overviews, refusals or events as they come, and whether anybody watches."""

import json
from collections.abc import Mapping
from typing import Literal

import click
import orjson
from aiokafka import ConsumerRecord

from schemas.errors import ConfigurationError
from schemas.texts import Language
from schemas.topics import ALERTS, AUDIT, OVERVIEW, PATIENT_EVENTS, REJECTED, alerts_topic
from streams.adapters.clock import steady_s, wall_ms
from streams.adapters.log_tail import topics_named
from streams.adapters.settings import Settings
from streams.cli.alive import AliveWatch
from streams.cli.follow import Follower
from streams.cli.given import run
from streams.cli.lines import Line, alert_line, audit_line, event_line, overview_line, rejected_line
from streams.cli.whereabouts import here
from streams.replay.decisions import is_watch_alive

What = Literal["alerts", "audit", "overview", "rejected", "events"]

TOPICS: Mapping[str, tuple[str, Line]] = {
    "alerts": (ALERTS, alert_line),
    "audit": (AUDIT, audit_line),
    "overview": (OVERVIEW, overview_line),
    "rejected": (REJECTED, rejected_line),
    "events": (PATIENT_EVENTS, event_line),
}
"""What can be watched -> its topic and its line; alerts are one topic per team."""


@click.command()
@click.argument("what", type=click.Choice(list(TOPICS)))
@click.option("--team", metavar="SLUG", help="Alerts of this team only.  [default: all teams]")
@click.option("--patient", metavar="P", help="This patient only.")
@click.option("--from-start", is_flag=True, help="Also what is there already.")
@click.option("--all", "everything", is_flag=True, help="Alerts: also each sign that the watch is alive.")
@click.option("--json", "as_json", is_flag=True, help="JSON lines: place, time, key, value.")
@click.option("--language", type=click.Choice(["da", "en"]), default="en", show_default=True)
def command(
    what: What,
    *,
    team: str | None,
    patient: str | None,
    from_start: bool,
    everything: bool,
    as_json: bool,
    language: Language,
) -> None:
    """Watch WHAT until Ctrl-C. Alerts: also say when nobody watches."""
    settings = here().settings
    tail = Tail(what, patient, language, everything=everything, as_json=as_json, simulation=settings.simulation)
    run(_watch(settings, tail, team, from_start=from_start))


class Tail:
    """What to show of what comes. Pure: records in, lines out."""

    def __init__(
        self,
        what: What,
        patient: str | None,
        language: Language,
        *,
        everything: bool = False,
        as_json: bool = False,
        simulation: bool = False,
    ) -> None:
        self.what = what
        self._patient = patient
        self._language = language
        self._everything = everything
        self._as_json = as_json
        self._alive = AliveWatch(simulation=simulation)

    def begin(self, places: list[tuple[str, int]], now_ms: int) -> None:
        """Only alerts say that the watch is alive."""
        if self.what == "alerts":
            self._alive.begin(places, now_ms)

    def line(self, record: ConsumerRecord, at_s: float, now_ms: int) -> str | None:
        """The line of a record; None = it is not shown."""
        alive = self.what == "alerts" and is_watch_alive(record.value)
        if self.what == "alerts":
            self._alive.seen(record, at_s, now_ms, alive=alive)
        if (alive and not self._everything) or not self._wanted(record):
            return None
        if self._as_json:
            return _as_json(record)
        if alive:
            body = orjson.loads(record.value)
            return f"watch alive: {record.topic}[{record.partition}] assessed up to {body['assessed_up_to']}"
        return TOPICS[self.what][1](record, self._language) if record.value is not None else None

    def _wanted(self, record: ConsumerRecord) -> bool:
        """Is it about the patient asked for? The audit's key is the input's place, so its body says it."""
        if self._patient is None:
            return True
        if self.what == "audit":
            return bool(orjson.loads(record.value).get("patient") == self._patient)
        return bool(record.key == self._patient.encode())

    def warnings(self, at_s: float, now_ms: int) -> list[str]:
        """What has to be said about the watch itself, once per change."""
        return [] if self.what != "alerts" else self._alive.changes(at_s, now_ms, self._language)


async def _watch(settings: Settings, tail: Tail, team: str | None, *, from_start: bool) -> None:
    async with Follower(settings, await _topics(settings, tail.what, team), from_start=from_start) as follower:
        tail.begin([(tp.topic, tp.partition) for tp in follower.partitions], wall_ms())
        while True:
            for record in await follower.some(timeout_ms=500):
                line = tail.line(record, steady_s(), wall_ms())
                if line is not None:
                    click.echo(line)
            for warning in tail.warnings(steady_s(), wall_ms()):
                click.echo(click.style(warning, bold=True), err=True)


async def _topics(settings: Settings, what: What, team: str | None) -> tuple[str, ...]:
    if what != "alerts":
        return (TOPICS[what][0],)
    if team is not None:
        return (alerts_topic(team),)
    found = await topics_named(settings, f"{ALERTS}.")
    if not found:
        raise ConfigurationError(
            f"no alerts topic at {settings.broker} with prefix '{settings.topic_prefix}'.",
            next_step="Start `nattevagt demo`, or set NATTEVAGT_BROKER and NATTEVAGT_TOPIC_PREFIX.",
        )
    return found


def _as_json(record: ConsumerRecord) -> str:
    """The value as JSON when it is, else as text with replacement characters."""
    value: object = None
    if record.value is not None:
        try:
            value = orjson.loads(record.value)
        except orjson.JSONDecodeError:
            value = record.value.decode(errors="replace")
    return json.dumps(
        {
            "topic": record.topic,
            "partition": record.partition,
            "offset": record.offset,
            "at_ms": record.timestamp,
            "key": None if record.key is None else record.key.decode(errors="replace"),
            "headers": {name: (held or b"").decode(errors="replace") for name, held in record.headers},
            "value": value,
        },
        ensure_ascii=False,
    )
