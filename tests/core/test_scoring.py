"""Scores: one per reading that counts, explained, coloured by nobody; refused and late readings teach nothing."""

import random
from dataclasses import replace

import pytest

from schemas.audit import Outcome
from schemas.measurement import Measurement
from schemas.score import RiskScore
from streams.core.effects import PublishScore
from streams.core.models import MODELS
from streams.core.models.base import digest
from streams.core.scoring import learn
from streams.core.signal.series import Point
from streams.core.triage import assess
from tests.builders import DAY, HOUR, T0, Patient, make_measurement, make_plan, make_slot

HOURS_24 = 24 * 60


def scores(patient: Patient) -> list[RiskScore]:
    """All scores of the deviation so far; those of the risk are looked at in tests/core/learning."""
    found = [effect.score for effect in patient.effects if isinstance(effect, PublishScore)]
    return [score for score in found if score.model == MODELS[0].id]


def measured(*values: float, **plan: object) -> Patient:
    """One SpO2 reading a day."""
    patient = Patient(**plan)
    for value in values:
        patient.measures(value, minutes=HOURS_24)
    return patient


def test_a_score_tells_own_normal_and_now() -> None:
    """Says "own normal 91, now 86"."""
    score = scores(measured(91, 91, 92, 91, 90, 91, 91, 86))[-1]
    told = score.own_normals["spo2"]

    assert (91_000, 86_000, "%", 2_000, 7) == (
        told.level_milli,
        told.now_milli,
        told.unit,
        told.spread_milli,
        told.readings,
    )
    assert {"spo2.deviation": -2.5, "spo2.trend": 0.0} == score.features
    assert {"spo2.deviation": score.score} == score.contributions
    assert 0.1 < score.score < 0.5


def test_a_score_names_its_model() -> None:
    """With all that is needed to work it out again."""
    score = scores(measured(91))[-1]
    design = MODELS[0]

    assert (design.id, design.version, digest(design)) == (score.model, score.version, score.digest)
    assert ("p1", "spo2", 0.0, 1.0) == (score.patient, score.kind, score.score, score.uncertainty)


def test_worse_scores_higher_and_lasting_worse_higher_still() -> None:
    """One bad day, a worse one, and a week of them."""
    usual = [91.0, 92, 91, 90, 91, 92, 91]
    mild, bad, week = (scores(measured(*usual, *more))[-1] for more in ([88], [84], [84, 84, 84]))

    assert mild.score < bad.score < week.score
    assert "spo2.lasting" in week.contributions


def test_uncertainty_falls_with_what_is_known() -> None:
    """Nothing known: 1."""
    found = [score.uncertainty for score in scores(measured(*[91.0] * 20))]

    assert [1.0] * 6 == found[:6]
    assert sorted(found, reverse=True) == found
    assert found[-1] is not None
    assert found[-1] < 0.4


def test_scores_colour_nothing() -> None:
    """Without what the models have, the triage is the same."""
    patient = measured(*[91.0] * 10, 80)
    blind = replace(patient.state, aspects={}, learned={})

    assert assess(blind, patient.context) == patient.triage


def test_each_reading_that_counts_has_one_score_per_model_and_no_other_has_any() -> None:
    """Refused, repeated, unbound, too old, without a plan: none."""
    chance = random.Random(5)
    patient = Patient(slots=[make_slot()])
    for n in range(120):
        before, series = len(scores(patient)), patient.state.series
        changed = chance.choice(({}, {}, {}, {"device": "stranger"}, {"ago": 60 * 24 * 9}, {"ago": 60 * 24 * 2}))
        outcome = patient.measures(chance.randint(80, 99), minutes=chance.choice((0.0, 7.0, 600.0)), **changed)
        counts = outcome.outcome is not None and outcome.outcome.is_accepted and series != patient.state.series
        assert before + counts * len(MODELS) == len(scores(patient)), (n, outcome)
    ids = [effect.id for effect in patient.effects if isinstance(effect, PublishScore)]
    assert len(ids) == len(set(ids)) > 40


