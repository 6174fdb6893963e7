"""`nattevagt produce`: send readings as a device would, and tell what became of each of them."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import click
import orjson

from schemas.base import rfc3339
from schemas.binding import DeviceBindings
from schemas.codec import MalformedError, cloudevent, dumps, loads
from schemas.errors import ConfigurationError
from schemas.topics import ANSWERS, BINDINGS, DEVICE_STATUS, MEASUREMENTS
from schemas.vitals import VITALS
from streams.adapters.clock import wall_ms
from streams.adapters.input_records import partition_of
from streams.adapters.settings import Settings
from streams.cli.given import run
from streams.cli.sending import SOURCE, Letter, send, send_and_tell
from streams.cli.whereabouts import Place, here
from streams.replay.rebuild import read_partition

CE_TYPE = "measurement"


@click.command()
@click.option("--patient", metavar="P", help="Pseudonym; becomes the record's key.")
@click.option("--kind", metavar="K", help=f"Vital sign: {', '.join(VITALS)}.")
@click.option("--value", metavar="V", help="The number, or the code of an enum kind.")
@click.option("--unit", metavar="U", help="UCUM unit.  [default: the kind's own]")
@click.option("--device", metavar="D", help="Device id.  [default: the one bound to the patient for this kind]")
@click.option("--at", metavar="RFC3339", help="When it was measured.  [default: now, by the demo's clock in a demo]")
@click.option("--questionnaire", metavar="Q", help="Send answers to this questionnaire instead of a reading.")
@click.option("--version", type=int, default=1, show_default=True, help="Of the questionnaire.")
@click.option("--answer", "answered", metavar="ITEM=VALUE", multiple=True, help="One answer; true and false are words.")
@click.option("--wants-contact", is_flag=True, help="The patient asks for a person.")
@click.option(
    "--file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="JSON readings, forms or heartbeats, a line each.",
)
@click.option("--raw", metavar="TEXT", help="These bytes instead of a reading, to see a refusal.")
@click.option("--no-wait", is_flag=True, help="Do not wait for the outcome.")
@click.option("--json", "as_json", is_flag=True, help="Outcomes as JSON lines.")
@click.option("--language", type=click.Choice(["da", "en"]), default="en", show_default=True)
def command(*, no_wait: bool, as_json: bool, language: Literal["da", "en"], **given: Any) -> None:
    """Send readings or the answers to a questionnaire; then print what became of exactly these records."""
    place = here()
    sent = letters(place, **given)
    if no_wait:
        for topic, partition, offset in run(send(place.settings, sent)):
            click.echo(f"{topic}[{partition}]@{offset}")
        return
    run(send_and_tell(place.settings, sent, language, as_json=as_json))


def letters(
    place: Place,
    *,
    questionnaire: str | None = None,
    version: int = 1,
    answered: Sequence[str] = (),
    wants_contact: bool = False,
    patient: str | None,
    kind: str | None,
    value: str | None,
    unit: str | None,
    device: str | None,
    at: str | None,
    file: Path | None,
    raw: str | None,
) -> list[Letter]:
    now_ms = place.now_ms()
    key = None if patient is None else patient.encode()
    if file is not None:
        return [_line(line, now_ms) for line in file.read_bytes().splitlines() if line.strip()]
    if raw is not None:
        return [_letter(key, raw.encode(errors="surrogateescape"), now_ms)]
    if patient is not None and questionnaire is not None:
        body = _form(patient, questionnaire, answered, rfc3339(now_ms) if at is None else at)
        filled = {**body, "version": version, "wants_contact": wants_contact}
        return [_letter(key, dumps(filled), now_ms)]
    if patient is None or kind is None or value is None:
        raise ConfigurationError(
            "a reading needs --patient, --kind and --value.",
            next_step="Give all three, or --file with readings, or --raw with anything.",
        )
    measured = rfc3339(now_ms) if at is None else at
    named = device or run(bound_device(place.settings, patient, kind))
    return [_letter(key, _reading(patient, kind, value, unit, measured, named), now_ms)]


def _reading(patient: str, kind: str, value: str, unit: str | None, measured: str, device: str) -> bytes:
    """The body. What is wrong in it is intake's to say, so nothing is checked here."""
    own = VITALS[kind].unit if kind in VITALS else None
    body = {
        "id": f"cli-{wall_ms()}",
        "patient": patient,
        "kind": kind,
        "value": _number(value),
        "unit": own if unit is None else unit,
        "measured_at": measured,
        "device": device,
    }
    return dumps({name: held for name, held in body.items() if held is not None})


def _form(patient: str, questionnaire: str, answered: Sequence[str], at: str) -> dict[str, Any]:
    """The body of a filled form. What is wrong in it is for the pipeline to say."""
    pairs = [one.partition("=") for one in answered]
    words: dict[str, bool] = {"true": True, "false": False}
    return {
        "id": f"cli-{wall_ms()}",
        "patient": patient,
        "questionnaire": questionnaire,
        "answered_at": at,
        "items": {item: words.get(value, _number(value)) for item, _, value in pairs},
    }


def _number(text: str) -> float | str:
    for read in (int, float):
        try:
            return read(text)
        except ValueError:
            continue
    return text


def _line(line: bytes, now_ms: int) -> Letter:
    """One line of a file, sent as it is under the patient it names; a line that names none goes without a key."""
    try:
        body = loads(line)
    except MalformedError:
        body = None
    patient = body.get("patient") if isinstance(body, dict) else None
    return _letter(patient.encode() if isinstance(patient, str) else None, line, now_ms)


def _letter(key: bytes | None, value: bytes, at_ms: int) -> Letter:
    try:
        body = orjson.loads(value)
    except orjson.JSONDecodeError:
        body = None
    event_id = str(body["id"]) if isinstance(body, dict) and "id" in body else "unnamed"
    topic, kind = _topic(body if isinstance(body, dict) else {})
    return Letter(topic, key, value, cloudevent(event_id, kind, SOURCE, rfc3339(at_ms)), at_ms)


def _topic(body: Mapping[str, Any]) -> tuple[str, str]:
    """Where a body belongs, and its CloudEvents type: a form names its questionnaire, a heartbeat has a time only."""
    if "questionnaire" in body:
        return ANSWERS, "answers"
    return (DEVICE_STATUS, "status") if "at" in body and "kind" not in body else (MEASUREMENTS, CE_TYPE)


async def bound_device(settings: Settings, patient: str, kind: str) -> str:
    """A device of this patient that may send this kind, from the newest bindings.

    Raises: ConfigurationError when there is none.
    """
    newest: DeviceBindings | None = None
    key = patient.encode()
    async for record in read_partition(settings, BINDINGS, partition_of(key, settings.partitions)):
        if record.key == key and (found := _bindings(record.value)) is not None:
            newest = found if newest is None or found.version > newest.version else newest
    for one in () if newest is None else newest.devices:
        if not one.kinds or kind in one.kinds:
            return one.device
    raise ConfigurationError(
        f"no device is bound to this patient for {kind}.",
        next_step="Name one with --device; intake will say whether it may speak for the patient.",
    )


def _bindings(value: bytes | None) -> DeviceBindings | None:
    """None = a record that intake refuses too."""
    try:
        return DeviceBindings.model_validate_json(value or b"")
    except ValueError:
        return None
