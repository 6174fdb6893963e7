"""Scoring: which questions were asked, and what the answers add up to, with the rule for missing ones."""

from collections.abc import Mapping, Sequence

from schemas.questionnaire import Alternatives, Condition, Questionnaire, Score

Values = Mapping[str, int]
"""Item id -> answer; what was not answered is not in it."""


def read(form: Questionnaire, values: Sequence[int | None]) -> dict[str, int]:
    """Values in the order of the items, by item id."""
    return {item.id: value for item, value in zip(form.items, values, strict=False) if value is not None}


def asked(form: Questionnaire, values: Values) -> frozenset[str]:
    """The items that were shown with these answers. An answer to a question that was not shown opens no other."""
    shown: set[str] = set()
    for item in form.items:
        if not item.show_if or _opened(item.show_if, values, shown):
            shown.add(item.id)
    return frozenset(shown)


def _opened(alternatives: Alternatives, values: Values, shown: set[str]) -> bool:
    return any(all(_met(condition, values, shown) for condition in conditions) for conditions in alternatives)


def _met(condition: Condition, values: Values, shown: set[str]) -> bool:
    item = condition.item
    assert item is not None
    return item in shown and fulfils(condition, values.get(item))


def fulfils(condition: Condition, value: int | None) -> bool:
    """Does the value pass every test of the condition but `rise`? value: None = asked and not answered."""
    if value is None:
        return condition.missing is True
    if condition.missing is True:
        return False
    if condition.at_least is not None and value < condition.at_least:
        return False
    if condition.at_most is not None and value > condition.at_most:
        return False
    return not condition.any_of or value in condition.any_of


def scores(
    form: Questionnaire, values: Values, shown: frozenset[str], totals: Values, before: Values
) -> dict[str, int | None]:
    """Score id -> value; None = asked for and not scored. A score of which nothing was asked is not in it.

    Missing: up to `missing_allowed` asked items; a sum is then prorated, half up. What was not asked adds nothing.
    totals: from another system, used where the items do not give the score. before: answers of the form before.
    """
    found: dict[str, int | None] = {}
    for score in form.scores:
        names = [name for name in score.items if name in shown]
        value = _rise(names, values, before) if score.of == "rise" else _score(score, names, values)
        if value is None:
            value = totals.get(score.id)
        if value is not None or (names and score.of != "rise"):
            found[score.id] = value
    return found


def _score(score: Score, names: Sequence[str], values: Values) -> int | None:
    given = [values[name] for name in names if name in values]
    if not given or len(names) - len(given) > score.missing_allowed:
        return None
    if score.of == "max":
        return max(given) * score.multiply
    # Half up on integers: sum * asked / answered.
    return (2 * sum(given) * len(names) + len(given)) // (2 * len(given)) * score.multiply


def _rise(names: Sequence[str], values: Values, before: Values) -> int | None:
    """The largest rise of one item above the form before; None without a form before."""
    return max([values[name] - before[name] for name in names if name in values and name in before], default=None)
