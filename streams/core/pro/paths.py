"""Every way through a questionnaire, and answers along it: what its contract test and `questionnaire check` walk."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations, islice

from schemas.questionnaire import Item, Questionnaire, flat
from streams.core.pro.answer_triage import Judgement, judge
from streams.core.pro.held import Form
from streams.core.pro.scoring import asked

DAY_MS = 86_400_000

MAX_PATHS = 200_000
"""A form with more ways than this is told to be too tangled to be checked (our choice; minutes of work)."""


PAIRS = 16
"""Pairs of answers are tried where a way has at most so many questions."""


@dataclass(frozen=True, slots=True)
class Walk:
    """What all ways together showed. forms: complete ones judged. crowded: there were more ways than MAX_PATHS.

    unreached: items that no way shows. silent: rows that never spoke. colours: how many forms came to each.
    """

    paths: int
    forms: int
    unreached: tuple[str, ...]
    silent: tuple[str, ...]
    colours: dict[str, int]
    undecided: int
    crowded: bool


def paths(form: Questionnaire) -> Iterator[dict[str, int]]:
    """Complete answers along every way: each value of a question that opens others, the first value of the rest."""
    return _walked(form, _gates(form), {}, 0)


def _gates(form: Questionnaire) -> set[str | None]:
    """Items whose answers open others."""
    return {condition.item for item in form.items for condition in flat(item.show_if)}


def _walked(form: Questionnaire, gates: set[str | None], given: dict[str, int], at: int) -> Iterator[dict[str, int]]:
    while at < len(form.items):
        item = form.items[at]
        at += 1
        if item.show_if and item.id not in asked(form, given):
            continue
        values = samples(item)
        if item.id in gates:
            for value in values:
                yield from _walked(form, gates, {**given, item.id: value}, at)
            return
        given = {**given, item.id: values[0]}
    yield given


def samples(item: Item) -> tuple[int, ...]:
    """Values to try: all of a closed item, the edges of a number, said or not said of words."""
    if item.values is not None:
        return item.values
    if item.type == "text":
        return (0, 1)
    low = 0 if item.low is None else item.low
    high = low + 1000 if item.high is None else item.high
    return tuple(dict.fromkeys((low, *range(low + 1, min(high, low + 16)), high)))


def variants(form: Questionnaire, path: dict[str, int]) -> Iterator[dict[str, int]]:
    """The path; then answers that open nothing changed alone, two at a time, and all raised step by step."""
    yield path
    gates = _gates(form)
    shown = [item for item in form.items if item.id in path and item.id not in gates]
    for item in shown:
        for value in samples(item)[1:]:
            yield {**path, item.id: value}
    if len(shown) <= PAIRS:
        for one, other in combinations(shown, 2):
            yield {**path, one.id: samples(one)[-1], other.id: samples(other)[-1]}
    climbing = dict(path)
    for item in shown:
        for value in samples(item)[1:]:
            climbing = {**climbing, item.id: value}
            yield climbing


def walk(form: Questionnaire) -> Walk:
    """Judge answers along every way: as a first form, after the calmest one, and after the same on the day before."""
    shown: set[str] = set()
    spoke: set[str] = set()
    colours = dict.fromkeys(("green", "yellow", "red"), 0)
    count, forms, undecided = 0, 0, 0
    known: set[tuple[int | None, ...]] = set()
    for path in islice(paths(form), MAX_PATHS):
        count += 1
        shown |= path.keys()
        for given in variants(form, path):
            values = _values(form, given)
            if values in known:
                continue
            known.add(values)
            for judged in _judged(form, values, _values(form, path)):
                forms += 1
                colours[judged.level.value] += 1
                reasons = {one.reason for one in judged.spoke}
                spoke |= reasons
                undecided += "undecided" in reasons
        for part in _parts(form, path):
            spoke |= {one.reason for judged in _judged(form, part, part) for one in judged.spoke}
    unreached = tuple(item.id for item in form.items if item.id not in shown)
    silent = tuple(row.reason for row in form.rows if row.reason not in spoke)
    return Walk(count, forms, unreached, silent, colours, undecided, count == MAX_PATHS)


def _parts(form: Questionnaire, path: dict[str, int]) -> Iterator[tuple[int | None, ...]]:
    """Incomplete forms: nothing answered, and each answer left out alone."""
    yield _values(form, {})
    for left in path:
        yield _values(form, {name: value for name, value in path.items() if name != left})


def _values(form: Questionnaire, given: dict[str, int]) -> tuple[int | None, ...]:
    """In the order of the items; what a changed answer hides again is left out."""
    open_ = asked(form, given)
    return tuple(given.get(item.id) if item.id in open_ else None for item in form.items)


def _judged(form: Questionnaire, values: tuple[int | None, ...], calm: tuple[int | None, ...]) -> Iterator[Judgement]:
    today = Form(DAY_MS, form.version, values, {})
    yield judge(form, today, (), _day)
    if form.runs or any(score.of == "rise" for score in form.scores) or any(c.rise for r in form.rows for c in r.when):
        yield judge(form, today, [(form, Form(0, form.version, calm, {}))], _day)
        yield judge(form, today, [(form, Form(0, form.version, values, {}))], _day)


def _day(at_ms: int) -> int:
    return at_ms // DAY_MS
