"""Loads: as many readings as asked for, in the shares asked for, always the same."""

from collections import Counter

from schemas.topics import MEASUREMENTS
from streams.replay.run import PureRun
from streams.sim.load import load
from tests.builders import alerts


def test_a_load_has_exactly_the_readings_asked_for() -> None:
    """Clock records come on top; they carry no key and no value."""
    story = load(20, 500)
    sent = [record for record in story.records if record.topic == MEASUREMENTS and not record.headers]
    assert 500 == len(sent)


def test_the_same_seed_gives_the_same_bytes_and_another_one_does_not() -> None:
    """A load is a function of its arguments."""
    assert load(20, 200, 5) == load(20, 200, 5)
    assert load(20, 200, 5).records != load(20, 200, 6).records


def test_shares_of_reds_and_nonsense_are_kept() -> None:
    """Both shares arrive as chosen, within what chance allows at 2,000 readings."""
    story = load(200, 2_000, red_share=0.1, bad_share=0.2)
    run = PureRun().feed_all(story.reference).feed_all(story.records)
    outcomes = Counter(told[0].outcome for told in run.outcomes.values() if told[0].outcome is not None)
    refused = sum(count for outcome, count in outcomes.items() if not outcome.is_accepted)
    assert 340 < refused < 460
    # Some are withdrawn again: in a load a calm reading soon follows and contradicts the red.
    assert 60 < len({each.step.patient for each in alerts(run.effects) if each.step.type == "raised"})
