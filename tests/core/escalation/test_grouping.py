"""Grouping: the first ones alone, the rest together soon; nothing lost, nothing told twice, nothing hidden."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from schemas.notice import Notice, NoticeAction
from schemas.storm import StormRules
from streams.core.escalation.grouping import MOST, Group, Grouping, kind_of
from tests.messages import make_notice

RULES = StormRules(alone=3, window_s=60, red_hold_s=5, hold_s=30)


def rain(count: int, start: int = 0, **changed: object) -> list[Notice]:
    """First pages of so many alerts."""
    return [make_notice(alert_id=f"alert-{n}", **changed) for n in range(start, start + count)]


def test_the_first_go_alone_and_the_rest_together_after_seconds() -> None:
    """Three are read one by one; the 197 behind them are one message five seconds later."""
    grouping = Grouping(RULES)
    waits = [grouping.take(notice, 100.0) for notice in rain(200)]
    assert [False] * 3 + [True] * 197 == waits
    assert 105.0 == grouping.next_s
    assert [] == grouping.due(104.9)
    assert [197] == [len(batch) for batch in grouping.due(105.0)]
    assert grouping.next_s is None


def test_a_window_later_they_go_alone_again() -> None:
    """Calm is forgotten as quickly as rain."""
    grouping = Grouping(RULES)
    assert [False, False, False, True] == [grouping.take(notice, 0.0) for notice in rain(4)]
    grouping.due(5.0)
    assert grouping.take(make_notice(alert_id="late"), 59.9)
    grouping.due(70.0)
    assert not grouping.take(make_notice(alert_id="later"), 70.0)


def test_nothing_hides_behind_something_milder() -> None:
    """A hundred yellow notices use up nobody's turn but their own, and never share a message with a red."""
    grouping = Grouping(RULES)
    for notice in rain(100, tier=3, level="yellow"):
        grouping.take(notice, 0.0)
    reds = rain(5, start=100, tier=5)
    assert [False, False, False, True, True] == [grouping.take(notice, 1.0) for notice in reds]
    assert 6.0 == grouping.next_s, "a red waits for seconds, whatever else waits"
    assert [tuple(reds[3:])] == [tuple(batch) for batch in grouping.due(6.0)]
    assert 30.0 == grouping.next_s


def test_the_most_urgent_go_first() -> None:
    """When several are due at once."""
    grouping = Grouping(RULES)
    for tier, level in ((3, "yellow"), (4, "red"), (5, "red")):
        for notice in rain(5, start=tier * 10, tier=tier, level=level):
            grouping.take(notice, 0.0)
    assert [5, 4, 3] == [batch[0].tier for batch in grouping.due(60.0)]


def test_a_red_of_tier_three_waits_for_seconds_only() -> None:
    """Red limits may be signed at tier 3: the colour is enough."""
    assert kind_of(make_notice(tier=3, level="red")).is_urgent
    assert not kind_of(make_notice(tier=3, level="yellow")).is_urgent


def test_what_a_channel_tells_one_by_one_never_waits() -> None:
    """A pager closes each alert by its own key, so what ends one is never put together."""
    grouping = Grouping(RULES, (NoticeAction.TRIGGER,))
    assert not any(grouping.take(notice, 0.0) for notice in rain(50, action="resolve"))


def test_one_message_holds_so_many_and_no_more() -> None:
    """It goes when it is full; and a batch that has grown beyond it goes in parts."""
    grouping = Grouping(StormRules(alone=1, red_hold_s=10))
    for notice in rain(MOST + 1):
        grouping.take(notice, 0.0)
    assert 0.0 == grouping.next_s
    assert [MOST] == [len(batch) for batch in grouping.due(0.0)]
    for notice in rain(MOST * 2 + 7, start=1000):
        grouping.take(notice, 0.0)
    assert [MOST, MOST, 7] == [len(batch) for batch in grouping.due(0.0)]


def test_a_group_is_the_same_in_any_order_and_names_each_alert_once() -> None:
    """Its id is a function of its members; two steps of one alert are one row."""
    first, second = make_notice(alert_id="a"), make_notice(alert_id="a", sequence=2)
    other = make_notice(alert_id="b", team="heart")
    group = Group((first, second, other))
    assert group.id == Group((other, first, second)).id != Group((first, second)).id
    assert (("a", "b"), ("heart", "lung")) == (group.alert_ids, group.teams)
    assert (first.recipient, first.channel, first.role) == (group.recipient, group.channel, group.role)


STEPS = st.lists(
    st.tuples(
        st.integers(0, 40),  # tenths of a second since the step before
        st.sampled_from([2, 3, 4, 5]),
        st.sampled_from(["yellow", "red"]),
        st.sampled_from(["trigger", "acknowledge", "resolve", "inform"]),
    ),
    max_size=120,
)


@given(STEPS, st.builds(StormRules, alone=st.integers(1, 6), window_s=st.integers(10, 60)))
def test_every_notice_is_told_exactly_once_and_in_time(
    steps: list[tuple[int, int, str, str]], numbers: StormRules
) -> None:
    """Alone or in one group of its own kind; a red no later than the bundle says; never more alone than allowed."""
    grouping = Grouping(numbers, (NoticeAction.TRIGGER, NoticeAction.RESOLVE))
    came: dict[str, float] = {}
    told: Counter[str] = Counter()
    alone: list[tuple[float, Notice]] = []
    now = 0.0

    def flush(until: float) -> None:
        while grouping.next_s is not None and grouping.next_s <= until:
            at = grouping.next_s
            for batch in grouping.due(at):
                assert 1 == len({kind_of(notice) for notice in batch})
                told.update(notice.id for notice in batch)
                held = numbers.red_hold_s if kind_of(batch[0]).is_urgent else numbers.hold_s
                assert at - came[batch[0].id] <= held + 1e-9, "the first has waited longest"

    for number, (tenths, tier, level, action) in enumerate(steps):
        now += tenths / 10
        flush(now)
        notice = make_notice(action, alert_id=f"a{number}", tier=tier, level=level)
        came[notice.id] = now
        if not grouping.take(notice, now):
            told[notice.id] += 1
            alone.append((now, notice))
    flush(float("inf"))

    assert dict.fromkeys(came, 1) == told
    for at, notice in alone:
        like = [t for t, one in alone if kind_of(one) == kind_of(notice) and at - numbers.window_s < t <= at]
        assert len(like) <= numbers.alone or notice.action not in grouping.together
