"""`nattevagt acknowledge`: take an open alert, or close it with a verdict, and tell whether that was allowed."""

from typing import Any, Literal, get_args

import click

from schemas.base import rfc3339
from schemas.codec import cloudevent, dumps
from schemas.command import Acknowledge, Close, Role, Verdict
from schemas.overview import OpenAlert, Overview
from schemas.topics import COMMANDS
from streams.adapters.clock import wall_ms
from streams.cli.given import run
from streams.cli.overviews import open_alert, overviews
from streams.cli.sending import SOURCE, Letter, send_and_follow, told
from streams.cli.whereabouts import Place, here


@click.command()
@click.argument("alert_id")
@click.option("--by", required=True, metavar="STAFF", help="Staff id, never a name.")
@click.option("--role", type=click.Choice(get_args(Role)), default="nurse", show_default=True)
@click.option("--close", "verdict", type=click.Choice(get_args(Verdict)), help="Close it: what it turned out to be.")
@click.option("--sequence", type=click.IntRange(1), help="The step you have seen.  [default: the newest]")
@click.option("--json", "as_json", is_flag=True, help="The outcome as one JSON object.")
@click.option("--language", type=click.Choice(["da", "en"]), default="en", show_default=True)
def command(alert_id: str, *, as_json: bool, language: Literal["da", "en"], **given: Any) -> None:
    """Take the open alert whose id is, or begins with, ALERT_ID."""
    run(_command(here(), alert_id, language, as_json=as_json, **given))


async def _command(place: Place, beginning: str, language: Literal["da", "en"], *, as_json: bool, **given: Any) -> None:
    overview, alert = open_alert(await overviews(place.settings), beginning)
    letter = letter_about(overview, alert, place.now_ms(), f"cli-{wall_ms()}", **given)
    async for body in send_and_follow(place.settings, [letter]):
        click.echo(dumps(body.model_dump(mode="json")).decode() if as_json else told(body, language))


def letter_about(
    overview: Overview,
    alert: OpenAlert,
    at_ms: int,
    name: str,
    *,
    by: str,
    role: Role,
    verdict: Verdict | None = None,
    sequence: int | None = None,
) -> Letter:
    """The command as a record. sequence: None = its sender has seen the newest step."""
    seen = alert.sequence if sequence is None else sequence
    body: Acknowledge | Close
    if verdict is None:
        body = Acknowledge(id=name, patient=overview.patient, by=by, role=role, alert_id=alert.alert_id, sequence=seen)
    else:
        body = Close(
            id=name,
            patient=overview.patient,
            by=by,
            role=role,
            alert_id=alert.alert_id,
            sequence=seen,
            verdict=verdict,
        )
    headers = cloudevent(name, f"command.{body.type}", SOURCE, rfc3339(at_ms))
    return Letter(COMMANDS, overview.patient.encode(), dumps(body.model_dump(mode="json")), headers, at_ms)
