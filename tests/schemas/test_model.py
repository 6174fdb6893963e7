"""Snapshots name themselves by their content, and what people send about outcomes is checked."""

from typing import Any

import pytest
from pydantic import ValidationError

from schemas.model import MODEL, Lineage, ModelSnapshot, Promoted, content_digest
from tests.builders import T0, make_outcome, make_snapshot


def test_a_snapshot_knows_whether_it_is_whole() -> None:
    """One changed weight, and the digest is no longer its own."""
    snapshot = make_snapshot()
    other = snapshot.model_copy(update={"parameters": {"bias": -1.0}})

    assert snapshot.is_whole
    assert not other.is_whole


def test_a_snapshot_comes_back_from_its_bytes() -> None:
    """To the last bit of every parameter."""
    snapshot = make_snapshot(parameters={"bias": -3.1, "weights": {"spo2.down": 0.1 + 0.2}})
    back = MODEL.validate_json(snapshot.model_dump_json())

    assert snapshot == back
    assert isinstance(back, ModelSnapshot)
    assert back.is_whole


def test_the_lineage_is_part_of_the_digest() -> None:
    """The same weights from other data are another snapshot."""
    assert make_snapshot().digest != make_snapshot(labels=26).digest


def test_the_order_of_keys_does_not_matter() -> None:
    """Canonical bytes."""
    assert content_digest({"a": 1, "b": 2}) == content_digest({"b": 2, "a": 1})


@pytest.mark.parametrize(
    "changed", [{"by": ""}, {"by": "Anna Berg"}, {"reason": ""}, {"digest": "abc"}, {"model": "Risk"}, {"note": 1}]
)
def test_a_decision_about_a_model_has_a_person_and_a_reason(changed: dict[str, Any]) -> None:
    """A staff id, a reason, a digest."""
    body = {"model": "risk", "by": "dr-1", "reason": "better", "at": "2026-01-05T07:00:00Z", "digest": "0" * 64}

    assert Promoted.model_validate(body)
    with pytest.raises(ValidationError):
        Promoted.model_validate(body | changed)


@pytest.mark.parametrize(
    "changed",
    [
        {"kind": "fall"},
        {"source": "neighbour"},
        {"known_ms": T0 - 1000},
        {"planned": True},
        {"by": "a b"},
        {"note": "x"},
        {"happened_at": "2026-01-05"},
    ],
)
def test_no_outcome(changed: dict[str, Any]) -> None:
    """Known before it happened, planned though nothing can plan it, or not in the list."""
    assert make_outcome("admission", planned=True)
    with pytest.raises(ValidationError):
        make_outcome(**changed)


def test_counts_cannot_be_negative() -> None:
    """A lineage that says so is a mistake."""
    with pytest.raises(ValidationError):
        Lineage.model_validate(make_snapshot().lineage.model_dump() | {"labels": -1})
