"""The inputs of the last days, from patient-events.v1 or a file: what `rules rehearse` and `backtest` play again."""

from pathlib import Path

from pydantic import ValidationError

from schemas.errors import ContractError
from schemas.events import EVENT
from schemas.topics import PATIENT_EVENTS
from streams.adapters.input_records import InputRecord, coverage
from streams.adapters.log_tail import LogTail
from streams.adapters.settings import Settings
from streams.adapters.topic_ids import topic_ids
from streams.cli.given import run
from streams.core.context import Reference
from streams.replay.rehearsal import Gathered


def gathered(settings: Settings, days: int, events: Path | None) -> Gathered:
    """events: a file instead of patient-events.v1. Raises ContractError for a line that is no event."""
    return run(_from_log(settings, days)) if events is None else _from_file(events, days)


def teams(reference: Reference) -> list[InputRecord]:
    """The coverage in force, as it is fed to a run without Kafka."""
    return [coverage(team, 0) for _, team in sorted(reference.at(reference.stamp).teams.items())]


async def _from_log(settings: Settings, days: int) -> Gathered:
    found = Gathered(days)
    if not await topic_ids(settings, [PATIENT_EVENTS]):
        return found
    async with LogTail(settings, [PATIENT_EVENTS]) as tail:
        async for record in tail.read():
            found.take(EVENT.validate_json(record.value))
    return found


def _from_file(path: Path, days: int) -> Gathered:
    """One event of patient-events.v1 a line, as `nattevagt tail events --json` or an archive holds them."""
    found = Gathered(days)
    with path.open("rb") as lines:
        for number, line in enumerate(lines, start=1):
            try:
                found.take(EVENT.validate_json(line))
            except ValidationError as fault:
                raise ContractError(
                    f"{path.name}, line {number}, is no event of patient-events.v1.",
                    next_step="Give one JSON value of that topic a line, in the order of each patient.",
                ) from fault
    return found
