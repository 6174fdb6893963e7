"""Reference data: in force is what had been read at the stamp, now and in ten years."""

import pytest

from schemas.coverage import Recipient, TeamCoverage
from schemas.errors import StateError
from schemas.events import Stamp
from streams.core.context import Reference
from tests.builders import rules


def lung(version: int, outside_hours: str = "wait") -> TeamCoverage:
    """One version of a team's coverage."""
    duty = Recipient(id="duty", role="on_call")
    return TeamCoverage(team="lung", version=version, outside_hours=outside_hours, on_call=duty)


def test_before_anything_is_read_the_shipped_bundle_is_in_force() -> None:
    """At offset -1 of each topic, with no team."""
    reference = Reference(rules(), "code")

    assert Stamp() == reference.stamp
    assert (rules(), {}, "code") == (
        reference.at(Stamp()).rules,
        dict(reference.at(Stamp()).teams),
        reference.at(Stamp()).code,
    )


def test_a_stamp_names_what_was_in_force_then() -> None:
    """Later records do not change the answer for an earlier stamp."""
    reference = Reference(rules(), "code")
    reference.add_rules(0, rules(version=2))
    reference.add_coverage(0, lung(1))
    early = reference.stamp
    reference.add_rules(1, rules(version=3))
    reference.add_coverage(1, lung(2, "on_call"))
    reference.add_coverage(2, TeamCoverage(team="heart", version=1))
    reference.add_model(4, None)

    assert (2, ["lung"], "wait") == (
        reference.at(early).rules.version,
        list(reference.at(early).teams),
        reference.at(early).teams["lung"].outside_hours,
    )
    assert Stamp(coverage=2, rules=1, models=4) == reference.stamp
    assert (3, {"lung": 2, "heart": 1}) == (
        reference.at(reference.stamp).rules.version,
        {name: team.version for name, team in reference.at(reference.stamp).teams.items()},
    )
    assert reference.at(early) is reference.at(early)


def test_a_lower_version_of_a_team_changes_nothing() -> None:
    """An old file published again by mistake; the same version again replaces."""
    reference = Reference(rules(), "code")
    for offset, record in enumerate((lung(2), lung(1), lung(2, "on_call"))):
        reference.add_coverage(offset, record)

    assert (2, "wait") == (
        reference.at(Stamp(coverage=1)).teams["lung"].version,
        reference.at(Stamp(coverage=1)).teams["lung"].outside_hours,
    )
    assert "on_call" == reference.at(Stamp(coverage=2)).teams["lung"].outside_hours


def test_a_record_that_cannot_be_read_changes_nothing_but_the_offset() -> None:
    """Else no stamp could ever pass it."""
    reference = Reference(rules(), "code")
    reference.add_rules(0, None)
    reference.add_coverage(0, None)

    assert Stamp(coverage=0, rules=0) == reference.stamp
    assert rules() == reference.at(reference.stamp).rules


@pytest.mark.parametrize("ahead", [Stamp(coverage=0), Stamp(rules=0), Stamp(models=0)])
def test_what_has_not_been_read_is_not_guessed(ahead: Stamp) -> None:
    """The caller must read first."""
    reference = Reference(rules(), "code")

    assert not reference.covers(ahead)
    with pytest.raises(StateError, match="not been read"):
        reference.at(ahead)


def test_since_when_a_bundle_has_been_in_force_is_known_by_its_digest() -> None:
    """A storm page says so; the shipped one was never published, and a bundle may come back."""
    reference = Reference(rules(), "code")
    reference.add_rules(0, rules(version=2), 1_000)
    reference.add_rules(1, rules(version=3), 2_000)
    reference.add_rules(2, None, 3_000)
    reference.add_rules(3, rules(version=2), 4_000)

    assert (4_000, 2_000) == (reference.taken_ms(rules(version=2).digest), reference.taken_ms(rules(version=3).digest))
    assert reference.taken_ms(rules().digest) is None
