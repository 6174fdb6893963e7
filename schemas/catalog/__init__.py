"""The catalogue that ships with the package: the default rule bundle, time zones' rules as data, questionnaires."""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files

import orjson
import yaml

from schemas.plan_template import PlanTemplate
from schemas.questionnaire import Questionnaire
from schemas.rules import RuleBundle


@cache
def default_bundle() -> RuleBundle:
    """The bundle in force before anything is published on rules.v1. Nobody has signed it.

    Zones: zones.json, 2010 to 2040, generated from the tz database by tests/contracts/test_zones.py.
    Holidays: holidays.json, 2020 to 2045, generated from the library `holidays` by tests/contracts/test_holidays.py.
    """
    zones = orjson.loads(files(__name__).joinpath("zones.json").read_bytes())
    holidays = orjson.loads(files(__name__).joinpath("holidays.json").read_bytes())
    return RuleBundle(
        zones={name: tuple(map(tuple, rows)) for name, rows in zones.items()},
        holidays={name: tuple(dates) for name, dates in holidays.items()},
    )


@cache
def shipped_questionnaires() -> Mapping[tuple[str, int], Questionnaire]:
    """(id, version) -> each questionnaire of questionnaires/*.yaml, in the order of the file names.

    They belong to the release, as the table of vital signs does: a decision names its `code`, and with it these.
    Old versions stay, so that old forms can be judged again; tests/contracts/test_questionnaires.py sees to that.
    """
    folder = files(__name__).joinpath("questionnaires")
    texts = {path.name: path.read_text("utf-8") for path in folder.iterdir() if path.name.endswith(".yaml")}
    forms = [read_questionnaire(texts[name]) for name in sorted(texts)]
    return {(form.id, form.version): form for form in forms}


@cache
def plan_templates() -> Mapping[str, PlanTemplate]:
    """id -> each template of plans/*.yaml, by name. Nobody has signed them."""
    folder = files(__name__).joinpath("plans")
    found = {path.name: path.read_text("utf-8") for path in folder.iterdir() if path.name.endswith(".yaml")}
    read = [PlanTemplate.model_validate(yaml.load(found[name], Loader=_Loader)) for name in sorted(found)]  # noqa: S506 - a safe loader
    return {template.id: template for template in read}


def read_questionnaire(text: str) -> Questionnaire:
    """A questionnaire from YAML or JSON text. Raises yaml.YAMLError or pydantic.ValidationError."""
    return Questionnaire.model_validate(yaml.load(text, Loader=_Loader))  # noqa: S506 - a safe loader, see below


_Loader: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""Safe either way; the one in C is ten times as fast and not in every build."""
