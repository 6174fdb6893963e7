"""Snapshots: exact round trip; refused when they would make anybody less safe."""

from dataclasses import replace
from typing import Any

import orjson
import pytest

from schemas.errors import ContractError
from streams.core.models.prior import PRIOR_SNAPSHOT
from streams.core.models.snapshot import ENOUGH_OUTCOMES, check, load


def changed(**tables: Any) -> dict[str, Any]:
    """A good snapshot with something exchanged."""
    return {**PRIOR_SNAPSHOT.dump(), **tables}


def test_round_trip_is_exact() -> None:
    """Through JSON, with the same digest."""
    again = load(orjson.loads(orjson.dumps(PRIOR_SNAPSHOT.dump())))

    assert PRIOR_SNAPSHOT == again
    assert PRIOR_SNAPSHOT.digest == again.digest


def test_digest_changes_with_any_number() -> None:
    """The last digit counts."""
    assert PRIOR_SNAPSHOT.digest != replace(PRIOR_SNAPSHOT, bias=PRIOR_SNAPSHOT.bias + 1e-9).digest


def test_it_is_a_shadow_until_enough_outcomes_are_known() -> None:
    """One fewer is not enough."""
    assert PRIOR_SNAPSHOT.is_shadow
    assert replace(PRIOR_SNAPSHOT, outcomes=ENOUGH_OUTCOMES - 1).is_shadow
    assert not replace(PRIOR_SNAPSHOT, outcomes=ENOUGH_OUTCOMES).is_shadow


@pytest.mark.parametrize(
    ("tables", "said"),
    [
        ({"weights": {"spo2.low.1": -0.001}}, "worse spo2.low.1 would lower"),
        ({"weights": {"spo2.late": -0.001}}, "worse spo2.late would lower"),
        ({"weights": {"age.high.1": 0.1}}, "nobody measures: age.high.1"),
        ({"weights": {"spo2.low.1": float("nan")}}, "not finite"),
        ({"bias": float("inf")}, "not finite"),
        ({"variances": {"bias": -1.0}}, "variance"),
        ({"version": "0"}, "version 0"),
        ({"weights": [1, 2]}, "not a snapshot"),
        ({"bias": None}, "not a snapshot"),
    ],
)
def test_a_snapshot_that_must_not_be_used_is_refused(tables: dict[str, Any], said: str) -> None:
    """With the reason, and what to do."""
    with pytest.raises(ContractError, match=said):
        load(changed(**tables))


def test_a_free_weight_may_have_any_sign() -> None:
    """How often something is measured means something else in every place."""
    check(load(changed(weights={"spo2.often": -1.0, "spo2.known": -0.2})))
