"""Storm: found when a team's alerts rain, told once with what they share, over when it has calmed."""

import random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from schemas.notice import Notice
from schemas.storm import StormRules
from streams.core.escalation.recipients import Addressee
from streams.core.escalation.storm import MOST_SEEN, Common, Storm, StormPage, StormWatch
from tests.builders import MINUTE, T0
from tests.messages import make_notice

RULES = StormRules(alerts=10, within_min=10, gather_s=10, over_min=30)
NONIN = {"device_type": "Nonin 3230", "gateway": "hub-7", "template": "copd", "rules": "abc"}


def new(number: int, **changed: Any) -> Notice:
    """The first page of one alert."""
    return make_notice(alert_id=f"alert-{number}", patient=f"p{number}", **({"origin": NONIN} | changed))


def poured(count: int, *, watch: StormWatch | None = None, at_ms: int = T0, **changed: Any) -> StormWatch:
    """So many new alerts at one instant."""
    watch = watch or StormWatch()
    for number in range(count):
        watch.take(new(number, **changed), at_ms, RULES)
    return watch


def test_a_storm_is_told_once_with_what_its_alerts_share() -> None:
    """180 of 200 from one device type: that is what the duty lead has to know."""
    watch = poured(180)
    for number in range(180, 200):
        watch.take(new(number, origin={"device_type": "Masimo", "rules": "abc"}, tier=5), T0 + 1000, RULES)
    assert [] == watch.to_tell(T0 + 9_999, RULES), "it gathers first"
    (sky,) = watch.to_tell(T0 + 10_000, RULES)
    assert (200, 200, 5) == (sky.alerts, sky.reds, sky.top_tier)
    assert Common("device_type", "Nonin 3230", 180, 0) == sky.common[0]
    assert Common("gateway", "hub-7", 180, 20) == sky.common[1]
    assert Common("rules", "abc", 200, 0) == sky.common[3]
    watch.told("lung")
    assert [] == watch.to_tell(T0 + 60_000, RULES)
    poured(400, watch=watch, at_ms=T0 + MINUTE)
    assert [] == watch.to_tell(T0 + 2 * MINUTE, RULES), "more of the same storm is no other storm"


def test_what_nobody_knows_is_unknown() -> None:
    """No device type in any binding: that is said, and not the most frequent guess."""
    (sky,) = poured(10, origin=None).to_tell(T0 + MINUTE, RULES)
    assert Common("device_type", None, 0, 10) == sky.common[0]
    assert Common("reason", "limits.spo2.red_below", 10, 0) == sky.common[4]


def test_one_alert_counts_once_whoever_is_paged_of_it() -> None:
    """Ten pages of nine alerts are no storm; neither are later rungs, milder tiers, ends, or the watchdog's own."""
    watch = poured(9)
    watch.take(new(0, recipient="doctor"), T0, RULES)
    watch.take(new(11, rung=1), T0, RULES)
    watch.take(new(12, tier=2, level="yellow"), T0, RULES)
    watch.take(new(13, action="resolve"), T0, RULES)
    watch.take(make_notice(alert_id="x", patient="nattevagt-watchdog-3"), T0, RULES)
    assert [] == watch.open
    watch.take(new(14), T0, RULES)
    assert 1 == len(watch.open)


def test_a_trickle_is_no_storm() -> None:
    """Nine in ten minutes, for hours."""
    watch = StormWatch()
    for number in range(200):
        watch.take(new(number), T0 + number * 70_000, RULES)
    assert [] == watch.open


def test_each_team_has_its_own_storm() -> None:
    """The lead of another team is not woken."""
    watch = poured(10)
    for number in range(100, 109):
        watch.take(new(number, team="heart"), T0, RULES)
    assert ["lung"] == [storm.team for storm in watch.open]


def test_it_is_over_when_it_has_calmed_and_the_next_one_is_another() -> None:
    """Half an hour after it last came half as dense; a later one is told again."""
    watch = poured(10)
    watch.told("lung")
    first = watch.open[0]
    watch.take(new(50), T0 + 20 * MINUTE, RULES)
    assert [] == watch.ended(T0 + 29 * MINUTE, RULES), "a single one does not keep it up, but half an hour does"
    (sky,) = watch.ended(T0 + 30 * MINUTE, RULES)
    assert (first.id, 11) == (sky.storm.id, sky.alerts)
    assert [] == watch.open
    for number in range(100, 110):
        watch.take(new(number), T0 + 60 * MINUTE, RULES)
    (again,) = watch.to_tell(T0 + 61 * MINUTE, RULES)
    assert again.storm.id != first.id