def test_no_plan_no_score() -> None:
    """What was measured while it lasted still counts, but nobody is watched any more."""
    patient = measured(*[91.0] * 8, valid_until="2026-01-14T00:00:00Z")
    patient.now_ms = T0 + 9 * DAY
    before = len(scores(patient))
    outcome = patient.gets(make_measurement(90, at_ms=T0 + 8 * DAY + HOUR), minutes=1)

    assert outcome.outcome is not None
    assert outcome.outcome.is_accepted
    assert before == len(scores(patient))


@pytest.mark.parametrize(
    ("outcome", "changed"),
    [
        (Outcome.REJECTED_UNBOUND_DEVICE, {"device": "stranger"}),
        (Outcome.ACCEPTED_RECORDED, {"ago": 60 * 24 * 9}),
    ],
)
def test_what_does_not_count_teaches_nothing(outcome: Outcome, changed: dict[str, object]) -> None:
    """Neither own normals nor models."""
    patient = measured(*[91.0] * 10)
    before = patient.state

    assert outcome == patient.measures(60, **changed).outcome
    assert (before.aspects, before.learned) == (patient.state.aspects, patient.state.learned)


def test_a_duplicate_teaches_nothing() -> None:
    """It has been learned once."""
    patient = measured(*[91.0] * 10)
    before = patient.state
    again = make_measurement(91, at_ms=patient.now_ms)

    assert Outcome.REJECTED_DUPLICATE == patient.gets(again).outcome
    assert before.learned == patient.state.learned


def test_a_late_reading_moves_the_own_normal_and_teaches_no_model() -> None:
    """It takes its place in the series; what was learned in order stays."""
    patient = measured(*[91.0] * 8)
    before = patient.state
    patient.measures(80, ago=3 * HOURS_24 - 60)

    assert before.learned == patient.state.learned
    assert before.aspects["spo2"].readings + 1 == patient.state.aspects["spo2"].readings
    assert "spo2" == scores(patient)[-1].kind


def test_own_normals_do_not_depend_on_the_order_of_arrival() -> None:
    """Any order of the same readings ends in the same aspects."""
    readings = [make_measurement(90 + n % 4, at_ms=T0 + n * 8 * HOUR, id=f"r{n}") for n in range(20)]

    def after(order: list[Measurement]) -> Patient:
        patient = Patient()
        patient.now_ms = T0 + 7 * DAY
        for reading in order:
            patient.gets(reading)
        return patient

    one = after(readings)
    for seed in range(10):
        other = after(random.Random(seed).sample(readings, len(readings)))
        assert one.state.aspects == other.state.aspects != {}


def test_an_own_normal_that_is_no_longer_known_is_forgotten() -> None:
    """After a long pause the person begins anew; what lasted before is not carried on as known."""
    patient = measured(*[91.0] * 10)
    patient.measures(91, minutes=30 * HOURS_24)

    assert {} == patient.state.aspects
    assert {} == scores(patient)[-1].features
    assert 1.0 == scores(patient)[-1].uncertainty


def test_kinds_without_numbers_are_followed_by_nobody() -> None:
    """Consciousness is the rules' business."""
    points = (Point(T0, 0), Point(T0 + DAY, 1))

    assert ({}, {}) == learn(Patient().state, "consciousness", points, points[-1])


def test_silence_of_other_kinds_adds() -> None:
    """The plan expects weight as well; it has not come for days."""
    both = [make_slot(kinds=["spo2", "weight"])]
    silent, complete = measured(*[91.0] * 4, slots=both), measured(*[91.0] * 4, slots=[make_slot()])

    assert scores(silent)[-1].score > scores(complete)[-1].score
    assert {"silent.share", "silent.hours"} == scores(silent)[-1].contributions.keys()


def test_the_plan_is_asked_for_what_it_expects() -> None:
    """A plan without slots has no silence to speak of."""
    patient = Patient()
    patient.gets(make_plan(version=2, slots=[]))
    patient.measures(91)

    assert {} == scores(patient)[-1].features
