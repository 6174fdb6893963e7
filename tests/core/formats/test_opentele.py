"""Forms of the OpenTele server: 31 real ones load, can be answered along every way, and give a colour."""

import json
from pathlib import Path
from typing import Any

import pytest

from schemas.questionnaire import Questionnaire
from streams.core.formats.imported import FormatError, slug, unique
from streams.core.formats.opentele import read_opentele
from streams.core.pro.answer_triage import judge
from streams.core.pro.held import Form
from streams.core.pro.paths import walk
from tests.builders import T0
from tests.contracts.house import ROOT

FORMS = sorted((ROOT / "tests/data/opentele").glob("*.json"))


def node(key: str, kind: str, **more: Any) -> dict[str, Any]:
    """A node; its id is its key."""
    return {"id": key, "type": kind, **more}


def edge(source: str, target: str, severity: str = "", **more: Any) -> dict[str, Any]:
    """A connection."""
    return {"source": source, "target": target, "severity": severity, "type": "normal", **more}


def graph(nodes: list[dict[str, Any]], edges: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    """A form of these and a start and an end."""
    every = [node("start", "start"), node("end", "end"), *nodes]
    return {"title": "Form", "nodes": {one["id"]: one for one in every}, "connections": edges, **more}


def colour(form: Questionnaire, *values: int | None) -> str:
    """The colour of these answers."""
    return judge(form, Form(T0, form.version, values, {}), (), lambda at_ms: at_ms).level.value


@pytest.mark.parametrize("path", FORMS, ids=lambda path: path.stem)
def test_a_real_form_loads_and_every_way_through_it_has_a_colour(path: Path) -> None:
    """Every question is reached, every row speaks, no answers fall through."""
    form = read_opentele(json.loads(path.read_text(encoding="utf-8")), path.stem).questionnaire
    walked = walk(form)

    assert ((), (), False, 0) == (walked.unreached, walked.silent, walked.crowded, walked.undecided)
    assert walked.forms == sum(walked.colours.values()) > 0


def test_all_31_are_here() -> None:
    """As in the server's repository."""
    assert 31 == len(FORMS)


def test_the_largest_form_says_what_its_drawing_says() -> None:
    """More breathless and coughing more is red on the way; nothing at all and all measured is green."""
    path = ROOT / "tests/data/opentele/RN_kol_maalinger_og_spoergsmaal.json"
    form = read_opentele(json.loads(path.read_text(encoding="utf-8")), path.stem).questionnaire
    calm = {"measurement3": 1, "input6": 0, "measurement15": 1, "input20": 0, "input23": 0, "input24": 0}
    worse = {**calm, "input23": 1, "input27": 1, "input28": 0, "input29": 0}

    assert "green" == colour(form, *(calm.get(item.id) for item in form.items))
    assert "red" == colour(form, *(worse.get(item.id) for item in form.items))
    assert (11, "rn-kol-maalinger-og-spoergsmaal") == (form.version, form.id)


def test_a_second_try_counts_for_the_first() -> None:
    """Skipped and then taken is taken; skipped twice is never green."""
    body = graph(
        [
            node("m1", "measurement", measurementType="SATURATION", headline="Ilt"),
            node("m2", "measurement", measurementType="SATURATION", headline="Ilt igen"),
            node("t", "text", text="Hvil"),
        ],
        [
            edge("start", "m1"),
            edge("m1", "end"),
            edge("m1", "t", type="measurementSkipped"),
            edge("t", "m2"),
            edge("m2", "end"),
            edge("m2", "end", type="measurementSkipped"),
        ],
    )
    form = read_opentele(body, "Prøve målt").questionnaire

    assert "proeve-maalt" == form.id
    assert ["green", "green", "yellow"] == [colour(form, *v) for v in ((1, None), (0, 1), (0, 0))]


def test_numbers_words_and_what_is_unknown() -> None:
    """Words are read by a person; a schedule, a lost node and an unknown measurement are noted."""
    body = graph(
        [
            node("n", "input", dataType="INTEGER", question="Hvor mange?"),
            node("w", "input", dataType="STRING", question="Hvad?"),
            node("m", "measurement", measurementType="ALIEN"),
            node("lost", "text", text="?"),
        ],
        [edge("start", "n"), edge("n", "w", "YELLOW"), edge("w", "m"), edge("m", "end")],
        standardSchedule={"type": "WEEKDAYS"},
    )
    read = read_opentele(body, "x")

    assert ["integer", "text", "measurement"] == [item.type for item in read.questionnaire.items]
    assert "yellow" == colour(read.questionnaire, 3, 0, 1)
    assert 3 == len(read.notes)


@pytest.mark.parametrize(
    "body",
    [
        [],
        {"nodes": {}, "connections": []},
        graph([], [edge("start", "nowhere")]),
        graph([node("q", "input", dataType="PICTURE")], [edge("start", "q"), edge("q", "end")]),
        graph(
            [node("a", "text"), node("b", "text")],
            [edge("start", "a"), edge("a", "b"), edge("b", "a")],
        ),
    ],
    ids=["no object", "no start", "loose end", "unknown data", "circle"],
)
def test_a_form_that_cannot_be_carried_over_is_refused_with_what_to_do(body: Any) -> None:
    """Never half of it."""
    with pytest.raises(FormatError) as caught:
        read_opentele(body, "x")
    assert caught.value.next_step


def test_names_become_ids() -> None:
    """Never empty, never twice."""
    taken: set[str] = set()

    assert ["blaa-oe", "x"] == [slug("Blå  Ø!", "-", 20), slug("???", "-", 20)]
    assert ["a", "a_2", "a_3"] == [unique("a", taken, 8) for _ in range(3)]
