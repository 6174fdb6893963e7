"""NEWS2 against vectors of three sources, at every boundary, and with every subset of inputs missing."""

import csv
import itertools
import json
from collections.abc import Iterator, Mapping
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.vitals import VITALS
from streams.core.rules import news2_score
from streams.core.rules.news2_score import RISKS, Bands, News2, News2Inputs, Scale, risk, score

DATA = Path(__file__).resolve().parents[2] / "data"
SOURCE: dict[str, Any] = json.loads((DATA / "news2.json").read_text(encoding="utf-8"))
NORMAL = News2Inputs(
    resp_rate=16_000, spo2=97_000, on_oxygen=False, sbp=125_000, pulse=72_000, consciousness="A", temp=36_800
)
OPEN_FIELDS = tuple(field.name for field in fields(News2Inputs))
SCORES_OF_VECTOR = {
    "resp_rate": "s_rr",
    "spo2": "s_spo2",
    "air_or_oxygen": "s_o2",
    "sbp": "s_sbp",
    "pulse": "s_pulse",
    "consciousness": "s_acvpu",
    "temp": "s_temp",
}


def vectors(name: str) -> list[dict[str, str]]:
    """The rows of a vector file."""
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def milli(text: str) -> int | None:
    """A cell in thousandths; an empty cell is a missing input."""
    return round(float(text) * 1000) if text else None


def inputs_of(row: dict[str, str]) -> News2Inputs:
    """The inputs of a row of our own vector files."""
    return News2Inputs(
        resp_rate=milli(row["resp_rate"]),
        spo2=milli(row["spo2"]),
        on_oxygen={"air": False, "oxygen": True, "": None}[row["o2"]],
        sbp=milli(row["sbp"]),
        pulse=milli(row["pulse"]),
        consciousness=row["acvpu"] or None,
        temp=milli(row["temp"]),
    )


def scale_of(cell: str) -> Scale:
    """The SpO2 scale as written in a vector file."""
    return 2 if cell == "2" else 1


def with_(inputs: News2Inputs, changed: Mapping[str, Any]) -> News2Inputs:
    """The same inputs with some of them changed or, as None, hidden."""
    return replace(inputs, **changed)


def one(news2: News2, parameter: str) -> int:
    """The certain score of one parameter."""
    assert news2.scores[parameter] == news2.upper_scores[parameter]
    return news2.scores[parameter]


@pytest.mark.parametrize("row", vectors("news2_vectors.csv"), ids=lambda row: row["id"])
def test_complete_vectors(row: dict[str, str]) -> None:
    """Score of each parameter, total, highest single score and risk band."""
    news2 = score(inputs_of(row), scale_of(row["scale"]))

    assert news2.is_complete
    assert {kind: int(row[column]) for kind, column in SCORES_OF_VECTOR.items()} == {
        kind: one(news2, kind) for kind in SCORES_OF_VECTOR
    }
    assert int(row["total"]) == news2.lower_total == news2.upper_total
    assert int(row["max_single"]) == news2.max_single_lower
    assert row["risk"] == news2.risk_lower == news2.risk_upper


@pytest.mark.parametrize("row", vectors("news2_partial_vectors.csv"), ids=lambda row: row["id"])
def test_partial_vectors(row: dict[str, str]) -> None:
    """Joint bounds and their risk bands; the empty cells are what is missing."""
    news2 = score(inputs_of(row), scale_of(row["scale"]))
    columns = dict(zip(SCORES_OF_VECTOR, ("resp_rate", "spo2", "o2", "sbp", "pulse", "acvpu", "temp"), strict=True))

    assert not news2.is_complete
    assert tuple(kind for kind, column in columns.items() if not row[column]) == news2.missing
    assert (int(row["lower_total"]), int(row["upper_total"])) == (news2.lower_total, news2.upper_total)
    assert (row["lower_risk"], row["upper_risk"]) == (news2.risk_lower, news2.risk_upper)


