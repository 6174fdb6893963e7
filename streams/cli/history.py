"""`nattevagt history`: who was told of an alert, when, on which channel and with what result, who saw it, who acted."""

from collections.abc import Iterator

import click

from schemas import texts
from schemas.alert import AlertStep, AlertStepType
from schemas.base import rfc3339
from schemas.codec import dumps
from schemas.errors import ConfigurationError
from schemas.texts import Language
from schemas.topics import ALERTS, AUDIT
from schemas.vital_sign import Text
from streams.adapters import reference_log
from streams.adapters.log_tail import LogTail, topics_named
from streams.adapters.settings import Settings
from streams.cli.chronicle import Chronicle, Entry, chronicle, said
from streams.cli.explain import events_of, of_beginning, of_patient
from streams.cli.follow import audit_body
from streams.cli.given import run
from streams.cli.lines import short
from streams.cli.whereabouts import here
from streams.replay.account import read_alerts

UNREPORTED = 1  # exit code: of some notice nothing has come back

SENTENCES: dict[str, Text] = {
    "head": Text("Alarm {id} om {patient}: {count} linjer.", "Alert {id} of {patient}: {count} lines."),
    "step": Text("skridt #{sequence} {what}: {detail}", "step #{sequence} {what}: {detail}"),
    "told": Text(
        "sendt til {who} ({role}) ad {channel}: {what}, skridt #{sequence}",
        "told {who} ({role}) by {channel}: {what}, step #{sequence}",
    ),
    "answered": Text("svar til {who}: {what}", "answer to {who}: {what}"),
    "delivery": Text("levering til {who} ad {channel}: {result}{why}", "delivery to {who} by {channel}: {result}{why}"),
    "read": Text("set af {who} ({channel}): {what}", "seen by {who} ({channel}): {what}"),
    "acted": Text(
        "{who} ({role}) {what}, havde set skridt #{sequence}: {result}{why}",
        "{who} ({role}) {what}, had seen step #{sequence}: {result}{why}",
    ),
    "missing": Text("Intet er hørt om {count} beskeder: {ids}.", "Nothing has come back of {count} notices: {ids}."),
    "all_heard": Text("Alle beskeder har et resultat.", "Every notice has a result."),
}


@click.command()
@click.argument("alert_id", required=False)
@click.option("--patient", metavar="P", help="Instead of ALERT_ID: this patient's alert that was raised last.")
@click.option("--json", "as_json", is_flag=True, help="JSON lines.")
@click.option("--language", type=click.Choice(["da", "en"]), default="en", show_default=True)
@click.pass_context
def command(
    ctx: click.Context, /, *, alert_id: str | None, patient: str | None, as_json: bool, language: Language
) -> None:
    """Tell the history of the alert whose id begins with ALERT_ID. Exit code 1: of some notice nothing came back."""
    if (alert_id is None) == (patient is None):
        raise click.UsageError("give ALERT_ID or --patient")
    found = run(_collect(here().settings, alert_id, patient))
    for line in _json(found) if as_json else tell(found, language):
        click.echo(line)
    ctx.exit(UNREPORTED if found.unreported else 0)


async def _collect(settings: Settings, beginning: str | None, patient: str | None) -> Chronicle:
    if not await topics_named(settings, f"{ALERTS}."):
        raise ConfigurationError(
            f"no alerts topic at {settings.broker} with prefix '{settings.topic_prefix}'.",
            next_step="Start `nattevagt demo`, or set NATTEVAGT_BROKER and NATTEVAGT_TOPIC_PREFIX.",
        )
    steps = [AlertStep.model_validate_json(one.value) for records in await read_alerts(settings) for one in records]
    alert_id = of_patient(steps, patient) if patient is not None else of_beginning(steps, beginning or "")
    of = next(step.patient for step in steps if step.alert_id == alert_id)
    events = await events_of(settings, of)
    audit = []
    async with LogTail(settings, [AUDIT]) as tail:
        async for record in tail.read():
            body = audit_body(record.value)
            if body.patient == of:
                audit.append(body)
    effects = said(of, events, await reference_log.in_force(settings))
    return chronicle(alert_id, effects, [event for _, event, _ in events], audit)


def tell(found: Chronicle, language: Language) -> Iterator[str]:
    """Line by line, oldest first."""
    yield _say("head", language, id=found.alert_id, patient=found.patient, count=len(found.entries))
    for entry in found.entries:
        yield f"  {short(rfc3339(entry.at_ms))}  {_line(entry, language)}"
    if found.unreported:
        yield _say("missing", language, count=len(found.unreported), ids=", ".join(found.unreported))
    else:
        yield _say("all_heard", language)


def _line(entry: Entry, language: Language) -> str:
    what, detail = entry.what, entry.detail
    if entry.kind == "step":
        what = texts.say(texts.STEPS[AlertStepType(what)], language)
        detail = texts.reason(detail or "", language)
        verdict = "" if entry.result is None else f", {entry.result}"
        detail += f" ({entry.who}{verdict})"
    result = entry.result or "?"
    if entry.kind == "acted":
        result = texts.outcome(result, language)
    return _say(
        entry.kind,
        language,
        who=entry.who,
        role=entry.role,
        channel=entry.channel,
        what=what,
        sequence=entry.sequence,
        detail=detail,
        result=result,
        why="" if entry.detail is None else f" ({entry.detail})",
    )


def _say(name: str, language: Language, **blanks: object) -> str:
    return texts.say(SENTENCES[name], language).format(**blanks)


def _json(found: Chronicle) -> Iterator[str]:
    for entry in found.entries:
        yield dumps({"alert_id": found.alert_id, "patient": found.patient} | entry.to_json()).decode()
    for key in found.unreported:
        yield dumps(
            {"alert_id": found.alert_id, "patient": found.patient, "kind": "unreported", "record": key}
        ).decode()
