"""FHIR R4 Questionnaire -> our Questionnaire: questions, answers and enableWhen; FHIR knows no decision table.

So the result is yellow for every answer (`read`: a person reads it) until an institution adds rows to it.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import Any, NamedTuple

from schemas.questionnaire import Questionnaire
from streams.core.formats.imported import TASK, FormatError, Imported, slug, unique

VALID_HOURS = 168
"""FHIR does not say how long answers hold: a week, our choice."""

ORDINAL = "http://hl7.org/fhir/StructureDefinition/ordinalValue"

TYPES: Mapping[str, str] = {
    "boolean": "boolean",
    "integer": "integer",
    "decimal": "decimal",
    "quantity": "decimal",
    "choice": "choice",
    **dict.fromkeys(("open-choice", "string", "text", "date", "dateTime", "time", "url"), "text"),
}
"""Type in FHIR -> ours. `group` is opened, `display` and the rest ask nothing that we can take."""

MOST_WAYS = 64

Ways = list[list[dict[str, Any]]]
"""Alternatives of conditions; empty = always."""


class _ComparesWordsError(Exception):
    """enableWhen looks at free text, or at a choice whose answers stand in a value set elsewhere."""


class _Known(NamedTuple):
    """An item already read: its type, and (code or value as sent -> value) of a choice."""

    id: str
    type: str
    values: dict[str, int]


def read_fhir_questionnaire(body: Any) -> Imported:
    """One resource. Raises FormatError, and ValidationError from the contract."""
    if not isinstance(body, dict) or body.get("resourceType") != "Questionnaire":
        raise FormatError("not a FHIR Questionnaire", next_step="give one resource of type Questionnaire, in JSON")
    language = "da" if str(body.get("language", "")).startswith("da") else "en"
    reader = _Reader(language)
    try:
        items = [item for part in body.get("item", ()) for item in reader.read(part, [])]
    except (KeyError, TypeError, AttributeError, IndexError, ValueError) as error:
        raise FormatError(
            f"an item is not as FHIR R4 says ({type(error).__name__})", next_step="validate the resource first"
        ) from None
    title = body.get("title") or body.get("name") or body.get("id") or "questionnaire"
    version = str(body.get("version", "")).split(".")[0]
    form = {
        "id": slug(str(body.get("id") or body.get("name") or title), "-", 40),
        "version": int(version) if version.isdecimal() and int(version) > 0 else 1,
        "title": {language: title},
        "rights": "supplied",
        "licence": str(body.get("copyright") or "as supplied by the institution")[:500],
        "source": f"imported from FHIR R4: {body.get('url') or title}"[:500],
        "valid_hours": VALID_HOURS,
        "items": items,
        "rows": [
            {
                "reason": "read",
                "level": "yellow",
                "tier": TASK,
                "text": {"da": "Læs svarene: skemaet har ingen grænser", "en": "Read the answers: there are no bands"},
            }
        ],
    }
    return Imported(
        Questionnaire.model_validate(form), ("without a decision table every form is yellow", *reader.notes)
    )


class _Reader:
    """Walks the tree of items; remembers linkIds for enableWhen."""

    def __init__(self, language: str) -> None:
        self._language = language
        self._known: dict[str, _Known] = {}
        self._taken: set[str] = set()
        self.notes: list[str] = []

    def read(self, part: Mapping[str, Any], outer: Ways) -> Iterator[dict[str, Any]]:
        """An item and all below it, in the order they are asked."""
        kind = part["type"]
        loose = False
        try:
            ways = _both(outer, self._ways(part))
        except _ComparesWordsError:
            self.notes.append("a question whose condition compares words is always asked, and need not be answered")
            ways, loose = outer, True
        if kind in TYPES:
            yield self._item(part, str(part["linkId"]), TYPES[kind], ways) | ({"required": False} if loose else {})
        elif kind not in ("group", "display"):
            self.notes.append(f"an item of type {slug(str(kind), '-', 20)} is left out")
        for below in part.get("item", ()):
            yield from self.read(below, ways)

    def _item(self, part: Mapping[str, Any], link: str, kind: str, ways: Ways) -> dict[str, Any]:
        options = part.get("answerOption", [])
        if kind == "choice" and not options:
            self.notes.append("a choice from a value set is taken as words, which a person reads")
            kind = "text"
        if part.get("repeats"):
            self.notes.append("a question that takes several answers takes one")
        item: dict[str, Any] = {
            "id": unique(slug(link, "_", 32), self._taken, 32),
            "type": kind,
            "required": bool(part.get("required", False)),
            "show_if": ways,
            "text": {self._language: str(part.get("text") or link)[:2000]},
        }
        values: dict[str, int] = {}
        if kind == "choice":
            item["choices"] = self._choices(options, values)
        self._known[link] = _Known(item["id"], kind, values)
        return item

    def _choices(self, options: Sequence[Mapping[str, Any]], values: dict[str, int]) -> list[dict[str, Any]]:
        points = [_points(option) for option in options]
        own = None not in points and len(set(points)) == len(points)
        choices = []
        for number, option in enumerate(options):
            value = points[number] if own else number
            assert value is not None
            code, words = _named(option)
            values[code] = value
            choice: dict[str, Any] = {"value": value, "text": {self._language: words[:2000]}}
            if code.isascii() and code.replace("-", "").isalnum() and len(code) <= 32:
                choice["code"] = code
            choices.append(choice)
        return choices

    def _ways(self, part: Mapping[str, Any]) -> Ways:
        each = [self._alternatives(condition) for condition in part.get("enableWhen", ())]
        if part.get("enableBehavior", "any") == "all":
            ways: Ways = []
            for alternatives in each:
                ways = _both(ways, alternatives)
            return ways
        return [way for alternatives in each for way in alternatives]

    def _alternatives(self, condition: Mapping[str, Any]) -> Ways:
        known = self._known.get(str(condition["question"]))
        if known is None:
            raise FormatError("enableWhen looks at a question that comes later", next_step="ask it before the other")
        name, value = next((key, held) for key, held in condition.items() if key.startswith("answer"))
        operator = condition["operator"]
        if operator == "exists":
            return [[{"item": known.id, "missing": not value}]]
        if known.type == "text":
            raise _ComparesWordsError
        return [[{"item": known.id, **test}] for test in _tests(operator, _number(known, name, value))]


def _both(outer: Ways, inner: Ways) -> Ways:
    """Both must hold. Raises FormatError when there are too many combinations."""
    if not outer or not inner:
        return outer or inner
    ways = [[*one, *other] for one, other in product(outer, inner)]
    if len(ways) > MOST_WAYS:
        raise FormatError("too many combinations of enableWhen", next_step="split the questionnaire")
    return ways


def _number(known: _Known, name: str, value: Any) -> int:
    """The value an answer is compared with, as it is inside."""
    if name in ("answerCoding", "answerString"):
        return known.values[str(value["code"] if isinstance(value, dict) else value)]
    if isinstance(value, dict):
        value = value["value"]
    return round(value * 1000) if known.type == "decimal" else int(value)


def _tests(operator: str, value: int) -> list[dict[str, Any]]:
    """Alternatives of tests; a choice is compared by its value."""
    match operator:
        case "=":
            return [{"any_of": [value]}]
        case "!=":
            return [{"at_most": value - 1}, {"at_least": value + 1}]
        case ">":
            return [{"at_least": value + 1}]
        case "<":
            return [{"at_most": value - 1}]
        case ">=":
            return [{"at_least": value}]
        case "<=":
            return [{"at_most": value}]
        case _:
            raise FormatError(
                "enableWhen has an unknown operator", next_step="see FHIR R4, questionnaire-enable-operator"
            )


def _points(option: Mapping[str, Any]) -> int | None:
    """The ordinal value of an option, or its own integer; None = it has none that is whole."""
    if isinstance(option.get("valueInteger"), int):
        return int(option["valueInteger"])
    coding = option.get("valueCoding", {})
    for extension in (*option.get("extension", ()), *coding.get("extension", ())):
        if extension.get("url") == ORDINAL and extension.get("valueDecimal") == int(extension["valueDecimal"]):
            return int(extension["valueDecimal"])
    return None


def _named(option: Mapping[str, Any]) -> tuple[str, str]:
    """(code, words) of an option."""
    if "valueCoding" in option:
        coding = option["valueCoding"]
        code = str(coding.get("code") or coding["display"])
        return code, str(coding.get("display") or code)
    words = str(next(held for key, held in option.items() if key.startswith("value")))
    return words, words