def test_a_rain_that_goes_on_keeps_it_up() -> None:
    """One a minute is half as dense as ten in ten minutes."""
    watch = poured(10)
    for number in range(10, 100):
        watch.take(new(number), T0 + number * MINUTE, RULES)
    assert [] == watch.ended(T0 + 120 * MINUTE, RULES)
    assert 1 == len(watch.ended(T0 + 130 * MINUTE, RULES))


def test_a_successor_goes_on_where_this_one_stopped() -> None:
    """Told stays told; what was not told is told by the same id, with what the log still shows."""
    begun = poured(10)
    told = Storm(begun.open[0].id, "lung", T0, T0, T0, told=True)
    after = StormWatch()
    after.restore([told])
    poured(10, watch=after)
    assert [] == after.to_tell(T0 + MINUTE, RULES)

    untold = StormWatch()
    untold.restore(begun.open)
    poured(10, watch=untold)
    (sky,) = untold.to_tell(T0 + MINUTE, RULES)
    assert (begun.open[0].id, 10) == (sky.storm.id, sky.alerts)


def test_told_of_a_storm_that_is_over_changes_nothing() -> None:
    """Its page took longer than the storm."""
    watch = StormWatch()
    watch.told("lung")
    assert [] == watch.open


def test_a_storm_without_end_stays_small() -> None:
    """The oldest are forgotten."""
    watch = poured(MOST_SEEN + 10)
    (sky,) = watch.to_tell(T0 + MINUTE, RULES)
    assert sky.alerts == MOST_SEEN


def test_a_page_has_one_id_for_each_person_channel_and_end() -> None:
    """So a repeat after a crash is known as one."""
    (sky,) = poured(10).to_tell(T0 + MINUTE, RULES)
    lead, other = Addressee("duty_lead", "lead", "email"), Addressee("duty_lead", "lead", "webhook")  # type: ignore[arg-type]  # a StrEnum's value
    pages = [StormPage(sky, lead), StormPage(sky, other), StormPage(sky, lead, over=True)]
    assert 3 == len({page.id for page in pages})
    assert pages[0].id == StormPage(sky, lead).id
    assert ("lead", "email", "duty_lead") == (pages[0].recipient, pages[0].channel, pages[0].role)


@given(
    st.lists(st.tuples(st.integers(0, 90), st.sampled_from(["lung", "heart"])), max_size=150),
    st.integers(0, 2**32),
    st.integers(0, 150),
)
def test_every_storm_is_told_at_most_once_whatever_order_and_restart(
    gaps: list[tuple[int, str]], seed: int, restart: int
) -> None:
    """Notices of one minute in any order, a restart anywhere with what the commit remembers: no storm is told twice,
    and none that is under way at the end has been forgotten."""
    watch, told, at = StormWatch(), list[str](), T0
    history: list[tuple[Notice, int]] = []
    for number, (gap, team) in enumerate(gaps):
        at += gap * 1000
        history.append((new(number, team=team), at))
    random.Random(seed).shuffle(minute := history[-20:])
    history[-20:] = minute
    newest = T0
    for number, (notice, when) in enumerate(history):
        if number == restart:
            held = watch.open
            watch = StormWatch()
            watch.restore(held)
            since = min([newest - RULES.within_min * MINUTE, *(storm.begun_ms for storm in held)])
            for old, then in history[:number]:
                if then >= since:
                    watch.take(old, then, RULES)
        watch.take(notice, when, RULES)
        newest = max(newest, when)
        for sky in watch.to_tell(newest, RULES):
            told.append(sky.storm.id)
            watch.told(sky.storm.team)
        watch.ended(newest, RULES)
    for sky in watch.to_tell(newest + MINUTE, RULES):
        told.append(sky.storm.id)
    assert len(told) == len(set(told))
