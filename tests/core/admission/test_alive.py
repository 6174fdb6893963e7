"""Signs of life: the newest counts whatever came first, and quiet is three intervals of the device's own."""

from itertools import permutations

import pytest

from schemas.base import rfc3339
from streams.core.admission.alive import QUIET_AFTER, Alive, Word, heard, told, word
from streams.core.admission.flood import MAX_DEVICES
from streams.core.evolve import evolve
from streams.core.state import PatientState, SignOfLife
from tests.builders import DAY, DEVICE, MINUTE, PATIENT, T0, make_binding, make_bindings

QUARTER = 15 * MINUTE


def state(alive: Alive, *devices: dict[str, object]) -> PatientState:
    """A patient with these devices; without any the oximeter, which tells every quarter of an hour."""
    contract = make_bindings(devices=list(devices) or [make_binding(heartbeat_min=15)])
    return evolve(PatientState(PATIENT), bindings=contract.model_dump_json(), alive=alive)


@pytest.mark.parametrize(
    ("ago", "quiet"), [(0, False), (QUIET_AFTER * QUARTER, False), (QUIET_AFTER * QUARTER + 1, True)]
)
def test_quiet_is_more_than_three_intervals(ago: int, quiet: bool) -> None:
    """Exactly three is still alive."""
    alive = heard({}, DEVICE, T0 - ago)
    assert Word(DEVICE, T0 - ago, quiet) == word(state(alive), "spo2", T0)


def test_a_device_that_was_never_heard_is_quiet_since_it_was_bound() -> None:
    """It was given out and does not work: that is found at the first slot."""
    assert Word(DEVICE, T0 - 30 * DAY, is_quiet=True) == word(state({}), "spo2", T0)
    fresh = make_binding(heartbeat_min=15, valid_from=rfc3339(T0 - MINUTE))
    assert Word(DEVICE, T0 - MINUTE, is_quiet=False) == word(state({}, fresh), "spo2", T0)


def test_without_heartbeats_nothing_can_be_said() -> None:
    """No interval, another kind, no longer bound, no bindings at all."""
    alive = heard({}, DEVICE, T0)
    assert word(state(alive, make_binding()), "spo2", T0) is None
    assert word(state(alive, make_binding(heartbeat_min=15, kinds=["weight"])), "spo2", T0) is None
    assert word(state(alive, make_binding(heartbeat_min=15, valid_until=rfc3339(T0))), "spo2", T0) is None
    assert word(PatientState(PATIENT), "spo2", T0) is None


def test_one_device_that_is_alive_outweighs_a_quiet_one() -> None:
    """Also when the quiet one was heard later, because it tells more often."""
    often, seldom = make_binding(heartbeat_min=1), make_binding(device="hub", heartbeat_min=60)
    alive = heard(heard({}, DEVICE, T0 - 4 * MINUTE), "hub", T0 - 50 * MINUTE)
    assert Word("hub", T0 - 50 * MINUTE, is_quiet=False) == word(state(alive, often, seldom), "spo2", T0)
    assert Word(DEVICE, T0 - 4 * MINUTE, is_quiet=True) == word(state(alive, often), "spo2", T0)


def test_any_order_of_signs_ends_in_the_same() -> None:
    """A fault of the newest heartbeat, and of two at one instant the one that tells of it."""
    signs = [(0, None), (5, "E1"), (9, None), (9, "E2"), (12, "reading")]
    for order in permutations(signs):
        alive: Alive = {}
        for at_ms, said in order:
            alive = heard(alive, DEVICE, at_ms) if said == "reading" else told(alive, DEVICE, at_ms, said)
        assert {DEVICE: SignOfLife(12, 9, "E2")} == alive


def test_what_is_older_changes_nothing() -> None:
    """Not even the value itself, so that nothing is published because of it."""
    alive = told({}, DEVICE, 9, None)
    assert told(alive, DEVICE, 5, "E1") is alive
    assert heard(alive, DEVICE, 8) is alive


def test_the_longest_quiet_are_forgotten_first() -> None:
    """As many as bindings may name."""
    alive: Alive = {}
    for n in range(MAX_DEVICES + 2):
        alive = heard(alive, f"d{n}", n)
    assert MAX_DEVICES == len(alive)
    assert not {"d0", "d1"} & alive.keys()
