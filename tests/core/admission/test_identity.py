"""Is this you? The first reading of a newly bound device that is far from the own normal."""

from typing import Any

import pytest

from schemas.base import rfc3339
from schemas.command import Identify
from streams.core.effects import SendReply
from streams.core.record import StateRecord, decode_state, encode_state
from tests.builders import (
    DAY,
    HOUR,
    MINUTE,
    PATIENT,
    T0,
    Patient,
    make_binding,
    make_bindings,
    make_invalidate,
    make_measurement,
)

OLD, NEW = "scale-1", "scale-2"
SWAP = T0 + 6 * DAY


def weighed(*kilos: float, swap: int | None = SWAP, **plan: Any) -> Patient:
    """80 kg on six mornings; then another scale is bound, and these readings come from it, a day apart."""
    patient = Patient(**({"limits": [], "rules": []} | plan))
    old = make_binding(device=OLD, valid_until=None if swap is None else rfc3339(swap))
    patient.gets(make_bindings(version=2, devices=[old]))
    for day in range(6):
        patient.now_ms = T0 + day * DAY
        patient.measures(80 + day % 2 * 0.2, kind="weight", device=OLD)
    patient.now_ms = SWAP
    if swap is not None:
        patient.gets(make_bindings(version=3, devices=[old, make_binding(device=NEW, valid_from=rfc3339(swap))]))
    for kilo in kilos:
        patient.measures(kilo, kind="weight", device=NEW if swap is not None else OLD, minutes=30)
    return patient


def doubts(patient: Patient) -> list[str]:
    """Reasons that ask who it was."""
    return [r for r in patient.triage.reasons if r.startswith(("check.person", "check.stranger"))]


def asked(patient: Patient) -> list[dict[str, str]]:
    """Questions to the patient."""
    sent = [effect.reply for effect in patient.effects if isinstance(effect, SendReply)]
    return [reply.parameters for reply in sent if reply.text_key == "repeat.person"]


def answer(at_ms: int, **changed: Any) -> Identify:
    """The patient says of the weight of that instant that it was theirs."""
    body = {"id": "identify-1", "patient": PATIENT, "by": "app-1", "role": "citizen", "kind": "weight", "mine": True}
    return Identify.model_validate(body | {"measured_at": rfc3339(at_ms)} | changed)


def level(patient: Patient) -> int:
    """The own normal of weight, in grams."""
    return patient.state.aspects["weight"].level_milli


@pytest.mark.parametrize(
    ("kilo", "reasons"), [(82.5, []), (82.7, ["check.person.weight"]), (77, ["check.person.weight"])]
)
def test_far_from_the_own_normal_asks_who_it_is(kilo: float, reasons: list[str]) -> None:
    """Five spreads of half a kilo from 80.1, on either side; the patient is asked and the team sees a task."""
    patient = weighed(kilo)
    assert reasons == doubts(patient)
    assert [{"kind": "weight", "phone": "112"}] * len(reasons) == asked(patient)
    assert (["raised"] if reasons else []) == patient.steps


def test_without_a_change_of_binding_nobody_is_asked() -> None:
    """Then a jump is a jump."""
    patient = weighed(84.9, swap=None)
    assert [] == doubts(patient)
    assert [] == asked(patient)


def test_without_an_own_normal_nobody_is_asked() -> None:
    """There is nothing to compare with."""
    patient = Patient(limits=[], rules=[])
    patient.gets(make_bindings(version=2, devices=[make_binding(), make_binding(device=NEW, valid_from=rfc3339(T0))]))
    patient.measures(96, kind="weight", device=NEW)
    assert [] == doubts(patient)


def test_only_the_first_reading_since_the_change_is_asked_about() -> None:
    """The second far one repeats it or is a jump like any other."""
    patient = weighed(80, 84.9)
    assert [] == asked(patient)


def test_what_is_in_doubt_colours_and_stays_out_of_the_own_normal() -> None:
    """A red is red, whoever it is; but nobody's normal moves by it, nor do models learn from it."""
    patient = weighed(limits=[{"kind": "weight", "red_from": 95}], rules=["limits"])
    before = (patient.state.learned, patient.state.tracks)
    patient.measures(96, kind="weight", device=NEW)
    assert "red" == patient.triage.level
    assert (80_100, before) == (level(patient), (patient.state.learned, patient.state.tracks))
    for _ in range(4):
        patient.measures(80.2, kind="weight", device=NEW, minutes=60)
    assert 10 == patient.state.aspects["weight"].readings + 1
    assert 80_200 == level(patient)


