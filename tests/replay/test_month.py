"""The simulated month: small here; the figures in .github/CARE.md come from `nattevagt month` with its defaults."""

from functools import cache

from schemas.base import rfc3339
from schemas.catalog import default_bundle
from streams.cli.month import World, rendered, run_world
from streams.core.escalation.policy import terms
from streams.core.plan import NEVER
from streams.sim.month import BEGINS_MS, DAY_MS, EASTER, people
from tests.contracts.house import ROOT

PATIENTS, DAYS = 40, 23  # the fourth day after Easter Monday: whatever waited has been seen


@cache
def small() -> World:
    """Over Easter and a little more."""
    return run_world(PATIENTS, DAYS, 3)


def test_the_month_is_easter_2026() -> None:
    """Maundy Thursday, Good Friday, Easter Sunday and Monday are public holidays in the bundle."""
    days = default_bundle().days_off["DK"]
    assert ("2026-04-02T00:00:00.000Z", "2026-04-07T00:00:00.000Z") == (rfc3339(EASTER[0]), rfc3339(EASTER[1]))
    assert {"2026-04-02", "2026-04-03", "2026-04-05", "2026-04-06"} <= days
    assert "2026-03-16T00:00:00.000Z" == rfc3339(BEGINS_MS)


def test_every_input_has_one_outcome_and_none_is_refused_but_late_commands() -> None:
    """A simulated ward sends nothing wrong; what people answer too late is told to them."""
    outcomes = small().month.outcomes
    assert outcomes.total() == small().run.sent
    assert {name for name in outcomes if not name.startswith("accepted.")} <= {"rejected.state", "rejected.duplicate"}


def test_no_alert_is_without_a_next_deadline() -> None:
    """At the end of the run as at any time."""
    for record in small().run.states.values():
        if record.state.alert is not None:
            assert record.due_ladder_ms < NEVER
            assert record.state.alert.deadline_ms > BEGINS_MS


def test_who_has_somebody_on_call_has_no_red_minute_without_a_reader() -> None:
    """And only the teams that promise nobody at night have any."""
    burdens = small().month.burdens
    assert 0 == sum(one.all_unattended_s for (team, _), one in burdens.items() if team == "lung")


def test_staff_act_in_the_hours_of_their_coverage() -> None:
    """By the very calendar the ladder asks: heart reads on Wednesday morning, not on Maundy Thursday."""
    world = small()
    context = world.run.reference.at(world.run.reference.stamp)
    wednesday = EASTER[0] - DAY_MS + 8 * 3_600_000
    for team, thursday in (("heart", False), ("lung", False), ("west", True)):
        covered = terms(context, team, None).is_covered
        assert (True, thursday) == (covered(wednesday), covered(wednesday + DAY_MS))


def test_the_same_seed_is_the_same_month() -> None:
    """Minute by minute; another seed is another one."""
    assert rendered(run_world(12, 3, 5).month) == rendered(run_world(12, 3, 5).month)
    assert people(50, 31, 1) == people(50, 31, 1) != people(50, 31, 2)


def test_alerts_are_taken_and_closed() -> None:
    """Nurses do their work: what was raised in working hours is over before the day after."""
    burdens = small().month.burdens.values()
    assert sum(one.alerts for one in burdens) > 0
    assert sum(one.ended["closed"] for one in burdens) > 0
    assert all(one.waits_s for one in burdens if one.ended["closed"])


def test_the_table_in_the_papers_has_the_columns_of_today() -> None:
    """Its figures are of a run that takes minutes; its head is checked."""
    header = rendered(small().month).splitlines()[0]
    assert header in (ROOT / ".github/CARE.md").read_text(encoding="utf-8")
