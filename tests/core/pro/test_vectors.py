"""The checked vectors of clinical/pro_vectors.csv: score, band and colour of every instrument that ships."""

import csv
from collections.abc import Iterator

import pytest

from schemas.questionnaire import Questionnaire
from streams.core.pro.answer_triage import Judgement, judge
from streams.core.pro.content import find
from streams.core.pro.held import Form
from tests.builders import DAY, T0, rules
from tests.contracts.house import ROOT

TOTALS = {"phq9": "total", "phq2": "total", "gad7": "total", "who5": "total", "mmrc": "grade", "esas": "total"}

COLOURS = {
    "green": ("green", {0}),
    "yellow": ("yellow", {2}),
    "red": ("red", {3, 4}),
    "orange": ("red", {3}),  # no fourth colour: tier 3, and the finding of PRO-01 and COPD-05 is red
    "insufficient": ("yellow", {2}),  # not scored is never green
}

DIARY = {"D": "dyspnoea", "V": "sputum", "P": "sputum_colour", "cough": "cough"}


def vectors() -> list[dict[str, str]]:
    """Every row of the table."""
    return list(csv.DictReader((ROOT / "tests/data/pro_vectors.csv").open(encoding="utf-8")))


def questionnaire(name: str) -> Questionnaire:
    """Version 1 as shipped."""
    found = find(rules(), name, 1)
    assert found is not None
    return found


def simple(form: Questionnaire, text: str) -> Judgement:
    """`2;1;_` in the order of the items, or `MRC=3` as a total by code."""
    if text.startswith("MRC="):
        filled = Form(T0, 1, (None,), {"grade": int(text[4:]) - 1})
    else:
        filled = Form(T0, 1, tuple(None if part == "_" else int(part) for part in text.split(";")), {})
    return judge(form, filled, (), lambda at_ms: at_ms // DAY)


def diary(form: Questionnaire, text: str) -> Judgement:
    """`day1 D+V;day2 missing;day3 D+V`: the last day's form, with those before it."""
    forms = list(_days(form, text))
    earlier = [(form, one) for one in forms[:-1]]
    return judge(form, forms[-1], earlier, lambda at_ms: at_ms // DAY)


def _days(form: Questionnaire, text: str) -> Iterator[Form]:
    for number, day in enumerate(text.split(";")):
        signs = day.split()[1]
        if signs == "missing":
            continue
        yes = {DIARY[sign] for sign in signs.split("+")} if signs != "none" else set()
        yield Form(T0 + number * DAY, 1, tuple(int(item.id in yes) for item in form.items), {})


@pytest.mark.parametrize("row", vectors(), ids=lambda row: f"{row['instrument']}:{row['input']}")
def test_vector(row: dict[str, str]) -> None:
    """Score and colour as checked; what the table calls `orange` is tier 3."""
    form = questionnaire(row["instrument"].replace("_", "-"))
    judged = (diary if form.id == "copd-diary" else simple)(form, row["input"])
    level, tiers = COLOURS[row["colour"]]
    spoke = [one.reason for one in judged.spoke]

    assert level == judged.level
    assert judged.tier in tiers
    if form.id == "copd-diary":
        assert (row["score"] if row["score"] != "-" else "no_event") in spoke
    else:
        expected = None if row["score"] == "none" else int(row["score"])
        assert expected == judged.scores.get(TOTALS[form.id])
        if row["band"] == "not scored":
            assert "not_scored" in spoke
        elif form.id in ("phq9", "gad7"):
            assert row["band"] in spoke


def test_the_table_is_not_empty() -> None:
    """27 rows came with the clinical facts."""
    assert 27 == len(vectors())
