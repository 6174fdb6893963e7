"""What a command is given: settings from variables and options, documents from files."""

import asyncio
import functools
import logging
import os
import re
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, TypeVar

import click
import orjson
import yaml
from aiokafka.errors import KafkaError
from pydantic import BaseModel, ValidationError

from schemas.codec import loads
from schemas.errors import ConfigurationError, ContractError
from streams.adapters.settings import Settings

T = TypeVar("T")
Contract = TypeVar("Contract", bound=BaseModel)

DEMO = {"demo": True, "replication": 1, "min_insync": 1}
"""What --demo sets: a cluster of one broker cannot do better."""

FILE = click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))


def with_settings(function: Callable[..., T]) -> Callable[..., T]:
    """Give a command the options --demo and --simulation, and one checked `settings`."""

    @click.option("--demo", is_flag=True, help="One copy of each topic; never where a patient is watched.")
    @click.option("--simulation", is_flag=True, help="Topics carry simulated times.")
    @functools.wraps(function)
    def wrapped(*args: Any, demo: bool, simulation: bool, **kwargs: Any) -> T:
        overrides = (DEMO if demo else {}) | ({"simulation": True} if simulation else {})
        settings = Settings.from_env(os.environ, **overrides)
        settings.check()
        return function(*args, settings=settings, **kwargs)

    return wrapped


def run(work: Coroutine[Any, Any, T]) -> T:
    """Do this with Kafka. The library's own words stay away: an error becomes one line of ours."""
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    try:
        return asyncio.run(work)
    except KafkaError as error:
        raise ConfigurationError(
            f"Kafka did not do what was asked ({type(error).__name__}).",
            next_step="Look at the broker, then try again.",
        ) from error


class JsonLike(yaml.SafeLoader):
    """YAML whose plain words mean what they mean in JSON.

    YAML 1.1 reads 16:00 as the number 960, no as false and 2026-01-01 as a date; here they are texts.
    """


JsonLike.yaml_implicit_resolvers = {}
for _tag, _pattern, _first in (
    ("bool", r"true|false", "tf"),
    ("int", r"-?(?:0|[1-9]\d*)", "-0123456789"),
    ("float", r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?", "-0123456789"),
    ("null", r"null|~|", "n~"),
):
    JsonLike.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(f"(?:{_pattern})$"), [*_first])
JsonLike.add_implicit_resolver("tag:yaml.org,2002:null", re.compile(r"$"), [""])


def document(path: Path) -> Any:
    """A YAML or JSON file as JSON values, held to the limits of everything else we read.

    Raises: ContractError.
    """
    try:
        data = path.read_bytes()
        if path.suffix != ".json":
            data = orjson.dumps(yaml.load(data, Loader=JsonLike))  # noqa: S506 - JsonLike is a SafeLoader
        return loads(data)
    except (OSError, yaml.YAMLError, orjson.JSONEncodeError, ValueError) as error:
        raise ContractError(
            f"{path.name} cannot be read ({type(error).__name__}).", next_step="Write it as YAML or JSON in UTF-8."
        ) from error


def contract(kind: type[Contract], value: object, name: str) -> Contract:
    """The value as a contract. The refusal names the first wrong field and never repeats what stood there."""
    try:
        return kind.model_validate_json(orjson.dumps(value))
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "the whole"
        raise ContractError(
            f"{name} is no {kind.__name__}: {where}: {first['msg']} ({error.error_count()} in all).",
            next_step=f"Correct it and publish again; the fields stand in the contract {kind.__name__}.",
        ) from error


def newer(name: str, version: int, held: int | None) -> None:
    """Refuse a version that would not replace what is in force. held: None = nothing is."""
    if held is not None and version <= held:
        raise ConfigurationError(
            f"{name}: version {version} does not replace version {held}.",
            next_step=f"Publish it as version {held + 1}.",
        )


def pretty(value: object) -> str:
    """JSON for people: indented, keys in order."""
    return orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS).decode()
