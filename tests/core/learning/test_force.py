"""In force: what models.v1 says up to an offset, the same for everybody who reads that far."""

from typing import Any

import pytest

from schemas.model import FellBack, Frozen, ModelRecord, Promoted, RolledBack
from streams.core.learning.designs import DESIGNS
from streams.core.learning.force import START, Models
from streams.core.models.snapshot import ENOUGH_OUTCOMES, Snapshot
from tests.builders import make_snapshot

RISK, OPEN = DESIGNS
NIGHT = {"by": "dr-1", "reason": "looked at the figures", "at": "2026-01-05T07:00:00Z"}


def snapshot(weight: float = 0.5, *, design: Any = RISK, outcomes: int = ENOUGH_OUTCOMES, **lineage: Any) -> Any:
    """A sound snapshot that weighs one feature."""
    parameters = Snapshot(bias=-3.0, weights={"spo2.low.1": weight}, variances={}).dump()
    return make_snapshot(parameters, model=design.id, design=design.digest, outcomes=outcomes, **lineage)


def act(kind: Any, record: Any, **changed: Any) -> ModelRecord:
    """A person's decision about this snapshot."""
    made: ModelRecord = kind.model_validate({"model": record.model, "digest": record.digest, **NIGHT} | changed)
    return made


def fell(model: str = RISK.id) -> FellBack:
    """The learner's word that the model has drifted."""
    body = {
        "model": model,
        "direction": "more",
        "statistic_milli": 6100,
        "limit_milli": 6000,
        "expected_milli": 9000,
        "observed_milli": 20000,
        "data_until": "2026-01-05T07:00:00Z",
        "upto": 9,
        "digest": None,
    }
    return FellBack.model_validate(body)


def folded(*records: Any) -> Models:
    """These records, one offset each."""
    models = Models()
    for offset, record in enumerate(records):
        models.add(offset, record)
    return models


def test_before_anything_is_published_every_model_is_a_shadow() -> None:
    """Beliefs give scores, and colour nothing."""
    assert START is Models().now
    assert None is START.may_colour
    assert {design.id for design in DESIGNS} == set(START.served)


def test_a_snapshot_serves_at_once_and_colours_nothing_until_somebody_promotes() -> None:
    """Learning goes on by itself, influence is given by a person."""
    one = snapshot()
    models = folded(one, act(Promoted, one))

    assert (one.digest, None) == (models.at(0).served[RISK.id].digest, models.at(0).may_colour)
    assert models.at(1).may_colour is models.at(1).served[RISK.id]
    assert START is models.at(-1)


def test_too_few_outcomes_keep_even_a_promoted_model_in_the_shadow() -> None:
    """Rules only, until sixty events are known."""
    young = snapshot(outcomes=ENOUGH_OUTCOMES - 1)

    assert None is folded(young, act(Promoted, young)).now.may_colour


def test_newer_snapshots_of_a_promoted_model_follow() -> None:
    """Until somebody freezes it; then the frozen one stays, however many come."""
    first, second, third = snapshot(0.1), snapshot(0.2), snapshot(0.3)
    models = folded(first, act(Promoted, first), second, act(Frozen, second), third)

    assert [one.digest for one in (first, first, second, second, second)] == [
        models.at(offset).served[RISK.id].digest for offset in range(5)
    ]
    assert models.now.may_colour is not None


def test_rolling_back_brings_an_earlier_one_into_force_and_promoting_goes_on() -> None:
    """Newer ones wait until somebody has looked."""
    first, second, third = snapshot(0.1), snapshot(0.2), snapshot(0.3)
    models = folded(first, second, act(RolledBack, first), third, act(Promoted, third))

    assert first.digest == models.at(3).served[RISK.id].digest
    assert (third.digest, frozenset()) == (models.now.served[RISK.id].digest, models.now.held)


def test_a_promoted_challenger_takes_the_place() -> None:
    """At most one model may colour."""
    one, other = snapshot(), snapshot(design=OPEN)
    models = folded(one, other, act(Promoted, one), act(Promoted, other))

    assert (RISK.id, OPEN.id) == (models.at(2).champion, models.at(3).champion)


def test_drift_takes_the_colour_away_and_nothing_else() -> None:
    """Scores go on in the shadow; the rules stand alone until somebody promotes again."""
    one = snapshot()
    models = folded(one, act(Promoted, one), fell(OPEN.id), fell(), act(Promoted, one))

    assert models.at(2).may_colour is not None
    assert (None, "more") == (models.at(3).may_colour, models.at(3).fallen)
    assert one.digest == models.at(3).served[RISK.id].digest
    assert (True, None) == (models.now.may_colour is not None, models.now.fallen)


@pytest.mark.parametrize(
    ("record", "why"),
    [
        (snapshot(-0.5), "worse"),
        (snapshot(float(1)).model_copy(update={"digest": "f" * 64}), "digest"),
        (make_snapshot({"bias": -3.0}, design=RISK.digest, model=RISK.id), "not a snapshot"),
        (snapshot(design=OPEN).model_copy(update={"model": "mood"}), "no such model"),
        (make_snapshot(model=RISK.id), "other features"),
        (act(Promoted, snapshot()), "not there"),
        (None, "no record"),
    ],
)
def test_what_is_not_sound_changes_nothing(record: Any, why: str) -> None:
    """A wrong sign, a wrong digest, half a snapshot, another release's, a decision about nothing, no record."""
    good = snapshot(0.7)
    models = folded(good, act(Promoted, good))
    before = models.now

    said = models.add(2, record)

    assert said is not None
    assert why in said
    assert before is models.now
    assert {2: said} == models.refused


def test_the_same_records_give_the_same_answer_at_every_offset() -> None:
    """A cold start reads what a running worker has followed."""
    one, two = snapshot(0.1), snapshot(0.2, labels=50)
    records = [one, act(Promoted, one), None, two, fell(), act(RolledBack, one)]
    live, cold = Models(), folded(*records)
    for offset, record in enumerate(records):
        live.add(offset, record)
        assert cold.at(offset) == live.now
