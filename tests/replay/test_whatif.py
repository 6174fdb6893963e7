"""What if: the same people under other plans; figures with intervals; a variant that is none is refused."""

import pytest

from schemas.errors import ContractError
from schemas.model import content_digest
from streams.core.learning.designs import DESIGNS
from streams.core.models.snapshot import ENOUGH_OUTCOMES, Snapshot
from streams.replay.burden import difference, measured
from streams.replay.tihm_records import tihm_replay
from streams.replay.whatif import Lived, Person, Raised, Variant, lived, people_of, variant
from tests.builders import make_snapshot

DAY = 86_400_000
SOURCE = tihm_replay(partitions=1)


def person() -> Person:
    """One home of the excerpt."""
    return people_of(SOURCE.records, {})[0]


def test_people_are_told_apart_and_nothing_is_lost() -> None:
    """Every record with a key belongs to one of them."""
    people = people_of(SOURCE.records, {"tihm-nobody": [1]})

    assert 5 == len(people)
    assert sum(record.key is not None for record in SOURCE.records) == sum(len(each.records) for each in people)


def test_the_same_variant_gives_the_same_life() -> None:
    """To the last alert."""
    assert lived(SOURCE.reference, Variant(), person()) == lived(SOURCE.reference, Variant(), person())


def test_a_plan_without_rules_raises_less() -> None:
    """Nothing but what no plan can switch off."""
    quiet = variant("quiet", {"plan": {"rules": [], "limits": [], "slots": []}})

    raised = [len(lived(SOURCE.reference, each, person()).raised) for each in (quiet, Variant())]

    assert raised[0] < raised[1]


def test_a_higher_threshold_counts_fewer() -> None:
    """Alerts below it are not counted."""
    low, high = (len(lived(SOURCE.reference, variant("v", {"min_tier": n}), person()).raised) for n in (2, 5))

    assert low > high


@pytest.mark.parametrize("held", [[], {"mood": 1}, {"rules": {"lateness": {"default_hours": -5}}}])
def test_a_variant_that_is_none_is_refused(held: object) -> None:
    """Before anything is played."""
    with pytest.raises(ContractError):
        variant("v", held)


def speaking(**weights: float) -> dict[str, object]:
    """A snapshot that has seen enough, and a budget that lets it speak from 10 % on."""
    parameters = Snapshot(bias=-3.0, weights=weights, variances={}, outcomes=ENOUGH_OUTCOMES).dump()
    design = DESIGNS[0]
    made = make_snapshot(parameters, model=design.id, design=design.digest, outcomes=ENOUGH_OUTCOMES)
    body = made.model_dump(mode="json", exclude={"digest"})
    body["figures"]["quantiles"] = {"100": 100_000}
    return {**body, "digest": content_digest(body)}


def test_another_model_may_be_tried_on_the_same_past() -> None:
    """It raises what it sees; one that sees nothing changes nothing."""
    none = variant("v", {"plan": {"rules": [], "limits": [], "slots": []}})
    seeing, blind = (
        variant("v", {"plan": dict(none.plan), "model": speaking(**{name: 4.0})})
        for name in ("pulse.known", "urine_protein.known")
    )
    raised = [len(lived(SOURCE.reference, each, person()).raised) for each in (none, blind, seeing)]

    assert raised[0] == raised[1] < raised[2]


def test_a_model_that_would_not_be_served_is_refused() -> None:
    """With the reason: its content was changed, or a weight says that worse is better."""
    changed = {**speaking(**{"spo2.low.1": 1.0}), "version": "7"}
    for model, reason in ((changed, "digest"), (speaking(**{"spo2.low.1": -1.0}), "worse spo2.low.1")):
        with pytest.raises(ContractError, match=reason):
            variant("v", {"model": model})
    with pytest.raises(ContractError, match="not valid"):
        variant("v", {"model": {"mood": 1}})


def test_a_plan_that_is_none_is_refused() -> None:
    """By the field that is wrong."""
    with pytest.raises(ContractError, match="zone"):
        lived(SOURCE.reference, variant("v", {"plan": {"zone": "Mars"}}), person())


def test_figures_by_hand() -> None:
    """Two alerts in ten days; one of two events is found, a day ahead."""
    alerts = (Raised(5 * DAY, 3, 2.0), Raised(8 * DAY, 2, 4.0))
    found = measured([Lived("p", alerts, (6 * DAY, 20 * DAY), 10.0)], 20)

    assert [0.5, 0.5, 24.0, 0.2, 3.0] == [interval.value for interval in found.values()]


def test_a_difference_is_of_the_same_people() -> None:
    """Nothing changed: nothing, with certainty."""
    lives = [Lived(f"p{n}", (Raised(n * DAY, 3, 1.0),), (n * DAY + 1,), 30.0 + n) for n in range(10)]
    found = difference(lives, lives)

    assert all((0.0, 0.0, 0.0) == tuple(interval) for interval in found.values())


def test_of_nobody_nothing_is_said() -> None:
    """No figure is made up."""
    assert all(interval.value is None for interval in measured([]).values())


def test_what_came_before_the_window_only_warms_up() -> None:
    """Its alerts are not counted."""
    whole = lived(SOURCE.reference, Variant(), person())
    middle = sorted(alert.at_ms for alert in whole.raised)[len(whole.raised) // 2]
    late = lived(SOURCE.reference, Variant(), person()._replace(since_ms=middle))

    assert tuple(alert for alert in whole.raised if alert.at_ms >= middle) == late.raised
    assert 0 < len(late.raised) < len(whole.raised)
