"""Origin: a page says which device, plan and rules it rests on, as far as anybody knows; and who leads in a storm."""

from typing import Any

import pytest

from schemas.coverage import TeamCoverage
from schemas.notice import NoticeAction, Origin
from streams.core.context import Context
from streams.core.effects import SendNotice
from streams.core.escalation.policy import terms
from streams.core.escalation.recipients import leads
from tests.builders import Patient, make_binding, make_bindings, make_limit, make_slot, rules
from tests.core.escalation.test_messages import DUTY, MONDAY, OFFICE, PEOPLE, SATURDAY, at

NONIN = make_binding(kinds=["spo2", "pulse"], device_type="Nonin 3230", gateway="hub-7")
CUFF = make_binding(device="cuff-1", kinds=["sbp"], device_type="AD 767", gateway="hub-7")


def watched(*devices: dict[str, Any], **plan: Any) -> Patient:
    """A patient of a team that always reads, with these devices."""
    team = TeamCoverage.model_validate({"team": "lung", "version": 1, "recipients": PEOPLE})
    one = Patient(surroundings=Context(rules(), {"lung": team}, "nattevagt/test"), **plan)
    one.gets(make_bindings(version=2, devices=devices))
    return one


def origins(one: Patient, action: NoticeAction = NoticeAction.TRIGGER) -> list[Origin | None]:
    """What each notice of an action says it rests on."""
    notices = [effect.notice for effect in one.effects if isinstance(effect, SendNotice)]
    return [notice.origin for notice in notices if notice.action is action]


def test_a_page_names_the_device_that_measured_the_gateway_the_template_and_the_rules() -> None:
    """The cuff beside it has nothing to do with it."""
    one = watched(NONIN, CUFF, template="copd", limits=[make_limit(red_below=88, red_tier=4)])
    one.measures(84)
    one.measures(84)
    digest = one.context.rules.digest
    assert Origin(device_type="Nonin 3230", gateway="hub-7", template="copd", rules=digest) == origins(one)[0]


def test_what_no_binding_says_is_unknown() -> None:
    """As with every binding from before the field was there."""
    one = watched(make_binding(), limits=[make_limit(red_below=88, red_tier=4)])
    one.measures(84)
    one.measures(84)
    assert Origin(rules=one.context.rules.digest) == origins(one)[0]


def test_two_devices_of_different_make_are_no_one_make() -> None:
    """Either may have measured; their gateway is the same."""
    other = NONIN | {"device": "oximeter-2", "device_type": "Masimo"}
    one = watched(NONIN, other, limits=[make_limit(red_below=88, red_tier=4)])
    one.measures(84)
    one.measures(84)
    (found, *_) = origins(one)
    assert found is not None
    assert (None, "hub-7") == (found.device_type, found.gateway)


def test_a_score_rests_on_what_was_measured_then() -> None:
    """NEWS2 names no kind: the reading that brought it says which device."""
    one = watched(NONIN, CUFF, limits=[make_limit(kind="weight", red_below=30)], rules=["news2"])
    for kind, value in {"resp_rate": 26, "spo2": 88, "pulse": 135, "temp": 36.5}.items():
        one.gets(make_bindings(version=3, devices=[NONIN | {"kinds": []}]))
        one.measures(value, kind=kind)
    found = [origin for origin in origins(one) if origin is not None]
    assert found
    assert {"Nonin 3230"} == {origin.device_type for origin in found}


def test_silence_rests_on_the_device_that_is_silent() -> None:
    """A gateway that is down is found by what does not come."""
    one = watched(NONIN, slots=[make_slot()], limits=[make_limit(red_below=88, yellow_below=95)])
    one.measures(94)
    one.measures(94)
    one.waits(hours=48)
    found = origins(one)[-1]
    assert found is not None
    assert "hub-7" == found.gateway


def test_only_a_page_says_what_it_rests_on() -> None:
    """Whoever hears that it is over needs no cause."""
    one = watched(NONIN, limits=[make_limit(red_below=88, red_tier=4)])
    one.measures(84)
    one.measures(84)
    one.commands("close")
    assert [None] == list(dict.fromkeys(origins(one, NoticeAction.RESOLVE)))


LEAD, DEPUTY = {"id": "lead", "role": "duty_lead"}, {"id": "deputy", "role": "duty_lead"}
NURSES = [{"id": "n1", "role": "nurse"}, {"id": "n2", "role": "nurse"}]


@pytest.mark.parametrize(
    ("now", "coverage", "expected"),
    [
        (MONDAY, {"recipients": [*NURSES, LEAD, DEPUTY]}, ["lead", "deputy"]),
        (
            MONDAY,
            {"recipients": [*NURSES, LEAD, DEPUTY], "shifts": [{**OFFICE[0], "recipients": ["n1", "lead"]}]},
            ["lead"],
        ),
        (MONDAY, {"recipients": [*NURSES, LEAD], "shifts": [{**OFFICE[0], "recipients": ["n1"]}], **DUTY}, ["duty"]),
        (MONDAY, {"recipients": NURSES, "shifts": OFFICE}, ["n1", "n2"]),
        (SATURDAY, {"recipients": [*NURSES, LEAD], "shifts": OFFICE, **DUTY}, ["duty"]),
        (SATURDAY, {"recipients": [*NURSES, LEAD], "shifts": OFFICE}, ["lead"]),
        (MONDAY, {"recipients": []}, []),
    ],
)
def test_a_storm_is_told_to_whoever_leads_now(now: str, coverage: dict[str, Any], expected: list[str]) -> None:
    """The duty lead on duty, else the on-call route, else any lead, else all there are."""
    team = TeamCoverage.model_validate({"team": "lung", "version": 1} | coverage)
    around = Context(rules(), {"lung": team}, "nattevagt/test")
    assert expected == [one.id for one in leads(terms(around, "lung", None), at(now))]


def test_an_unknown_team_has_no_lead() -> None:
    """Nobody is guessed."""
    assert [] == leads(terms(Context(rules(), {}, "nattevagt/test"), "lung", None), at(MONDAY))
