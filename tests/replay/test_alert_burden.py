"""Alert burden: what is counted, and that a switch that is off shows."""

from schemas.catalog import default_bundle
from streams.replay.alert_burden import VARIANTS, Burden, PatientDay, measure, total
from streams.replay.tihm_records import tihm_replay


def burden(days: set[PatientDay], news: set[PatientDay], alerts: int = 0) -> Burden:
    """A burden of these patient-days."""
    return Burden(0, frozenset(days), alerts, 0, 0, frozenset(news))


def test_the_day_before_is_what_counts() -> None:
    """News on Monday for an event on Tuesday; news on Tuesday for nothing; an event after a day without readings."""
    monday, tuesday, friday = (PatientDay("a", day) for day in (1, 2, 5))
    told = burden({monday, tuesday}, {monday, tuesday})

    assert (1.0, 0.5) == told.next_day(frozenset({tuesday, friday}))


def test_alerts_are_counted_per_day_with_a_reading() -> None:
    """Three alerts in two patient-days."""
    assert 1.5 == burden({PatientDay("a", 1), PatientDay("b", 1)}, set(), alerts=3).per_day


def test_parts_are_added_up() -> None:
    """Patients of different parts do not mix."""
    one, other = (burden({PatientDay(name, 1)}, {PatientDay(name, 1)}, alerts=2) for name in "ab")
    both = total([one, other])

    assert 4 == both.alerts
    assert {PatientDay("a", 1), PatientDay("b", 1)} == both.days == both.news


def test_a_switch_shows_and_loses_no_reading() -> None:
    """The excerpt of TIHM: the same readings and days either way, and other alerts."""
    source = tihm_replay(partitions=1)
    rules = [VARIANTS[name](default_bundle()) for name in ("as shipped", "all off")]
    shipped, bare = (measure(source.reference, source.records, bundle) for bundle in rules)
    assert shipped.readings == bare.readings == source.readings
    assert shipped.days == bare.days
    assert 0 not in (shipped.alerts, bare.alerts)
    assert (shipped.alerts, shipped.pages) != (bare.alerts, bare.pages)
