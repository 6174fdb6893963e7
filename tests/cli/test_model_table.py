"""`nattevagt model compare`: what a person reads before they promote."""

import orjson

from streams.adapters.model_log import RULES
from streams.cli.model_table import as_json, lines
from streams.core.learning.fared import Fared
from tests.core.learning.test_fared import told


def compared() -> dict[str, Fared]:
    """A model that knows something beside rules that know less."""
    return {"risk": told(200, sex="female"), RULES: told(200, skill=0.3, sex="female")}


def test_each_figure_stands_beside_the_rules_with_what_is_not_known_both_ways() -> None:
    """Intervals where there are any, and no probability of the rules."""
    head, *rows = lines(compared())
    table = {line[:46].strip(): line[46:].split() for line in rows}

    assert ["risk", "rules"] == head.split()
    assert table["AUROC [95 %, over people]"][1].startswith("[0.")
    assert "-" == table["above the rules [95 %]"][-1]
    assert {"AUROC", "AUROC, unknown = quiet", "observed / expected, unknown = quiet"} <= set(table)
    assert "-" == table["calibration error"][1]


def test_groups_are_told_and_small_ones_are_not() -> None:
    """A figure of a handful of events is noise, and of very few people."""
    found = compared()
    table = {line[:46].strip(): line[46:].split() for line in lines(found)}
    small = {"risk": told(1, days=20, sex="male"), RULES: told(1, days=20, sex="male")}

    assert 0.5 < float(table["sex, female"][0]) < 1
    assert table["sex, female"] == table["age, unknown"]
    assert as_json(small)["risk"]["groups"] == {"age:unknown": None, "sex:male": None}


def test_as_json_it_has_the_same_and_no_person() -> None:
    """Sums only."""
    text = orjson.dumps(as_json(compared())).decode()

    assert all(word in text for word in ("auroc_interval", "auroc_above_rules", "unknown_as_quiet", "sex:female"))
    assert "p17" not in text
