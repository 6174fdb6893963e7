"""The disease rules that ship: schemas/catalog/rules, one file per family."""

from functools import cache
from importlib.resources import files

import orjson

from schemas.rule_table import FAMILIES, RuleRow


@cache
def shipped_rows() -> tuple[RuleRow, ...]:
    """Family by family in the order of FAMILIES. Nobody has signed them."""
    folder = files("schemas").joinpath("catalog", "rules")
    texts = [folder.joinpath(f"{family}.json").read_bytes() for family in FAMILIES]
    return tuple(RuleRow.model_validate(row) for text in texts for row in orjson.loads(text))