@pytest.mark.parametrize("row", vectors("news2_vectors_gdl2.csv"), ids=lambda row: row["id"])
def test_cases_made_by_others(row: dict[str, str]) -> None:
    """The 19 cases of the GDL2 guideline; it calls a single 3 Low-Medium and joins C, V, P and U."""
    news2 = score(
        News2Inputs(
            resp_rate=milli(row["rr"]),
            spo2=milli(row["spo2"]),
            on_oxygen=row["o2"] == "Supplemental oxygen",
            sbp=milli(row["sbp"]),
            pulse=milli(row["hr"]),
            consciousness="A" if row["consc"] == "Alert" else "C",
            temp=milli(row["temp"]),
        ),
        2 if row["hypercapnic"] == "1" else 1,
    )
    names = {"none": "Low", "low": "Low", "single3": "Low-Medium", "medium": "Medium", "high": "High"}

    assert int(row["total"]) == news2.lower_total == news2.upper_total
    assert row["risk"] == names[news2.risk_lower]


def test_all_vectors_are_there() -> None:
    """A truncated file would pass in silence."""
    names = ("news2_vectors.csv", "news2_partial_vectors.csv", "news2_vectors_gdl2.csv")
    assert [len(vectors(name)) for name in names] == [47, 7, 19]


def bands_of_the_source() -> Iterator[Any]:
    """(input, other inputs, scale, band) for every band of the source file that has numbers."""
    for name, parameter in SOURCE["parameters"].items():
        for band in parameter.get("bands", []):
            field, _, scale = name.partition("_scale")
            sides = {"air": (False,), "oxygen": (True,)}.get(band.get("on"), (False, True))
            for on_oxygen in sides:
                base = replace(NORMAL, on_oxygen=on_oxygen)
                yield pytest.param(field, base, scale_of(scale), band, id=f"{name} {band} {on_oxygen}")


@pytest.mark.parametrize(("field", "base", "scale", "band"), list(bands_of_the_source()))
def test_both_ends_of_every_band(field: str, base: News2Inputs, scale: Scale, band: dict[str, Any]) -> None:
    """The lowest and highest value of each band of the RCP table score as it says."""
    for end in ("min", "max"):
        if end in band:
            changed = with_(base, {field: round(band[end] * 1000)})
            assert band["score"] == one(score(changed, scale), field)


@pytest.mark.parametrize(
    "bands",
    [value for value in vars(news2_score).values() if isinstance(value, Bands)],
)
def test_bands_rise_and_change_at_every_step(bands: Bands) -> None:
    """Steps are in order and neighbours differ, so no step is dead."""
    highest = [step[0] for step in bands.steps]
    scores = [step[1] for step in bands.steps] + [bands.above]

    assert sorted(set(highest)) == highest
    assert all(left != right for left, right in itertools.pairwise(scores))
    assert scores == [bands.score(value) for value in (*highest, highest[-1] + 1)]


@pytest.mark.parametrize(
    ("field", "value", "expected"),
    [
        ("temp", 38_040, 0),
        ("temp", 38_049, 0),
        ("temp", 38_050, 1),
        ("temp", 35_049, 3),
        ("temp", 35_050, 1),
        ("temp", 39_050, 2),
        ("pulse", 90_499, 0),
        ("pulse", 90_500, 1),
        ("pulse", 130_500, 3),
        ("resp_rate", 24_499, 2),
        ("resp_rate", 24_500, 3),
        ("resp_rate", 8_499, 3),
        ("resp_rate", 8_500, 1),
        ("sbp", 90_499, 3),
        ("sbp", 90_500, 2),
        ("sbp", 219_500, 3),
        ("spo2", 91_000, 3),
        ("spo2", 91_999, 3),
        ("spo2", 92_000, 2),
        ("spo2", 95_999, 1),
        ("spo2", 96_000, 0),
    ],
)
def test_values_between_the_bands_are_rounded_first(field: str, value: int, expected: int) -> None:
    """Half up before banding; temperature to one decimal; SpO2 down."""
    assert expected == one(score(with_(NORMAL, {field: value})), field)


