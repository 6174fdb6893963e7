"""`nattevagt correct`: a person says whose a reading was, or that it never was true; triage is made again."""

from typing import Any, Literal, get_args

import click
from pydantic import ValidationError

from schemas.command import COMMAND, Invalidate, Role
from schemas.errors import ConfigurationError
from streams.adapters.clock import wall_ms
from streams.cli.given import run
from streams.cli.sending import Letter, command_letter, send_and_tell
from streams.cli.whereabouts import Place, here

WHYS = get_args(Invalidate.model_fields["why"].annotation)


@click.command()
@click.argument("patient")
@click.argument("kind")
@click.argument("measured_at", metavar="RFC3339")
@click.option("--by", required=True, metavar="STAFF", help="Staff id, never a name.")
@click.option("--role", type=click.Choice(get_args(Role)), default="nurse", show_default=True)
@click.option("--team", metavar="SLUG", help="The team you act for.")
@click.option("--mine", "mine", flag_value=True, type=bool, default=None, help="It was the patient's own.")
@click.option(
    "--not-mine", "mine", flag_value=False, type=bool, help="It was somebody else's: it stays out of the own normal."
)
@click.option("--withdraw", "why", type=click.Choice(WHYS), help="Withdraw what was measured then, and say why.")
@click.option("--until", metavar="RFC3339", help="Withdraw all from then up to this instant.")
@click.option("--json", "as_json", is_flag=True, help="The outcome as one JSON object.")
@click.option("--language", type=click.Choice(["da", "en"]), default="en", show_default=True)
def command(*, as_json: bool, language: Literal["da", "en"], **given: Any) -> None:
    """Answer "is this you?" about the reading of KIND that PATIENT's device measured then, or withdraw it."""
    place = here()
    run(send_and_tell(place.settings, [letter_for(place, **given)], language, as_json=as_json))


def letter_for(place: Place, *, mine: bool | None, why: str | None, until: str | None, **common: Any) -> Letter:
    """The command as a record. Raises ConfigurationError, which names what is wrong."""
    if (mine is None) is (why is None):
        raise ConfigurationError(
            "one thing is said of a reading at a time.", next_step="Give --mine, --not-mine or --withdraw WHY."
        )
    said = {"type": "identify", "mine": mine} if why is None else {"type": "invalidate", "why": why, "until": until}
    try:
        body = COMMAND.validate_python({"id": f"cli-{wall_ms()}", **common, **said})
    except ValidationError as fault:
        where = ".".join(map(str, fault.errors(include_input=False)[0]["loc"][1:])) or "until"
        raise ConfigurationError(
            f"{where} is not well-formed.", next_step="Times look like 2026-02-19T08:00:00Z; --until is not before it."
        ) from None
    return command_letter(body, place.now_ms())
