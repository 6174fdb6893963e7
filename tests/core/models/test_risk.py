"""The risk: worse never lowers it, silence never lowers it, it explains itself and says when it does not know."""

import re
from os import environ
from random import Random

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.core.models.prior import PRIOR_SNAPSHOT
from streams.core.models.risk import NOTHING_KNOWN, chance, explain, risk
from streams.core.models.risk_features import FREE, RISK_FEATURES, risk_features
from streams.core.models.snapshot import Snapshot
from streams.core.signal.bands import BANDS
from streams.core.signal.tracks import with_answers, with_outcome, with_reading
from tests.contracts.house import ROOT
from tests.core.models.lives import KINDS, T0_MIN, life

MAX_BYTES = 1_024
"""Of one person's tracks with ten kinds (issue: the state per patient for the model)."""

EXAMPLES = int(environ.get("NATTEVAGT_TEST_EXAMPLES", "100"))
"""A hundred each in CI. `NATTEVAGT_TEST_EXAMPLES=2000 pytest tests/core/models/test_risk.py` is the long run."""


def snapshot(seed: int) -> Snapshot:
    """Any weights that may be published."""
    random = Random(seed)
    weights = {name: random.gauss(0, 1) if name in FREE else abs(random.gauss(0, 1)) for name in RISK_FEATURES}
    return Snapshot(-3.0, weights, dict.fromkeys(weights, 0.01), dict.fromkeys(weights, 8.0), 1_000, 100)


def test_the_list_of_features_has_one_order_and_no_repeats() -> None:
    """And every life gives its features in that order."""
    assert len(RISK_FEATURES) == len(set(RISK_FEATURES))
    assert list(KINDS) == sorted(KINDS)
    for seed in range(200):
        names = list(risk_features(*life(seed)))
        assert sorted(names, key=RISK_FEATURES.index) == names


def test_time_in_the_programme_age_and_sex_are_no_features() -> None:
    """The study's largest false gain, and what would be unfair."""
    assert not [name for name in RISK_FEATURES if any(word in name for word in ("age", "sex", "time", "stay", "day"))]


def test_sex_and_age_are_read_where_examples_are_told_and_nowhere_else_in_the_core() -> None:
    """No rule, no ladder and no model looks at them."""
    readers = [
        path.name
        for path in sorted((ROOT / "streams" / "core").rglob("*.py"))
        if re.search(r"\.(sex|age_band)\b", path.read_text(encoding="utf-8"))
    ]

    assert ["fared.py", "labels.py"] == readers


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=EXAMPLES, deadline=None)
@given(seed=st.integers(0, 10**9), milli=st.integers(0, 400_000), more=st.integers(1, 100_000))
def test_a_worse_reading_never_lowers_the_risk(kind: str, seed: int, milli: int, more: int) -> None:
    """On either side that is worse: further from the bands of everybody and from the own level at once."""
    random = Random(seed)
    tracks, now = life(seed, random.randrange(60))
    own = tracks.get(kind)
    bands = BANDS[kind]
    edges = [knots[0] for knots in (bands.low, bands.high) if knots]
    if own is not None:
        one = with_reading(tracks, kind, 0, now + 1)[kind]
        edges.append(int(one[1]))
    weights = snapshot(seed)
    for outwards, worse in ((1, bands.higher_is_worse), (-1, bands.lower_is_worse)):
        if not worse:
            continue
        start = (max(edges) if outwards > 0 else min(edges)) if edges else milli
        mild, bad = (max(start + outwards * (milli % 50_000 + step), 0) for step in (0, more))
        scores = [chance(risk_features(with_reading(tracks, kind, v, now + 5), now + 5), weights) for v in (mild, bad)]
        assert scores[0] <= scores[1]


@settings(max_examples=2 * EXAMPLES, deadline=None)
@given(seed=st.integers(0, 10**9), wait=st.integers(0, 60_000))
def test_silence_never_lowers_the_risk(seed: int, wait: int) -> None:
    """Time passes and nothing comes."""
    tracks, now = life(seed)
    weights = snapshot(seed)

    assert chance(risk_features(tracks, now), weights) <= chance(risk_features(tracks, now + wait), weights)