def test_a_repeat_settles_it() -> None:
    """The patient was asked to measure again if it was them."""
    patient = weighed(90, 90.1)
    assert [] == doubts(patient)
    assert not any(point.in_doubt for point in patient.state.series["weight"])
    assert 7 == patient.state.aspects["weight"].readings


def test_a_next_reading_near_the_old_normal_leaves_it_out_for_good() -> None:
    """It was somebody else, most likely: the question is over, the reading stays visible and teaches nothing."""
    patient = weighed(90, 80.1)
    assert [] == doubts(patient)
    assert [False] * 6 + [True, False] == [point.in_doubt for point in patient.state.series["weight"]]
    assert 80_100 == level(patient)


def test_the_answer_mine_ends_the_doubt() -> None:
    """From then on it counts like any other."""
    patient = weighed(90)
    assert "accepted.recorded" == patient.gets(answer(patient.now_ms)).outcome
    assert [] == doubts(patient)
    patient.measures(80.2, kind="weight", device=NEW)
    assert 7 == patient.state.aspects["weight"].readings
    assert patient.state == decode_state(encode_state(StateRecord(1, 0, 0, patient.state))).state


def test_the_answer_not_mine_is_a_task_until_somebody_invalidates() -> None:
    """A patient's word takes nothing away; a nurse's does."""
    patient = weighed(90)
    at_ms = patient.now_ms
    patient.gets(answer(at_ms, mine=False))
    patient.measures(90.1, kind="weight", device=NEW)
    assert ["check.stranger.weight"] == doubts(patient)
    patient.gets(make_invalidate("weight", at_ms=at_ms))
    assert [] == [r for r in doubts(patient) if "stranger" in r]


def test_the_finding_of_a_stranger_fades_after_three_days() -> None:
    """Whoever closed the alert has seen it."""
    patient = weighed(90)
    patient.gets(answer(patient.now_ms, mine=False, role="nurse"))
    patient.waits(hours=73)
    assert [] == doubts(patient)


@pytest.mark.parametrize(
    ("changed", "outcome"),
    [
        ({"role": "system"}, "rejected.role"),
        ({"kind": "spo2"}, "rejected.state"),
        ({"measured_at": rfc3339(T0)}, "rejected.state"),
    ],
)
def test_an_answer_about_nothing_or_by_nobody_is_refused(changed: dict[str, str], outcome: str) -> None:
    """It changes nothing."""
    patient = weighed(90)
    before = patient.state.series
    assert outcome == patient.gets(answer(patient.now_ms, **changed)).outcome
    assert before is patient.state.series


def test_an_answer_for_nobody_is_refused() -> None:
    """An unknown patient has no readings."""
    patient = Patient(known=False)
    assert "rejected.unknown_patient" == patient.gets(answer(T0)).outcome


def test_any_order_of_arrival_doubts_the_same_reading() -> None:
    """Two readings of the new scale come in either order, and a late one of the old scale before both."""
    seen = []
    readings = [(79.9, 6 * DAY - HOUR, OLD), (90.0, 6 * DAY + HOUR, NEW), (80.3, 6 * DAY + 2 * HOUR, NEW)]
    for order in ([0, 1, 2], [2, 1, 0], [1, 2, 0]):
        patient = weighed()
        for n in order:
            kilo, at, device = readings[n]
            reading = make_measurement(kilo, kind="weight", at_ms=T0 + at, device=device, id=f"r{n}")
            patient.now_ms = T0 + 6 * DAY + 3 * HOUR + order.index(n) * MINUTE
            patient.gets(reading)
        seen.append((patient.state.series, patient.state.aspects))
    assert seen[0] == seen[1] == seen[2]
    assert [90_000] == [point.milli for point in seen[0][0]["weight"] if point.in_doubt]


def test_a_withdrawn_first_reading_hands_the_question_to_the_next() -> None:
    """The first that counts is the first."""
    patient = weighed(80, 90)
    assert [] == doubts(patient)
    patient.gets(make_invalidate("weight", at_ms=patient.now_ms - 30 * MINUTE))
    assert ["check.person.weight"] == doubts(patient)


def test_new_bindings_look_at_what_has_already_come() -> None:
    """Told late that the scale was another one since this morning."""
    patient = weighed(84.9, swap=None)
    assert [] == doubts(patient)
    told = [make_binding(device=OLD), make_binding(device=NEW, valid_from=rfc3339(SWAP))]
    patient.gets(make_bindings(version=3, devices=told))
    assert ["check.person.weight"] == doubts(patient)
