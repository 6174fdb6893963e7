"""`nattevagt questionnaire list|show|import|check|add`: from an institution's files to the rule bundle."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

import click
import yaml
from pydantic import ValidationError

from schemas.catalog import shipped_questionnaires
from schemas.errors import ConfigurationError, ContractError, NattevagtError
from schemas.questionnaire import Questionnaire
from schemas.rules import RuleBundle
from streams.cli.given import FILE, contract, document, pretty
from streams.core.formats.fhir_questionnaire import read_fhir_questionnaire
from streams.core.formats.imported import Imported
from streams.core.formats.opentele import read_opentele
from streams.core.pro.paths import Walk, walk

Language = Literal["da", "en"]
ENDINGS = (".json", ".yaml", ".yml")
PATHS = click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
LANGUAGE = click.option(
    "--language", type=click.Choice(["da", "en"]), default="da", show_default=True, help="Of forms that do not say."
)


@click.group()
def command() -> None:
    """Questionnaires: ours in YAML, FHIR R4 Questionnaire in JSON, forms of the OpenTele server in JSON."""


@command.command("list")
def list_() -> None:
    """What ships with this release."""
    for form in shipped_questionnaires().values():
        click.echo(f"{form.id:18} v{form.version}  {len(form.items):2} items  {form.rights:15} {form.title.en}")


@command.command()
@click.argument("name")
def show(name: str) -> None:
    """Show the newest shipped version of NAME as YAML: to read, or to add the texts that a licence gives you."""
    found = [form for form in shipped_questionnaires().values() if form.id == name]
    if not found:
        raise ConfigurationError(f"'{name}' does not ship.", next_step="See `nattevagt questionnaire list`.")
    click.echo(_yaml(max(found, key=lambda form: form.version)), nl=False)


@command.command("import")
@PATHS
@LANGUAGE
@click.option("--out", required=True, type=click.Path(file_okay=False, path_type=Path), help="Folder for the YAML.")
@click.pass_context
def import_(ctx: click.Context, paths: Sequence[Path], language: Language, out: Path) -> None:
    """Write each form in PATHS (files or folders) as our YAML, with notes on what was left out."""
    out.mkdir(parents=True, exist_ok=True)
    failed = False
    for path, read in _all(paths, language):
        if isinstance(read, NattevagtError):
            failed = True
            click.echo(f"{path.name}: {read}", err=True)
            continue
        form = read.questionnaire
        target = out / f"{form.id}-v{form.version}.yaml"
        if target.exists():
            raise ConfigurationError(f"{target} is there already.", next_step="Give an empty folder, or another id.")
        notes = "".join(f"# {note}\n" for note in read.notes)
        target.write_text(notes + _yaml(form), encoding="utf-8")
        click.echo(f"{path.name} -> {target.name}: {len(form.items)} items, {len(form.rows)} rows")
    ctx.exit(1 if failed else 0)


@command.command()
@PATHS
@LANGUAGE
@click.pass_context
def check(ctx: click.Context, paths: Sequence[Path], language: Language) -> None:
    """Answer each form in PATHS along every way through it. Exit code 1 when there is none, or one has a fault."""
    total, failed = 0, 0
    for path, read in _all(paths, language):
        total += 1
        if isinstance(read, NattevagtError):
            failed += 1
            click.echo(f"{path.name}: {read}")
            continue
        walked = walk(read.questionnaire)
        faults = list(_faults(walked))
        failed += bool(faults)
        colours = ", ".join(f"{count} {colour}" for colour, count in walked.colours.items())
        click.echo(f"{path.name}: {walked.paths} ways, {walked.forms} forms: {colours}")
        for line in (*faults, *(f"note: {note}" for note in read.notes)):
            click.echo(f"  {line}")
    click.echo(f"{total} forms, {failed} with a fault")
    ctx.exit(1 if failed or not total else 0)


@command.command()
@FILE
@PATHS
@LANGUAGE
def add(file: Path, paths: Sequence[Path], language: Language) -> None:
    """Print the rule bundle FILE, one version higher and unsigned, with the forms in PATHS added or replaced."""
    bundle = contract(RuleBundle, document(file), file.name)
    forms = {(form.id, form.version): form for form in bundle.questionnaires}
    for path, read in _all(paths, language):
        if isinstance(read, NattevagtError):
            raise ContractError(f"{path.name}: {read.args[0]}", next_step=read.next_step)
        forms[read.questionnaire.id, read.questionnaire.version] = read.questionnaire
    changed = {"questionnaires": tuple(forms[key] for key in sorted(forms)), "version": bundle.version + 1}
    click.echo(pretty(bundle.model_copy(update={**changed, "signed_by": None}).model_dump(mode="json")))


def _faults(walked: Walk) -> Iterator[str]:
    if walked.crowded:
        yield "fault: too many ways to walk them all; split the form"
    if walked.unreached:
        yield f"fault: never asked: {', '.join(walked.unreached)}"
    if walked.silent:
        yield f"fault: rows that never speak: {', '.join(walked.silent)}"
    if walked.undecided:
        yield f"fault: {walked.undecided} forms on which no row speaks; they are yellow"


def _all(paths: Sequence[Path], language: Language) -> Iterator[tuple[Path, Imported | NattevagtError]]:
    """Every form in the files and folders, or why it cannot be read."""
    for path in paths:
        inside = [one for one in path.iterdir() if one.suffix in ENDINGS] if path.is_dir() else [path]
        for one in sorted(inside):
            try:
                yield one, _read(one, document(one), language)
            except ContractError as error:
                yield one, error
            except ValidationError as error:
                first = error.errors(include_input=False)[0]
                where = ".".join(str(part) for part in first["loc"])
                yield one, ContractError(f"{where or 'form'}: {first['msg']}", next_step="mend the form at its source")


def _read(path: Path, body: Any, language: Language) -> Imported:
    if isinstance(body, dict) and "resourceType" in body:
        return read_fhir_questionnaire(body)
    if isinstance(body, dict) and "nodes" in body:
        return read_opentele(body, path.stem, language)
    return Imported(contract(Questionnaire, body, path.name), ())


def _yaml(form: Questionnaire) -> str:
    body = form.model_dump(mode="json", exclude_defaults=True)
    return yaml.safe_dump(body, allow_unicode=True, sort_keys=False, width=120)
