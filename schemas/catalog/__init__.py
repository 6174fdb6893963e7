"""The catalogue that ships with the package: the default rule bundle and the time zones' rules as data."""

from functools import cache
from importlib.resources import files

import orjson

from schemas.rules import RuleBundle


@cache
def default_bundle() -> RuleBundle:
    """The bundle in force before anything is published on rules.v1. Nobody has signed it.

    Zones: zones.json, 2010 to 2040, generated from the tz database by tests/contracts/test_zones.py.
    """
    zones = orjson.loads(files(__name__).joinpath("zones.json").read_bytes())
    return RuleBundle(zones={name: tuple(map(tuple, rows)) for name, rows in zones.items()})
