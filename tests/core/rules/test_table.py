"""The rule table against its vectors: the checked ones, boundaries for each row, and what rows become in a patient."""

import pytest

from schemas.rule_table import RuleRow, leaves
from schemas.shipped_rules import shipped_rows
from tests.rule_scenes import ROWS, judged, table

METRICS = {"weight": "weight", "glucose": "glucose"}
RENAMED = {"copd.01r": "copd.01r", "copd.01y": "copd.01y"}
BOUNDARIES = table("rule_boundaries.csv")
VECTORS = table("rule_vectors.csv")
EXPECTED = {"fire": "fire", "no": "no", "insufficient": "insufficient", "fire after 1 h": "waits"}


def own_id(source_id: str) -> str:
    """HF-09a is hf.09a."""
    return source_id.lower().replace("-", ".", 1)


def series(row: RuleRow, text: str) -> str:
    """`0h:80.0;72h:82.1` as a scene of the row's kind; what else the row asks for is there."""
    first = next(iter(leaves(row.when)))
    kind = first.of.kind if hasattr(first, "of") else first.kind
    told = [f"{kind}@{hour}={value}" for hour, value in (each.split(":") for each in text.split(";"))]
    last = text.split(";")[-1].split("h:")[0]
    told += [f"light_headed!{last}h=1"] if row.id == "hf.09a" else []
    told += [f"supplemental_o2@{last}h=2"] if row.id == "copd.01y" else []
    return " ".join(told)


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["id"])
def test_checked_vector(vector: dict[str, str]) -> None:
    """The 25 vectors of the fact sheet."""
    row = ROWS[own_id(vector["rule"])].row
    scene = series(row, vector["series"])

    assert EXPECTED[vector["expect"]] == judged(row.id, scene)
    if vector["expect"] == "fire after 1 h":
        assert "fire" == judged(row.id, f"{scene} now@1h")


@pytest.mark.parametrize("boundary", BOUNDARIES, ids=lambda each: f"{each['rule']}: {each['scene'][-40:]}")
def test_boundary(boundary: dict[str, str]) -> None:
    """Each row on both sides of its cut, and without what it needs."""
    assert boundary["expect"] == judged(boundary["rule"], boundary["scene"])


@pytest.mark.parametrize("row", shipped_rows(), ids=lambda row: row.id)
def test_every_row_has_boundaries_of_its_own(row: RuleRow) -> None:
    """A new row without vectors turns this red: it must fire, stay silent, and know when it cannot tell."""
    told = {each["expect"] for each in BOUNDARIES if each["rule"] == row.id}

    assert {"fire", "no", "insufficient"} <= told
