"""TOBS: every cut point, its closed holes, bounds by brute force, and what it becomes in a patient."""

import itertools
import json
from pathlib import Path

import pytest

from schemas.vitals import VITALS
from streams.core.rules.tobs_score import KINDS, PULSE, RESP_RATE, SBP, TEMP_RECTAL, Bands, band_score, score
from tests.builders import Patient

SOURCE = json.loads((Path(__file__).parents[2] / "data" / "tobs.json").read_text(encoding="utf-8"))
BANDS = {"pulse": PULSE, "resp_rate": RESP_RATE, "temp_rectal": TEMP_RECTAL, "sbp": SBP}
SAMPLES = {
    "pulse": (None, 39_000, 70_000, 130_000),
    "consciousness": (None, 0, 1, 4),
    "resp_rate": (None, 8_000, 16_000, 22_000),
    "temp": (None, 33_000, 36_500, 37_500, 39_500),
    "sbp": (None, 69_000, 120_000, 200_000),
}


def published(parameter: str, value: float) -> int | None:
    """The score of a value as the published table says; None in a hole."""
    for text, points in SOURCE["parameters"][parameter]:
        if text.startswith(">="):
            inside = value >= float(text[2:])
        elif text.startswith("<="):
            inside = value <= float(text[2:])
        else:
            low, high = map(float, text.split("-"))
            inside = low <= value <= high
        if inside:
            return int(points)
    return None


@pytest.mark.parametrize("parameter", BANDS)
def test_every_value_scores_as_published_and_holes_as_the_worse_neighbour(parameter: str) -> None:
    """Tenth by tenth over everything a device may send."""
    step = 0.1 if parameter == "temp_rectal" else 0.5
    before = None
    holes = 0
    for number in range(3000):
        value = number * step
        if parameter == "temp_rectal" and not 25 <= value <= 45:
            continue
        milli = round(value * 1000)
        told = published(parameter, round(value, 1))
        if told is None:
            holes += 1
            after = published(parameter, round(value + step, 1))
            assert max(x for x in (before, after) if x is not None) == band_score(BANDS[parameter], milli)
        else:
            assert told == band_score(BANDS[parameter], milli)
            before = told
    assert parameter == "temp_rectal" or holes


@pytest.mark.parametrize(
    ("bands", "milli", "points"),
    [
        (PULSE, 130_000, 3),
        (PULSE, 129_500, 3),
        (PULSE, 39_500, 2),
        (PULSE, 39_000, 2),
        (RESP_RATE, 25_000, 3),
        (RESP_RATE, 8_000, 3),
        (RESP_RATE, 8_500, 3),
        (TEMP_RECTAL, 40_000, 3),
        (TEMP_RECTAL, 33_900, 3),
        (TEMP_RECTAL, 33_950, 3),
        (SBP, 200_000, 2),
        (SBP, 199_500, 2),
        (SBP, 69_500, 3),
        (SBP, 69_000, 3),
    ],
)
def test_the_holes_of_the_published_table(bands: Bands, milli: int, points: int) -> None:
    """130, 39, 25, 8, 40.0, 33.9, 200 and 69 belong to the more severe side."""
    assert points == band_score(bands, milli)


def completions(kind: str, value: int | None) -> list[int]:
    """Every score an input could have: all completions of a missing one, all sites of a temperature."""
    if value is None:
        return [0, 1, 2, 3]
    if kind == "consciousness":
        return [SOURCE_SCORES[VITALS["consciousness"].codes[value]]]
    if kind == "temp":
        return [band_score(TEMP_RECTAL, value + tenth * 100) for tenth in range(11)]
    return [band_score(BANDS[kind], value)]


SOURCE_SCORES = {"A": 0, "C": 1, "V": 1, "P": 2, "U": 3}


def test_bounds_by_brute_force() -> None:
    """Every combination of samples: the bounds are attained, and nothing lies outside."""
    for values in itertools.product(*(SAMPLES[kind] for kind in KINDS)):
        possible = {0}
        for kind, value in zip(KINDS, values, strict=True):
            possible = {total + points for total in possible for points in completions(kind, value)}
        tobs = score(values)
        assert (min(possible), max(possible)) == (tobs.lower, tobs.upper)
        assert tuple(kind for kind, value in zip(KINDS, values, strict=True) if value is None) == tobs.missing


def test_silence_is_0_to_15() -> None:
    """Never green by itself."""
    assert (0, 15) == (score((None,) * 5).lower, score((None,) * 5).upper)


@pytest.mark.parametrize(
    ("pulse", "level", "tier", "reason"),
    [
        (89, "green", 0, None),
        (109, "green", 0, None),
        (110, "yellow", 2, "tobs.raised"),
        (129, "yellow", 2, "tobs.raised"),
        (130, "red", 3, "tobs.high"),
    ],
)
def test_levels(pulse: int, level: str, tier: int, reason: str | None) -> None:
    """Yellow from 2, red from 3."""
    patient = Patient(limits=[], rules=["tobs"])
    patient.measures(pulse, kind="pulse")

    assert (level, tier, reason) == (
        patient.triage.level,
        patient.triage.tier,
        next(iter(patient.triage.reasons), None),
    )


@pytest.mark.parametrize("changed", [{"pregnant": True}, {"age_under_16": True}])
def test_not_in_pregnancy_and_not_under_16(changed: dict[str, bool]) -> None:
    """As NEWS2: an adult score."""
    patient = Patient(limits=[], rules=["tobs"], **changed)
    patient.measures(140, kind="pulse")

    assert () == patient.triage.findings


def test_a_score_does_not_wait() -> None:
    """A pulse of 190 must not be answered later than one of 130."""
    patient = Patient(limits=[], rules=["tobs"])
    patient.measures(190, kind="pulse")

    assert not patient.step.unconfirmed