@settings(max_examples=2 * EXAMPLES, deadline=None)
@given(seed=st.integers(0, 10**9))
def test_no_nonsense_comes_out(seed: int) -> None:
    """Every number finite and in its bounds, whatever the life."""
    tracks, now = life(seed)
    found = risk(tracks, now, snapshot(seed))

    assert 0 <= found.score <= 1
    assert 0 <= found.uncertainty <= 1
    assert all(0 <= x <= 8 for x in found.features.values())
    assert sum(found.contributions.values()) == sum(found.contributions.values())


def test_parts_add_up_and_the_strongest_reason_is_first() -> None:
    """By log odds; `bias` is what holds for everybody."""
    tracks, now = life(5)
    found = risk(tracks, now, PRIOR_SNAPSHOT)
    odds = found.score / (1 - found.score)

    from math import log

    assert sum(found.contributions.values()) == pytest.approx(log(odds), abs=1e-3)
    assert 0 < len(found.reasons) <= 5
    assert sorted(found.reasons, key=lambda reason: -reason.part) == list(found.reasons)


def test_a_low_saturation_is_the_reason_told() -> None:
    """Others are in order."""
    tracks, now = with_reading(with_reading({}, "spo2", 86_000, T0_MIN), "pulse", 70_000, T0_MIN), T0_MIN

    assert ["spo2"] == [reason.subject for reason in risk(tracks, now, PRIOR_SNAPSHOT).reasons]


def test_of_somebody_unknown_nothing_is_made_up() -> None:
    """No reading, no risk."""
    assert NOTHING_KNOWN == risk({}, T0_MIN, PRIOR_SNAPSHOT)


def test_features_the_snapshot_does_not_know_change_no_score() -> None:
    """They only make it less sure, and are named."""
    tracks, now = life(3)
    x = risk_features(tracks, now)
    weights = snapshot(3)
    before, after = explain(x, weights), explain({**x, "mood.low.1": 1.0}, weights)

    assert before.score == after.score
    assert ("mood.low.1",) == after.outside
    assert before.uncertainty < after.uncertainty


def test_outside_the_trained_range_it_is_less_sure() -> None:
    """A value beyond all that was learned is named."""
    from dataclasses import replace

    tracks, now = life(7, 30, ("spo2", "pulse"))
    wide = snapshot(7)
    narrow = replace(wide, most={**wide.most, "spo2.known": 0.5})

    assert () == risk(tracks, now, wide).outside
    assert ("spo2.known",) == risk(tracks, now, narrow).outside
    assert risk(tracks, now, wide).uncertainty < risk(tracks, now, narrow).uncertainty


def test_bad_answers_and_earlier_outcomes_raise_it() -> None:
    """Each of them alone."""
    tracks, now = life(11, 20, ("spo2",))
    calm = {key: held for key, held in tracks.items() if key == "spo2"}
    score = risk(calm, now, PRIOR_SNAPSHOT).score

    assert score < risk(with_answers(calm, 500), now, PRIOR_SNAPSHOT).score
    assert score < risk(with_outcome(calm, now), now, PRIOR_SNAPSHOT).score


def test_an_earlier_outcome_fades_with_readings_not_with_silence() -> None:
    """Half is gone after eleven days on which something was measured."""
    tracks = with_outcome(with_reading({}, "weight", 80_000, T0_MIN), T0_MIN)
    first = risk_features(tracks, T0_MIN)["outcomes.lately"]
    assert first == risk_features(tracks, T0_MIN + 100_000)["outcomes.lately"]
    for day in range(1, 12):
        tracks = with_reading(tracks, "weight", 80_000, T0_MIN + day * 1_440)
    assert 0.4 * first < risk_features(tracks, T0_MIN)["outcomes.lately"] < 0.55 * first


def test_a_kind_without_bands_takes_no_part() -> None:
    """A new vital sign is no risk before somebody says which way is worse."""
    assert {} == with_reading({}, "fetal_hr", 140_000, T0_MIN)


def test_tracks_fit_into_a_kilobyte_and_travel_as_json() -> None:
    """Ten kinds, a long life; and the features after the journey are the same."""
    for seed in range(20):
        tracks, now = life(seed, 400, KINDS[-10:])
        text = orjson.dumps({key: list(held) for key, held in tracks.items()})
        assert len(text) <= MAX_BYTES
        assert risk_features(tracks, now) == risk_features(orjson.loads(text), now)
