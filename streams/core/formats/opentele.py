"""Forms of the Danish OpenTele server: a graph of nodes and coloured connections -> a Questionnaire.

A node is asked when a way through the graph leads to it. Nodes that ask nothing (text, countdown) are looked
through: what leads to them leads on. So each question's `show_if` names the answers one step before it.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from schemas.questionnaire import SKIPPED, TAKEN, Questionnaire
from streams.core.formats.imported import TASK, FormatError, Imported, slug

VALID_HOURS = 48
"""How long an answer speaks for the colour; these forms do not say. Our choice, as for the daily forms that ship."""

RED_TIER = 3
"""A red answer means "contact needed": tier 3 (clinical README section 5)."""

KINDS: Mapping[str, str] = {
    "BLOOD_PRESSURE_PULSE": "sbp",
    "SATURATION": "spo2",
    "WEIGHT": "weight",
    "URINE": "urine_protein",
    "CTG": "fetal_hr",
    "BLOODSUGAR": "glucose",
    "CONTINUOUS_BLOOD_SUGAR_MEASUREMENT": "glucose",
    "LUNG_FUNCTION": "fev1",
    "TEMPERATURE": "temp",
    "HEMOGLOBIN": "hb",
    "CRP": "crp",
}
"""What is measured -> our vital sign; of several values the first. The readings themselves go to measurements.v1."""

TYPES: Mapping[str, str] = {"BOOLEAN": "boolean", "INTEGER": "integer", "FLOAT": "decimal", "STRING": "text"}

Node = Mapping[str, Any]
Condition = dict[str, Any]
ALWAYS: Condition = {}
"""A way that leads on whatever was answered."""


def read_opentele(body: Any, name: str, language: str = "da") -> Imported:
    """One form. name: of the file; becomes the id. Raises FormatError, and ValidationError from the contract."""
    graph = _Graph(body)
    items, rows, scores = [], [], []
    order = graph.asking()
    for node in order:
        items.append(_item(node, graph.ways_to(node["id"]), language))
        rows += [_row(node, number, edge, language) for number, edge in enumerate(graph.coloured_from(node["id"]))]
    for kind, nodes in _measured(order).items():
        scores.append({"id": f"taken_{kind}", "of": "max", "items": nodes, "missing_allowed": 128, "low": 0, "high": 1})
        rows.append(_not_measured(kind))
    rows.append({"reason": "calm", "level": "green", "tier": 0, "text": _words("Intet at bemærke", "Nothing to note")})
    form = {
        "id": slug(name, "-", 40),
        "version": body["version"] if isinstance(body.get("version"), int) and body["version"] > 0 else 1,
        "title": {language: body.get("title") or name},
        "rights": "supplied",
        "licence": "as supplied by the institution",
        "source": "imported from an OpenTele form; colours as drawn on its connections",
        "valid_hours": VALID_HOURS,
        "items": items,
        "scores": scores,
        "rows": rows,
    }
    return Imported(Questionnaire.model_validate(form), tuple(graph.notes(body)))


class _Graph:
    """The nodes that can be reached from the start, and what leads to them."""

    def __init__(self, body: Any) -> None:
        try:
            self._nodes: dict[str, Node] = dict(body["nodes"])
            self._edges: list[Mapping[str, Any]] = list(body["connections"])
            starts = [key for key, node in self._nodes.items() if node["type"] == "start"]
            known = all(edge["source"] in self._nodes and edge["target"] in self._nodes for edge in self._edges)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise FormatError(
                f"not an OpenTele form ({type(error).__name__})", next_step="give the JSON that the server exports"
            ) from None
        if len(starts) != 1 or not known:
            raise FormatError("not one start, or a connection leads nowhere", next_step="mend the form at its source")
        self._into: dict[str, list[Mapping[str, Any]]] = {}
        for edge in self._edges:
            self._into.setdefault(edge["target"], []).append(edge)
        self._order = self._sorted(starts[0])

    def _sorted(self, start: str) -> list[str]:
        """Every node reached, each after all that lead to it. Raises FormatError for a form that goes in circles."""
        done: list[str] = []
        open_, closed = {start}, set()
        stack = [(start, iter(self._next(start)))]
        while stack:
            key, rest = stack[-1]
            target = next(rest, None)
            if target is None:
                stack.pop()
                open_.discard(key)
                closed.add(key)
                done.append(key)
            elif target in open_:
                raise FormatError("the form goes in circles", next_step="end the circle at its source")
            elif target not in closed:
                open_.add(target)
                stack.append((target, iter(self._next(target))))
        return done[::-1]

    def _next(self, key: str) -> Sequence[str]:
        return sorted({edge["target"] for edge in self._edges if edge["source"] == key}, reverse=True)

    def asking(self) -> list[Node]:
        """Nodes that the patient answers, in an order in which each comes after what decides about it."""
        return [self._nodes[key] for key in self._order if _asks(self._nodes[key])]

    def ways_to(self, key: str) -> list[Condition]:
        """Alternatives under which a node is shown; one of them may be ALWAYS."""
        ways: list[Condition] = []
        for edge in self._into.get(key, ()):
            if edge["source"] in self._order:
                ways += [way for way in self._through(edge) if way not in ways]
        return ways

    def _through(self, edge: Mapping[str, Any]) -> list[Condition]:
        source = self._nodes[edge["source"]]
        if _asks(source):
            return [_answer(source, edge)]
        return [ALWAYS] if source["type"] == "start" else self.ways_to(edge["source"])

    def coloured_from(self, key: str) -> Iterator[Mapping[str, Any]]:
        """Connections of a node whose answer is yellow or red."""
        return (edge for edge in self._edges if edge["source"] == key and edge.get("severity") in ("YELLOW", "RED"))

    def notes(self, body: Mapping[str, Any]) -> Iterator[str]:
        """What the questionnaire does not carry."""
        texts = sum(self._nodes[key]["type"] in ("text", "delay") for key in self._order)
        if texts:
            yield f"{texts} texts or countdowns for the patient stay with the app"
        lost = sorted(set(self._nodes) - set(self._order))
        if lost:
            yield f"{len(lost)} nodes cannot be reached and are left out"
        if body.get("standardSchedule", {}).get("type") not in (None, "UNSCHEDULED"):
            yield "the schedule stays behind: when it is asked stands in the care plan"
        for key in self._order:
            node = self._nodes[key]
            if node["type"] == "measurement" and node.get("measurementType") not in KINDS:
                yield f"{node.get('measurementType')} is no vital sign of ours: only whether it was taken is known"


def _asks(node: Node) -> bool:
    return node["type"] in ("input", "measurement")


def _answer(node: Node, edge: Mapping[str, Any]) -> Condition:
    """The answer that takes this connection."""
    name = _name(node)
    if node["type"] == "measurement":
        return {"item": name, "any_of": [SKIPPED if edge.get("type") == "measurementSkipped" else TAKEN]}
    if edge.get("type") == "choice":
        return {"item": name, "any_of": [int(str(edge.get("choiceValue")).lower() == "true")]}
    return {"item": name, "missing": False}


def _name(node: Node) -> str:
    return slug(str(node["id"]), "_", 32)


def _item(node: Node, ways: Sequence[Condition], language: str) -> dict[str, Any]:
    item: dict[str, Any] = {"id": _name(node), "show_if": [] if ALWAYS in ways else [[way] for way in ways]}
    if node["type"] == "measurement":
        item |= {"type": "measurement", "kind": KINDS.get(node.get("measurementType", ""))}
        words = node.get("headline") or node.get("shortText")
    else:
        kind = TYPES.get(node.get("dataType", ""))
        if kind is None:
            raise FormatError("a question has an unknown type of data", next_step="see the types that are read")
        item["type"] = kind
        words = node.get("question") or node.get("shortText")
    return item | {"text": {language: str(words or node["id"])[:2000]}}


def _row(node: Node, number: int, edge: Mapping[str, Any], language: str) -> dict[str, Any]:
    words = node.get("shortText") or node.get("question") or node.get("headline") or node["id"]
    red = edge["severity"] == "RED"
    return {
        "reason": slug(f"{node['id']}_{number + 1}", "_", 32),
        "when": [_answer(node, edge)],
        "level": edge["severity"].lower(),
        "tier": RED_TIER if red else TASK,
        "text": {language: str(words)[:2000]},
    }


def _measured(order: Sequence[Node]) -> dict[str, list[str]]:
    """What is measured -> its items: a second try counts for the first."""
    found: dict[str, list[str]] = {}
    for node in order:
        if node["type"] == "measurement":
            found.setdefault(slug(str(node.get("measurementType")), "_", 24), []).append(_name(node))
    return found


def _not_measured(kind: str) -> dict[str, Any]:
    """A reading that the form asks for and nobody took is never green."""
    return {
        "reason": f"not_{kind}",
        "when": [{"score": f"taken_{kind}", "at_most": 0}],
        "level": "yellow",
        "tier": TASK,
        "text": _words("En måling blev sprunget over", "A reading was skipped"),
    }


def _words(da: str, en: str) -> dict[str, str]:
    return {"da": da, "en": en}
