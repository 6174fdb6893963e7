"""What a reading would have had to be: asked of the triage, and true when it is tried."""

from streams.core.signal.series import Point
from streams.replay.run import PureRun
from streams.replay.turning import turnings
from streams.sim.patients import copd
from tests.golden.telling import PARTITIONS, Teller, clocked, reference


def alarmed(spo2: float) -> PureRun:
    """A COPD patient whose newest SpO2 is this; limits: red below 88, yellow below 90."""
    tell, who = Teller(0), copd("turning")
    tell.enrol(who, rules=("limits",))
    tell.reads(who, "spo2", spo2, tell.at(0, "07:50"))
    return PureRun(PARTITIONS).feed_all(reference()).feed_all(clocked(tell.told(), [0])[:20])


def turns_of(run: PureRun, kind: str, milli: int) -> dict[int, tuple[str | None, int]]:
    """Turning value -> (colour, tier) of the newest reading."""
    state = run.states["turning"].state
    point = next(p for p in state.series[kind] if p.milli == milli)
    found = turnings(state, kind, point, run.reference.at(state.stamp))
    return {turn.milli: (None if turn.level is None else turn.level.value, turn.tier) for turn in found}


def test_a_red_reading_turns_where_the_limit_is() -> None:
    """86 is red; 88 had been yellow. Below there is no other colour."""
    assert {88_000: ("yellow", 2)} == turns_of(alarmed(86), "spo2", 86_000)


def test_a_yellow_reading_turns_on_both_sides() -> None:
    """Half-open bands: 90 is green, 87 is red."""
    assert {87_000: ("red", 3), 90_000: ("green", 0)} == turns_of(alarmed(89), "spo2", 89_000)


def test_what_is_said_is_so() -> None:
    """The patient who measures the turning value gets that colour."""
    for milli, (colour, _) in turns_of(alarmed(89), "spo2", 89_000).items():
        shown = alarmed(milli / 1000).states["turning"].state.shown
        assert shown is not None
        assert colour == shown.level


def test_a_reading_that_is_not_there_has_none() -> None:
    """A reading that was withdrawn decides nothing."""
    run = alarmed(89)
    state = run.states["turning"].state
    assert [] == turnings(state, "spo2", Point(0, 1), run.reference.at(state.stamp))