@pytest.mark.parametrize(("spo2", "expected"), [(92_999, 0), (93_000, 1), (96_999, 2), (97_000, 3)])
def test_spo2_rounds_down_on_scale_2_with_oxygen_too(spo2: int, expected: int) -> None:
    """One rounding for one quantity, whichever scale reads it."""
    assert expected == one(score(replace(NORMAL, spo2=spo2, on_oxygen=True), 2), "spo2")


@pytest.mark.parametrize("letter", VITALS["consciousness"].codes)
def test_consciousness_is_a_letter_or_its_index(letter: str) -> None:
    """Both spellings score as the RCP table says."""
    expected = SOURCE["parameters"]["consciousness"]["values"][letter]
    index = VITALS["consciousness"].codes.index(letter)

    assert expected == one(score(replace(NORMAL, consciousness=letter)), "consciousness")
    assert expected == one(score(replace(NORMAL, consciousness=index)), "consciousness")


@pytest.mark.parametrize("code", ["X", "", "a", 5, -1])
def test_an_unknown_consciousness_code_is_never_alert(code: str | int) -> None:
    """A fault of the caller raises; it must not score 0."""
    with pytest.raises(KeyError):
        score(replace(NORMAL, consciousness=code))


@pytest.mark.parametrize("total", range(21))
@pytest.mark.parametrize("max_single", range(4))
def test_risk_is_the_aggregate_table(total: int, max_single: int) -> None:
    """Each total has the band of the source; a single 3 lifts a total under 5."""
    by_total = next(row["id"] for row in SOURCE["aggregate"] if "min" in row and row["min"] <= total <= row["max"])
    expected = "single3" if max_single == 3 and total < 5 else by_total

    assert expected == risk(total, max_single)


def test_risks_are_ordered_as_in_the_source() -> None:
    """The order is used to tell whether the upper bound is worse."""
    assert tuple(row["id"] for row in SOURCE["aggregate"]) == RISKS


@pytest.mark.parametrize("scale", [1, 2])
def test_nothing_measured_is_anything_from_0_to_20(scale: Scale) -> None:
    """A silent patient is not green."""
    news2 = score(News2Inputs(), scale)

    assert tuple(SOURCE["range"]) == (news2.lower_total, news2.upper_total)
    assert tuple(SCORES_OF_VECTOR) == news2.missing


def test_spo2_stays_open_on_scale_2_while_oxygen_is_unknown() -> None:
    """96 % is 0 on air and 2 on oxygen; SpO2 itself is not missing."""
    news2 = score(replace(NORMAL, spo2=96_000, on_oxygen=None), 2)

    assert (news2.scores["spo2"], news2.upper_scores["spo2"]) == (0, 2)
    assert news2.missing == ("air_or_oxygen",)


def test_a_score_cannot_be_changed() -> None:
    """Two rules read the same score; neither may write to it."""
    with pytest.raises(TypeError):
        score(NORMAL).scores["temp"] = 3  # type: ignore[index]  # the point of the test


REPRESENTATIVES: dict[str, tuple[Any, ...]] = {
    "resp_rate": (8_000, 9_000, 16_000, 21_000, 25_000),
    "spo2": tuple(percent * 1000 for percent in (83, 84, 86, 88, 92, 93, 94, 95, 96, 97)),
    "on_oxygen": (False, True),
    "sbp": (90_000, 91_000, 101_000, 111_000, 220_000),
    "pulse": (40_000, 41_000, 51_000, 91_000, 111_000, 131_000),
    "consciousness": ("A", "C", "V", "P", "U"),
    "temp": (35_000, 35_100, 36_100, 38_100, 39_100),
}
"""At least one value of every band of every parameter, on both scales: all completions that differ."""


def completions(partial: News2Inputs) -> Iterator[News2Inputs]:
    """Every way to fill in what is missing, up to values that score alike.

    A total is a sum, so a parameter that depends on no other is tried at its least and its greatest score.
    Oxygen and SpO2 depend on each other and are tried whole.
    """
    gaps = [name for name in OPEN_FIELDS if getattr(partial, name) is None]
    for chosen in itertools.product(*(CANDIDATES[name] for name in gaps)):
        yield with_(partial, dict(zip(gaps, chosen, strict=True)))


