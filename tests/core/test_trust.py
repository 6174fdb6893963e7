"""Source trust: a reading from a source that is not clinical may raise a colour, and alone it never clears a red."""

from itertools import permutations
from typing import Any

import pytest

from schemas.base import rfc3339
from tests.builders import DAY, MINUTE, T0, Patient, make_binding, make_bindings, make_measurement, waiting

WATCH = "watch"


def home(*, trust: str = "consumer", **plan: Any) -> Patient:
    """An oximeter of the hospital's, and another source."""
    patient = Patient(**({"rules": ["limits"]} | plan))
    patient.gets(make_bindings(version=2, devices=[make_binding(), make_binding(device=WATCH, trust=trust)]))
    return patient


@pytest.mark.parametrize(("trust", "level"), [("clinical", "yellow"), ("consumer", "red"), ("manual", "red")])
def test_an_untrusted_source_alone_never_clears_a_red(trust: str, level: str) -> None:
    """However many of its readings are calm; a clinical one changes the colour at once."""
    patient = home(trust=trust)
    patient.measures(86)
    patient.measures(97, device=WATCH)
    assert level == patient.triage.level
    for _ in range(5):
        patient.measures(97, device=WATCH, minutes=30)
    assert ("green" if trust == "clinical" else "red") == patient.triage.level
    patient.measures(97, minutes=30)
    patient.measures(97, minutes=30)
    assert "green" == patient.triage.level


def test_it_raises_as_any_other_and_clears_its_own() -> None:
    """Doubt goes up; what it said itself it may take back."""
    patient = home()
    patient.measures(97)
    patient.measures(86, device=WATCH)
    assert ("red", ["raised"]) == (patient.triage.level, patient.steps)
    patient.measures(97, device=WATCH)
    assert "yellow" == patient.triage.level


def test_a_score_is_not_cleared_either() -> None:
    """NEWS2 of the clinical readings stands beside the one with the watch's."""
    patient = home(rules=["news2"], limits=[])
    patient.measures(84)
    patient.measures(25, kind="resp_rate")
    assert "red" == patient.triage.level
    patient.measures(98, device=WATCH)
    assert ("red", "news2.medium") == (patient.triage.level, patient.triage.reasons[0])
    assert patient.triage.news2.lower_total == 3


def test_it_does_not_contradict_a_red_that_waits_for_its_repeat() -> None:
    """Paging goes on after 15 minutes, as if nothing had come."""
    patient = home(surroundings=waiting())
    patient.measures(86)
    patient.measures(97, device=WATCH, minutes=5)
    assert ["raised"] == patient.steps
    patient.waits(minutes=11)
    assert ("upgraded", "confirm.hold_over") == (patient.step.type, patient.step.reason)


def test_a_red_that_a_person_closed_is_not_raised_again_by_it() -> None:
    """It brings no evidence of a red; it is too weak to clear one."""
    patient = home()
    patient.measures(86)
    patient.commands("close")
    assert "accepted.no_alert" == patient.measures(97, device=WATCH).outcome
    assert ["raised", "closed"] == patient.steps


def test_a_calm_reading_of_it_beside_an_open_red_is_suppressed_by_nothing() -> None:
    """Its outcome says what it is."""
    patient = home()
    patient.measures(86)
    assert ("accepted.no_alert", None) == (
        (told := patient.measures(97, device=WATCH)).outcome,
        told.suppressed,
    )


def test_what_may_be_another_persons_clears_no_red() -> None:
    """The first reading of a new oximeter that is far from the own normal."""
    patient = home(rules=["limits"])
    for day in range(6):
        patient.now_ms = T0 + day * DAY
        patient.measures(84)
    swap = make_binding(device="new", valid_from=rfc3339(patient.now_ms + MINUTE))
    patient.gets(make_bindings(version=3, devices=[make_binding(), swap]))
    patient.measures(98, device="new", minutes=5)
    assert {"red", "check.person.spo2"} <= {patient.triage.level.value, *patient.triage.reasons}
    patient.measures(98, device="new", minutes=5)
    assert "red" != patient.triage.level


def test_any_order_of_arrival_gives_the_same_colour() -> None:
    """Red, calm from the watch, and a clinical yellow."""
    readings = [(86, 1, "oximeter-1"), (97, 2, WATCH), (89, 3, "oximeter-1"), (98, 4, WATCH)]
    seen = set()
    for order in permutations(range(4)):
        patient = home()
        patient.now_ms = T0 + 10 * MINUTE
        for n in order:
            value, minute, device = readings[n]
            patient.gets(make_measurement(value, at_ms=T0 + minute * MINUTE, device=device, id=f"r{n}"), minutes=0.1)
        seen.add((patient.triage.level, patient.triage.reasons))
    assert 1 == len(seen)
