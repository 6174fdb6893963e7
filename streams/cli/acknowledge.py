"""`nattevagt acknowledge`: take, work on, hand over or close an open alert, and tell whether it was allowed."""

from typing import Any, Literal, get_args

import click

from schemas.base import rfc3339
from schemas.command import COMMAND, Role, Verdict
from schemas.overview import OpenAlert, Overview
from streams.adapters.clock import wall_ms
from streams.cli.given import run
from streams.cli.overviews import open_alert, overviews
from streams.cli.sending import Letter, command_letter, send_and_tell
from streams.cli.whereabouts import Place, here
from streams.core.escalation.people import condition_of

WHY = "cli"
"""The code of a reason that nobody gave."""


@click.command()
@click.argument("alert_id")
@click.option("--by", required=True, metavar="STAFF", help="Staff id, never a name.")
@click.option("--role", type=click.Choice(get_args(Role)), default="nurse", show_default=True)
@click.option("--team", metavar="SLUG", help="The team you act for.")
@click.option("--close", "verdict", type=click.Choice(get_args(Verdict)), help="Close it: what it turned out to be.")
@click.option("--take-over", "action", flag_value="take_over", help="Take it from a colleague.")
@click.option("--contacted", "action", flag_value="contacted", help="The patient was reached.")
@click.option("--contact-failed", "action", flag_value="contact_failed", help="Nobody answered: who is next?")
@click.option("--hand-over", "to_team", metavar="SLUG", help="Offer it to another team.")
@click.option("--snooze", "minutes", type=click.IntRange(1), metavar="MIN", help="Let its one yellow condition wait.")
@click.option("--note", "ref", metavar="ID", help="Id of what was written down elsewhere.")
@click.option("--why", default=WHY, show_default=True, help="Code of the reason of a handover or a snooze.")
@click.option("--sequence", type=click.IntRange(1), help="The step you have seen.  [default: the newest]")
@click.option("--json", "as_json", is_flag=True, help="The outcome as one JSON object.")
@click.option("--language", type=click.Choice(["da", "en"]), default="en", show_default=True)
def command(alert_id: str, *, as_json: bool, language: Literal["da", "en"], **given: Any) -> None:
    """Take the open alert whose id is, or begins with, ALERT_ID; or do something else with it."""
    run(_command(here(), alert_id, language, as_json=as_json, **given))


async def _command(place: Place, beginning: str, language: Literal["da", "en"], *, as_json: bool, **given: Any) -> None:
    overview, alert = open_alert(await overviews(place.settings), beginning)
    letter = letter_about(overview, alert, place.now_ms(), f"cli-{wall_ms()}", **given)
    await send_and_tell(place.settings, [letter], language, as_json=as_json)


def letter_about(
    overview: Overview,
    alert: OpenAlert,
    at_ms: int,
    name: str,
    *,
    by: str,
    role: Role,
    team: str | None = None,
    sequence: int | None = None,
    **asked: Any,
) -> Letter:
    """The command as a record. sequence: None = its sender has seen the newest step and all its evidence.

    asked: action, verdict, to_team, minutes, ref, why; the first that is given decides what is asked for.
    """
    common = {
        "id": name,
        "patient": overview.patient,
        "by": by,
        "role": role,
        "team": team,
        "alert_id": alert.alert_id,
        "sequence": alert.sequence if sequence is None else sequence,
        "seen_until": alert.evidence_at if sequence is None else None,
    }
    return command_letter(COMMAND.validate_python(common | _asked(alert, at_ms, asked)), at_ms)


def _asked(alert: OpenAlert, at_ms: int, asked: dict[str, Any]) -> dict[str, Any]:
    """What this command says beside the common part."""
    why = asked.get("why") or WHY
    if asked.get("verdict"):
        return {"type": "close", "verdict": asked["verdict"]}
    if asked.get("to_team"):
        return {"type": "hand_over", "to_team": asked["to_team"], "why": why}
    if asked.get("minutes"):
        condition, direction = condition_of(alert.reasons[0])
        until = rfc3339(at_ms + asked["minutes"] * 60_000)
        return {"type": "snooze", "condition": condition, "direction": direction, "until": until, "why": why}
    if asked.get("ref"):
        return {"type": "note", "ref": asked["ref"]}
    return {"type": asked.get("action") or "acknowledge"}
