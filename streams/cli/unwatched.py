"""`nattevagt report unwatched`: who has sent in the last 24 hours though nobody watches them, why and since when."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import click
import orjson
from pydantic import ValidationError

from schemas import texts
from schemas.audit import AuditBody
from schemas.base import rfc3339, to_ms
from schemas.clinical_outcome import ClinicalOutcome
from schemas.consent import Consent
from schemas.plan import CarePlan
from schemas.texts import Language
from schemas.topics import AUDIT, CARE_PLANS, CLINICAL_OUTCOMES, CONSENTS
from schemas.vital_sign import Text
from streams.adapters.log_tail import LogTail
from streams.adapters.settings import Settings
from streams.cli.given import run
from streams.cli.whereabouts import here
from streams.core.unwatched import Place, Sender, Unwatched, Why, by_why

HOUR_MS = 3_600_000

TEXTS: Mapping[str, Text] = {
    "head": Text(
        "{count} sender uden at være overvåget ({hours:g} timer til {end}).",
        "{count} send and are not watched ({hours:g} hours to {end}).",
    ),
    "why": Text("  {why}: {count}", "  {why}: {count}"),
    "patient": Text(
        "  {patient}  {why}, siden {since}; {count} indsendelser, senest {last}; team {team}",
        "  {patient}  {why}, since {since}; {count} inputs, the last {last}; team {team}",
    ),
    "hidden": Text(
        "Hvem det er, viser --patients; svaret er persondata.", "--patients names them; that answer is personal data."
    ),
}

WHY: Mapping[Why, Text] = {
    Why.NO_PLAN: Text("har aldrig haft en plan", "never had a plan"),
    Why.REFUSED: Text("planen blev afvist", "the plan was refused"),
    Why.PLANNED: Text("planen er ikke begyndt", "the plan has not begun"),
    Why.ENDED: Text("planen er slut", "the plan has ended"),
    Why.CONSENT: Text("samtykket er trukket tilbage", "consent has been withdrawn"),
    Why.DIED: Text("patienten er død: ring ikke, hent udstyret", "the patient has died: do not ring, fetch the device"),
}


@click.command()
@click.option("--hours", type=click.FloatRange(min=0.01, max=9600), default=24.0, show_default=True)
@click.option("--team", help="Only patients whose newest plan named this team; those who never had one belong to none.")
@click.option("--patients", is_flag=True, help="Name the pseudonyms. Personal data: for people who may see them.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@click.option("--language", type=click.Choice(["da", "en"]), default="da", show_default=True)
def command(*, hours: float, team: str | None, patients: bool, as_json: bool, language: Language) -> None:
    """Who sends and is not watched, for want of a plan or of consent: nobody may believe to be watched who is not."""
    place = here()
    found = Unwatched(place.now_ms() - int(hours * HOUR_MS), place.now_ms())
    run(_collect(place.settings, found))
    senders = found.senders(team)
    if as_json:
        click.echo(orjson.dumps(to_json(found, senders, patients=patients), option=orjson.OPT_INDENT_2).decode())
        return
    for line in tell(found, senders, language, patients=patients):
        click.echo(line)


async def _collect(settings: Settings, found: Unwatched) -> None:
    async with LogTail(settings, [CARE_PLANS, CONSENTS, CLINICAL_OUTCOMES, AUDIT]) as tail:
        async for record in tail.read():
            place = (record.partition, record.offset)
            take(found, settings.unprefixed(record.topic), place, record.value or b"")


def take(found: Unwatched, topic: str, place: Place, value: bytes) -> None:
    """One record of one of these topics. What is no contract was refused as well, and says nothing here."""
    try:
        match topic:
            case topic if topic == AUDIT:
                body = AuditBody.model_validate_json(value)
                found.audited(body, to_ms(datetime.fromisoformat(body.at)))
            case topic if topic == CARE_PLANS:
                found.planned(CarePlan.model_validate_json(value), place)
            case topic if topic == CONSENTS:
                found.asked(Consent.model_validate_json(value), place)
            case _:
                found.happened(ClinicalOutcome.model_validate_json(value))
    except ValidationError:
        return


def to_json(found: Unwatched, senders: Sequence[Sender], *, patients: bool) -> dict[str, Any]:
    """For machines. The patients only where asked for."""
    rows = [
        {
            "patient": one.patient,
            "why": one.why.value,
            "team": one.team,
            "inputs": one.count,
            "since": rfc3339(one.since_ms),
            "last": rfc3339(one.last_ms),
        }
        for one in senders
    ]
    body = {
        "from": rfc3339(found.begin_ms),
        "until": rfc3339(found.end_ms),
        "patients": len(senders),
        "by_why": by_why(senders),
    }
    return body | ({"senders": rows} if patients else {})


def tell(found: Unwatched, senders: Sequence[Sender], language: Language, *, patients: bool) -> Iterator[str]:
    """Line by line: counts first, and who it is where asked for."""

    def say(key: str, **blanks: Any) -> str:
        return texts.say(TEXTS[key], language).format(**blanks)

    hours = round((found.end_ms - found.begin_ms) / HOUR_MS, 2)
    yield say("head", count=len(senders), hours=hours, end=rfc3339(found.end_ms)[:16])
    for why, count in by_why(senders).items():
        if count:
            yield say("why", why=texts.say(WHY[Why(why)], language), count=count)
    if senders and not patients:
        yield say("hidden")
    for one in senders if patients else ():
        yield say(
            "patient",
            patient=one.patient,
            why=texts.say(WHY[one.why], language),
            since=rfc3339(one.since_ms)[:16],
            count=one.count,
            last=rfc3339(one.last_ms)[:16],
            team=one.team or "-",
        )