def candidates(name: str) -> tuple[Any, ...]:
    """Values that stand for all values of one input."""
    if name in ("spo2", "on_oxygen"):
        return REPRESENTATIVES[name]
    by_score = {one(score(with_(NORMAL, {name: value})), name): value for value in REPRESENTATIVES[name]}
    return by_score[min(by_score)], by_score[max(by_score)]


CANDIDATES = {name: candidates(name) for name in OPEN_FIELDS}

complete_inputs = st.builds(
    News2Inputs,
    resp_rate=st.integers(1_000, 80_000),
    spo2=st.integers(60_000, 100_000),
    on_oxygen=st.booleans(),
    sbp=st.integers(40_000, 300_000),
    pulse=st.integers(20_000, 300_000),
    consciousness=st.sampled_from("ACVPU"),
    temp=st.integers(25_000, 45_000),
)
scales = st.sampled_from((1, 2))
hidden_sets = st.sets(st.sampled_from(OPEN_FIELDS))


@given(complete_inputs, scales, hidden_sets)
def test_bounds_hold_the_truth(complete: News2Inputs, scale: Scale, hidden: set[str]) -> None:
    """Whatever is hidden, the true score and its risk band lie between the bounds."""
    truth = score(complete, scale)
    partial = score(with_(complete, dict.fromkeys(hidden)), scale)

    assert truth.is_complete
    assert truth.lower_total == truth.upper_total
    assert partial.is_complete == (not hidden)
    assert partial.lower_total <= truth.lower_total <= partial.upper_total
    assert partial.max_single_lower <= truth.max_single_lower
    assert RISKS.index(partial.risk_lower) <= RISKS.index(truth.risk_lower) <= RISKS.index(partial.risk_upper)
    for parameter, exact in truth.scores.items():
        assert partial.scores[parameter] <= exact <= partial.upper_scores[parameter]


@settings(deadline=None)  # thousands of completions: on a busy machine no time is short enough
@given(complete_inputs, scales, hidden_sets)
def test_bounds_are_attained(complete: News2Inputs, scale: Scale, hidden: set[str]) -> None:
    """By brute force: some completion has exactly the lower total and risk, some the upper ones."""
    partial = with_(complete, dict.fromkeys(hidden))
    bounds = score(partial, scale)
    found = [score(each, scale) for each in completions(partial)]
    totals = [each.lower_total for each in found]
    risks = [RISKS.index(each.risk_lower) for each in found]

    assert (min(totals), max(totals)) == (bounds.lower_total, bounds.upper_total)
    assert (min(risks), max(risks)) == (RISKS.index(bounds.risk_lower), RISKS.index(bounds.risk_upper))


@given(complete_inputs, scales, hidden_sets, hidden_sets)
def test_knowing_more_never_widens_the_bounds(
    complete: News2Inputs, scale: Scale, hidden: set[str], also_hidden: set[str]
) -> None:
    """A missing input never lowers a band already reached, and an answer never raises the upper bound."""
    less = score(with_(complete, dict.fromkeys(hidden | also_hidden)), scale)
    more = score(with_(complete, dict.fromkeys(hidden)), scale)

    assert less.lower_total <= more.lower_total <= more.upper_total <= less.upper_total


@pytest.mark.parametrize("scale", [1, 2])
@pytest.mark.parametrize("name", OPEN_FIELDS)
def test_every_score_is_represented(scale: Scale, name: str) -> None:
    """The brute force sees each score that a parameter can have."""
    parameter = "air_or_oxygen" if name == "on_oxygen" else name
    base = replace(NORMAL, on_oxygen=True)
    seen = {one(score(with_(base, {name: value}), scale), parameter) for value in REPRESENTATIVES[name]}

    assert seen == {"on_oxygen": {0, 2}, "consciousness": {0, 3}}.get(name, {0, 1, 2, 3})
