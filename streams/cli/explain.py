"""`nattevagt explain`: why an alert was raised and what has happened since, in sentences, and decided once more."""

import click

from schemas.alert import AlertStep, AlertStepType
from schemas.errors import ConfigurationError
from schemas.events import EVENT, LogEvent
from schemas.texts import Language
from schemas.topics import ALERTS, AUDIT, PATIENT_EVENTS
from streams.adapters import reference_log
from streams.adapters.input_records import partition_of
from streams.adapters.log_tail import LogTail, topics_named
from streams.adapters.settings import Settings
from streams.cli.dossier import Dossier, gather
from streams.cli.follow import audit_body
from streams.cli.given import run
from streams.cli.narrative import tell
from streams.cli.overviews import SHORTEST
from streams.cli.whereabouts import here
from streams.core.record import partition_key
from streams.replay.account import read_alerts
from streams.replay.rebuild import read_partition

DIFFERENT = 1  # exit code: the same events gave other steps


@click.command()
@click.argument("alert_id", required=False)
@click.option("--patient", metavar="P", help="Instead of ALERT_ID: this patient's open alert, or the last one.")
@click.option("--language", type=click.Choice(["da", "en"]), default="en", show_default=True)
@click.pass_context
def command(ctx: click.Context, /, *, alert_id: str | None, patient: str | None, language: Language) -> None:
    """Tell the story of the alert whose id begins with ALERT_ID. Exit code 1: replayed, it came out different."""
    if (alert_id is None) == (patient is None):
        raise click.UsageError("give ALERT_ID or --patient")
    dossier = run(_collect(here().settings, alert_id, patient))
    for line in tell(dossier, language):
        click.echo(line)
    ctx.exit(0 if dossier.is_equal else DIFFERENT)


async def _collect(settings: Settings, beginning: str | None, patient: str | None) -> Dossier:
    if not await topics_named(settings, f"{ALERTS}."):
        raise ConfigurationError(
            f"no alerts topic at {settings.broker} with prefix '{settings.topic_prefix}'.",
            next_step="Start `nattevagt demo`, or set NATTEVAGT_BROKER and NATTEVAGT_TOPIC_PREFIX.",
        )
    published = [
        (record.id, AlertStep.model_validate_json(record.value))
        for records in await read_alerts(settings)
        for record in records
    ]
    steps = [step for _, step in published]
    alert_id = of_patient(steps, patient) if patient is not None else of_beginning(steps, beginning or "")
    found = next(step.patient for step in steps if step.alert_id == alert_id)
    events = await events_of(settings, found)
    audit = []
    async with LogTail(settings, [AUDIT]) as tail:
        async for record in tail.read():
            body = audit_body(record.value)
            if body.patient == found:
                audit.append(body)
    return gather(alert_id, published, events, audit, await reference_log.in_force(settings))


async def events_of(settings: Settings, patient: str) -> list[tuple[int, LogEvent, int]]:
    """The patient's own events and the partition's heartbeats; others of the partition are not opened."""
    key = patient.encode()
    partition = partition_of(key, settings.partitions)
    return [
        (record.offset, EVENT.validate_json(record.value), record.timestamp)
        async for record in read_partition(settings, PATIENT_EVENTS, partition)
        if record.key in (key, partition_key(partition))
    ]


def of_beginning(steps: list[AlertStep], beginning: str) -> str:
    """The one alert whose id begins like this. Raises: ConfigurationError when there is none, or more."""
    found = sorted({step.alert_id for step in steps if step.alert_id.startswith(beginning)})
    if len(beginning) < SHORTEST or not found:
        raise ConfigurationError(
            "no alert has this id.",
            next_step=f"`nattevagt tail alerts --from-start` shows them; {SHORTEST} characters are enough.",
        )
    if len(found) > 1:
        raise ConfigurationError(f"{len(found)} alerts begin like this.", next_step="Give more of the id.")
    return found[0]


def of_patient(steps: list[AlertStep], patient: str) -> str:
    """The patient's alert that was raised last. Raises: ConfigurationError when there never was one."""
    raised = {
        step.alert_id: step.raised_at for step in steps if step.patient == patient and step.type is AlertStepType.RAISED
    }
    if not raised:
        raise ConfigurationError(
            "this patient has had no alert.", next_step="`nattevagt tail overview --from-start` shows all patients."
        )
    return max(raised, key=lambda alert_id: raised[alert_id])
