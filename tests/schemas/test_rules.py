"""Rule bundles: a bundle that would stop the ladder or the score is no bundle."""

from typing import Any

import pytest
from pydantic import ValidationError

from schemas.catalog import default_bundle
from schemas.rules import LadderRules, News2Rules, RuleBundle

RUNGS, HELD = LadderRules().rungs_min, LadderRules().acknowledged_min
FRESH = News2Rules().freshness_hours


@pytest.mark.parametrize(
    "ladder",
    [
        {"rungs_min": {}},
        {"rungs_min": {key: RUNGS[key] for key in ("2", "3", "4")}},
        {"rungs_min": RUNGS | {"6": (1,)}},
        {"rungs_min": RUNGS | {"4": ()}},
        {"rungs_min": RUNGS | {"4": (0, 10)}},
        {"rungs_min": RUNGS | {"4": (10, 10)}},
        {"rungs_min": RUNGS | {"4": (20, 10)}},
        {"acknowledged_min": {}},
        {"acknowledged_min": HELD | {"4": 0}},
    ],
)
def test_a_ladder_that_cannot_climb_is_refused(ladder: dict[str, Any]) -> None:
    """Every tier needs rungs that rise and an acknowledgement that ends: else step would raise, or never end."""
    with pytest.raises(ValidationError):
        LadderRules(**ladder)


@pytest.mark.parametrize("hours", [{}, FRESH | {"weight": 4}, {**FRESH, "spo2": 0}])
def test_freshness_names_the_inputs_of_news2(hours: dict[str, int]) -> None:
    """All seven and no other, each an hour at least."""
    with pytest.raises(ValidationError):
        News2Rules(freshness_hours=hours)


def test_the_digest_names_the_numbers() -> None:
    """The same numbers have the same digest, any other number another."""
    assert RuleBundle().digest == RuleBundle().digest
    assert RuleBundle().digest != RuleBundle(version=2).digest
    assert 16 == len(RuleBundle().digest)


def test_an_unknown_number_is_refused() -> None:
    """A misspelt threshold must not silently leave the default in force."""
    with pytest.raises(ValidationError):
        RuleBundle.model_validate({"ladder": {"rungs": {}}})


def test_a_changed_copy_has_a_digest_of_its_own() -> None:
    """Even when the original's was asked for before: it names the numbers in every decision."""
    bundle = default_bundle()
    before = bundle.digest
    after = bundle.model_copy(update={"version": bundle.version + 1})

    assert before != after.digest
    assert RuleBundle.model_validate_json(after.model_dump_json()).digest == after.digest
