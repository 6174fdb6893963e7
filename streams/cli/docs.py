"""`nattevagt docs`: write the JSON Schemas and the generated parts of the papers, or check that they are fresh."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import click
from pydantic import TypeAdapter

import schemas
from schemas.alert import AlertStep, WatchAlive
from schemas.answers import Answers
from schemas.audit import AuditBody
from schemas.binding import DeviceBindings
from schemas.claim import DeviceClaim
from schemas.clinical_outcome import ClinicalOutcome
from schemas.command import COMMAND
from schemas.consent import Consent
from schemas.coverage import TeamCoverage
from schemas.device_status import DeviceStatus
from schemas.errors import ConfigurationError
from schemas.events import EVENT
from schemas.example import Example
from schemas.measurement import Measurement
from schemas.model import MODEL
from schemas.notice import Notice, Reply
from schemas.overview import Overview
from schemas.plan import CarePlan
from schemas.questionnaire import Questionnaire
from schemas.rules import RuleBundle
from schemas.score import RiskScore
from streams.cli import tables

STALE = 1  # exit code: something on disk is not what the code says
DIALECT = "https://json-schema.org/draft/2020-12/schema"

CONTRACTS: Mapping[str, tuple[TypeAdapter[Any], Literal["validation", "serialization"]]] = {
    "Measurement": (TypeAdapter(Measurement), "validation"),
    "Answers": (TypeAdapter(Answers), "validation"),
    "Questionnaire": (TypeAdapter(Questionnaire), "validation"),
    "CarePlan": (TypeAdapter(CarePlan), "validation"),
    "DeviceBindings": (TypeAdapter(DeviceBindings), "validation"),
    "DeviceStatus": (TypeAdapter(DeviceStatus), "validation"),
    "Consent": (TypeAdapter(Consent), "validation"),
    "Command": (COMMAND, "validation"),
    "ClinicalOutcome": (TypeAdapter(ClinicalOutcome), "validation"),
    "TeamCoverage": (TypeAdapter(TeamCoverage), "validation"),
    "RuleBundle": (TypeAdapter(RuleBundle), "validation"),
    "ModelRecord": (MODEL, "validation"),
    "PatientEvent": (EVENT, "serialization"),
    "AlertStep": (TypeAdapter(AlertStep), "serialization"),
    "WatchAlive": (TypeAdapter(WatchAlive), "serialization"),
    "Notice": (TypeAdapter(Notice), "serialization"),
    "Reply": (TypeAdapter(Reply), "serialization"),
    "Example": (TypeAdapter(Example), "serialization"),
    "DeviceClaim": (TypeAdapter(DeviceClaim), "serialization"),
    "RiskScore": (TypeAdapter(RiskScore), "serialization"),
    "Overview": (TypeAdapter(Overview), "serialization"),
    "AuditBody": (TypeAdapter(AuditBody), "serialization"),
}
"""Name -> contract, and whether the schema says what we take or what we write."""


@dataclass(frozen=True, slots=True)
class Block:
    """A part of a paper that code writes, between `<!-- name -->` and `<!-- /name -->`. path: from the root."""

    path: str
    name: str
    render: Callable[[], str]

    def refreshed(self, text: str) -> str:
        """The paper with this block written anew."""
        pattern = re.compile(rf"(<!-- {self.name} -->\n).*?(<!-- /{self.name} -->)", re.DOTALL)
        fresh, count = pattern.subn(lambda match: f"{match[1]}\n{self.render()}\n\n{match[2]}", text)
        if count != 1:
            raise ConfigurationError(
                f"{self.path} has {count} blocks named '{self.name}'.",
                next_step=f"put <!-- {self.name} --> and <!-- /{self.name} --> around the place, once",
            )
        return fresh


BLOCKS = (
    Block("schemas/README.md", "topics", tables.topics),
    Block("schemas/README.md", "vitals", tables.vitals),
    Block("schemas/README.md", "questionnaires", tables.questionnaires),
    Block("schemas/README.md", "outcomes", tables.outcomes),
    Block("schemas/README.md", "rules", tables.rules),
    Block("schemas/README.md", "rule_table", tables.rule_table),
    Block("streams/core/escalation/README.md", "ladder", tables.ladder),
)


@click.command()
@click.option("--check", is_flag=True, help="Write nothing; exit code 1 when something is stale.")
@click.option(
    "--root",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=Path(schemas.__file__).parents[1],
    help="Folder that holds `schemas` and `streams`. [default: where this program was loaded from]",
)
@click.pass_context
def command(ctx: click.Context, *, check: bool, root: Path) -> None:
    """Write schemas/json, and the tables and the picture in the papers, from the code."""
    stale = [(path, text) for path, text in rendered(root) if _held(path) != text]
    for path, text in stale:
        click.echo(f"{'stale' if check else 'written'}: {path.relative_to(root).as_posix()}")
        if not check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    if check and stale:
        ctx.exit(STALE)


def rendered(root: Path) -> Iterator[tuple[Path, str]]:
    """Every generated file with what the code says it should hold."""
    for name in CONTRACTS:
        yield root / "schemas" / "json" / f"{name}.json", schema(name)
    for paper in dict.fromkeys(block.path for block in BLOCKS):
        path = root / paper
        text = path.read_text(encoding="utf-8")
        for block in BLOCKS:
            if block.path == paper:
                text = block.refreshed(text)
        yield path, text


def schema(name: str) -> str:
    """One contract as JSON Schema 2020-12, keys sorted."""
    adapter, mode = CONTRACTS[name]
    body = {"$schema": DIALECT, **adapter.json_schema(mode=mode), "title": name}
    return json.dumps(body, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def _held(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.is_file() else None
