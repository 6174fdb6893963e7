"""FHIR R4 Questionnaire: questions, answers and conditions are carried over; colours are not guessed."""

from typing import Any

import pytest

from streams.core.formats.fhir_questionnaire import ORDINAL, read_fhir_questionnaire
from streams.core.formats.imported import FormatError
from streams.core.pro.paths import walk
from streams.core.pro.scoring import asked


def resource(*items: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A Questionnaire of these items."""
    return {"resourceType": "Questionnaire", "id": "Form.1", "title": "Form", "item": list(items), **more}


def question(link: str, kind: str = "boolean", **more: Any) -> dict[str, Any]:
    """One item."""
    return {"linkId": link, "type": kind, "text": f"Question {link}", **more}


def when(link: str, operator: str = "=", **answer: Any) -> dict[str, Any]:
    """One condition."""
    return {"question": link, "operator": operator, **answer}


def coded(code: str, points: int | None = None) -> dict[str, Any]:
    """One answer to choose."""
    extension = {} if points is None else {"extension": [{"url": ORDINAL, "valueDecimal": points}]}
    return {"valueCoding": {"code": code, "display": code.upper()}, **extension}


def test_types_and_answers_are_carried_over() -> None:
    """Every type that asks something has its own here; points are the value of an answer."""
    read = read_fhir_questionnaire(
        resource(
            question("a"),
            question("b", "choice", answerOption=[coded("no", 0), coded("much", 3)], required=True),
            question("c", "choice", answerOption=[{"valueString": "x"}, {"valueString": "y"}]),
            question("d", "choice", answerOption=[{"valueInteger": 7}, {"valueInteger": 9}]),
            question("e", "decimal"),
            question("f", "text"),
            question("g", "attachment"),
            question("h", "choice", answerValueSet="http://example.org/set", repeats=True),
            {"type": "display", "text": "Thank you"},
            version="2.1",
            language="da-DK",
        )
    )
    form = read.questionnaire

    assert ("form-1", 2, "Form") == (form.id, form.version, form.title.da)
    assert ["boolean", "choice", "choice", "choice", "decimal", "text", "text"] == [item.type for item in form.items]
    assert [(0, 3), (0, 1), (7, 9)] == [item.values for item in form.items[1:4]]
    assert [False, True] == [item.required for item in form.items[:2]]
    assert 4 == len(read.notes)


def test_every_form_is_yellow_until_somebody_adds_a_table() -> None:
    """FHIR has no colours; none is invented."""
    walked = walk(read_fhir_questionnaire(resource(question("a"), question("b"))).questionnaire)

    assert {"green": 0, "yellow": walked.forms, "red": 0} == walked.colours


@pytest.mark.parametrize(
    ("condition", "shown"),
    [
        (when("n", "=", answerInteger=3), {3}),
        (when("n", "!=", answerInteger=3), {2, 4}),
        (when("n", ">", answerInteger=3), {4}),
        (when("n", "<", answerInteger=3), {2}),
        (when("n", ">=", answerInteger=3), {3, 4}),
        (when("n", "<=", answerInteger=3), {2, 3}),
        (when("n", "exists", answerBoolean=True), {2, 3, 4}),
        (when("n", "exists", answerBoolean=False), set()),
    ],
)
def test_operators(condition: dict[str, Any], shown: set[int]) -> None:
    """Each as FHIR says."""
    form = read_fhir_questionnaire(
        resource(question("n", "integer"), question("q", enableWhen=[condition]))
    ).questionnaire

    assert shown == {value for value in (2, 3, 4) if "q" in asked(form, {"n": value})}
    assert ("q" in asked(form, {})) is (condition["operator"] == "exists" and not condition["answerBoolean"])


def test_a_group_and_its_question_must_both_be_open() -> None:
    """Conditions of a group hold for all that is inside; `all` and `any` as said."""
    form = read_fhir_questionnaire(
        resource(
            question("a"),
            question("b", "choice", answerOption=[coded("x"), coded("y")]),
            question("m", "quantity"),
            {
                "linkId": "g",
                "type": "group",
                "enableWhen": [when("a", answerBoolean=True)],
                "item": [
                    question(
                        "any",
                        enableWhen=[
                            when("b", answerCoding={"code": "y"}),
                            when("m", ">=", answerQuantity={"value": 1.5}),
                        ],
                    ),
                    question(
                        "all",
                        enableBehavior="all",
                        enableWhen=[
                            when("b", answerCoding={"code": "y"}),
                            when("m", ">=", answerQuantity={"value": 1.5}),
                        ],
                    ),
                ],
            },
        )
    ).questionnaire

    assert {"a", "b", "m", "any"} == asked(form, {"a": 1, "b": 1, "m": 1000})
    assert {"a", "b", "m", "any", "all"} == asked(form, {"a": 1, "b": 1, "m": 1500})
    assert {"a", "b", "m"} == asked(form, {"a": 0, "b": 1, "m": 1500})


def test_a_condition_on_words_asks_always() -> None:
    """We cannot know; asking too much is safer than asking too little."""
    read = read_fhir_questionnaire(
        resource(question("w", "string"), question("q", required=True, enableWhen=[when("w", answerString="yes")]))
    )

    assert {"w", "q"} == asked(read.questionnaire, {})
    assert not read.questionnaire.items[1].required


@pytest.mark.parametrize(
    "body",
    [
        {"resourceType": "Patient"},
        resource({"type": "boolean"}),
        resource(question("a", enableWhen=[when("b", answerBoolean=True)]), question("b")),
        resource(question("a"), question("b", enableWhen=[when("a", "~", answerBoolean=True)])),
        resource(
            question("n", "integer"),
            question("b", enableBehavior="all", enableWhen=[when("n", "!=", answerInteger=i) for i in range(7)]),
        ),
    ],
    ids=["another resource", "no linkId", "later question", "unknown operator", "too many ways"],
)
def test_what_cannot_be_carried_over_is_refused_with_what_to_do(body: dict[str, Any]) -> None:
    """Never half of it."""
    with pytest.raises(FormatError) as caught:
        read_fhir_questionnaire(body)
    assert caught.value.next_step
